"""Sentences for readers of a page, who type no command: without the parts that name an option of one.

The words modules write for the screen, where "give one with --quota" helps. On a page that part goes, and
what is true without it stays.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

#: Only options that sentences name: a deal may be called "Relaunch --phase two".
_NAMES = (
    "allow-large at-once by deals history indifference json min-share model out period quota ramp range reps "
    "replications since top until warmup"
)
_OPTION = re.compile(rf"(?<![\w-])(?:--(?:{'|'.join(_NAMES.split())})|-n)(?![\w-])")
_PARENTHESIS = re.compile(r" ?\([^()]*\)")
_SENTENCES = re.compile(r"(?<=[.!?]) (?=[A-Z-])")
#: Where a part of a sentence that only gives advice begins.
_CLAUSE = re.compile(r"(?:;|:|,(?= see)) ")


def without_options(text: str) -> str:
    """The text without parts that name an option; empty where nothing else is said."""
    if not _OPTION.search(text):
        return text
    return " ".join(filter(None, map(_sentence, _SENTENCES.split(text))))


def said(texts: Iterable[str]) -> list[str]:
    """All texts without options, those that say nothing then left out."""
    return list(filter(None, map(without_options, texts)))


def _sentence(text: str) -> str:
    text = _PARENTHESIS.sub(lambda found: "" if _OPTION.search(found[0]) else found[0], text)
    if not _OPTION.search(text):
        return text
    whole = text.rstrip(".")
    ends = [found.start() for found in _CLAUSE.finditer(whole)] + [len(whole)]
    last = max((end for end in ends if not _OPTION.search(whole[:end])), default=0)
    return whole[:last] + (text[len(whole) :] if last else "")
