"""Names of columns that hold what a deal was worth in the end, or what it was thought to be worth."""

from __future__ import annotations

import re
from typing import Literal

from funnelsim.history.presets.crm_columns import (
    without_prefix,
)
from funnelsim.history.presets.header_words import english_header
from funnelsim.history.values.currency_names import currency_of
from funnelsim.history.values.unit_names import unit_named
from funnelsim.history.values.words import folded, spaced, word_set

#: ``final``: what the deal was closed at. ``listed``: what was offered or expected. ``plain``: an amount.
AmountKind = Literal["final", "listed", "plain"]


_AMOUNTS = word_set(
    "amount amounts value revenue price acv arr tcv mrr bookings betrag wert umsatz summe volumen preis "
    "bedrag waarde montant valeur prix importe monto valor precio preco importo montante valore prezzo"
)
_FINAL = word_set(
    "closed close closing won final actual actually booked signed contracted agreed sold real realized "
    "realised geschlossen geschlossener abgeschlossen abgeschlossener gewonnen gewonnener endgultig "
    "endgultiger tatsachlich tatsachlicher effektiv effektiver gesloten definitief definitieve "
    "definitif definitive reel reelle gagne conclu effectif definitivo cerrado ganado real efectivo "
    "fechado ganho finale definitiva vinto chiuso effettivo abschluss"
)
_LISTED = word_set(
    "listed list quoted quote initial original expected estimated est forecast forecasted planned "
    "proposed proposal budgeted potential offer offered angebot angeboten erwarteter geplanter estime "
    "prevu prevista previsto"
)
_NOUNS = word_set("deal deals opportunity opp the of at is was total hs c in")
#: ``Value in EUR``, ``amount_usd``.
_CURRENCY_BEHIND = re.compile(
    r"(?P<name>.+?)(?:[\s_]+in)?(?:[\s_]*[(\[]|[\s_]+)(?P<currency>[^\s_()\[\]]+)[)\]]?", re.IGNORECASE
)
#: German names are one word: ``Abschlusswert``, ``Angebotssumme``.
_JOINED = re.compile(r"^(abschluss|angebots?|end)(betrag|wert|summe|preis|volumen)$")
_JOINED_AS = {"abschluss": "final", "end": "final", "angebot": "listed", "angebots": "listed"}


def amount_kind(column: str) -> AmountKind | None:
    """What the name of a column says about the amount of deals; None where it speaks of something else."""
    if "%" in column:  # a share of the amount
        return None
    name = without_prefix(column)
    words = [word for word in folded(spaced(before_currency(name) or name)).split() if word not in _NOUNS]
    if len(words) == 1 and (joined := _JOINED.fullmatch(words[0])):
        return "final" if _JOINED_AS[joined[1]] == "final" else "listed"
    about = [word for word in words if word not in _FINAL | _LISTED]
    if len(about) == 1 and about[0] in _AMOUNTS:
        known = {*words}
        if known & _LISTED:
            return None if known & _FINAL else "listed"
        return "final" if known & _FINAL else "plain"
    return "plain" if english_header(name) == "amount" else None


def before_currency(name: str) -> str:
    """``Value`` of ``Value (EUR)``, ``value_eur``, ``Value in EUR`` and ``Value (kEUR)``, else empty."""
    if without_unit := unit_named(name)[0]:
        return without_unit
    parts = _CURRENCY_BEHIND.fullmatch(name.strip())
    return parts["name"] if parts and currency_of(parts["currency"]) else ""
