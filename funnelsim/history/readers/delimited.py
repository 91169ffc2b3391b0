"""Delimited text: detects delimiter, encoding and compression."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import polars as pl

from funnelsim.history.history_error import history_error
from funnelsim.history.readers.bounds import unpack_gzip
from funnelsim.history.readers.cells import is_filled
from funnelsim.history.readers.layout import find_header, left_out, rows_outside
from funnelsim.history.readers.names import column_names
from funnelsim.history.readers.repeated_headers import without_repeated_headers
from funnelsim.history.readers.table import ROW, Table
from funnelsim.history.readers.totals import GROUP_TOTAL, SAMPLE, group_totals, usual_row

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
_WEB_PAGE = (b"<html", b"<!doctype", b"<table", b"<head", b"<meta")
#: With fewer of the first rows as long as the header, the header may be below title rows.
_MOSTLY_ALIKE = 0.7
_TAIL_ROWS = 30
#: Columns in which the name of a total is looked for.
_FIRST_CELLS = 3
#: Columns in which the name of a total is looked for.
_FIRST_CELLS = 3
_SAMPLE_BYTES = 65_536
_SAMPLE_ROWS = 50
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_FOREIGN = {
    b"PK": "is a damaged or incomplete zip file or workbook; download it again",
    b"\xd0\xcf\x11\xe0": "is a damaged workbook; download it again",
    b"%PDF": "is a PDF; export the table as CSV",
    b"\x28\xb5\x2f\xfd": "is compressed with zstd; unpack it first",
    b"BZh": "is compressed with bzip2; unpack it first",
}


def read_delimited(path: Path, data: bytes, sha256: str) -> Table:
    """Read delimited text held in memory; every column is text."""
    notes: list[str] = []
    if data[:2] == b"\x1f\x8b":
        data = unpack_gzip(path, data)
        notes.append("gzip")
    data = _from_utf16(path, data, notes)
    _refuse_binary(path, data)
    if data.startswith(_BYTE_ORDER_MARK):
        data = data[len(_BYTE_ORDER_MARK) :]
        notes.append("byte-order mark")
    if not data.strip():
        raise history_error(path, "is empty")
    if b"\n" not in data:
        data = data.replace(b"\r", b"\n")
    data, encoding_note = _as_utf8(path, data)
    notes += encoding_note
    skipped, data, given_delimiter = _excel_hint(data)
    delimiter = given_delimiter or _sniff(path, data)
    above, data = _below_titles(data, delimiter)
    header_row = skipped + len(above) + 1
    header = column_names(path, _sample_rows(data, delimiter)[0], header_row)
    notes.append(f"{DELIMITERS.get(delimiter, repr(delimiter))} separated")
    frame, malformed = _parse(path, data, delimiter, header, header_row + 1)
    frame, headers, groups = without_repeated_headers(frame, path)
    frame, subtotals = _without_subtotals(frame)
    frame, outside_rows = _without_totals(frame)
    if frame.is_empty():
        raise history_error(path, "has a header and no rows")
    titles = [
        (skipped + position, row) for position, row in enumerate(above, start=1) if any(map(is_filled, row))
    ]
    return Table(
        path=path,
        frame=frame,
        rows_read=frame.height + len(malformed) + len(headers),
        sha256=sha256,
        malformed=tuple(malformed),
        headers=headers,
        notes=tuple(notes),
        attention=tuple(left_out([*titles, *groups], [*subtotals, *outside_rows], path.name)),
    )


def _from_utf16(path: Path, data: bytes, notes: list[str]) -> bytes:
    """UTF-16 (Excel's "Unicode text") as UTF-8; other bytes as they are."""
    marked = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    start = data[:400]
    plain = len(start) > 8 and not any(start[1::2]) and all(start[::2])
    if not marked and not plain:
        return data
    try:
        text = data.decode("utf-16" if marked else "utf-16-le")
    except UnicodeDecodeError:
        raise history_error(path, "is damaged UTF-16 text; save it as CSV (UTF-8)") from None
    notes.append("UTF-16")
    return text.encode("utf-8", errors="replace")


def _below_titles(data: bytes, delimiter: str) -> tuple[list[list[str]], bytes]:
    """The rows above the header of a report, and the text from the header on."""
    rows = _sample_rows(data, delimiter)
    position = find_header(rows)
    if not position:
        blank = next((number for number, row in enumerate(rows) if any(map(is_filled, row))), 0)
        position = blank if position is None else 0
    if not position:
        return [], data
    lines = csv.reader(io.StringIO(data.decode("utf-8"), newline=""), delimiter=delimiter)
    above = [next(lines) for _ in range(position)]
    rest = data.split(b"\n", lines.line_num)
    return above, rest[-1]


def _without_subtotals(frame: pl.DataFrame) -> tuple[pl.DataFrame, list[tuple[int, tuple[object, ...]]]]:
    """The frame without the totals of groups between its rows, and those rows with their numbers."""
    texts = [pl.col(name).str.strip_chars() for name in frame.columns if frame[name].dtype == pl.String]
    first = (
        pl.coalesce(pl.when(text != "").then(text) for text in texts[:_FIRST_CELLS]) if texts else pl.lit("")
    )
    named = frame.with_row_index("__position").filter(first.str.contains(GROUP_TOTAL))
    if named.is_empty():
        return frame, []
    usual = usual_row(frame.head(SAMPLE).drop(ROW).rows())
    cells = named.drop("__position", ROW).rows()
    found = group_totals(enumerate(cells), usual)
    numbers = [(named[ROW][position], cells[position]) for position in found]
    return frame.filter(~pl.col(ROW).is_in([number for number, _ in numbers])), numbers


def _without_totals(frame: pl.DataFrame) -> tuple[pl.DataFrame, list[tuple[int, tuple[object, ...]]]]:
    """The frame without rows of totals and small print at its end, and those rows with their numbers."""
    tail = frame.tail(_TAIL_ROWS)
    cells = tail.drop(ROW).rows()
    start = frame.height - tail.height
    outside_rows = rows_outside(cells, frame.width - 1)
    end = len(cells)
    while end and (end - 1 in outside_rows or not any(map(is_filled, cells[end - 1]))):
        end -= 1
    outside = [(tail[ROW][position], cells[position]) for position in outside_rows if position >= end]
    return (frame.head(start + end), outside) if outside else (frame, [])


def _refuse_binary(path: Path, data: bytes) -> None:
    if data[:512].lstrip().lower().startswith(_WEB_PAGE):
        message = "is a web page, whatever its name says; open it in Excel and save it as .xlsx or CSV"
        raise history_error(path, message)
    for signature, message in _FOREIGN.items():
        if data.startswith(signature):
            raise history_error(path, message)
    at = data[: 16 * _SAMPLE_BYTES].find(b"\0")
    if at >= 0:
        message = f"is not text: byte {at + 1} is zero; expected a CSV or Parquet export"
        raise history_error(path, message)


def _as_utf8(path: Path, data: bytes) -> tuple[bytes, list[str]]:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as bad:
        try:
            text = data.decode("cp1252")
        except UnicodeDecodeError:
            line = data.count(b"\n", 0, bad.start) + 1
            message = f"is neither UTF-8 nor Windows-1252 text (byte {data[bad.start]:#04x})"
            raise history_error(path, message, at=f"line {line}") from None
        return text.encode("utf-8"), ["not UTF-8: read as Windows-1252"]
    return data, []


def _excel_hint(data: bytes) -> tuple[int, bytes, str]:
    """Rows that Excel's ``sep=;`` line takes, the text below it, and the delimiter that it names."""
    end = data.find(b"\n")
    text = data[: max(end, 0)].strip(b'\r\n "').lower()
    if text in (b"sep=,", b"sep=;", b"sep=|", b"sep=\t", b"sep="):
        return 1, data[end + 1 :], "\t" if text[4:] in (b"", b"\t") else text[4:].decode()
    return 0, data, ""


def _sample_rows(data: bytes, delimiter: str) -> list[list[str]]:
    sample = data[:_SAMPLE_BYTES].decode("utf-8", errors="ignore")
    whole = len(data) <= _SAMPLE_BYTES
    rows: list[list[str]] = []
    try:
        for row in csv.reader(io.StringIO(sample), delimiter=delimiter):
            rows.append(row)
            if len(rows) > _SAMPLE_ROWS:
                return rows
    except csv.Error:
        pass
    return rows if whole or len(rows) < 2 else rows[:-1]


def _sniff(path: Path, data: bytes) -> str:
    """The delimiter under which most rows of the start have as many fields as the header."""
    best, best_score = "", (0.0, 0)
    for delimiter in DELIMITERS:
        rows = [row for row in _sample_rows(data, delimiter) if row]
        width = len(rows[0]) if rows else 0
        alike = sum(len(row) == width for row in rows) / len(rows) if width > 1 else 0.0
        if alike < _MOSTLY_ALIKE and (position := find_header(rows)):
            rows = rows[position:]
            width = len(rows[0])
            alike = _MOSTLY_ALIKE * sum(len(row) == width for row in rows) / len(rows)
        if width < 2:
            continue
        best, best_score = max((best, best_score), (delimiter, (alike, width)), key=lambda item: item[1])
    if not best:
        line = data.split(b"\n", 1)[0].decode("utf-8", errors="replace").strip()[:60]
        message = (
            f'cannot tell the columns apart in "{line}"; expected a header and rows separated by '
            "comma, semicolon, tab or |"
        )
        raise history_error(path, message, at="row 1")
    return best


def _parse(
    path: Path, data: bytes, delimiter: str, header: list[str], first_row: int
) -> tuple[pl.DataFrame, list[int]]:
    try:
        frame = pl.read_csv(data, separator=delimiter, infer_schema=False)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException):
        return _parse_with_care(path, data, delimiter, header, first_row)
    if len(frame.columns) != len(header):
        return _parse_with_care(path, data, delimiter, header, first_row)
    frame.columns = header
    return frame.with_row_index(ROW, offset=first_row), []


def _parse_with_care(
    path: Path, data: bytes, delimiter: str, header: list[str], first_row: int
) -> tuple[pl.DataFrame, list[int]]:
    """Row by row, for the files that a strict reader refuses: stray quotes, rows that are too long."""
    numbers: list[int] = []
    fields: list[list[str]] = []
    malformed: list[int] = []
    width = len(header)
    for number, row in enumerate(_rows(path, data, delimiter, first_row), start=first_row):
        if len(row) > width:
            malformed.append(number)
        else:
            numbers.append(number)
            fields.append(row + [""] * (width - len(row)))
    if len(malformed) > len(numbers):
        message = f"has more fields than the {width} of the header, as have {len(malformed) - 1} more rows"
        raise history_error(path, message, at=f"row {malformed[0]}")
    columns = {name: [row[position] or None for row in fields] for position, name in enumerate(header)}
    frame = pl.DataFrame(columns, schema=dict.fromkeys(header, pl.String))
    return frame.with_columns(pl.Series(ROW, numbers, dtype=pl.UInt32)).select(ROW, *header), malformed


def _rows(path: Path, data: bytes, delimiter: str, first_row: int) -> Iterator[list[str]]:
    reader = csv.reader(io.StringIO(data.decode("utf-8"), newline=""), delimiter=delimiter, strict=True)
    try:
        next(reader)
    except csv.Error as error:
        raise history_error(
            path, f"cannot be split into columns ({error})", at=f"row {first_row - 1}"
        ) from None
    row, line = first_row - 1, reader.line_num
    try:
        for fields in reader:
            row, line = row + 1, reader.line_num
            yield fields
    except csv.Error as error:
        if "field larger" in str(error):
            message = f"has a field of more than {csv.field_size_limit():,} characters (line {line + 1})"
            raise history_error(path, message, at=f"row {row + 1}") from None
        message = f'opens a quotation mark (") that is not closed at the end of its field (line {line + 1})'
        raise history_error(path, message, at=f"row {row + 1}") from None
