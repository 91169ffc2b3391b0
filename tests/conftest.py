"""What holds for all tests: hypothesis draws the same examples everywhere, and workers share kernels."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings

from tests.kernels import compile_engine

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
        compile_engine()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """With ``--dist loadgroup`` tests that share a fit or a run go to one worker, which makes it once."""
    for item in items:
        if found := _shared_from(item):
            item.add_marker(pytest.mark.xdist_group(found))


def _shared_from(item: pytest.Item) -> str:
    """Where the fixtures lie that a test shares with others: its file, or a folder above; empty if none."""
    definitions = item._fixtureinfo.name2fixturedefs if isinstance(item, pytest.Function) else {}
    homes = [
        one.baseid
        for several in definitions.values()
        for one in several
        if one.scope in ("module", "session") and one.baseid.startswith("tests")
    ]
    return min(homes, key=len, default="")
