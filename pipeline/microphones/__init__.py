"""Meetings recorded with several microphones or in several files: one time axis, one sound, and who is heard at which seat.

``takes`` is the table of contents: files (``channels``) are placed on one axis (``clocks``, ``alignment``, ``placing``), written as
one lane a microphone (``lanes``), judged (``levels`` -> ``health``, ``delays``, ``activity``) and mixed (``automix``). The diarizer that reads
the result is ``engines/seats.py``.
"""
