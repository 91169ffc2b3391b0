"""How a process follows its map, in words: the answer, the rows of tables, and what drifted."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from funnelsim.core.nouns import counted, plural_noun, verb
from funnelsim.documents.map_conformance import (
    Affected,
    Conformance,
    Drift,
    LateStage,
    Split,
    StageConversion,
    StageDrift,
    UnknownMove,
)
from funnelsim.documents.process_map import START, MapDocument
from funnelsim.report.words.map_insights_words import Table
from funnelsim.report.words.money import MISSING, Scale, money, table_scale
from funnelsim.report.words.names import plain
from funnelsim.report.words.quantities import count, days, share, time_unit

#: Rows of each table on screen; the JSON has all.
MOST_ROWS = 8
#: Ids in a row.
_IDS = 2
_LONGEST = 30


def answer(document: MapDocument, found: Conformance) -> str:
    """How many leads follow the map, and what those that do not are worth."""
    nouns, model = plural_noun(document.noun), plain(found.model) or "the model"
    if not found.leads:
        return f"There is no {document.noun} to compare with {model}."
    off = found.unknown
    if not off.leads:
        return f"All {counted(found.leads, document.noun)} follow the map of {model} so far."
    followed = f"{found.followed:,} of {found.leads:,}"
    said = f"{share(found.followed_share)} of {nouns} follow the map of {model} ({followed}). "
    said += f"{off.leads:,} {'does' if off.leads == 1 else 'do'} not"
    if off.open:
        worth = "" if off.open_money is None else f", worth {money(off.open_money, document.currency)}"
        said += f"; {off.open:,} of them {verb(off.open, 'are')} open{worth}"
    return f"{said}."


def moves_table(document: MapDocument, found: Conformance) -> Table:
    """Moves that the map does not know."""

    def name(move: UnknownMove) -> str:
        origin = "new" if move.origin == START else _stage(document, move.origin)
        skipped = ", ".join(model_stage(found, stage) for stage in move.skips)
        return f"{origin} to {_target(document, move.to)}" + (f" (skips {skipped})" if skipped else "")

    return _table(document, "move", found.moves, name)


def skipped_table(document: MapDocument, found: Conformance) -> Table:
    """Stages that leads passed over."""

    def name(stage: StageDrift) -> str:
        return model_stage(found, stage.stage)

    return _table(document, "skipped stage", found.skipped, name)


def new_stages_table(document: MapDocument, found: Conformance) -> Table:
    """Stages that the map lacks."""

    def name(stage: StageDrift) -> str:
        return _stage(document, stage.stage)

    return _table(document, "stage", found.new_stages, name)


def unused_words(document: MapDocument, found: Conformance) -> str:
    """The stages of the map that nobody entered; empty where there is none."""
    if not found.unused or not found.leads:
        return ""
    names = ", ".join(model_stage(found, stage) for stage in found.unused)
    return f"No {document.noun} ever entered: {names}."


def late_table(document: MapDocument, found: Conformance) -> Table:
    """Stages with a target for the time in them."""
    unit = time_unit([one.target_days for one in found.late])
    scale = _scale(document, found.late)
    rows = [
        [
            _stage(document, one.stage),
            unit.number(one.target_days),
            unit.number(one.median_days),
            share(one.over_share),
            count(one.leads),
            *_open_cells(one, scale),
        ]
        for one in found.late
    ]
    heads = ["stage", f"target,\n{unit.many}", "median", "visits\nover it", plural_noun(document.noun)]
    return _with_open(heads, rows, scale)


def conversion_table(document: MapDocument, found: Conformance) -> Table:
    """Stages with a target for their conversion."""
    scale = table_scale([one.missing_money for one in found.conversions], document.currency)
    known = any(one.missing_money is not None for one in found.conversions)
    rows = []
    for one in found.conversions:
        row = [_stage(document, one.stage), share(one.target), _interval(one), _missing(one)]
        rows.append([*row, scale.number(one.missing_money)] if known else row)
    level = f"{found.level * 100:.0f} %"
    heads = ["stage", "target", f"went on\n[{level} interval]", f"{plural_noun(document.noun)}\nshort"]
    unit = f"\n{scale.unit}" if scale.unit else ""
    return Table([*heads, *([f"worth{unit}"] if known else [])], rows)


def _interval(one: StageConversion) -> str:
    if one.conversion is None or one.low is None or one.high is None:
        return MISSING
    return _with_ends(one.conversion, one.low, one.high)


def _with_ends(value: float, low: float, high: float) -> str:
    """``14 % [12, 16]``"""
    ends = (share(end).removesuffix(" %") for end in (low, high))
    return f"{share(value)} [{', '.join(ends)}]"


def _missing(one: StageConversion) -> str:
    if one.missing is None or not one.ended:
        return MISSING
    if not one.missing:
        return "none"
    return count(round(one.missing, 1)) + ("" if one.clear else " (may be chance)")


def targets_words(found: Conformance) -> str:
    """Which targets the model does not state."""
    missing = []
    if not found.time_targets:
        missing.append("the time in a stage (targets.dwell)")
    if not found.conversion_targets:
        missing.append("conversion (targets.conversion)")
    return f"The model states no targets for {' and '.join(missing)}." if missing else ""


def undecided_words(found: Conformance) -> str:
    """Open visits that no target can judge yet."""
    undecided = sum(one.undecided for one in found.late)
    if not undecided:
        return ""
    return f"{counted(undecided, 'open visit')} still within the target {verb(undecided, 'are')} left out."


def split_table(document: MapDocument, found: Conformance, kind: str) -> Table:
    """Departments, or reps: leads, how many left the map, and how many were late."""
    rows_of = [one for one in found.splits if one.kind == kind]
    late = any(one.late for one in rows_of)
    rows = []
    for one in rows_of:
        row = [plain(one.key)[:_LONGEST], count(one.of), count(one.leads), _split_share(one)]
        rows.append([*row, count(one.late)] if late else row)
    heads = [kind, plural_noun(document.noun), "off the\nmap", f"share\n[{found.level * 100:.0f} % interval]"]
    return Table([*heads, *(["over a time\ntarget"] if late else [])], rows[:MOST_ROWS])


def split_note(found: Conformance, kind: str) -> str:
    """How many rows are not shown."""
    more = sum(one.kind == kind for one in found.splits) - MOST_ROWS
    return f"and {counted(more, kind)} more with a smaller share." if more > 0 else ""


def _split_share(one: Split) -> str:
    if one.share is None or one.low is None or one.high is None:
        return MISSING
    return _with_ends(one.share, one.low, one.high)


def drift_words(document: MapDocument, drift: Drift) -> str:
    """``12 % of deals make a move that the map does not know (allowed 5 %)``"""
    nouns = plural_noun(document.noun)
    at = _stage(document, drift.at) if drift.at else ""
    found = share(drift.found)
    said = {
        "unknown_moves": f"{found} of {nouns} make a move that the map does not know",
        "unknown_stages": f"{found} of {nouns} enter {at}, which the map lacks",
        "skipped": f"{found} of {nouns} skip a step",
        "time": f"{found} of visits to {at} take longer than the target",
        "conversion": f"{at} is {100 * drift.found:.1f} points under its target of conversion",
        "unused": f"{found} of the map's stages are never entered",
    }[drift.rule]
    return said + (f" (allowed {share(drift.allowed)})" if drift.allowed else "")


def drift_line(document: MapDocument, found: Conformance) -> str:
    """Everything that drifted in one line."""
    return f"drifted: {'; '.join(drift_words(document, one) for one in found.drifts)}"


def model_stage(found: Conformance, key: str) -> str:
    """The name of a stage of the model."""
    return plain(found.model_stage_names.get(key) or key.replace("_", " "))


def _stage(document: MapDocument, key: str) -> str:
    return plain(document.stage_name(key))


def _target(document: MapDocument, key: str) -> str:
    known = key in document.stage_names
    return _stage(document, key) if known else plain(document.outcome_name(key))


def _table(document: MapDocument, head: str, found: Sequence[Affected], name: Callable[..., str]) -> Table:
    """Name, leads, share, and the open ones to look at."""
    shown = found[:MOST_ROWS]
    scale = _scale(document, shown)
    rows = [[name(one), count(one.leads), share(one.share), *_open_cells(one, scale)] for one in shown]
    return _with_open([head, plural_noun(document.noun), "share"], rows, scale)


def _scale(document: MapDocument, found: Sequence[Affected]) -> Scale:
    return table_scale([one.open_money for one in found], document.currency)


def _open_cells(one: Affected, scale: Scale) -> list[str]:
    ids = ", ".join(plain(deal)[:20] for deal in one.deals[:_IDS])
    worth = scale.number(one.open_money) if one.open_money is not None else ""
    return [count(one.open), worth, ids]


def _with_open(heads: list[str], rows: list[list[str]], scale: Scale) -> Table:
    unit = f"\n{scale.unit}" if scale.unit else ""
    return Table(
        [*heads, "still\nopen", f"open worth{unit}", "look at first"], rows, words=("look at first",)
    )


def late_words(document: MapDocument, one: LateStage) -> str:
    """One stage in a sentence."""
    return (
        f"{_stage(document, one.stage)}: {share(one.over_share)} of visits take longer than "
        f"{days(one.target_days)}."
    )
