"""Which stage a date column is about, by its name: ``demo_at``, ``Datum Angebot``, ``Date entered Demo``."""

from __future__ import annotations

import re
from dataclasses import dataclass

from funnelsim.history.presets.crm_columns import without_prefix
from funnelsim.history.presets.hubspot_columns import CURRENT_STAGE_NAMES, is_duration_column
from funnelsim.history.values.words import folded, word_set

_BEFORE = ("date", "datetime", "timestamp", "time", "datum", "fecha", "entered", "entry", "became", "reached")
_AFTER = (
    *("date", "at", "on", "time", "day", "datetime", "timestamp", "datum", "am", "utc"),
    *("entered", "entry", "reached"),
)
_LEFT = ("exited", "exit", "left", "departed", "leaving")
#: What CRMs and connectors keep beside the stages of a deal: never an entry into one.
_BOOKKEEPING = {
    *(
        "modified",
        "modify",
        "update",
        "updated",
        "activity",
        "sync",
        "synced",
        "deleted",
        "archived",
        "viewed",
    ),
    *(
        "referenced",
        "birth",
        "birthday",
        "birthdate",
        "import",
        "imported",
        "export",
        "exported",
        "system modstamp",
    ),
    *(
        "systemmodstamp",
        "modstamp",
        "rotten",
        "snapshot",
        "extracted",
        "loaded",
        "batched",
        "created",
        "create",
    ),
    *(
        "closed",
        "close",
        "closing",
        "stage change",
        "latest stage change",
        "stage",
        "current stage",
        "owner assigned",
    ),
    *(
        "hubspot owner assigned",
        "record modified",
        "dateofbirth",
        "added",
        "add",
        "timestamp",
        "start timestamp",
    ),
    *("stage changed", "changed", "deal creation", "deal created", "deal create"),
    *("status change", "status changed", "to close", "closure", "abschluss", "erstellung", "erstellt"),
}
_BOOKKEEPING_FIRST = ("fivetran", "airbyte", "sdc", "dlt", "etl", "hs", "sys", "system", "lastmodified")
_RECENT = ("last", "latest", "recent", "most")
#: Recent and next activities, wherever the words stand: ``Date of last call``, ``Volgende activiteit``.
_RECENT_ANYWHERE = ("last", "latest", "laatste", "letzter", "volgende", "activity", "activiteit")
#: The same in German, anywhere in the name.
_GERMAN = {
    *("letzte", "letzten", "letzter", "letztes", "zuletzt", "aktualisiert", "aktualisierung", "geändert"),
    *(
        "änderung",
        "phasenänderung",
        "erwartet",
        "erwartetes",
        "voraussichtlich",
        "voraussichtliches",
        "geplant",
    ),
    *("geplantes", "nächste", "nächsten", "nächster", "aktivität", "abschlussdatum", "gelöscht"),
}


#: The same in French, Spanish, Portuguese, Italian and Polish, without accents where English lacks the word.
_ROMANCE = word_set(
    "derniere dernier ultima ultimo prochaine prochain proxima proximo prossima prossimo siguiente "
    "prevue prevu prevista previsto esperada estimada estimee attesa modificacion modificacao modifica "
    "activite actividad atividade attivita actualizacion atualizacao aggiornamento création creacion "
    "criacao creazione cloture fermeture cierre fechamento encerramento chiusura naissance nacimiento "
    "nascimento nascita "
    # Polish
    "ostatni ostatnia ostatnie ostatniej ostatniego nastepna nastepny nastepnej aktywnosci aktywnosc"
)
_ROMANCE_UNCLEAR = word_set(
    "echeance vencimiento vencimento scadenza livraison entrega consegna facture facturation factura "
    "fatura fattura paiement pago pagamento relance seguimiento contrat contrato contratto debut inicio "
    "inizio fim renouvellement renovacion renovacao rinnovo"
)
_DATE_OF = {"date", "fecha", "data"}
_OF = frozenset(("de", "du", "des", "d", "la", "di", "da", "do", "del", "della", "dell"))
_PLANNED = (
    *("expected", "planned", "forecast", "forecasted", "estimated", "est", "projected", "anticipated"),
    *("predicted", "target", "original"),
)
_AFTER_PLANNED = ("close", "closing", "closed", "closure", "decision", "")
_AFTER_NEXT = (
    "activity",
    "step",
    "contact",
    "call",
    "meeting",
    "task",
    "action",
    "touch",
    "follow",
    "followup",
)
#: Dates of something else as often as of a stage: asked for, never guessed.
_UNCLEAR = {
    "due",
    "deadline",
    "contract",
    "renewal",
    "start",
    "end",
    "begin",
    "expiry",
    "expiration",
    "effective",
}
_UNCLEAR |= {"follow up", "followup", "event", "delivery", "invoice", "payment", "valid until", "valid from"}
_UNCLEAR |= {
    "commit",
    "pay",
    "sla",
    "go live",
    "golive",
    "kickoff",
    "kick off",
    "ship",
    "shipping",
    "booking",
    "first response",
    "age start",
    "anniversary",
}
#: The same wherever they stand in a name.
_UNCLEAR_ANYWHERE = word_set(
    "until by valid validity gultig bis valable snooze snoozed rotting paid payment sla fiscal period month "
    "quarter year expires expiry expiration reminder wiedervorlage message invoiced shipped birthday "
    "geldig einddatum startdatum vervaldatum leverdatum lieferdatum"
)
#: German words of one piece: ``Vertragsbeginn``, ``Liefertermin``.
_UNCLEAR_END = ("beginn", "ende", "termin", "frist", "ablauf", "fallig")
#: Records beside the deal, created before it or after.
_RECORDS = word_set(
    "account contact company lead organization organisation person client customer user record owner quote "
    "task ticket"
)
_CREATION = ("created", "create", "creation", "added")
#: Words of the stages that most funnels have, and those that stand beside them.
_STAGE_WORDS = word_set(
    "lead mql sql sal sqo sao prospect prospecting qualified qualification qualifying discovery demo "
    "presentation proposal quote quoted offer negotiation negotiating evaluation poc pilot trial verbal "
    "procurement scoping appointment engaged contacted opportunity nurture customer rfp tender contract "
    "angebot verhandlung qualifiziert qualifizierung propuesta negociacion proposta negociacao trattativa "
    "proposition devis offerte onderhandeling"
)
_BESIDE_STAGE = word_set(
    "a sent signed held booked made done presented accepted requested submitted review legal"
)
_TERM = ("contract", "subscription", "license", "licence", "service", "project", "term", "renewal", "trial")
_TERM_POINT = ("start", "end", "begin", "expiry", "expiration", "expires", "ends", "starts", "due", "renewal")


@dataclass(frozen=True, slots=True, kw_only=True)
class DateName:
    """What the name of a date column says.

    Attributes
    ----------
    stage : str
        The words that are left without ``date``, ``at`` and their like.
    kind : str
        ``entry`` or ``exit`` of a stage, ``unclear``, or ``other`` for the bookkeeping of a CRM.
    is_dated : bool
        The name itself says that the column holds dates.
    is_known : bool
        The name says an entry (``Date entered X``), or has the words of a usual stage.
    """

    stage: str
    kind: str
    is_dated: bool = True
    is_known: bool = False


def read_date_name(name: str) -> DateName:
    """The stage that the name of a date column speaks of: ``qualified_at`` gives ``qualified``.

    Whole words are compared: ``vendor_selection`` and ``pending_since`` have nothing to do with an end.
    """
    words = _words(without_prefix(name))
    stage, named_entry = _without_affixes(words)
    phrase = " ".join(stage)
    if not stage or is_duration_column(name):
        return DateName(stage=phrase, kind="other")
    if stage[0] in _LEFT or stage[-1] in _LEFT:
        rest = stage[1:] if stage[0] in _LEFT else stage[:-1]
        rest, _ = _without_affixes(rest)
        return DateName(stage=" ".join(rest), kind="exit" if rest else "other")
    if named_entry:
        return DateName(
            stage=phrase, kind="entry" if phrase not in CURRENT_STAGE_NAMES else "other", is_known=True
        )
    return DateName(
        stage=phrase, kind=_kind(stage), is_dated=len(stage) < len(words), is_known=_is_usual(stage)
    )


def _is_usual(stage: list[str]) -> bool:
    """True for ``demo``, ``proposal sent``: words of usual stages and nothing else."""
    words = {*folded(" ".join(stage)).split()}
    return bool(words & _STAGE_WORDS) and words <= _STAGE_WORDS | _BESIDE_STAGE


def _kind(stage: list[str]) -> str:
    phrase, first, last = " ".join(stage), stage[0], stage[-1]
    plain = {*stage, *folded(phrase).split()}
    if not _ROMANCE.isdisjoint(plain):
        return "other"
    if (
        not _GERMAN.isdisjoint(stage)
        or phrase in _BOOKKEEPING
        or first in _BOOKKEEPING_FIRST
        or first in _RECENT
    ):
        return "other"
    if first in _PLANNED and (stage[1:] or [""])[0] in _AFTER_PLANNED:
        return "other"
    if first == "next" and len(stage) > 1 and stage[1] in _AFTER_NEXT:
        return "other"
    if not plain.isdisjoint(_RECENT_ANYWHERE):
        return "other"
    if last in ("modified", "updated", "synced", "deleted", "archived", "viewed", "referenced"):
        return "other"
    if not (_ROMANCE_UNCLEAR | _UNCLEAR_ANYWHERE).isdisjoint(plain):
        return "unclear"
    if folded(last).endswith(_UNCLEAR_END) or (first in _RECORDS and last in _CREATION):
        return "unclear"
    if (
        last == "due"
        or phrase in _UNCLEAR
        or first in _PLANNED
        or (first in _TERM and last in _TERM_POINT and len(stage) > 1)
    ):
        return "unclear"
    return "entry"


def _words(name: str) -> list[str]:
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", name)
    return re.findall(r"[^\W_]+", spaced.lower())


def _without_affixes(words: list[str]) -> tuple[list[str], bool]:
    """The words in the middle, and whether those around them speak of an entry."""
    start, end, entry = 0, len(words), False
    if len(words) > 2 and words[0] in _DATE_OF and words[1] in _OF:  # "Fecha de la demo"
        start = next((position for position in range(1, end) if words[position] not in _OF), end - 1)
    while start < end and words[start] in _BEFORE:
        entry |= words[start] in ("entered", "entry", "became", "reached")
        start += 1
    while end > start and words[end - 1] in _AFTER:
        entry |= words[end - 1] in ("entered", "entry", "reached")
        end -= 1
    return words[start:end], entry
