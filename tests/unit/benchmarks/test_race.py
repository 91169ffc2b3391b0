"""The race and its document: ratios within a round, slow ones leave, wrong ones do not take part."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks import __main__ as command
from benchmarks import table
from benchmarks.contender import Contender, LeftOut, Outcome, Timing, race, speed_ratio
from benchmarks.truth import Estimate, Truth
from benchmarks.workload import Workload, measure


def contender(name: str, wins: tuple[float, ...], rounds_at_most: int | None = None) -> Contender:
    def run(first: int, replications: int) -> Outcome:
        sum(range(20_000))  # long enough for the clock
        return Outcome(10.0, wins)

    return Contender(name=name, run=run, replications=1, rounds_at_most=rounds_at_most)


def test_ratios_are_of_the_same_round() -> None:
    slow_moment = Timing("ours", [10.0, 30.0, 10.0]), Timing("peer", [100.0, 300.0])
    assert speed_ratio(*slow_moment) == 10.0


def test_slow_ones_leave_early() -> None:
    slow, fast = race([contender("slow", (), rounds_at_most=2), contender("fast", ())], 4)
    assert (len(slow.ns_per_visit), len(fast.ns_per_visit)) == (2, 4)


def test_the_document_says_who_was_left_out_and_why(tmp_path: Path) -> None:
    workload = Workload(
        name="W",
        title="a made-up one",
        truth=lambda quick: Truth(Estimate(5.0)),
        contenders=[
            LeftOut("absent", "is not here"),
            contender("wrong", (8.0, 9.0, 8.5)),
            contender("peer", (4.0, 6.0, 5.0)),
            contender("limit", ()),
        ],
        peers={"peer": "peer", "absent": "absent"},
        limit="limit",
        visits_per_replication=10.0,
    )
    found = measure(workload, rounds=3, quick=True)
    assert [row["name"] for row in found["contenders"]] == ["peer", "limit"]
    assert found["contenders"][0]["speed"] == {"peer": {"median": 1.0, "best": 1.0}}
    assert [one["name"] for one in found["left_out"]] == ["absent", "wrong"]
    assert "finds 8.50 ± 0.29 wins, not 5.000" in found["left_out"][1]["why"]
    screen = table.console()
    with screen.capture() as shown:
        table.show_workload(found, screen)
    assert "left out: absent: is not here" in shown.get()
    command.write(found, tmp_path / "new" / "bench.json")
    assert json.loads((tmp_path / "new" / "bench.json").read_text()) == found


def test_an_unknown_part_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        command.main(["f6_nc", "f7"])
    assert stopped.value.code == 2
    assert "no part is called f7; choose from f6_nc, f6_cap" in capsys.readouterr().err
