"""Which stage a date column is about, by its name: ``Date entered "Demo (Sales)"``, ``demo_at``."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from funnelsim.history.presets.crm_columns import without_prefix
from funnelsim.history.values.labels import known_outcome
from funnelsim.history.values.outcome_words import folded

_QUOTES = "\"'`´‘’“”„«»"
#: ``hs_date_entered_X``, ``hs_v2_date_exited_X``, as the API and the usual connectors spell them.
_API = re.compile(r"^(?:propert(?:y|ies)[_.\s]*)*hs_(v2_)?date_(entered|exited)_(.+)$", re.IGNORECASE)
#: ``Date entered "X (Pipeline)"``, as an export from the screen has it.
_SCREEN = re.compile(r"^\s*date[\s_]+(entered|exited)[\s_:]+(.+?)\s*$", re.IGNORECASE)
#: Durations, which are not dates: ``Latest time in "X"``, ``hs_v2_cumulative_time_in_X``.
_DURATION = re.compile(
    r"^(?:propert(?:y|ies)[_.\s]*)*"
    r"(?:hs_(?:v2_)?(?:latest_|cumulative_)?time_in_|(?:latest |cumulative )?time in )",
    re.IGNORECASE,
)
_PIPELINE = re.compile(r"^(.*\S)\s*\(([^()]*(?:\([^()]*\)[^()]*)*)\)$")
_PRESENT = ("stage", "current stage", "pipeline", "current pipeline", "pipeline stage", "status", "dealstage")

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


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


#: The same in French, Spanish, Portuguese and Italian, without accents where English lacks the word.
_ROMANCE = _set(
    "derniere dernier ultima ultimo prochaine prochain proxima proximo prossima prossimo siguiente "
    "prevue prevu prevista previsto esperada estimada estimee attesa modificacion modificacao modifica "
    "activite actividad atividade attivita actualizacion atualizacao aggiornamento création creacion "
    "criacao creazione cloture fermeture cierre fechamento encerramento chiusura naissance nacimiento "
    "nascimento nascita"
)
_ROMANCE_UNCLEAR = _set(
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
}
#: The same wherever they stand in a name.
_UNCLEAR_ANYWHERE = _set(
    "until by valid validity gultig bis valable snooze snoozed rotting paid payment sla fiscal period month "
    "quarter year expires expiry expiration reminder wiedervorlage message invoiced shipped birthday "
    "geldig einddatum startdatum vervaldatum leverdatum lieferdatum"
)
#: German words of one piece: ``Vertragsbeginn``, ``Liefertermin``.
_UNCLEAR_END = ("beginn", "ende", "termin", "frist", "ablauf", "fallig")
#: Records beside the deal, created before it or after.
_RECORDS = _set("account contact company lead organization organisation person client customer user record")
_CREATION = ("created", "create", "creation", "added")
#: Words of the stages that most funnels have, and those that stand beside them.
_STAGE_WORDS = _set(
    "lead mql sql sal sqo sao prospect prospecting qualified qualification qualifying discovery demo "
    "presentation proposal quote quoted offer negotiation negotiating evaluation poc pilot trial verbal "
    "procurement scoping appointment engaged contacted opportunity nurture customer rfp tender contract "
    "angebot verhandlung qualifiziert qualifizierung propuesta negociacion proposta negociacao trattativa "
    "proposition devis offerte onderhandeling"
)
_BESIDE_STAGE = _set(
    "a sent signed held booked made done presented accepted requested submitted review legal"
)
_TERM = ("contract", "subscription", "license", "licence", "service", "project", "term", "renewal", "trial")
_TERM_POINT = ("start", "end", "begin", "expiry", "expiration", "expires", "ends", "starts", "due", "renewal")


@dataclass(frozen=True, slots=True, kw_only=True)
class StageColumn:
    """A column whose name says that it holds when deals entered (or left) a stage.

    Attributes
    ----------
    stage : str
        Label or id of the stage, as the name of the column has it.
    pipeline : str
        Empty where the name has none.
    is_end : bool
        True for the date on which deals left the stage.
    version : int
        2 for HubSpot's ``hs_v2_`` columns, which replace those of version 1; 0 for a column on a screen.
    """

    column: str
    stage: str
    pipeline: str = ""
    is_end: bool = False
    version: int = 0


def hubspot_stage_columns(columns: Iterable[str]) -> list[StageColumn]:
    """HubSpot's date columns of stages among `columns`, in their order.

    The words in brackets at the end are the pipeline where all columns of the screen end with some;
    ``Date entered "Demo (online)"`` beside ``Date entered "Won"`` names the stage ``Demo (online)``.
    """
    read_columns = [read for name in columns if (read := _hubspot(name)) is not None]
    screen = [read for read in read_columns if not read.version]
    if not all(split_pipeline(read.stage)[1] for read in screen if not known_outcome(read.stage)):
        return read_columns
    split = {read.column: split_pipeline(read.stage) for read in screen}
    return [
        replace(read, stage=split[read.column][0], pipeline=split[read.column][1])
        if read.column in split
        else read
        for read in read_columns
    ]


def split_pipeline(label: str) -> tuple[str, str]:
    """Stage and pipeline of ``Contract Sent (Sales Pipeline)``; the pipeline is empty if there is none."""
    match = _PIPELINE.match(label.strip())
    return (match[1], match[2].strip()) if match else (label.strip(), "")


def _hubspot(name: str) -> StageColumn | None:
    if match := _API.match(name):
        version = 2 if match[1] else 1
        is_end = match[2].lower() == "exited"
        return StageColumn(column=name, stage=match[3], is_end=is_end, version=version)
    match = _SCREEN.match(name)
    if match is None:
        return None
    stage = match[2].strip(_QUOTES + " ")
    if not stage or stage.lower() in _PRESENT:
        return None
    return StageColumn(column=name, stage=stage, is_end=match[1].lower() == "exited")


def is_duration_column(name: str) -> bool:
    """True for HubSpot's times in stages, which look like numbers of milliseconds."""
    return _DURATION.match(name) is not None


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
        return DateName(stage=phrase, kind="entry" if phrase not in _PRESENT else "other", is_known=True)
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
    if phrase in _UNCLEAR or first in _PLANNED or (first in _TERM and last in _TERM_POINT and len(stage) > 1):
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
