"""Files of overrides: tolerant of spelling, strict about what cannot be meant."""

from __future__ import annotations

import dataclasses
import datetime as dt
from pathlib import Path

import polars as pl
import pytest

from funnelsim.core.errors import FunnelSimError, InputError
from funnelsim.forecasting.forecast import forecast
from funnelsim.forecasting.overrides.override import Override
from funnelsim.forecasting.overrides.read import read_overrides
from funnelsim.model.files.model_files import Funnel

from ...made_up_history import day, history_of, lost, still_open, won
from ...made_up_runs import funnel_with

LAST_DAY = dt.date(2026, 3, 31)


def funnel() -> Funnel:
    names = ("Acme", "Globex", "Globex", "Ünïcode ÄG " + "x" * 200)
    leads = [{"lead": f"D-{n}", "name": name, "amount": 100.0 * n} for n, name in enumerate(names, start=1)]
    return funnel_with(*leads, {"lead": "D-9", "won_before": True})


def read(tmp_path: Path, text: str, **options: object) -> tuple[Override, ...]:
    path = tmp_path / "o.csv"
    path.write_text(text, encoding="utf-8")
    return read_overrides(path, funnel(), **options)  # type: ignore[arg-type]


def problems(tmp_path: Path, text: str, **options: object) -> list[str]:
    with pytest.raises(InputError) as raised:
        read(tmp_path, text, **options)
    return [str(problem) for problem in raised.value.problems]


def test_spellings_of_headers_numbers_and_dates(tmp_path: Path) -> None:
    """Mutants: 60 % as 60; a decimal comma as thousands; a day first date by month."""
    found = read(
        tmp_path,
        "Deal ID;Win Probability;Close Date;Amount;Leave out;Why;By\n"
        "D-1;60 %;31.03.2026;1.5k;;verbal;Ana\n"
        "D-2;0,25;2026-04-01;$ 1,200;no;;\n"
        f"{'Ünïcode ÄG ' + 'x' * 200};;;;x;gone;Ben\n",
    )
    assert found == (
        Override(deal="D-1", probability=0.6, close=LAST_DAY, amount=1500.0, reason="verbal", who="Ana"),
        Override(deal="D-2", probability=0.25, close=dt.date(2026, 4, 1), amount=1200.0),
        Override(deal="D-4", exclude=True, reason="gone", who="Ben"),
    )


def test_a_header_with_a_per_cent_sign_has_per_cent(tmp_path: Path) -> None:
    """Mutant: the 1 under it as certain."""
    found = read(tmp_path, "deal,Win Probability (%)\nD-1,1\nD-2,60 %\n")
    assert [one.probability for one in found] == [0.01, 0.6]


def test_all_problems_at_once(tmp_path: Path) -> None:
    history = history_of(won(day(1, 20)), lost(day(1, 25)), still_open("offer", day(2, 1)))
    found = problems(
        tmp_path,
        "deal,probability,close,amount,exclude\n"
        "D-11,0.5,,,\n"
        "D-1,1.5,,,\n"
        "D-1,0.5,,,\n"
        "D-2,60,2026-02-09,-5,\n"
        "Globex,0.5,,,\n"
        "D-3,,,,perhaps\n"
        "D-4,0.5,,,yes\n"
        "D-9,0.5,,,\n"
        "deal-0,0.5,,,\n"
        "deal-1,0.5,,,\n"
        ",0.5,,,\n"
        "Acme,,03/04/2026,€5,no\n",
        history=history,
    )
    assert found == [
        'row 2, column deal: there is no open lead "D-11"; did you mean "D-1"?',
        'row 3, column probability: "1.5" is not between 0 and 1; write 1.5 % if that is meant',
        'row 4, column deal: "D-1" is in row 3 too; keep one line for each',
        'row 5, column probability: "60" is not between 0 and 1; write 60 % if that is meant',
        "row 5, column close: 2026-02-09 is not after the forecast date 2026-02-09; "
        "an open deal closes later",
        'row 5, column amount: "-5" is below 0',
        'row 6, column deal: there is no open lead "Globex"; 2 have this name, so give the id: D-2, D-3',
        'row 7, column exclude: "perhaps" is neither yes nor no',
        "row 8: is excluded, so nothing else can be given for it",
        'row 9, column deal: "D-9" has been won already and is in what is booked',
        'row 10, column deal: "deal-0" is no longer open: won on 20 Jan 2026',
        'row 11, column deal: "deal-1" is no longer open: lost on 25 Jan 2026',
        "row 12, column deal: is empty; every line names a deal by its id",
        'row 13, column deal: "Acme" is in row 3 too; keep one line for each',
        'row 13, column close: "03/04/2026" may be 3 April or 4 March 2026; write 2026-04-03 or 2026-03-04',
        'row 13, column amount: "€5" is in EUR, but the model is in USD',
    ]


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ("deal,probabilty", 'did you mean "probability"?'),
        ("probability,reason", "there is no column deal"),
        ("deal,reason", "no column changes anything"),
        ("deal,amount,value", '"amount" and "value" are both read as amount; keep one'),
        ("deal,probability,Region", '"Region" is no column of overrides'),
    ],
)
def test_headers_that_cannot_be_meant(tmp_path: Path, header: str, message: str) -> None:
    """Mutant: a misspelt column left out unseen."""
    cells = ",".join(["D-1", "1", "1"][: header.count(",") + 1])
    assert any(message in problem for problem in problems(tmp_path, f"{header}\n{cells}\n"))


def test_lines_that_change_nothing_are_refused(tmp_path: Path) -> None:
    (found,) = problems(tmp_path, "deal,probability,exclude,who\nD-1,,no,Ana\n")
    assert "changes nothing" in found
    with pytest.raises(InputError, match="has a header and no rows"):
        read(tmp_path, "deal,probability\n")


def test_the_list_of_open_deals_can_be_filled_in(tmp_path: Path) -> None:
    """Its amounts are those listed already, unless changed. Mutant: all are overrides."""
    found = forecast(funnel(), replications=30, deals=True).deal_list()
    assert found is not None
    texts = {name: [""] * found.height for name in ("probability", "who")}
    place = found["deal"].to_list().index("D-2")
    texts["probability"][place], texts["who"][place] = "80%", "Ana"
    amounts = found["amount"].to_list()
    amounts[found["deal"].to_list().index("D-3")] = 999.0
    filled = found.drop("flags").with_columns(
        *(pl.Series(name, values) for name, values in texts.items()),
        pl.Series("amount", amounts),
    )
    filled.write_csv(tmp_path / "deals.csv")
    read_back = read_overrides(tmp_path / "deals.csv", funnel())
    assert sorted(read_back, key=lambda one: one.deal) == [
        Override(deal="D-2", probability=0.8, who="Ana"),
        Override(deal="D-3", amount=999.0),
    ]


def test_a_model_without_open_deals_has_nothing_to_override(tmp_path: Path) -> None:
    path = tmp_path / "o.csv"
    path.write_text("deal,probability\nD-1,0.5\n")
    with pytest.raises(FunnelSimError, match="no open lead to override"):
        read_overrides(path, dataclasses.replace(funnel(), pipeline=None))
