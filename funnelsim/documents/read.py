"""Read the JSON documents of commands as typed records."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from funnelsim.core.errors import Problem, did_you_mean
from funnelsim.core.files.atomic import finish_replacing
from funnelsim.core.files.document_checks import document_problems
from funnelsim.core.files.file_kinds import other_kind
from funnelsim.core.files.input_files import MEGABYTE, UnreadableError, read_text
from funnelsim.documents.backtest import BacktestDocument
from funnelsim.documents.bridge import BridgeDocument
from funnelsim.documents.compare import CompareDocument
from funnelsim.documents.fit import FitDocument
from funnelsim.documents.flow import FlowDocument
from funnelsim.documents.forecast import ForecastDocument
from funnelsim.documents.friction import FrictionDocument
from funnelsim.documents.kpi import KpiDocument
from funnelsim.documents.process_map import MapDocument
from funnelsim.documents.record import DocumentError
from funnelsim.documents.reverse import ReverseDocument
from funnelsim.documents.sensitivity import SensitivityDocument
from funnelsim.documents.simulate import SimulateDocument
from funnelsim.documents.staff import StaffDocument
from funnelsim.documents.validate import read_as

MOST_BYTES = 64 * MEGABYTE


Drawable = (
    ForecastDocument
    | CompareDocument
    | BridgeDocument
    | FrictionDocument
    | KpiDocument
    | ReverseDocument
    | SimulateDocument
    | FitDocument
    | BacktestDocument
    | StaffDocument
    | SensitivityDocument
    | FlowDocument
    | MapDocument
)


_KINDS: dict[str, type[Drawable]] = {
    "forecast": ForecastDocument,
    "compare": CompareDocument,
    "bridge": BridgeDocument,
    "friction": FrictionDocument,
    "kpi": KpiDocument,
    "simulate": SimulateDocument,
    "fit": FitDocument,
    "backtest": BacktestDocument,
    "reverse": ReverseDocument,
    "staff": StaffDocument,
    "sensitivity": SensitivityDocument,
    "flow": FlowDocument,
    "map": MapDocument,
}


def read_document(path: Path) -> dict[str, Any]:
    """Read the JSON document in a file as a dict.

    Raises
    ------
    DocumentError
        If the file cannot be read, is not JSON, or is not a document of a funnelsim command.
    """
    finish_replacing(path)
    try:
        text = read_text(path, most_bytes=MOST_BYTES)
    except UnreadableError as error:
        _refuse_other_kind(path)
        raise DocumentError(str(path), [Problem(path="", message=str(error))]) from error
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:  # also for a number with thousands of digits
        _refuse_other_kind(path)
        where = ""
        if isinstance(error, json.JSONDecodeError):
            where = f"line {error.lineno}, column {error.colno}" if text.strip() else ""
        hint = "write it with --json, such as: funnelsim forecast model.toml --json > forecast.json"
        message = "is not JSON" if text.strip() else "is empty"
        raise DocumentError(str(path), [Problem(path=where, message=message, hint=hint)]) from error
    if not isinstance(found, dict):
        kind = "a list" if isinstance(found, list) else "a single value"
        message = f"holds {kind}, not one document of a funnelsim command"
        raise DocumentError(str(path), [Problem(path="", message=message)])
    if problems := document_problems(found, control_characters=True, finite=True):
        raise DocumentError(str(path), problems)
    return found


def _refuse_other_kind(path: Path) -> None:
    if other := other_kind(path, "document"):
        raise DocumentError(str(path), [Problem(path="", message=other[0], hint=other[1])])


def read_documents(paths: Sequence[Path]) -> list[dict[str, Any]]:
    """Read the documents in some files and check that each can be drawn.

    Raises
    ------
    DocumentError
        Lists the problems of all files.
    """
    found, problems, sources = [], [], []
    for path in paths:
        try:
            document = read_document(path)
            typed(document, str(path))
            found.append(document)
        except DocumentError as error:
            sources.append(error)
            problems += [
                Problem(path=f"{path}: {p.path}" if p.path else str(path), message=p.message, hint=p.hint)
                for p in error.problems
            ]
    if len(sources) == 1:
        raise sources[0]
    if problems:
        raise DocumentError("report", problems)
    return found


def typed(document: Mapping[str, Any], source: str = "document") -> Drawable:
    """Validate a document by its ``command``.

    Raises
    ------
    DocumentError
        Lists all problems of the document.
    """
    command = document.get("command")
    if not isinstance(command, str) or command not in _KINDS:
        found = f'found "{command}"' if command is not None else "found none"
        message = f"{found}; choose from {', '.join(_KINDS)}"
        raise DocumentError(
            source, [Problem(path="command", message=message, hint=did_you_mean(str(command), list(_KINDS)))]
        )
    return read_as(_KINDS[command], document, source)
