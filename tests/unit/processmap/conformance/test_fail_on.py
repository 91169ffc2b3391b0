"""The rules of ``--fail-on``."""

from __future__ import annotations

import pytest

from funnelsim.core.errors import InputError
from funnelsim.documents.map_conformance import Conformance
from funnelsim.processmap.conformance.conformance import conformance_of
from funnelsim.processmap.conformance.fail_on import RULES, drifts, parse_rules

from ..logs import log
from .meant import STRAIGHT, meant


def broken(found: Conformance, *rules: str) -> list[tuple[str, float, str]]:
    return [(one.rule, round(one.found, 6), one.at) for one in drifts(found, parse_rules(rules))]


def drifted() -> Conformance:
    """A tenth of leads skips the offer, and a target of each kind is missed."""
    targets = {"demo": {"targets": {"dwell": 1.5, "conversion": 0.9}}}
    model = meant(*STRAIGHT, "demo > legal", "legal > offer", stages=targets)
    leads = (
        ["demo 1, offer 1, contract 1, won"] * 40 + ["demo 2, lost"] * 50 + ["demo 1, contract 1, won"] * 10
    )
    return conformance_of(log(*leads), model)


def test_rules_are_read_with_their_limits() -> None:
    limits = parse_rules(["unknown_moves>5%, skipped", "Time > 12.5 %"])
    assert [(one.rule, one.allowed) for one in limits] == [
        ("unknown_moves", 0.05),
        ("skipped", 0.0),
        ("time", 0.125),
    ]
    assert [one.rule for one in parse_rules(["any"])] == list(RULES)
    assert parse_rules(["unknown-moves"])[0].rule == "unknown_moves"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("unknown_move", 'did you mean "unknown_moves"'),
        ("everything", "choose from unknown_moves"),
        ("skipped>5", "is not a rule"),
        ("skipped>-5%", "is not a rule"),
        ("skipped<5%", "is not a rule"),
        ("", "is not a rule"),
        ("skipped>500%", "more than 100 %"),
    ],
)
def test_what_is_no_rule_is_refused(text: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        parse_rules([text])


def test_all_wrong_rules_are_named_at_once() -> None:
    with pytest.raises(InputError, match="2 problems"):
        parse_rules(["nothing,skipped", "time>"])


def test_a_rule_fails_above_its_limit_and_not_at_it() -> None:
    """Mutant: at least for more than."""
    found = drifted()
    assert broken(found, "skipped>9%") == [("skipped", 0.1, "")]
    assert broken(found, "skipped>10%") == []
    assert broken(found, "unknown_moves") == [("unknown_moves", 0.1, "")]


def test_each_rule_measures_its_own_share() -> None:
    found = drifted()
    assert broken(found, "time") == [("time", 0.5, "demo")]
    assert broken(found, "conversion") == [("conversion", 0.4, "demo")]
    assert broken(found, "unused") == [("unused", 0.25, "")]
    assert broken(found, "unknown_stages") == []
    assert [rule for rule, *_ in broken(found, "any")] == [
        "unknown_moves",
        "skipped",
        "time",
        "conversion",
        "unused",
    ]


def test_a_rule_about_targets_that_nobody_stated_is_an_error() -> None:
    """It would pass for ever. ``any`` takes what there is."""
    found = conformance_of(log("demo 1, offer 1, contract 1, won"), meant(*STRAIGHT))
    with pytest.raises(InputError, match=r"no stage of plan\.toml states one"):
        drifts(found, parse_rules(["time"]), "plan.toml")
    assert drifts(found, parse_rules(["any"])) == ()


def test_targets_of_stages_that_the_history_lacks_are_no_check() -> None:
    targets = {"legal": {"targets": {"dwell": 1.0}}}
    model = meant(*STRAIGHT, "demo > legal", "legal > offer", stages=targets)
    found = conformance_of(log("demo 1, offer 1, contract 1, won"), model)
    with pytest.raises(InputError, match="the history has no stage for which"):
        drifts(found, parse_rules(["time"]))


def test_an_empty_history_is_no_success() -> None:
    found = conformance_of(log(), meant(*STRAIGHT))
    with pytest.raises(InputError, match="nothing to check"):
        drifts(found, parse_rules(["any"]))
    assert drifts(found, ()) == ()


def test_a_conversion_that_may_be_chance_is_no_drift() -> None:
    """Mutant: the share alone compared with the target."""
    model = meant(*STRAIGHT, stages={"demo": {"targets": {"conversion": 0.5}}})
    leads = (*["demo 1, lost"] * 6, *["demo 1, offer 1, lost"] * 4)
    assert broken(conformance_of(log(*leads), model), "conversion") == []
