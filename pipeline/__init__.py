"""minutes: a recording of a council meeting becomes a draft 会議録. The flow is in ``run.py``."""

__version__ = "0.1.0"
