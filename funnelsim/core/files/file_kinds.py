"""What a file or folder is, by its name and first bytes, so that a wrong one is named as what it is."""

from __future__ import annotations

import re
from pathlib import Path

_FIRST = 4096
_COMMAND = re.compile(r'"command"\s*:\s*"(\w+)"')
_JSON = "a JSON file"
_ARTICLES = {"import": "an import audit"}
#: What an import cannot read; of everything else its own reader says what is wrong.
_NO_TABLES = ("report", "merge", "model", "history", "scenario")
#: By suffix: what it is, and what to do with it.
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
    """``("is a history folder, not a model", "fit a model to it with: ...")``; None where it is not plain.

    Parameters
    ----------
    path : Path
    wanted : str
        What it should have been: ``model``, ``history folder``, ``scenario``, ``document`` or ``table``.
    """
    try:
        what, use = _kind(path)
    except (OSError, ValueError):
        return None
    if not what or what.endswith(wanted) or (wanted == "table" and use not in _NO_TABLES):
        return None
    if what == _JSON and wanted == "document":
        return None  # where it is broken is for its reader to say
    if what == "a folder" and wanted == "history folder":
        return None  # what it lacks to be one is for its reader to say
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
