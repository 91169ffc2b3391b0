"""Facts about a sheet that workbook readers omit: hidden rows, errors, formulas without a result."""

from __future__ import annotations

import html
import re
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from funnelsim.history.history_error import history_error
from funnelsim.history.readers.bounds import read_member
from funnelsim.history.readers.cell_currencies import Cell, formats_of_cells, formats_of_styles
from funnelsim.history.readers.table import CellFormat

#: A sheet is held as a rectangle: two cells at its far ends would fill the memory.
_CELLS_MAX = 60_000_000
_SHEET = re.compile(rb"<(?:\w+:)?sheet\s[^>]*>")
_RELATION = re.compile(rb"<(?:\w+:)?Relationship\s[^>]*>")
_ATTRIBUTE = re.compile(rb'([\w:]+)\s*=\s*"([^"]*)"')
_HIDDEN = re.compile(rb'<(?:\w+:)?row\s[^>]*\bhidden="(?:1|true)"')
_ERROR = re.compile(rb'<(?:\w+:)?c\s[^>]*\bt="e"')
_UNCALCULATED = re.compile(
    rb'<(?:\w+:)?c\s[^>]*?(?:\br="([A-Z]+\d+)")?[^>]*>\s*<(?:\w+:)?f(?:\s[^>]*)?(?:/>|>[^<]*</(?:\w+:)?f>)\s*'
    rb"(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v>\s*</(?:\w+:)?v>)?\s*</(?:\w+:)?c>"
)
_FILLED = re.compile(rb'<(?:\w+:)?c\s(?:[^>]*\s)?r="([A-Z]{1,3})(\d{1,7})"[^>]*[^/]>')


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetFacts:
    """Counts of one sheet; `first_uncalculated` is a cell such as ``C12``, `formats` those of cells."""

    hidden: int = 0
    errors: int = 0
    uncalculated: int = 0
    first_uncalculated: str = ""
    formats: dict[Cell, CellFormat] = field(default_factory=dict)


def scan_sheets(
    path: Path, archive: zipfile.ZipFile, members: Sequence[zipfile.ZipInfo]
) -> dict[str, SheetFacts]:
    """Facts of each sheet of an .xlsx file by its name; none for other workbooks. All members are checked.

    Raises
    ------
    HistoryError
        If a member is damaged, or a sheet spans too many cells.
    """
    by_name = {member.filename.lstrip("/").lower(): member for member in members}
    names = _sheet_files(path, archive, by_name)
    look = by_name.get("xl/styles.xml")
    styles = formats_of_styles(read_member(path, archive, look)) if look else {}
    facts: dict[str, SheetFacts] = {}
    for file, member in by_name.items():
        data = read_member(path, archive, member)
        if file in names:
            facts[names[file]] = _scan(path, names[file], data, styles)
    return facts


def _attributes(tag: bytes) -> dict[str, str]:
    return {
        key.decode().rpartition(":")[2]: html.unescape(value.decode("utf-8", errors="replace"))
        for key, value in _ATTRIBUTE.findall(tag)
    }


def _sheet_files(path: Path, archive: zipfile.ZipFile, by_name: dict[str, zipfile.ZipInfo]) -> dict[str, str]:
    """File in the archive -> name of the sheet."""
    book, links = by_name.get("xl/workbook.xml"), by_name.get("xl/_rels/workbook.xml.rels")
    if book is None or links is None:
        return {}
    targets: dict[str, str] = {}
    for tag in _RELATION.findall(read_member(path, archive, links)):
        read = _attributes(tag)
        target = read.get("Target", "").lower()
        targets[read.get("Id", "")] = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
    names: dict[str, str] = {}
    for tag in _SHEET.findall(read_member(path, archive, book)):
        read = _attributes(tag)
        names[targets.get(read.get("id", ""), "")] = read.get("name", "")
    return names


def _scan(path: Path, name: str, data: bytes, styles: Mapping[int, CellFormat]) -> SheetFacts:
    wide, last = b"A", 1
    for match in _FILLED.finditer(data):
        column, row = match[1], int(match[2])
        wide = max(wide, column, key=lambda text: (len(text), text))
        last = max(last, row)
    width = 0
    for letter in wide:
        width = width * 26 + letter - 64
    if width * last > _CELLS_MAX:
        message = (
            f"sheet {name} spans {last:,} rows and {width:,} columns, more cells than can be read; "
            "delete the cells far away from the table"
        )
        raise history_error(path, message)
    empty = list(_UNCALCULATED.finditer(data))
    return SheetFacts(
        hidden=len(_HIDDEN.findall(data)),
        errors=len(_ERROR.findall(data)),
        uncalculated=len(empty),
        first_uncalculated=(empty[0][1] or b"?").decode() if empty else "",
        formats=formats_of_cells(data, styles),
    )
