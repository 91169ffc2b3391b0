"""The benchmark of the first minute: a ratio within one run, and a limit that can be missed."""

from __future__ import annotations

import subprocess

import pytest

from benchmarks import __main__ as command
from benchmarks import first_minute
from benchmarks.first_minute import BARE, LIMITS, commands, rows, too_slow
from benchmarks.measured import Measured, measured


def _cost(cpu_seconds: float) -> Measured:
    return Measured(seconds=2 * cpu_seconds, cpu_seconds=cpu_seconds, peak_mb=1.0)


def test_the_quickest_round_counts_on_both_sides() -> None:
    found = rows({BARE: [_cost(0.5), _cost(0.4)], "check": [_cost(0.3), _cost(0.9)]})
    assert [row["times_bare"] for row in found] == [1.0, pytest.approx(0.75)]
    assert found[1]["seconds"] == 0.6


@pytest.mark.parametrize(("cpu_seconds", "code"), [(0.4 * LIMITS["check"], 0), (0.41 * LIMITS["check"], 1)])
def test_a_slow_command_fails_the_benchmark(
    cpu_seconds: float, code: int, monkeypatch: pytest.MonkeyPatch, tmp_path, capsys
) -> None:  # type: ignore[no-untyped-def]
    found = rows({BARE: [_cost(0.4)], "check": [_cost(cpu_seconds)]})
    monkeypatch.setattr(first_minute, "measure", lambda *, rounds: found)
    assert command.main(["first_minute", "--out", str(tmp_path / "bench.json")]) == code
    assert ("too slow: check" in capsys.readouterr().err) == bool(code)
    assert len(too_slow(found)) == code


def test_each_command_has_a_limit(tmp_path) -> None:  # type: ignore[no-untyped-def]
    assert set(commands(tmp_path)) == set(LIMITS)


def test_a_command_that_fails_is_not_a_fast_one() -> None:
    with pytest.raises(subprocess.CalledProcessError):
        measured(["check", "no-such-model.toml"])
