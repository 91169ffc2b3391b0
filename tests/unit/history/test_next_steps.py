"""What to do next, and figures to compare with a spreadsheet."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner

from funnelsim.cli.commands.import_ import command
from funnelsim.core.errors import HistoryError
from funnelsim.fitting.funnel import fit_funnel
from funnelsim.history.files.events import History
from funnelsim.history.imports import import_history
from tests.unit.history.exports import deals, events, mapping, write

HASHED = [f"{deal},f66ca9bc,2024-01-0{deal}" for deal in (1, 2, 3)]
HASHED += [f"{deal},09a969da,2024-01-0{deal}" for deal in (4, 5, 6)]


def check(history: History, name: str) -> dict[str, object]:
    return next(one for one in history.meta.audit["checks"] if one["check"] == name)


def run_import(folder: Path, *arguments: str) -> str:
    result = CliRunner().invoke(command, [*arguments, "--out", str(folder / "history")])
    assert result.exit_code == 0, result.output
    return result.output


def test_without_a_won_deal_a_mapping_comes_before_a_fit(tmp_path: Path) -> None:
    path = write(tmp_path, "moves.csv", "deal,stage,entered", *HASHED)
    shown = run_import(tmp_path, str(path))
    assert "Next: funnelsim fit" not in shown
    assert "--draft-mapping mapping.toml" in shown
    rules = write(tmp_path, "rules.toml", "format = 1")
    assert "under [outcomes]" in run_import(
        tmp_path, str(path), "--mapping", str(rules), "--preset", "events"
    )


def test_the_lines_for_outcomes_can_be_pasted_and_claim_nothing(tmp_path: Path) -> None:
    history = events(tmp_path, *HASHED)
    lines = "\n".join(check(history, "nothing_closed")["mapping"])  # type: ignore[arg-type]
    assert tomllib.loads(lines) == {"outcomes": {"won": [], "lost": []}}
    assert '"09a969da", "f66ca9bc"' in str(check(history, "nothing_closed")["text"])
    again = import_history([tmp_path / "events.csv"], "events", mapping=mapping(tmp_path, lines))
    assert again.meta.audit["deals"] == history.meta.audit["deals"]


def test_labels_in_no_known_words_are_not_suggested_as_lost(tmp_path: Path) -> None:
    """Where nothing is won they may as well mean won."""
    rows = [f"{deal},{'x1' if deal % 2 else 'x2'},2024-01-01,2024-02-0{deal}" for deal in range(1, 7)]
    history = deals(tmp_path, "id,stage,created,closed", *rows, as_of=None)
    looks = [one for one in history.meta.audit["checks"] if one["check"] == "labels_like_outcomes"]
    for look in looks:
        assert tomllib.loads("\n".join(look["mapping"])) == {"outcomes": {"won": [], "lost": []}}


def test_a_later_date_is_offered_only_where_there_is_one(tmp_path: Path) -> None:
    history = events(tmp_path, *HASHED)
    with pytest.raises(HistoryError, match="list the labels that end a deal") as error:
        fit_funnel(history, draws=0)
    assert "later as-of date" not in str(error.value)
    moving = events(tmp_path, "1,A,2024-01-01", "1,B,2024-01-02", "2,A,2024-01-01", "2,Lost,2024-01-03")
    with pytest.raises(HistoryError, match="no deal is won") as error:
        fit_funnel(moving, draws=0)
    assert "later as-of date" not in str(error.value)


def test_money_is_shown_in_full_beside_the_rounded_figure(tmp_path: Path) -> None:
    header = "deal_id,created,closed,outcome,amount"
    rows = (
        "1,2024-01-01,2024-01-09,Won,10004417",
        "2,2024-01-01,2024-01-09,Won,1117",
        "3,2024-01-05,,,2345678",
    )
    shown = run_import(
        tmp_path, str(write(tmp_path, "deals.csv", header, *rows, "4,2024-01-01,2024-01-09,Won,990"))
    )
    assert "Won 10 million (10,006,524), median 1,117;" in shown
    assert "2.35 million (2,345,678)" in shown


def test_ages_of_open_deals_are_days_between_dates(tmp_path: Path) -> None:
    """As of 31 Jan a deal of 1 Jan is 30 days old, as old as the longest cycle: not older."""
    header = "deal_id,created,closed,outcome"
    rows = ("1,2024-01-01,2024-01-31,Won", "2,2024-01-01,,", "3,2023-12-31,,", "4,2024-01-02,2024-01-09,Lost")
    dead = deals(tmp_path, header, *rows).meta.audit["zombies"]
    assert (dead["older_than_any"], dead["oldest_open_days"], dead["longest_cycle_days"]) == (1, 31, 30)
