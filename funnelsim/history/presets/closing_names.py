"""Names of columns that hold when deals closed, or when they were expected to."""

from __future__ import annotations

from typing import Literal

from funnelsim.history.presets.crm_columns import without_prefix
from funnelsim.history.presets.header_words import english_header
from funnelsim.history.values.words import folded, spaced, word_set

#: ``closing``: the day of closing, real or expected. ``likely``: the end of the deal or of something else.
#: ``planned``: an expected day. ``former``: what the closing date once was, or the month that it lies in.
ClosingKind = Literal["closing", "likely", "planned", "former"]


_CLOSING = word_set("close closed closing closure geschlossen abgeschlossen gesloten afgesloten") | {
    "won lost",
    "won or lost",
    "win loss",
    "closed won lost",
}
_LIKELY = word_set(
    "complete completed completion resolved resolution finalized finalised finished concluded conclusion "
    "ended done abgewickelt erledigt"
) | {"status changed", "status change"}
_ACTUAL = word_set(
    "actual actually real really true effective final definitive tatsachlich tatsachliches tatsachlicher "
    "effektiv effektives reel reelle effectif effective efectiva efectivo efetiva effettiva effettivo "
    "werkelijke"
)
_PLANNED = word_set(
    "expected planned forecast forecasted estimated est projected anticipated predicted target targeted "
    "scheduled likely probable budgeted commit committed erwartet erwartetes erwarteter geplant geplantes "
    "geplanter voraussichtlich voraussichtliches voraussichtlicher verwachte previsionnelle prevista previsto"
)
_FORMER = word_set(
    "previous prior former initial initially original originally old first baseline last latest change "
    "changed updated vorheriges ursprungliches initiale precedente anterior"
)
_PERIODS = word_set("month quarter year week fiscal period fy monat quartal jahr mois mes mese trimestre")
_TIMES = word_set("date dates at on time day datetime timestamp datum am utc local")
_NOUNS = word_set("deal deals opportunity opp the was is of it record lead hs c")
#: Names without a space between their words, as databases and APIs have them.
_JOINED = {
    "closedate": "close date",
    "closeddate": "closed date",
    "closedat": "closed at",
    "closedon": "closed on",
    "closedtime": "closed time",
    "closetime": "close time",
    "closingdate": "closing date",
    "dateclosed": "closed date",
    "wonlost": "won lost",
}


def closing_kind(column: str) -> ClosingKind | None:
    """What the name of a column says about the closing of deals; None where it speaks of something else."""
    words = [
        part
        for word in folded(spaced(without_prefix(column))).split()
        for part in _JOINED.get(word, word).split()
    ]
    known = {*words}
    about = [word for word in words if word not in _ACTUAL | _PLANNED | _FORMER | _PERIODS]
    english = english_header(" ".join(about)) or " ".join(about)
    core = " ".join(word for word in english.split() if word not in _TIMES | _NOUNS)
    if core in _CLOSING:
        if known & (_FORMER | _PERIODS):
            return "former"
        return "planned" if known & _PLANNED else "closing"
    if english == "expected close date":
        return "planned"
    whole = " ".join(word for word in words if word not in _ACTUAL | _TIMES | _NOUNS)
    return "likely" if whole in _LIKELY else None


def names_the_real_one(column: str) -> bool:
    """True for ``Actual close date``, ``Closed on``: not only when a deal is expected to close."""
    words = {*folded(spaced(column)).split()}
    return bool(words & (_ACTUAL | {"closed", "geschlossen", "abgeschlossen", "gesloten"}))
