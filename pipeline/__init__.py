"""minutes: a recording of a council meeting becomes a draft 会議録. The command is ``minutes``; see ``run.py`` for the flow."""

__version__ = "0.1.0"
