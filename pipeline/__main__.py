"""``python -m pipeline``: the command ``minutes`` where its script is not on the path."""

from pipeline.cli import main

main()
