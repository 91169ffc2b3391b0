"""A changed value is read by the place that holds it; what would change nothing is refused."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from funnelsim.core.errors import ChangeError
from funnelsim.model.changes.changes import SetValue
from funnelsim.model.changes.paths import value_at
from funnelsim.model.changes.resolve import resolve
from funnelsim.model.parts import Model
from funnelsim.model.scenarios.change_checks import check_changes
from funnelsim.model.scenarios.read import parse_set, scenario_of_set

MODEL = Model.model_validate(
    {
        "start": dt.date(2026, 1, 1),
        "clocks": {"tempo": {"over": "quarter", "month": [0.5, 1, 1.5]}},
        "sources": {
            "inbound": {
                "enters": "demo",
                "rate": 2.0,
                "amount": "lognormal(mean=100, sigma=1)",
                "segments": {"big": 1.0},
            }
        },
        "segments": {
            "big": {
                "amount": "lognormal(mean=900, sigma=1)",
                "stages": {"demo": {"exits": {"proposal": {"p": 0.8}}}},
            }
        },
        "stages": {
            "demo": {
                "after": "lognormal(median=6d, sigma=0.8)",
                "exits": {"proposal": {"p": 0.5}, "nurture": {"p": 0.2, "after": "20d"}, "lost": {"p": 0.3}},
            },
            "nurture": {
                "exits": {"demo": {"p": 0.5, "after": "30d"}, "lost": {"p": 0.5, "after": "40d"}},
            },
            "proposal": {"after": "9d", "exits": {"won": {"p": 0.4}, "lost": {"p": 0.6}}},
        },
    }
)


@pytest.mark.parametrize(
    ("text", "path", "value"),
    [
        ("stages.demo.after.median=2w", "stages.demo.after.median", 14.0),
        ("stages.demo.exits.nurture.after=4h", "stages.demo.exits.nurture.after.value", 4 / 24),
        ("sources.inbound.rate=14 per week", "sources.inbound.rate", 2.0),
        ("sources.inbound.growth=3% per month", "sources.inbound.growth", 0.03),
        ("sources.inbound.growth=-1% per month", "sources.inbound.growth", -0.01),
        ("sources.inbound.amount.mean=12k", "sources.inbound.amount.mean", 12_000.0),
        ("segments.big.amount.mean=x2", "segments.big.amount.mean", 1800.0),
        ("segments.big.amount=lognormal(mean=5, sigma=1)", "segments.big.amount.mean", 5.0),
        ("stages.demo.exits.proposal.clock=tempo", "stages.demo.exits.proposal.clock", "tempo"),
    ],
)
def test_a_value_is_read_as_its_place_in_the_file_reads_it(text: str, path: str, value: Any) -> None:
    """Catches a reader that goes by the old value: 2w of a median, 3% of a growth were refused."""
    assert value_at(resolve(MODEL, changes=[parse_set(text, MODEL)]), path) == pytest.approx(value)


def test_an_exit_without_a_distribution_of_its_own_has_that_of_its_stage() -> None:
    """Catches the distribution that stayed a text: the other exits keep the stage's dwell."""
    stage = resolve(MODEL, changes=[SetValue(path="stages.demo.exits.lost.after", by="x0.5")]).stages["demo"]
    assert stage.exits["lost"].after is not None
    assert float(stage.exits["lost"].after.ppf(0.5)) == pytest.approx(3.0)
    assert stage.exits["proposal"].after is None
    new = resolve(MODEL, changes=[SetValue(path="stages.demo.exits.lost.after", to="8d")]).stages["demo"]
    assert new.exits["lost"].after is not None
    assert new.exits["lost"].after.mean() == 8.0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("goal.quota=500", "--quota"),
        ("start=2026-02-01", "a scenario cannot change it"),
        ("goal.books_at=demo", "a scenario cannot change it"),
        ("stages.demo.name=Show", "a scenario cannot change it"),
        ("stages.demo.clock=temp", 'did you mean "tempo"'),
        ("stages.demo.exits.lost.to=nowhere", "unknown stage or outcome"),
        ("sources.inbound.dispersion=0.5", "at least 1"),
        ("sources.inbound.enters.demo=0.5", "shares sum to 0.5"),
        ("sources.inbound.rate=nan", "a rate"),
        ("stages.demo.after.median=-9d", "above 0, found -3d"),
        ("stages.nurture.after.value=3d", "stages.nurture.exits.demo.after"),
        ("stages.demo.credit.quota=1", "stages.demo.credit is not set"),
        ("segments.bog.stages.demo.exits.lost.p=0.1", 'did you mean "big"'),
        ("segments.bog.amount=5", 'did you mean "big"'),
    ],
)
def test_what_a_place_cannot_hold_or_no_engine_follows_is_refused(text: str, said: str) -> None:
    with pytest.raises(ChangeError, match=said.replace("?", r"\?").replace("(", r"\(")):
        parse_set(text, MODEL)


def test_true_is_no_probability_and_text_is_no_number() -> None:
    for wrong in (True, "0.4", float("nan")):
        with pytest.raises(ChangeError, match="0 to 1"):
            resolve(MODEL, changes=[SetValue(path="stages.demo.exits.lost.p", to=wrong)])


def test_a_share_of_leads_cannot_change_on_a_date() -> None:
    change = SetValue(path="sources.inbound.dispersion", to=2.0, start=dt.date(2026, 3, 1))
    with pytest.raises(ChangeError, match="whole run"):
        check_changes([change], MODEL, "test")
    check_changes([SetValue(path="sources.inbound.dispersion", to=2.0)], MODEL, "test")


def test_changes_are_judged_together_and_for_each_segment() -> None:
    """0.5 + 0.25 + 0.2 holds, the segment's 0.8 does not; catches a check of the base values alone."""
    p = "stages.demo.exits.proposal.p"
    check_changes([SetValue(path=p, by="+15pp")], MODEL, "test")
    with pytest.raises(ChangeError, match=r"proposal 1\.05"):
        check_changes([SetValue(path=p, by="+25pp")], MODEL, "test")
    later = [SetValue(path=p, by="+15pp"), SetValue(path=p, by="+15pp", start=dt.date(2026, 5, 1))]
    with pytest.raises(ChangeError, match=r"proposal 1\.1"):
        check_changes(later, MODEL, "test")


def test_a_change_that_leaves_no_way_out_is_refused() -> None:
    changes = [
        SetValue(path="stages.proposal.exits.won.to", to="demo"),
        SetValue(path="stages.proposal.exits.lost.to", to="demo"),
        SetValue(path="stages.nurture.exits.lost.to", to="demo"),
        SetValue(path="stages.demo.exits.lost.to", to="nurture"),
    ]
    check_changes(changes[:3], MODEL, "test")
    with pytest.raises(ChangeError, match="loop forever"):
        check_changes(changes, MODEL, "test")


def test_a_date_behind_a_value_is_the_first_day_of_the_change() -> None:
    change = parse_set("Faster demo: stages.demo.after=x0.7 @ 2026-02-10", MODEL)
    assert (change.by, change.start) == ("x0.7", dt.date(2026, 2, 10))
    assert parse_set("stages.demo.after=3d@2026-02-10", MODEL).start == dt.date(2026, 2, 10)
    assert parse_set("stages.demo.after=x0.7", MODEL).start is None
    assert scenario_of_set("stages.demo.after=x0.7@2026-02-10", MODEL).name.endswith("from 10 February 2026")


@pytest.mark.parametrize("text", ["x0.7@2026-13-10", "x0.7@tomorrow", "x0.7@"])
def test_a_wrong_date_is_refused(text: str) -> None:
    with pytest.raises(ChangeError):
        parse_set(f"stages.demo.after={text}", MODEL)
