"""The night: every new recording of a folder to its draft, unattended. ``night.py`` is the table of contents."""
