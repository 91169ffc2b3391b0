"""What holds for all tests: hypothesis draws the same examples everywhere, and workers share kernels."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, settings

from tests.kernels import compile_engine
from tests.postgres import postgres_database, postgres_url  # noqa: F401

# A deadline measures the machine, and fresh examples in each run make a failure that nobody else sees.
settings.register_profile(
    "funnelsim",
    deadline=None,
    derandomize=True,
    # The first measures the machine too; fixtures of a function are folders here, which examples may share.
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.load_profile("funnelsim")


def pytest_configure(config: pytest.Config) -> None:
    """Before the workers of a run of all tests start: each would compile what the others compile."""
    all_tests = config.args_source is pytest.Config.ArgsSource.TESTPATHS
    if all_tests and config.getoption("numprocesses", None) and not hasattr(config, "workerinput"):
        # A worker for each core: more threads of Polars would only hand small tables to one another.
        os.environ.setdefault("POLARS_MAX_THREADS", "1")
        compile_engine()
