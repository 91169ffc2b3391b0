"""A new fit over a model leaves those who work, and what they do, as they were written by hand."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from funnelsim.fitting.result.update import hand_written, updated
from funnelsim.model.files.write import model_to_toml
from funnelsim.model.parts import Model

FITTED = {
    "start": dt.date(2026, 4, 1),
    "sources": {"inbound": {"enters": "demo", "rate": 5.0}},
    "stages": {"demo": {"exits": {"won": {"p": 0.3, "after": "9d"}, "lost": {"p": 0.7, "after": "9d"}}}},
}
BY_HAND = {
    "start": dt.date(2026, 1, 1),
    "calendars": {"office": {"hours": "Mon-Fri 09:00-17:00"}},
    "roles": {"ae": {"headcount": 3, "calendar": "office"}},
    "shocks": {"odds": {"sd": 0.1}},
    "sources": {
        "inbound": {
            "enters": "demo",
            "rate": 3.0,
            "hours": "office",
            "campaigns": {"fair": {"on": dt.date(2026, 5, 1), "leads": 40}},
        }
    },
    "stages": {
        "demo": {
            "work": {"role": "ae", "effort": "2h"},
            "patience": "9d",
            "abandons_to": "lost",
            "spawns": {"source": "inbound", "leads": 0.1, "after": "5d"},
            "exits": {
                "won": {"p": 0.4, "after": "5d", "wait_half_life": "2d"},
                "lost": {"p": 0.6, "after": "5d"},
            },
        }
    },
}


def test_a_fit_learns_rates_and_chances_and_leaves_people_and_work() -> None:
    """Catches an exit made anew, which forgets the half-life of waiting that no fit learns."""
    old, new = Model.model_validate(BY_HAND), Model.model_validate(FITTED)
    found = updated(old, new)
    assert (found.calendars, found.roles, found.shocks) == (old.calendars, old.roles, old.shocks)
    source, stage = found.sources["inbound"], found.stages["demo"]
    assert (source.hours, source.campaigns) == ("office", old.sources["inbound"].campaigns)
    assert source.rate == 5.0
    kept = old.stages["demo"]
    for name in ("work", "patience", "abandons_to", "spawns"):
        assert getattr(stage, name) == getattr(kept, name)
    assert stage.exits["won"].wait_half_life == 2.0
    assert (stage.exits["won"].p, stage.exits["lost"].wait_half_life) == (0.3, None)


def test_holidays_of_a_person_stay_and_those_of_a_fit_do_not() -> None:
    """Catches a factor of the last fit that stays where a new one finds none."""
    off = {"holidays": [dt.date(2026, 5, 1)]}
    fitted = Model.model_validate(FITTED)
    for calendar, kept in (("mine", True), ("public_holidays", False)):
        inbound = BY_HAND["sources"]["inbound"] | {"holiday": {"calendar": calendar, "factor": 0.5}}  # type: ignore[index]
        calendars = BY_HAND["calendars"] | {calendar: off}  # type: ignore[operator]
        old = Model.model_validate(BY_HAND | {"calendars": calendars, "sources": {"inbound": inbound}})
        assert (updated(old, fitted).sources["inbound"].holiday is not None) is kept


def test_holidays_written_by_hand_are_seen(tmp_path: Path) -> None:
    """A new fit does not write over them; those of a fit carry its name and are no reason to stop."""
    path = tmp_path / "model.toml"
    for name, told in (("", {"calendars.office_hours", "roles.ae"}), ("Public holidays of BR, x 1", set())):
        office = {"hours": "Mon-Fri 09:00-17:00", "holidays": [dt.date(2026, 5, 1)], "name": name}
        roles = {"ae": {"name": "AE", "headcount": 3, "calendar": "office_hours"}}
        model = Model.model_validate(FITTED | {"calendars": {"office_hours": office}, "roles": roles})
        path.write_text(model_to_toml(model))
        assert set(hand_written(path)) == told
