"""Recognise files and folders by name and content, for errors about the wrong kind of file."""

from __future__ import annotations

import re
from pathlib import Path

_FIRST = 4096
_COMMAND = re.compile(r'"command"\s*:\s*"(\w+)"')
_JSON = "a JSON file"
_ARTICLES = {"import": "an import audit"}
#: Kinds that an import cannot read; other files get an error from their own reader.
_NO_TABLES = ("report", "merge", "model", "history", "scenario")
#: By suffix: kind of file, and the command for it.
_BY_SUFFIX = {
    ".csv": ("a CSV table", "import"),
    ".tsv": ("a table", "import"),
    ".xlsx": ("an Excel workbook", "import"),
    ".xls": ("an Excel workbook", "import"),
    ".xes": ("an event log", "import"),
    ".parquet": ("a Parquet table", "import"),
    ".npz": ("a part of a run", "merge"),
    ".html": ("a web page", ""),
    ".png": ("a picture", ""),
    ".svg": ("a picture", ""),
}
_USES = {
    "import": "make a history of an export with: funnelsim import FILE --out history",
    "merge": "put parts together with: funnelsim merge PART...",
    "report": "draw it with: funnelsim report FILE --out report.html",
    "model": "use it with: funnelsim forecast FILE",
    "history": "fit a model to it with: funnelsim fit FOLDER --out model.toml",
    "scenario": "use it with: funnelsim compare MODEL FILE",
    "": "",
}


def other_kind(path: Path, wanted: str) -> tuple[str, str] | None:
    """``("is a history folder, not a model", "fit a model to it with: ...")``; None if unknown.

    Parameters
    ----------
    path : Path
    wanted : str
        The expected kind: ``model``, ``history folder``, ``scenario``, ``document`` or ``table``.
    """
    try:
        what, use = _kind(path)
    except (OSError, ValueError):
        return None
    if not what or what.endswith(wanted) or (wanted == "table" and use not in _NO_TABLES):
        return None
    if what == _JSON and wanted == "document":
        return None  # its reader reports what is broken
    if what == "a folder" and wanted == "history folder":
        return None  # its reader reports what is missing
    return f"is {what}, not a {wanted}", _USES[use]


def _kind(path: Path) -> tuple[str, str]:
    if path.is_dir():
        if (path / "meta.json").is_file() and (path / "visits.parquet").is_file():
            return "a history folder", "history"
        return "a folder", ""
    if not path.is_file():
        return "", ""
    with path.open("rb") as file:
        start = file.read(_FIRST).decode("utf-8", "ignore").lstrip("\ufeff \r\n\t")
    if start.startswith("{") and (found := _COMMAND.search(start)):
        command = found[1]
        article = "an" if command[0] in "aeiou" else "a"
        return _ARTICLES.get(command, f"{article} {command} document"), "report"
    if path.suffix.lower() == ".json":
        return _JSON, ""
    if path.suffix.lower() == ".toml":
        return _toml_kind(path.read_text(encoding="utf-8", errors="ignore"))
    return _BY_SUFFIX.get(path.suffix.lower(), ("", ""))


def _toml_kind(text: str) -> tuple[str, str]:
    if re.search(r"^\s*\[\[change\]\]", text, re.M):
        return "a scenario", "scenario"
    if re.search(r"^\s*\[(stages|sources)\.", text, re.M):
        return "a model", "model"
    return "", ""
