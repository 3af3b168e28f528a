"""Profiles of hypothesis. The default run is quick; ``pytest tests/test_fuzz.py --hypothesis-profile=long`` takes about twenty minutes."""

from hypothesis import HealthCheck, settings

settings.register_profile("long", max_examples=5_000, deadline=None, suppress_health_check=list(HealthCheck))
