"""XES event logs (IEEE Std 1849-2023): a log of traces, a trace a deal, an event what happened to it."""

from __future__ import annotations

import gzip
import io
import zlib
from pathlib import Path
from xml.parsers import expat

import polars as pl

from funnelsim.core.errors import HistoryError, Problem
from funnelsim.core.nouns import counted
from funnelsim.history.history_error import history_error
from funnelsim.history.readers.bounds import check_unpacked, damaged_gzip
from funnelsim.history.readers.names import free_name
from funnelsim.history.readers.table import ROW, Table

CASE_NAME, NAME = "case:concept:name", "concept:name"
EVENTS, CASES = "events", "cases"
_MOST_SHOWN = 5
#: Names of activities and people repeat thousands of times in a log: one text object serves them all.
_VALUES_SHARED = 100_000
_TRUNCATED_XML = ("no element found", "unclosed token", "unclosed CDATA section", "partial character")


def read_xes(path: Path, data: bytes, sha256: str) -> tuple[Table, Table]:
    """Read an XES file (gzipped or not) held in memory, as a table of events and one of cases.

    Every column is text and bears the key of its attribute; that of the case is `CASE_NAME` in the table of
    events. Rows are numbered in file order from 1. The file is parsed as a stream: only the columns grow.

    Raises
    ------
    HistoryError
        If it is not XML, is cut off, is no event log, has no traces or events, or names a trace twice.
    """
    zipped = data[:2] == b"\x1f\x8b"
    log = _Log(path)
    try:
        if zipped:
            check_unpacked(path, data)  # parsing takes far longer than unpacking
        content = io.BytesIO(data)
        log.parser.ParseFile(gzip.GzipFile(fileobj=content) if zipped else content)
    except expat.ExpatError as error:
        raise _not_xml(path, error) from None
    except (EOFError, OSError, zlib.error):
        raise damaged_gzip(path) from None
    except (LookupError, UnicodeError, ValueError) as error:
        if isinstance(error, HistoryError):
            raise
        message = f"is written in an encoding that is not known ({error}); save it as UTF-8"
        raise history_error(path, message, at=_line(1)) from None
    log.check()
    notes = ("XES", *(("gzip",) if zipped else ()))
    if log.nested:
        notes += (f"{counted(log.nested, 'attribute')} within attributes left out",)
    return (
        _table(path, sha256, log.events, EVENTS, notes),
        _table(path, sha256, log.cases, CASES, notes),
    )


def _table(path: Path, sha256: str, rows: _Rows, part: str, notes: tuple[str, ...]) -> Table:
    frame = pl.DataFrame(rows.columns, schema=dict.fromkeys(rows.columns, pl.String))
    return Table(
        path=path,
        frame=frame.with_row_index(ROW, offset=1),
        rows_read=rows.height,
        sha256=sha256,
        notes=notes,
        part=part,
        row_word="event" if part == EVENTS else "case",
    )


def _not_xml(path: Path, error: expat.ExpatError) -> HistoryError:
    text = expat.ErrorString(error.code)
    if text.startswith(_TRUNCATED_XML):
        return history_error(
            path, "ends before the log does: the file is cut off; download it again", at=_line(error.lineno)
        )
    return history_error(path, f"is not XML ({text})", at=f"{_line(error.lineno)}, column {error.offset + 1}")


def _line(number: int) -> str:
    return f"line {number}"


class _Rows:
    """Attributes of one row after another, as columns; a key unknown so far gets a column of blanks."""

    def __init__(self) -> None:
        self.columns: dict[str, list[str | None]] = {}
        self.height = 0

    def append(self, row: dict[str, str]) -> None:
        for key in row.keys() - self.columns.keys():
            self.columns[key] = [None] * self.height
        for key, values in self.columns.items():
            values.append(row.get(key))
        self.height += 1


class _Log:
    """What the parser has seen so far. Depth 1 is the log, 2 a trace, 3 an event, 4 its attributes."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.events, self.cases = _Rows(), _Rows()
        self.nested = 0
        self.depth = 0
        self.case: dict[str, str] | None = None
        self.event: dict[str, str] | None = None
        self.case_line = 0
        self.pending: list[dict[str, str]] = []
        self.lines: dict[str, int] = {}
        self.twice: list[tuple[str, int, int]] = []
        self.values: dict[str, str] = {}
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.EntityDeclHandler = self._refuse_entities

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self.depth += 1
        kind = name.rpartition(":")[2]
        if self.depth == 1:
            self._check_root(kind)
        elif kind == "trace" and self.depth == 2:
            self.case, self.case_line = {}, self.parser.CurrentLineNumber
        elif kind == "event" and self.event is None and self.depth == (2 if self.case is None else 3):
            self.event = {}
        elif self.case is not None or self.event is not None:
            self._attribute(attributes)

    def _attribute(self, attributes: dict[str, str]) -> None:
        holder = self.event if self.event is not None else self.case
        own_depth = 2 + (self.case is not None) + (self.event is not None)
        if self.depth > own_depth:
            self.nested += 1
        elif holder is not None and "key" in attributes and "value" in attributes:
            value = attributes["value"]
            if len(self.values) < _VALUES_SHARED:
                value = self.values.setdefault(value, value)
            holder[free_name(attributes["key"])] = self.values.get(value, value)

    def _end(self, name: str) -> None:
        kind = name.rpartition(":")[2]
        if kind == "event" and self.event is not None and self.depth == (2 if self.case is None else 3):
            self.pending.append(self.event)
            self.event = None
            if self.case is None:
                self._flush({})
        elif kind == "trace" and self.depth == 2 and self.case is not None:
            self._close_case(self.case)
            self.case = None
        self.depth -= 1

    def _close_case(self, case: dict[str, str]) -> None:
        name = case.get(NAME, "").strip()
        if name in self.lines:
            self.twice.append((name, self.lines[name], self.case_line))
        elif name:
            self.lines[name] = self.case_line
        self.cases.append(case)
        self._flush({CASE_NAME: name} if name else {})

    def _flush(self, of_case: dict[str, str]) -> None:
        """Events wait for the end of their trace: its name may follow them."""
        for event in self.pending:
            self.events.append(event | of_case)
        self.pending.clear()

    def _check_root(self, kind: str) -> None:
        if kind != "log":
            message = f"is XML, but no XES event log: the outermost element is <{kind}>, not <log>"
            raise history_error(self.path, message, at=_line(self.parser.CurrentLineNumber))

    def _refuse_entities(self, *_: object) -> None:
        message = "declares XML entities, which no event log needs; they are not read"
        raise history_error(self.path, message, at=_line(self.parser.CurrentLineNumber))

    def check(self) -> None:
        """Required parts of a log, and repeated names."""
        if not self.cases.height:
            raise history_error(self.path, "is an event log without traces, so it has no deals")
        if not self.events.height:
            raise history_error(self.path, f"has {counted(self.cases.height, 'trace')} and no event at all")
        if not self.lines:
            traces = counted(self.cases.height, "trace")
            message = f'none of the {traces} has a name ("{NAME}"): deals cannot be identified'
            raise history_error(self.path, message)
        if self.twice:
            raise HistoryError(str(self.path), self._problems_of_names())

    def _problems_of_names(self) -> list[Problem]:
        problems = [
            Problem(
                path=_line(again),
                message=f'trace "{name}" already appears in line {first}; a name must identify one deal',
            )
            for name, first, again in self.twice[:_MOST_SHOWN]
        ]
        more = len(self.twice) - _MOST_SHOWN
        if more > 0:
            problems.append(Problem(path="", message=f"and {more:,} more traces whose name is used twice"))
        return problems
