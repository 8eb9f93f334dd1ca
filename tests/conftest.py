"""Settings of every test.

Hypothesis looks for counterexamples, not for slow machines: a test that fails because the machine is busy
says nothing about the code.
"""

from hypothesis import HealthCheck, settings

settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True)
settings.load_profile("house")
