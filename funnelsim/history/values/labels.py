"""What the words of an export mean: stage, outcome, or to be ignored."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

import polars as pl

from funnelsim.history.values.outcome_words import OPEN_WORDS, read_words, standard_outcome
from funnelsim.history.values.words import folded

Kind = Literal["stage", "outcome", "ignore", "open", "unmapped"]

#: Keys that no stage may have.
RESERVED = ("won", "lost", "churned", "never")
#: Letters and marks that show nothing, although Unicode does not class them with the control characters.
_SHOW_NOTHING = "\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0"
_UNSEEN = re.compile(rf"[{_SHOW_NOTHING}\u180b-\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef]")
#: Pictures; the letters and digits in circles and squares between them (Ⓐ, ❶, 🅱, 🈁) are text.
_EMOJI = re.compile(
    "[\u203c\u2049\u20e3\u231a\u231b\u2328\u23cf\u23e9-\u23fa\u25aa-\u25fe\u2600-\u2775\u2794-\u27bf"
    "\u2b00-\u2bff\u3030\u303d\U0001f000-\U0001f0ff\U0001f1e6-\U0001f1ff\U0001f300-\U0001faff]"
)
_SUFFIX = 6


def visible(label: str) -> str:
    """The label as one sees it: without characters that show nothing, all spaces as single blanks."""
    text = _UNSEEN.sub("", unicodedata.normalize("NFC", label))
    kept = (" " if one.isspace() else one for one in text if one.isspace() or not _is_control(one))
    return " ".join("".join(kept).split())


def _is_control(one: str) -> bool:
    return unicodedata.category(one) in ("Cc", "Cf")


def without_emoji(label: str) -> str:
    """The visible label without pictures; with them where nothing else is left."""
    text = visible(label)
    return visible(_EMOJI.sub("", text)) or text


def same_label(label: str) -> str:
    """Labels that differ in case, spaces or dashes only are one: ``Closed-Won`` and ``closed won``.

    So are those that differ in emoji or in characters that show nothing. All others are different labels, if
    only by an accent or a sign.
    """
    text = unicodedata.normalize("NFC", without_emoji(label).casefold())
    text = re.sub(r"^[\s_\-–—]+\s|\s[\s_\-–—]+$", "", text)  # what is left of "🔥 - Demo"
    return re.sub(r"(?<=[^\W_])[\s_\-–—]+(?=[^\W_])", " ", text).strip(" _")


def slug(label: str) -> str:
    """A key from a label: ``Negotiation/Review`` gives ``negotiation_review``."""
    plain = unicodedata.normalize("NFKD", label).encode("ascii", "ignore").decode().lower()
    key = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")
    return f"s_{key}" if key[:1].isdigit() else key


def is_key(text: str) -> bool:
    return re.fullmatch(r"[a-z][a-z0-9_]*", text) is not None


def known_outcome(label: str) -> str | None:
    """The outcome that a label means in every CRM, if any."""
    return standard_outcome(without_emoji(label))


def means_outcome(label: str) -> bool:
    """True if the words of a label clearly mean won or lost."""
    reading = read_words(label)
    return known_outcome(label) is not None or (reading is not None and reading.strength == "sure")


def stage_keys(labels: Iterable[str]) -> dict[str, str]:
    """A key for each different label (as `same_label` has it), no two the same.

    A key follows from its label alone. Where several labels would share one, the label that reads like the
    key keeps it, and each other gets a suffix made from its own text: their order does not matter.
    """
    plain = sorted({same_label(label) for label in labels})
    wanted = {label: _stage_key(label) for label in plain}
    shared = Counter(wanted.values())
    return {
        label: key if shared[key] == 1 or label.replace(" ", "_") == key else suffixed(key, label)
        for label, key in wanted.items()
    }


def suffixed(key: str, label: str) -> str:
    """A key that no other label has."""
    return f"{key}_{hashlib.sha256(same_label(label).encode()).hexdigest()[:_SUFFIX]}"


def _stage_key(label: str) -> str:
    # A number in order of appearance would change with the rest of the export.
    key = slug(label) or "stage_" + slug(label.encode("punycode").decode())
    return f"{key}_stage" if key in RESERVED else key


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    kind: Kind
    key: str = ""


@dataclass(slots=True, kw_only=True)
class LabelBook:
    """The meaning of every label of an import, and how often it was read.

    Attributes
    ----------
    stages : dict of str to str
        Stage key to its name on screen, in the order in which they were given or first seen.
    closed : bool
        True if a mapping names the stages: a label that it does not know is then unmapped, not a stage.
    given : dict of str to tuple of str
        The outcomes of the mapping and their labels.
    not_outcomes : set of str
        Labels that are stages although they read like outcomes.
    claimed, status : dict of str to Meaning
        Meanings of labels that are settled; those of `status` hold in the outcome column only.
    """

    claimed: dict[str, Meaning]
    stages: dict[str, str]
    closed: bool
    meanings: dict[str, Meaning] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    given: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    not_outcomes: frozenset[str] = frozenset()
    status: dict[str, Meaning] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)

    def name_stages(self, labels: Iterable[str]) -> None:
        """Choose the keys of all labels that may become stages, before any is read."""
        self.keys = stage_keys(label for label in labels if same_label(label) not in self.claimed)

    def read(self, column: pl.Series, *, outcome_column: bool = False, counted: bool = True) -> pl.DataFrame:
        """Columns ``label_kind`` and ``label_key``, one row per value; null if the label is missing."""
        raw = pl.DataFrame({"raw": column.cast(pl.String)})
        written = raw.drop_nulls().group_by("raw", maintain_order=True).len()
        written = written.with_columns(
            pl.col("raw").str.strip_chars().str.replace_all(r"\s+", " ").alias("label")
        ).filter(pl.col("label").map_elements(visible, return_dtype=pl.String) != "")
        counts = written.group_by("label", maintain_order=True).agg(pl.col("len").sum())
        meanings = {label: self.meaning(label, outcome_column) for label in counts["label"].to_list()}
        for label, number in counts.iter_rows():
            self.meanings[label] = meanings[label]
            self.counts[label] = self.counts.get(label, 0) + (number if counted else 0)
        lookup = pl.DataFrame(
            {
                "label": list(meanings),
                "label_kind": [meaning.kind for meaning in meanings.values()],
                "label_key": [meaning.key for meaning in meanings.values()],
            },
            schema={"label": pl.String, "label_kind": pl.String, "label_key": pl.String},
        )
        lookup = written.select("raw", "label").join(lookup, on="label", how="left").drop("label")
        return raw.join(lookup, on="raw", how="left", maintain_order="left").drop("raw")

    def meaning(self, label: str, outcome_column: bool = False) -> Meaning:
        """What one label means; an unknown one becomes a stage where no mapping lists the stages."""
        plain = same_label(label)
        if outcome_column and plain in self.status:
            return self.status[plain]
        if plain in self.claimed:
            return self.claimed[plain]
        if plain in self.not_outcomes:
            return Meaning(kind="open") if outcome_column else self._unknown_stage(label)
        if outcome_column and folded(plain) in OPEN_WORDS:
            return Meaning(kind="open")
        known = known_outcome(label)
        if known is not None:
            return Meaning(kind="outcome", key=known)
        if outcome_column:
            return self._unknown_outcome(label)
        return self._unknown_stage(label)

    def _unknown_outcome(self, label: str) -> Meaning:
        if self.stage_key(label) in self.stages:
            return Meaning(kind="open")
        if self.closed or not slug(label):
            return Meaning(kind="unmapped")
        return Meaning(kind="outcome", key=slug(label))

    def _unknown_stage(self, label: str) -> Meaning:
        if self.closed:
            return Meaning(kind="unmapped")
        key = self.stage_key(label)
        self.stages.setdefault(key, without_emoji(label))
        return Meaning(kind="stage", key=key)

    def claim(self, outcomes: Mapping[str, str], status: Mapping[str, str]) -> None:
        """Give labels the outcomes that a CRM's own words and flags mean, where no mapping says otherwise.

        Those of `status` hold in the outcome column only: a stage may have the same name.
        """
        for label, key in status.items():
            if same_label(label) not in self.claimed:
                self.status[same_label(label)] = Meaning(kind="outcome", key=key)
        for label, key in outcomes.items():
            self.claimed.setdefault(same_label(label), Meaning(kind="outcome", key=key))

    def ignored(self, labels: pl.Series) -> list[str]:
        """The labels among these that the mapping says to ignore."""
        every = labels.drop_nulls().unique().to_list()
        ignore = Meaning(kind="ignore")
        return [label for label in every if self.claimed.get(same_label(label)) == ignore]

    def stage_key(self, label: str) -> str:
        """The key that the label has as a stage."""
        plain = same_label(label)
        return self.keys.get(plain) or stage_keys([plain])[plain]

    def restate(self, stage: str, outcome: str) -> None:
        """What was taken for a stage is an outcome."""
        self.stages.pop(stage, None)
        self.meanings = {
            label: Meaning(kind="outcome", key=outcome)
            if meaning == Meaning(kind="stage", key=stage)
            else meaning
            for label, meaning in self.meanings.items()
        }

    @property
    def unmapped(self) -> dict[str, int]:
        """Labels that nothing explains, with their counts, most frequent first."""
        stages_found = {
            label: self.counts[label]
            for label, meaning in self.meanings.items()
            if meaning.kind == "unmapped"
        }
        return dict(sorted(stages_found.items(), key=lambda item: (-item[1], item[0])))


def label_book(
    stages: Mapping[str, tuple[str, Iterable[str]]],
    outcomes: Mapping[str, Iterable[str]],
    ignore: Iterable[str],
    not_outcomes: Iterable[str] = (),
) -> LabelBook:
    """The labels of a mapping: stage key -> (name, labels), outcome -> labels, labels to ignore."""
    claimed: dict[str, Meaning] = {}
    for key, (name, labels) in stages.items():
        for label in (key, name, *labels):
            claimed.setdefault(same_label(label), Meaning(kind="stage", key=key))
    for key, labels in outcomes.items():
        claimed.setdefault(same_label(key), Meaning(kind="outcome", key=key))
        claimed |= {same_label(label): Meaning(kind="outcome", key=key) for label in labels}
    claimed |= {same_label(label): Meaning(kind="ignore") for label in ignore}
    return LabelBook(
        claimed=claimed,
        stages={key: name or key for key, (name, _) in stages.items()},
        closed=bool(stages),
        given={key: tuple(labels) for key, labels in outcomes.items()},
        not_outcomes=frozenset(same_label(label) for label in not_outcomes),
    )
