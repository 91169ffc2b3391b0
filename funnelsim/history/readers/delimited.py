"""Delimited text: the delimiter, the encoding and the compression are found, and said."""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from collections.abc import Iterator
from pathlib import Path

import polars as pl

from funnelsim.core.errors import HistoryError, Problem
from funnelsim.history.readers.table import ROW, Table
from funnelsim.history.wrong import wrong

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
_SAMPLE_BYTES = 65_536
_SAMPLE_ROWS = 50
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_FOREIGN = {
    b"PK\x03\x04": "is a zip or an Excel workbook; save it as CSV (UTF-8)",
    b"\xd0\xcf\x11\xe0": "is an old Excel workbook; save it as CSV (UTF-8)",
    b"\xff\xfe": "is UTF-16 text; save it as CSV (UTF-8)",
    b"\xfe\xff": "is UTF-16 text; save it as CSV (UTF-8)",
    b"%PDF": "is a PDF; export the table as CSV",
    b"\x28\xb5\x2f\xfd": "is compressed with zstd; unpack it first",
    b"BZh": "is compressed with bzip2; unpack it first",
}


def read_delimited(path: Path, data: bytes, sha256: str) -> Table:
    """Read delimited text held in memory; every column is text."""
    notes: list[str] = []
    if data[:2] == b"\x1f\x8b":
        data = _unpack(path, data)
        notes.append("gzip")
    _refuse_binary(path, data)
    if data.startswith(_BYTE_ORDER_MARK):
        data = data[len(_BYTE_ORDER_MARK) :]
        notes.append("byte-order mark")
    if b"\n" not in data:
        data = data.replace(b"\r", b"\n")
    data, encoding_note = _as_utf8(path, data)
    notes += encoding_note
    header_row, data, told = _excel_hint(data)
    delimiter = told or _sniff(path, data)
    header = _header(path, data, delimiter)
    notes.append(f"{DELIMITERS.get(delimiter, repr(delimiter))} separated")
    frame, malformed = _parse(path, data, delimiter, header, header_row + 1)
    if frame.is_empty():
        raise wrong(path, "has a header and no rows")
    return Table(
        path=path,
        frame=frame,
        rows_read=frame.height + len(malformed),
        sha256=sha256,
        malformed=tuple(malformed),
        notes=tuple(notes),
    )


def _unpack(path: Path, data: bytes) -> bytes:
    try:
        unpacked = gzip.decompress(data)
    except (EOFError, OSError, zlib.error):
        message = "is a damaged or incomplete gzip file; fetch it again"
        raise wrong(path, message) from None
    if not unpacked.strip():
        raise wrong(path, "is empty")
    return unpacked


def _refuse_binary(path: Path, data: bytes) -> None:
    for signature, message in _FOREIGN.items():
        if data.startswith(signature):
            raise wrong(path, message)
    at = data[: 16 * _SAMPLE_BYTES].find(b"\0")
    if at >= 0:
        message = f"is not text: byte {at + 1} is zero; expected a CSV or Parquet export"
        raise wrong(path, message)


def _as_utf8(path: Path, data: bytes) -> tuple[bytes, list[str]]:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as bad:
        try:
            text = data.decode("cp1252")
        except UnicodeDecodeError:
            line = data.count(b"\n", 0, bad.start) + 1
            message = f"is neither UTF-8 nor Windows-1252 text (byte {data[bad.start]:#04x})"
            raise wrong(path, message, at=f"line {line}") from None
        return text.encode("utf-8"), ["not UTF-8: read as Windows-1252"]
    return data, []


def _excel_hint(data: bytes) -> tuple[int, bytes, str]:
    """The row of the header, the text from there on, and the delimiter if Excel's ``sep=;`` line names it."""
    end = data.find(b"\n")
    text = data[: max(end, 0)].strip().lower()
    if text.startswith(b"sep=") and len(text) == 5:
        return 2, data[end + 1 :], text[4:].decode()
    return 1, data, ""


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
        if width < 2:
            continue
        alike = sum(len(row) == width for row in rows) / len(rows)
        best, best_score = max((best, best_score), (delimiter, (alike, width)), key=lambda item: item[1])
    if not best:
        line = data.split(b"\n", 1)[0].decode("utf-8", errors="replace").strip()[:60]
        message = (
            f'cannot tell the columns apart in "{line}"; expected a header and rows separated by '
            "comma, semicolon, tab or |"
        )
        raise wrong(path, message, at="row 1")
    return best


def _header(path: Path, data: bytes, delimiter: str) -> list[str]:
    names = [name.strip() for name in next(iter(_sample_rows(data, delimiter)))]
    named = [name or f"column_{place}" for place, name in enumerate(names, start=1)]
    twice = sorted({name for name in named if named.count(name) > 1})
    if twice:
        problems = [
            Problem(
                path="row 1",
                message=f'column "{name}" stands {named.count(name)} times',
                hint="rename all but one",
            )
            for name in twice
        ]
        raise HistoryError(str(path), problems)
    return named


def _parse(
    path: Path, data: bytes, delimiter: str, header: list[str], first_row: int
) -> tuple[pl.DataFrame, list[int]]:
    try:
        frame = pl.read_csv(data, separator=delimiter, infer_schema=False)
    except pl.exceptions.PolarsError:
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
        raise wrong(path, message, at=f"row {malformed[0]}")
    columns = {name: [row[place] or None for row in fields] for place, name in enumerate(header)}
    frame = pl.DataFrame(columns, schema=dict.fromkeys(header, pl.String))
    return frame.with_columns(pl.Series(ROW, numbers, dtype=pl.UInt32)).select(ROW, *header), malformed


def _rows(path: Path, data: bytes, delimiter: str, first_row: int) -> Iterator[list[str]]:
    reader = csv.reader(io.StringIO(data.decode("utf-8"), newline=""), delimiter=delimiter, strict=True)
    next(reader)
    row, line = first_row - 1, reader.line_num
    try:
        for fields in reader:
            row, line = row + 1, reader.line_num
            yield fields
    except csv.Error:
        message = f'opens a quotation mark (") that is not closed at the end of its field (line {line + 1})'
        raise wrong(path, message, at=f"row {row + 1}") from None
