"""What a process map says, in sentences: its finding, its dates, what it leaves out."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

from funnelsim.core.nouns import plural_noun
from funnelsim.documents.process_map import START, MapDocument, Move
from funnelsim.report.words.dates import span_words
from funnelsim.report.words.names import plain
from funnelsim.report.words.quantities import count, days, plural, share

UNKNOWN_MOVE = "not in the model"


def finding(document: MapDocument) -> str:
    """The title: what the model does not know, or else where most leads are lost."""
    return _unknown(document) or _largest_loss(document) or _size(document)


def _unknown(document: MapDocument) -> str:
    unknown = [move for move in document.moves if move.meant is False]
    total = sum(move.n or 0.0 for move in document.moves if move.meant is not None)
    if not unknown or not total:
        return ""
    part = sum(move.n or 0.0 for move in unknown) / total
    most = max(unknown, key=lambda move: move.n or 0.0)
    moves = "the moves drawn" if document.hidden.moves else "all moves"
    return f"{share(part)} of {moves} are not in the model, most often {move_words(document, most)}"


def _largest_loss(document: MapDocument) -> str:
    lost: dict[str, float] = {}
    for move in document.moves:
        if move.kind == "lost" and move.origin != START:
            lost[move.origin] = lost.get(move.origin, 0.0) + (move.n or 0.0)
    closed = closed_leads(document)
    base = closed or document.leads  # how many have closed is not in every document
    if not base or not lost:
        return ""
    stage = max(lost, key=lambda key: lost[key])
    part = min(lost[stage] / base, 1.0)
    if part <= 0:
        return ""
    deals = plural_noun(plain(document.noun) or "deal")
    where = f"are lost at {plain(document.stage_name(stage))}"
    if document.of == "model":
        return f"Of 100 new {deals}, {count(round(lost[stage]) or lost[stage])} {where}"
    if closed:
        return f"{_part_words(part)} of the closed {deals} {where.replace('are', 'were', 1)}"
    return f"{_part_words(part)} of the {deals} {where}"


def closed_leads(document: MapDocument) -> float:
    """Leads of a history that have ended, in whatever outcome; 0 of a model."""
    if document.of == "model":
        return 0.0
    return (document.won or 0.0) + (document.churned or 0.0) + (document.ended or 0.0)


def _part_words(part: float) -> str:
    words = (
        (0.25, "A quarter"),
        (1 / 3, "A third"),
        (0.5, "Half"),
        (2 / 3, "Two thirds"),
        (0.75, "Three quarters"),
    )
    for value, word in words:
        if abs(part - value) < 0.005:
            return word
        if abs(part - value) < 0.015:
            return f"About {word[0].lower()}{word[1:]}"
    return share(part)


def _size(document: MapDocument) -> str:
    stages = plural(len(document.stages), "stage")
    if document.of == "model" or document.leads is None:
        return f"The process in {stages}"
    return f"How {plural(document.leads, plain(document.noun) or 'deal')} moved through {stages}"


def sources(document: MapDocument) -> str:
    """The subtitle: of whom, when, which part of them, and how many are open."""
    if document.of == "model":
        parts = [plain(document.name), "as the model has it, per 100 new leads"]
    else:
        leads = "" if document.leads is None else plural(document.leads, plain(document.noun) or "deal")
        dates = span_words(document.start, document.end) if document.start and document.end else ""
        parts = [plain(document.name), leads, dates]
    filters = ", ".join(f"{key} {plain(str(value))}" for key, value in document.filters.items())
    return "; ".join(part for part in (", ".join(part for part in parts if part), filters) if part)


def hidden_words(document: MapDocument) -> str:
    """The footnote on rare moves that are not drawn."""
    hidden = document.hidden
    if not hidden.moves:
        return ""
    rare = plural(hidden.moves, "rare move")
    limit = f" (under {share(hidden.min_share)} of a stage)" if hidden.min_share else ""
    taken = (
        "" if hidden.leads is None else f", taken by {plural(hidden.leads, plain(document.noun) or 'deal')}"
    )
    return f"Not drawn: {rare}{limit}{taken}."


def place_name(document: MapDocument, key: str) -> str:
    """The name of a stage or an outcome, or of where leads come from."""
    if key == START:
        return "New leads"
    if any(stage.stage == key for stage in document.stages):
        return plain(document.stage_name(key))
    return plain(document.outcome_name(key)).capitalize()


def move_words(document: MapDocument, move: Move) -> str:
    return f"{place_name(document, move.origin)} to {place_name(document, move.to)}"


def class_words(limits: Iterable[float]) -> list[str]:
    """The classes of time: ``under 3 days``, ``3 to 7 days``, ``7 days or more``."""
    ends = list(limits)
    if not ends:
        return []
    between = [f"{_short(low)} to {time_words(high)}" for low, high in pairwise(ends)]
    return [f"under {time_words(ends[0])}", *between, f"{time_words(ends[-1])} or more"]


def _short(value: float) -> str:
    """Without the unit, where the next limit has the same."""
    return time_words(value).removesuffix(" days").removesuffix(" day") if value >= 1 else time_words(value)


def time_words(value: float) -> str:
    """A time in stage: ``12 days``, ``1 hour``, ``at once``."""
    if value == 0:
        return "at once"
    amount, _, unit = days(value).partition(" ")
    amount = amount.removesuffix(".0")
    return f"{amount} {unit.removesuffix('s') if amount == '1' else unit}"


def moves_words(document: MapDocument, origin: str, to: str) -> str:
    """All that is known of the moves between two places: ``Demo to Won: 3 deals, 1.3 %, median 5 days``."""
    moves = [move for move in document.moves if (move.origin, move.to) == (origin, to)]
    noun = plain(document.noun) or "deal"
    facts = []
    if any(move.n is not None for move in moves):
        total = sum(move.n or 0.0 for move in moves)
        facts.append(f"{count(total)} per 100 new" if document.of == "model" else plural(total, noun))
    if any(move.share is not None for move in moves):
        facts.append(share(sum(move.share or 0.0 for move in moves)))
    facts += [f"median {time_words(move.median_days)}" for move in moves if move.median_days is not None][:1]
    if any(move.meant is False for move in moves):
        facts.append(UNKNOWN_MOVE)
    name = f"{place_name(document, origin)} to {place_name(document, to)}"
    return f"{name}: {', '.join(facts)}" if facts else name
