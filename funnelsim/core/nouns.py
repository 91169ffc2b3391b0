"""Singular and plural forms of nouns and verbs."""

from __future__ import annotations

from collections.abc import Sequence

#: What a source, segment or owner is called that nobody has recorded.
UNKNOWN = "unknown"


def plural_noun(noun: str) -> str:
    """``deals``, ``opportunities``, ``businesses``, ``open deals``."""
    if noun.endswith("y") and noun[-2:-1] not in "aeiou":
        return f"{noun[:-1]}ies"
    return f"{noun}es" if noun.endswith(("s", "x", "ch", "sh")) else f"{noun}s"


def counted(number: int, noun: str) -> str:
    """``1 open deal``, ``1,204 open deals``."""
    return f"{number:,} {noun if number == 1 else plural_noun(noun)}"


def verb(number: int, plural: str) -> str:
    """The form of a plural verb for a count: for 1, ``has`` from ``have`` and ``stands`` from ``stand``."""
    if number != 1:
        return plural
    return {"are": "is", "have": "has", "were": "was"}.get(plural, f"{plural}s")


def listed(words: Sequence[str], most: int, of: int | None = None) -> str:
    """``A, B and 3 more``: the first words of a list, and how many follow.

    Parameters
    ----------
    words : sequence of str
    most : int
        So many are shown.
    of : int, optional
        How many there are in all, where `words` are only the first; default all of `words`.
    """
    shown = words[:most]
    rest = (len(words) if of is None else of) - len(shown)
    return ", ".join(shown) + (f" and {rest:,} more" if rest > 0 else "")
