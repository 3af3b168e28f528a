"""Templates of the units that start the nightly batch; filled in by ``commands/schedule.py``."""
