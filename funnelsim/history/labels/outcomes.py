"""Labels of stages that read like outcomes: read as outcomes, kept as stages, or an error that asks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from funnelsim.core.errors import HistoryError, Problem
from funnelsim.core.nouns import counted
from funnelsim.history.attention import Attention
from funnelsim.history.labels.evidence import NEARLY_ALL, LabelEvidence
from funnelsim.history.labels.standing_out import standing_out
from funnelsim.history.toml_text import quoted, quoted_list
from funnelsim.history.values.labels import LabelBook, Meaning, known_outcome, means_outcome
from funnelsim.history.values.outcome_words import RESTING, hinted_outcome, read_words
from funnelsim.history.values.words import folded

#: So many deals make a label without a telling word that ends them worth a look.
_FEW = 5
_SHOWN = 8
_ASKS = "   # move labels that mean won here"
_ASKS_BOTH = "   # add those that mean {}: {}"


@dataclass(slots=True, kw_only=True)
class Verdicts:
    """Labels by verdict; outcome -> evidence, "" if the outcome is unknown."""

    read: dict[str, list[LabelEvidence]] = field(default_factory=dict)
    doubted: dict[str, list[LabelEvidence]] = field(default_factory=dict)
    unclear: list[LabelEvidence] = field(default_factory=list)
    by_flags: list[tuple[LabelEvidence, str]] = field(default_factory=list)


def settle_stage_labels(
    evidence: dict[str, LabelEvidence], book: LabelBook, file: str, *, stated: bool
) -> Iterator[Attention]:
    """Record which labels are outcomes, and yield warnings.

    Flags of the CRM decide first, label by label, unless they contradict plain labels. A label that says won
    or lost clearly is read so. Other words for an end (Disqualified, Cancelled) need deals that do not
    continue from there. A label that only means the end (Closed) raises an error. Where the deals table has
    a outcome column (`stated`), labels that only events have are left to it.

    Raises
    ------
    HistoryError
        If closed deals have labels that do not show how they ended.
    """
    verdicts = Verdicts()
    settled = [plain for plain in evidence if plain in book.claimed and book.claimed[plain].kind == "outcome"]
    has_outcomes = stated or any(means_outcome(item.label) or item.flagged for item in evidence.values())
    suspects: dict[str, str] | None = None
    if has_outcomes or settled or book.given:
        suspects = standing_out(item for plain, item in evidence.items() if plain not in settled)
    trusted = _flags_agree(evidence.values())
    for plain, item in evidence.items():
        if plain in book.claimed or plain in book.not_outcomes or known_outcome(item.label):
            continue
        if trusted and _closed_either_way(item):
            continue  # the flags of each deal decide
        if trusted and (outcome := _flagged_outcome(item)):
            _note_mixed_flags(item, outcome, verdicts)
            book.claimed[plain] = Meaning(kind="outcome", key=outcome)
        elif trusted and not book.closed and _closed_somehow(item):
            verdicts.unclear.append(item)
        elif not book.closed and not (trusted and _open_by_flags(item)):
            _settle_by_words(plain, item, book, verdicts, suspects, left=stated and not item.rows)
    if verdicts.unclear:
        raise _question(verdicts.unclear, book, file)
    stated = stated or "won" in book.given
    won_is_known = (
        stated
        or any(known_outcome(item.label) == "won" or item.flagged_won for item in evidence.values())
        or any(plain in evidence and meaning.key == "won" for plain, meaning in book.claimed.items())
    )
    yield from _attentions(verdicts, book, won_is_known=won_is_known)


def _flags_agree(evidence: Iterable[LabelEvidence]) -> bool:
    """False if flags contradict labels that need none, such as Closed Won: they are not kept up."""
    known = [(item, known_outcome(item.label)) for item in evidence]
    agreeing = sum(
        (item.flagged_won if outcome == "won" else item.flagged_closed - item.flagged_won) + item.unexplained
        for item, outcome in known
        if outcome
    )
    return agreeing >= NEARLY_ALL * sum(
        item.flagged + item.half_flagged for item, outcome in known if outcome
    )


def _closed_either_way(item: LabelEvidence) -> bool:
    """True for a label such as Closed: by the flags its deals are closed, some won and some not."""
    rarer = min(item.flagged_won, item.flagged_closed - item.flagged_won)
    return _flagged_outcome(item) != "" and rarer > (1 - NEARLY_ALL) * item.flagged_closed


def _flagged_outcome(item: LabelEvidence) -> str:
    if not item.flagged or item.flagged_closed < NEARLY_ALL * item.flagged:
        return ""
    return "won" if item.flagged_won * 2 > item.flagged_closed else "lost"


def _open_by_flags(item: LabelEvidence) -> bool:
    flagged, closed = item.flagged + item.half_flagged, item.flagged_closed + item.unexplained
    return flagged > 0 and closed <= (1 - NEARLY_ALL) * flagged


def _closed_somehow(item: LabelEvidence) -> bool:
    """True where the flag says that the deals are closed, and neither flag nor label how."""
    words = read_words(item.label)
    said = words is not None and words.strength in ("sure", "likely")
    return not said and item.half_flagged > 0 and item.unexplained >= NEARLY_ALL * item.half_flagged


def _note_mixed_flags(item: LabelEvidence, outcome: str, verdicts: Verdicts) -> None:
    agreeing = item.flagged_won if outcome == "won" else item.flagged_closed - item.flagged_won
    if agreeing < item.flagged:
        verdicts.by_flags.append((item, outcome))


def _settle_by_words(
    plain: str,
    item: LabelEvidence,
    book: LabelBook,
    verdicts: Verdicts,
    suspects: Mapping[str, str] | None,
    *,
    left: bool,
) -> None:
    """Settle a label by its words; by what its deals do where `suspects` stand out, or nothing is known."""
    reading = read_words(item.label)
    if left and (reading is None or reading.strength != "sure"):
        return
    if reading is None:
        telling = suspects is None or folded(item.label) in RESTING
        if telling and item.ends and (item.closed or item.ended >= _FEW):
            verdicts.doubted.setdefault("", []).append(item)
        elif item.label in (suspects or ()):
            verdicts.doubted.setdefault((suspects or {})[item.label], []).append(item)
    elif reading.strength == "sure" or (reading.strength == "likely" and item.ends):
        verdicts.read.setdefault(reading.outcome, []).append(item)
        book.claimed[plain] = Meaning(kind="outcome", key=reading.outcome)
    elif reading.strength == "end":
        if item.closed and item.ends:
            verdicts.unclear.append(item)
        elif item.ends:
            verdicts.doubted.setdefault("", []).append(item)
    else:
        verdicts.doubted.setdefault(reading.outcome, []).append(item)


def _question(unclear: list[LabelEvidence], book: LabelBook, file: str) -> HistoryError:
    which = "flagged as closed" if any(map(_closed_somehow, unclear)) else "with a closing date"
    message = (
        f"deals {which} have the label {labels_shown(unclear)}, which does not show whether they "
        "were won, and no other column shows it"
    )
    return question(message, lines_of_both(book.given, unclear), file)


def question(message: str, lines: Iterable[str], file: str) -> HistoryError:
    """The error that asks for a section of the mapping, with a guess at it."""
    hint = "\n".join(("define it in a mapping, such as:", *(f"    {line}" for line in lines)))
    return HistoryError(file, [Problem(path="outcomes", message=message, hint=hint)])


def _attentions(verdicts: Verdicts, book: LabelBook, *, won_is_known: bool) -> Iterator[Attention]:
    read = {key: [item.label for item in items] for key, items in verdicts.read.items()}
    if read:
        shown_labels = "; ".join(f"{labels_shown(items)} as {key}" for key, items in verdicts.read.items())
        text = (
            f"labels that look like outcomes are read as outcomes: {shown_labels}. To change this in a "
            "mapping, name another "
            "outcome, or make "
            'one a stage with not_outcomes = ["the label"] above its first [table]:'
        )
        number = sum(item.deals for items in verdicts.read.values() for item in items)
        yield Attention(
            check="labels_read_as_outcomes",
            text=text,
            mapping=outcome_lines(book.given, read),
            as_read=True,
            count=number,
        )
    doubted = [item for items in verdicts.doubted.values() for item in items]
    if doubted:
        text = (
            f"labels that may be outcomes are read as stages: {labels_shown(doubted)}. "
            "If deals end there, list them as won or lost in a mapping; to confirm a stage, put "
            'not_outcomes = ["the label"] above its first [table]:'
        )
        known = {item.label: key for key, items in verdicts.doubted.items() for item in items}
        lines = lines_of_both(book.given, doubted, known, won_is_known=won_is_known)
        number = sum(item.deals for item in doubted)
        yield Attention(check="labels_like_outcomes", text=text, mapping=lines, count=number)
    if verdicts.by_flags:
        yield _mixed_flags(verdicts.by_flags, book)


def _mixed_flags(by_flags: list[tuple[LabelEvidence, str]], book: LabelBook) -> Attention:
    """Labels whose deals have different flags, with what they are read as."""
    most = sorted(by_flags, key=lambda pair: -pair[0].flagged)
    shown = "; ".join(
        f"{counted(item.flagged, 'deal')} at {quoted(item.label)}, {item.flagged_closed:,} closed and "
        f"{item.flagged_won:,} won, as {outcome}"
        for item, outcome in most[:_SHOWN]
    )
    more = f"; and {len(most) - _SHOWN} more labels" if len(most) > _SHOWN else ""
    text = (
        "labels whose deals have different CRM flags are read as the majority of the flags: "
        f"{shown}{more}. To confirm or change this in a mapping:"
    )
    labels: dict[str, list[str]] = {}
    for item, outcome in by_flags:
        labels.setdefault(outcome, []).append(item.label)
    number = sum(item.flagged for item, _ in by_flags)
    lines = outcome_lines(book.given, labels)
    return Attention(check="mixed_flags", text=text, mapping=lines, as_read=True, count=number)


def labels_shown(items: Iterable[LabelEvidence], most: int = 8) -> str:
    every = [f"{quoted(item.label)} {item.deals:,}" for item in items]
    more = f" and {len(every) - most} more" if len(every) > most else ""
    return ", ".join(every[:most]) + more


def outcome_lines(given: Mapping[str, Sequence[str]], labels: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """A section ``[outcomes]`` of a mapping with what it has already (`given`) and these labels."""
    every = {key: [*given.get(key, ()), *labels.get(key, ())] for key in {**given, **labels}}
    return ("[outcomes]", *(f"{key} = {quoted_list(dict.fromkeys(labels))}" for key, labels in every.items()))


def lines_of_both(
    given: Mapping[str, Sequence[str]],
    items: Iterable[LabelEvidence],
    known: Mapping[str, str] | None = None,
    read: Mapping[str, Sequence[str]] | None = None,
    *,
    won_is_known: bool = True,
) -> tuple[str, ...]:
    """Lines with labels sorted into won and lost, as far as a word in them or `known` tells.

    The others are listed as lost, and the line for won asks for those that are not. Where no label is known
    as won they may as well be wins: they are then in neither line, and both ask.
    """
    labels: dict[str, list[str]] = {key: [*(read or {}).get(key, ())] for key in ("won", "lost")}
    unsure: list[str] = []
    for item in items:
        outcome = (known or {}).get(item.label) or hinted_outcome(item.label)
        if not outcome:
            unsure.append(item.label)
        if outcome or won_is_known:
            labels[outcome or "lost"].append(item.label)
    if not unsure:
        return outcome_lines(given, {key: found for key, found in labels.items() if found})
    lines = outcome_lines(given, labels)
    if not won_is_known:
        names = ", ".join(quoted(label) for label in unsure)
        asked = {key: _ASKS_BOTH.format(key, names) for key in labels}
        return tuple(line + asked.get(line.partition(" = ")[0], "") for line in lines)
    return tuple(f"{line}{_ASKS}" if line.startswith("won = ") else line for line in lines)
