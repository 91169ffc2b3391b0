"""Problems of a file, each told once and none that only follows from another."""

from __future__ import annotations

from pathlib import Path

import pytest

from funnelsim.core.errors import ModelError
from funnelsim.model.files import read_funnel

WITH_REPS = """
format = 1
start = 2026-01-01
[roles.sdr]
headcount = 5
[roles.ae]
headcount = 3
hires = [{ on = 2026-03-01, count = 1 }]
[sources.inbound]
enters = "call"
rate = "4 per day"
[stages.call]
work = { role = "sdr", effort = "1h" }
after = "2d"
exits = { demo = { p = 0.5 }, lost = { p = 0.5 } }
[stages.demo]
work = { role = "ae", effort = "1h" }
after = "2d"
exits = { won = { p = 0.5 }, lost = { p = 0.5 } }
"""


@pytest.mark.parametrize(
    ("right", "wrong", "paths"),
    [
        ("headcount = 5", "headcount = -1", ["roles.sdr.headcount"]),
        (
            "headcount = 3\nhires = [{ on = 2026-03-01, count = 1 }]",
            'headcount = 3\ndiscipline = "fiffo"\nhires = [{ on = "soon", count = 1.5 }]',
            ["roles.ae.discipline", "roles.ae.hires.0.count", "roles.ae.hires.0.on"],
        ),
        ('role = "ae"', 'role = "sae"', ["stages.demo.work.role"]),
    ],
)
def test_a_wrong_value_of_a_role_makes_no_role_unknown(
    tmp_path: Path, right: str, wrong: str, paths: list[str]
) -> None:
    """Catches a role left out without a stand-in, and two wrong values of a list that take out all roles."""
    path = tmp_path / "model.toml"
    path.write_text(WITH_REPS.replace(right, wrong))
    with pytest.raises(ModelError) as found:
        read_funnel(path)
    assert sorted(problem.path for problem in found.value.problems) == paths
