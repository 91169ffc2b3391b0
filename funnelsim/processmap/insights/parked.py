"""Stages where deals wait for a later time: "on hold", "nurture"."""

from __future__ import annotations

import re
from collections.abc import Mapping

#: Whole words in the name or key of such a stage. A history has no other record of it.
_PARKED = re.compile(
    r"\b(parked|parking|nurtur(e|ing)|hold|paused|dormant|recycled?|postponed|deferred|later|snoozed)\b"
)


def parked_stages(stages: Mapping[str, str]) -> tuple[str, ...]:
    """Keys of the stages whose name says that deals are parked there."""
    return tuple(
        key for key, name in stages.items() if any(_PARKED.search(_words(text)) for text in (key, name))
    )


def _words(text: str) -> str:
    return text.casefold().replace("_", " ").replace("-", " ")
