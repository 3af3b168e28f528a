"""Profiles of hypothesis. The default run is quick; ``pytest tests/test_fuzz.py --hypothesis-profile=long`` takes an hour."""

from hypothesis import HealthCheck, settings

settings.register_profile("long", max_examples=20_000, deadline=None, suppress_health_check=list(HealthCheck))
