"""HubSpot's date columns of stages: ``Date entered "Demo (Sales)"``, ``hs_v2_date_exited_X``."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from funnelsim.history.values.labels import known_outcome

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
#: What may stand behind ``Date entered`` for the stage that a deal is in now: no stage of its own.
CURRENT_STAGE_NAMES = (
    "stage",
    "current stage",
    "pipeline",
    "current pipeline",
    "pipeline stage",
    "status",
    "dealstage",
)


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
    if not stage or stage.lower() in CURRENT_STAGE_NAMES:
        return None
    return StageColumn(column=name, stage=stage, is_end=match[1].lower() == "exited")


def is_duration_column(name: str) -> bool:
    """True for HubSpot's times in stages, which look like numbers of milliseconds."""
    return _DURATION.match(name) is not None
