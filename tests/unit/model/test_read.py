"""Problems of a file, each told once and none that only follows from another."""

from __future__ import annotations

from pathlib import Path

import pytest

from funnelsim.core.errors import ModelError
from funnelsim.model.files.model_files import read_funnel

WITH_REPS = """
format = 1
start = 2026-01-01
[roles.sdr]
headcount = 5
[roles.ae]
headcount = 3
hires = [{ on = 2026-03-01, count = 1 }]
[segments.smb]
[sources.inbound]
enters = "call"
rate = "4 per day"
segments = { smb = 1.0 }
[stages.call]
work = { role = "sdr", effort = "1h" }
after = "2d"
exits = { demo = { p = 0.5 }, lost = { p = 0.5 } }
[stages.demo]
work = { role = "ae", effort = "1h" }
after = "2d"
spawns = { source = "inbound", leads = 0.1, after = "5d" }
exits = { won = { p = 0.5 }, lost = { p = 0.5 } }
"""
TWO_OF_SDR = ["roles.sdr.calendar", "roles.sdr.headcount"]


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
        (
            "headcount = 5",
            'headcount = -1\ncalendar = "ofice"',
            TWO_OF_SDR,
        ),
        ("headcount = 5", 'calendar = "ofice"', TWO_OF_SDR),
        ("headcount = 5", "calendar = 5", TWO_OF_SDR),
        ("[roles.sdr]\nheadcount = 5", "[roles]\nsdr = 5", ["roles.sdr"]),
        ("[segments.smb]", "[segments]\nsmb = 5", ["segments.smb"]),
        ("[segments.smb]", "[segments.smb]\namont = 5", ["segments.smb.amont"]),
        ("[segments.smb]", '[segments.smb]\namount = "much"', ["segments.smb.amount"]),
        (
            "[sources.inbound]",
            "[sources.other]\n[sources.inbound]",
            ["sources.other.enters", "sources.other.rate"],
        ),
        ('rate = "4 per day"', "", ["sources.inbound.rate"]),
        ('rate = "4 per day"', 'rate = "often"', ["sources.inbound.rate"]),
        (
            "[stages.demo]",
            '[stages.demo]\npatience = 3\nabandons_to = "nurtre"',
            ["stages.demo.abandons_to"],
        ),
    ],
)
def test_a_wrong_value_of_a_role_makes_no_role_unknown(
    tmp_path: Path, right: str, wrong: str, paths: list[str]
) -> None:
    """Nor a segment or source. Catches a part left out without a stand-in, a misspelt name next to a wrong
    value that goes unsaid, and two wrong values of a list that take out all roles."""
    path = tmp_path / "model.toml"
    path.write_text(WITH_REPS.replace(right, wrong))
    with pytest.raises(ModelError) as found:
        read_funnel(path)
    assert sorted(problem.path for problem in found.value.problems) == paths
