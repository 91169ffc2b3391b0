"""A process map in words: the answer, the rows of its tables, and what is left out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from funnelsim.core.nouns import plural_noun, verb
from funnelsim.documents.process_map import START, MapDocument, MapStage, Move, Variant
from funnelsim.report.words.money import MISSING, Scale, table_scale
from funnelsim.report.words.names import plain
from funnelsim.report.words.quantities import (
    TimeUnit,
    confidence_share,
    count,
    days,
    plural,
    share,
    time_unit,
)

#: Runs of so many stages in funnel order are shortened to the first and the last.
_LONG_RUN = 4
#: In a shortened run, stands for the stages between.
BETWEEN = "..."
#: Longer names are cut where a line holds several.
_LONGEST_IN_PATHS, _LONGEST_IN_MOVES = 24, 32


def heading_words(document: MapDocument) -> str:
    """``as it really ran``, with what is selected."""
    what = "as it really ran" if document.of == "history" else "as the model means it"
    only = "; ".join(f"{option} {plain(value)}" for option, value in document.filters.items())
    created = f" ({plural_noun(document.noun)} created in it)" if "period" in document.filters else ""
    name = f"{plain(document.name)}, {what}" if document.name else what[:1].upper() + what[1:]
    return f"{name}. Only {only}{created}." if only else f"{name}."


def answer(document: MapDocument) -> str:
    """How many leads, how many won, how long a win takes, and where most leave."""
    if not document.leads:
        return f"There is no {document.noun} with a dated stage in this history."
    said = [_fates(document) if document.of == "history" else _expected(document)]
    if document.median_days_to_win is not None:
        said.append(f"Half of the wins took {days(document.median_days_to_win)} or less.")
    if worst := _where_most_leave(document):
        said.append(worst)
    return " ".join(said)


def _fates(document: MapDocument) -> str:
    leads = document.leads or 0.0
    parts = []
    if document.won is not None:
        parts.append(f"{count(document.won)} {verb(int(document.won), 'were')} won")
    if document.churned:
        parts.append(f"{count(document.churned)} churned")
    if document.ended:
        only_lost = set(document.outcomes) <= {"won", "lost", "churned"}
        how = f"{verb(int(document.ended), 'were')} lost" if only_lost else "ended without a win"
        parts.append(f"{count(document.ended)} {how}")
    if document.open:
        parts.append(f"{count(document.open)} {verb(int(document.open), 'are')} open")
    listed = ", ".join(parts[:-1]) + (" and " if len(parts) > 1 else "") + parts[-1] if parts else ""
    return f"Of {plural(leads, document.noun)} {listed}."


def _expected(document: MapDocument) -> str:
    nouns = plural_noun(document.noun)
    if document.won is None:
        return f"How many {nouns} are won cannot be computed."
    return f"Of 100 new {nouns}, {count(document.won)} {'is' if count(document.won) == '1' else 'are'} won."


def _where_most_leave(document: MapDocument) -> str:
    lost = sum(stage.lost or 0.0 for stage in document.stages)
    if not lost or len(document.stages) == 1:
        return ""
    worst = max(document.stages, key=lambda stage: stage.lost or 0.0)
    name = plain(document.stage_name(worst.stage))
    part = f"{count(worst.lost)} of {count(lost)}"
    if document.of == "model":
        part = f"{count(worst.lost)} of 100"
    return f"Most are lost at {name}: {part}."


def stage_heads(document: MapDocument) -> list[str]:
    unit = stage_unit(document).many
    if document.of == "model":
        hundred = f"visits of\n100 {plural_noun(document.noun)}"
        heads = ["stage", hundred, "go\non", f"{unit} in\nstage", "80 %\nwithin", "lost"]
        return [*heads, "department"] if any(stage.department for stage in document.stages) else heads
    return ["stage", "visits", "open\nnow", "went\non", f"{unit} in\nstage", "80 %\nwithin", "lost"]


def stage_unit(document: MapDocument) -> TimeUnit:
    """The unit of all times in stage."""
    return time_unit([stage.median_days for stage in document.stages])


def stage_row(document: MapDocument, stage: MapStage) -> list[str]:
    unit = stage_unit(document)
    name = plain(document.stage_name(stage.stage))
    times = [unit.number(stage.median_days), unit.number(stage.p80_days)]
    if document.of == "model":
        row = [name, count(stage.entered), share(stage.conversion), *times, count(stage.lost)]
        return [*row, plain(stage.department)] if any(s.department for s in document.stages) else row
    counts = [count(stage.entered), count(stage.open)]
    return [name, *counts, share(stage.conversion), *times, count(stage.lost)]


def detours(document: MapDocument, top: int) -> list[Move]:
    """Moves that skip stages, go back or repeat one, most frequent first."""
    found = [move for move in document.moves if move.kind in ("skip", "back", "repeat")]
    return sorted(found, key=lambda move: -(move.leads or 0.0))[:top]


def detour_heads(document: MapDocument) -> list[str]:
    nouns = plural_noun(document.noun)
    number = ["times", f"by\n{nouns}"] if document.of == "history" else [f"{nouns}\nof 100"]
    return [
        "move",
        "kind",
        *number,
        "of those that\nleave the stage",
        f"{stage_unit(document).many}\nbefore it",
    ]


_KINDS = {"skip": "skips stages", "back": "goes back", "repeat": "repeats"}


def detour_row(document: MapDocument, move: Move) -> list[str]:
    return [
        move_name(document, move, longest=_LONGEST_IN_MOVES),
        _KINDS.get(move.kind, move.kind),
        *([count(move.n)] if document.of == "history" else []),
        count(move.leads),
        share(move.share),
        stage_unit(document).number(move.median_days),
    ]


def move_name(document: MapDocument, move: Move, *, longest: int = 10_000) -> str:
    """``Demo to Proposal``, ``new to Demo``, ``Demo to lost``, ``Demo again``."""
    if move.kind == "repeat":
        return f"{_cut(document.stage_name(move.to), longest)} again"
    origin = "new" if move.origin == START else document.stage_name(move.origin)
    known = move.to in {stage.stage for stage in document.stages}
    to = document.stage_name(move.to) if known else document.outcome_name(move.to)
    return f"{_cut(origin, longest)} to {_cut(to, longest)}"


def path_words(document: MapDocument, path: Sequence[str]) -> str:
    """``Demo x2 > Offer``; ``Qualified > ... > Offer`` where every stage between comes in turn."""
    place = {stage.stage: n for n, stage in enumerate(document.stages)}
    repeats: list[tuple[str, int]] = []
    for key in path:
        if repeats and repeats[-1][0] == key:
            repeats[-1] = (key, repeats[-1][1] + 1)
        else:
            repeats.append((key, 1))
    return " > ".join(_shortened(document, repeats, place))


def _shortened(
    document: MapDocument, repeats: Sequence[tuple[str, int]], place: dict[str, int]
) -> Iterator[str]:
    start = 0
    while start < len(repeats):
        end = start + 1
        while end < len(repeats) and _follows(repeats[end - 1], repeats[end], place):
            end += 1
        run = [_visited(document, *one) for one in repeats[start:end]]
        yield from run if len(run) < _LONG_RUN else (run[0], BETWEEN, run[-1])
        start = end


def _follows(one: tuple[str, int], other: tuple[str, int], place: dict[str, int]) -> bool:
    once = one[1] == other[1] == 1
    return once and place.get(other[0], -1) == place.get(one[0], -9) + 1


def _visited(document: MapDocument, key: str, times: int) -> str:
    name = _cut(document.stage_name(key), _LONGEST_IN_PATHS)
    return f"{name} x{times}" if times > 1 else name


def _cut(name: str, longest: int) -> str:
    shown = plain(name)
    return shown if len(shown) <= longest else shown[: longest - 1].rstrip() + "…"


def variant_heads(document: MapDocument) -> list[str]:
    scale = variant_scale(document)
    heads = ["path", plural_noun(document.noun), "share", "median\ndays", "won [90 % interval]"]
    if _has_amounts(document):
        heads.append(f"mean win\n{scale.unit}".rstrip())
    return heads


def variant_scale(document: MapDocument) -> Scale:
    return table_scale([variant.mean_amount for variant in document.variants], document.currency)


def variant_row(document: MapDocument, variant: Variant) -> list[str]:
    row = [
        path_words(document, variant.path),
        count(variant.n),
        share(variant.share),
        _DAYS.number(variant.median_days),
        _win_rate(variant),
    ]
    if _has_amounts(document):
        amount = variant.mean_amount
        row.append("" if amount is None else variant_scale(document).number(amount))
    return row


_DAYS = time_unit([])


def _has_amounts(document: MapDocument) -> bool:
    return any(variant.mean_amount for variant in document.variants)


def _win_rate(variant: Variant) -> str:
    if variant.win_rate is None or variant.win_rate_low is None or variant.win_rate_high is None:
        return MISSING
    ends = (100 * variant.win_rate_low, 100 * variant.win_rate_high)
    return f"{100 * variant.win_rate:.0f} % [{ends[0]:.0f}, {ends[1]:.0f}]"


def variants_title(document: MapDocument) -> str:
    shown, in_all = len(document.variants), document.variants_in_all
    nouns = plural_noun(document.noun)
    if in_all == 1:
        return f"All {nouns} that have ended took one path"
    which = f"The {shown} most frequent of {in_all:,} paths" if shown < in_all else f"All {in_all} paths"
    which = f"The most frequent of {in_all:,} paths" if shown == 1 else which
    return f"{which} of {nouns} that have ended"


def variants_note(document: MapDocument) -> str:
    if any(BETWEEN in path_words(document, one.path) for one in document.variants):
        return f"{BETWEEN} stands for every stage between, in order."
    return ""


def hidden_words(document: MapDocument) -> str:
    """How many rare moves are left out, and how many leads made them."""
    hidden = document.hidden
    if not hidden.moves:
        return ""
    moves = f"{hidden.moves:,} rare {'move' if hidden.moves == 1 else 'moves'}"
    made = "" if hidden.leads is None else f", made by {plural(hidden.leads, document.noun)}"
    return (
        f"Left out: {moves}, each under {confidence_share(hidden.min_share or 0.0)} of what leaves its "
        f"stage{made}. --min-share 0 keeps them."
    )
