"""What the words of an export mean: stage, outcome, or to be ignored."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

import polars as pl

Kind = Literal["stage", "outcome", "ignore", "open", "unmapped"]

#: Words that mean an outcome in every CRM; the rest is for a mapping to say.
OUTCOME_WORDS: dict[str, tuple[str, ...]] = {
    "won": ("won", "closed won", "close won", "won closed", "deal won", "win"),
    "lost": ("lost", "closed lost", "close lost", "lost closed", "deal lost", "loss", "unqualified lost"),
    "churned": ("churned", "churn"),
}
#: Words of an outcome column that mean there is none yet.
OPEN_WORDS = ("open", "in progress", "active", "pending", "ongoing", "none")


def same_label(label: str) -> str:
    """Labels that differ in case, spaces or dashes only are one: ``Closed-Won`` and ``closed won``."""
    words = re.sub(r"[\s_\-–—/:|]+", " ", label.strip().casefold())
    return words.strip()


def slug(label: str) -> str:
    """A key from a label: ``Negotiation/Review`` gives ``negotiation_review``."""
    plain = unicodedata.normalize("NFKD", label).encode("ascii", "ignore").decode().lower()
    key = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")
    return f"s_{key}" if key[:1].isdigit() else key


def is_key(text: str) -> bool:
    return re.fullmatch(r"[a-z][a-z0-9_]*", text) is not None


def known_outcome(label: str) -> str | None:
    """The outcome that a label means in every CRM, if any."""
    plain = same_label(label)
    joined = plain.replace(" ", "")
    for key, words in OUTCOME_WORDS.items():
        if plain in words or joined in [word.replace(" ", "") for word in words]:
            return key
    return None


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
        True where a mapping names the stages: a label that it does not know is then unmapped, not a stage.
    """

    claimed: dict[str, Meaning]
    stages: dict[str, str]
    closed: bool
    outcomes_given: bool
    meanings: dict[str, Meaning] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)

    def read(self, column: pl.Series, *, outcome_column: bool = False, counted: bool = True) -> pl.DataFrame:
        """Columns ``label_kind`` and ``label_key``, one row per value; null where the label is missing."""
        raw = pl.DataFrame({"raw": column.cast(pl.String)})
        written = raw.drop_nulls().group_by("raw", maintain_order=True).len()
        written = written.with_columns(
            pl.col("raw").str.strip_chars().str.replace_all(r"\s+", " ").alias("label")
        ).filter(pl.col("label") != "")
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
        if plain in self.claimed:
            return self.claimed[plain]
        if outcome_column and plain in OPEN_WORDS:
            return Meaning(kind="open")
        known = known_outcome(label)
        if known is not None:
            return Meaning(kind="outcome", key=known)
        if outcome_column:
            return self._unknown_outcome(label)
        return self._unknown_stage(label)

    def _unknown_outcome(self, label: str) -> Meaning:
        if slug(label) in self.stages:
            return Meaning(kind="open")
        if self.outcomes_given or self.closed or not slug(label):
            return Meaning(kind="unmapped")
        return Meaning(kind="outcome", key=slug(label))

    def _unknown_stage(self, label: str) -> Meaning:
        if self.closed:
            return Meaning(kind="unmapped")
        # A number in order of appearance would change with what stands elsewhere in the export.
        key = slug(label) or "stage_" + slug(label.strip().encode("punycode").decode())
        if key in ("won", "lost", "churned", "never"):
            key += "_stage"
        self.stages.setdefault(key, label.strip())
        return Meaning(kind="stage", key=key)

    def claim(self, meanings: Mapping[str, str]) -> None:
        """Give labels the meanings that a CRM's own words and flags have, where no mapping says otherwise."""
        for label, key in meanings.items():
            kind: Kind = "ignore" if key == "ignore" else "open" if key == "open" else "outcome"
            self.claimed.setdefault(
                same_label(label), Meaning(kind=kind, key=key if kind == "outcome" else "")
            )

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
        found = {
            label: self.counts[label]
            for label, meaning in self.meanings.items()
            if meaning.kind == "unmapped"
        }
        return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))


def label_book(
    stages: Mapping[str, tuple[str, Iterable[str]]],
    outcomes: Mapping[str, Iterable[str]],
    ignore: Iterable[str],
) -> LabelBook:
    """A book of what a mapping says: stage key -> (name, labels), outcome -> labels, labels to ignore."""
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
        outcomes_given=bool(outcomes),
    )
