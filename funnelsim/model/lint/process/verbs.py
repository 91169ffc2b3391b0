"""Verbs of sales and service, to tell an instruction from a heading."""

from __future__ import annotations

import re

_REGULAR = """
accept activate add adjust advise agree align allocate analyse analyze answer approve arrange ask assess
assign attend audit be begin bill book brief bring build calculate call chase check choose clarify clean
close collect come compare complete confirm connect consult contact convert copy create deal decide define
deliver demonstrate deploy describe design develop discover discuss do document draft draw drop email end
enter escalate establish estimate evaluate examine exchange expand explain export extend fill filter find
finish fix forecast forward gather get give go greet guide hand handle have help hire hold host identify
implement import inform inspect install introduce invite invoice involve issue join keep know label lead
learn leave listen log look mail make manage map mark measure meet migrate monitor move name negotiate
note notify obtain offer onboard open order organise organize own pass pay perform phone pick pilot plan
post prepare present price prioritise prioritize process produce promise propose prove provide publish put
qualify quote raise rank rate read receive recommend record refer register reject release remind remove
renew repeat reply report request research resolve respond return review route run scan schedule scope
score search secure see segment select sell send set share show sign solve sort speak specify start state
stop submit suggest summarise summarize support switch take talk target teach tell test thank tick track
train transfer translate trigger try update upload use validate verify visit wait walk watch welcome win
work write
"""
_IRREGULAR = """
are began begun bought brought built came chose chosen dealt did done drawn drew found gave given gone got
had has held is kept knew known led left made meant met paid ran read said sat saw seen sent shown sold
spoke spoken taken taught thought told took understood was went were won written wrote
"""
_VERBS, _OTHER_FORMS = frozenset(_REGULAR.split()), frozenset(_IRREGULAR.split())
_WORD = re.compile(r"[a-z]+")


def has_verb(text: str) -> bool:
    """Whether any word is, or comes from, a verb that people do at work.

    Lenient on purpose: "call" may be a noun, but a rule that objects to good lines is switched off.
    """
    words = _WORD.findall(text.lower())
    return any(word in _OTHER_FORMS or not _VERBS.isdisjoint(_stems(word)) for word in words)


def _stems(word: str) -> set[str]:
    """``schedules``, ``scheduled`` and ``scheduling`` all give ``schedule`` among others."""
    found = {word}
    for ending in ("s", "es", "d", "ed", "ing"):
        if word.endswith(ending):
            stem = word.removesuffix(ending)
            found |= {stem, f"{stem}e"}
            if stem[-2:-1] == stem[-1:]:  # plan, planned
                found.add(stem[:-1])
            if stem.endswith("i"):  # verify, verified
                found.add(f"{stem[:-1]}y")
    return found
