"""What holds for all tests: hypothesis draws the same examples everywhere and knows no clock."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

# A deadline measures the machine, and fresh examples in each run make a failure that nobody else sees.
settings.register_profile(
    "funnelsim",
    deadline=None,
    derandomize=True,
    # The first measures the machine too; fixtures of a function are folders here, which examples may share.
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.load_profile("funnelsim")
