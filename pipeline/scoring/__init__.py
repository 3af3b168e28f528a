"""The measures behind ``minutes score``, one file per kind of error; ``pipeline/score.py`` puts them together."""
