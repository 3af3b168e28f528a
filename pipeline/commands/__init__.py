"""What each command of ``cli.py`` does; one file a command. Imported when the command runs."""
