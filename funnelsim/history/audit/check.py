"""One check of the audit, and notes that only need a count."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from funnelsim.core.nouns import counted, verb
from funnelsim.documents.audit import AuditCheck, Level


def check_entry(name: str, level: Level, count: int, text: str) -> AuditCheck:
    return AuditCheck(check=name, level=level, count=count, text=text)


def counted_checks(
    texts: Mapping[str, tuple[str, str, str]], counts: Mapping[str, Any]
) -> Iterator[AuditCheck]:
    """A note for each count above zero; `texts` holds noun, plural of the verb (or nothing) and the rest."""
    for name, (noun, done, rest) in texts.items():
        if number := counts.get(name):
            words = (counted(number, noun), verb(number, done) if done else "", rest)
            yield check_entry(name, "note", number, " ".join(word for word in words if word))
