"""Read the columns of an export as ids, labels, times or amounts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import polars as pl

from funnelsim.core.errors import HistoryError, Problem
from funnelsim.history.attention import Attention
from funnelsim.history.columns.amount_units import amount_unit, mixed_units
from funnelsim.history.columns.currencies import refuse_two_currencies, row_currencies
from funnelsim.history.columns.dated_rates import DatedRates
from funnelsim.history.columns.files_of_dates import two_orders
from funnelsim.history.columns.shown_currencies import with_shown_currencies
from funnelsim.history.columns.unit_columns import in_units_of_rows
from funnelsim.history.ledger import FILE
from funnelsim.history.mapping.keys import Column, Mapping
from funnelsim.history.presets.row_names import is_written_in_utc
from funnelsim.history.readers.table import ROW
from funnelsim.history.sources.missing_columns import missing_column
from funnelsim.history.sources.stack import Stack
from funnelsim.history.toml_text import quoted_list
from funnelsim.history.values.amount_style import AmbiguousAmounts, Evidence
from funnelsim.history.values.amounts import AmountColumn, read_amounts
from funnelsim.history.values.date_errors import AmbiguousDates
from funnelsim.history.values.dates import DateColumn, from_utc, read_dates


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnNote:
    """How one column was read, for the audit."""

    table: str
    column: str
    read_as: str
    format: str = ""
    missing: int = 0
    impossible: int = 0
    zero: int = 0
    negative: int = 0
    remark: str = ""


@dataclass(slots=True, kw_only=True)
class ColumnReader:
    """Reads columns once, remembers how, and collects the problems of all of them.

    Dates come first and all together: a column with an unclear order of day and month takes the order of
    another one.
    """

    mapping: Mapping
    notes: list[ColumnNote] = field(default_factory=list)
    problems: dict[str, list[Problem]] = field(default_factory=dict)
    dates: dict[tuple[str, str], DateColumn] = field(default_factory=dict)
    amounts: dict[tuple[str, str], AmountColumn] = field(default_factory=dict)
    currencies: dict[tuple[str, str], pl.Series] = field(default_factory=dict)
    currency_columns: dict[str, str] = field(default_factory=dict)  # table -> its column of currencies
    counts: dict[str, int] = field(default_factory=dict)
    attention: list[Attention] = field(default_factory=list)
    dated_rates: DatedRates | None = None

    def require(self, stack: Stack, named: Sequence[tuple[str, str]]) -> None:
        """Note a problem for each (place in the mapping, column) that the stack does not have."""
        for path, column in named:
            if column not in stack.columns:
                self._note_problem(stack.name, missing_column(path, column, stack.columns))

    def read_dates(self, wanted: Sequence[tuple[Stack, str, str]]) -> None:
        """Read all date columns: (stack, column, what it is read as)."""
        undecided = []
        for stack, column, read_as in wanted:
            try:
                self._read_date(stack, column, read_as, hints=())
            except AmbiguousDates:
                undecided.append((stack, column, read_as))
        hints = [seen.format.removesuffix(" hh:mm") for seen in self.dates.values()]
        for stack, column, read_as in undecided:
            try:
                self._read_date(stack, column, read_as, hints=hints)
            except AmbiguousDates as error:
                for problem in error.problems:
                    self._note_problem(error.source, problem)

    def _in_books(self, stack: Stack, column: str, read: DateColumn) -> DateColumn:
        """Times in UTC without an offset, as local times of the books where the mapping names their zone."""
        mapping = self.mapping
        in_utc = mapping.times_in == "UTC" or (
            mapping.times_in is None and is_written_in_utc(stack.columns, column)
        )
        if not in_utc or "time_zone" not in mapping.model_fields_set or read.aware or read.whole_days:
            return read
        return from_utc(read, mapping.time_zone)

    def _read_date(self, stack: Stack, column: str, read_as: str, hints: Sequence[str]) -> None:
        if column not in stack.columns:
            return
        if (stack.name, column) in self.dates:
            self.note(stack, column, read_as)
            return
        mapping = self.mapping
        try:
            read = read_dates(
                stack.frame[column],
                file=stack.name,
                at=row_locator(stack),
                given=mapping.date_formats.get(column),
                missing=mapping.missing,
                zone=mapping.time_zone if "time_zone" in mapping.model_fields_set else None,
                hints=hints,
            )
            read = self._in_books(stack, column, read)
        except AmbiguousDates:
            raise
        except HistoryError as error:
            for problem in error.problems:
                self._note_problem(error.source, problem)
            return
        if column not in mapping.date_formats and (
            doubt := two_orders(stack, column, read.format.removesuffix(" hh:mm"))
        ):
            self._note_problem(stack.name, doubt)
        self.dates[stack.name, column] = read
        self._look_at_odd(stack, column, read)
        remark = f"day and month as in the other columns ({read.format})" if read.ambiguous else ""
        if read.aware:
            remark = f"converted to {read.zone}"
        self.notes.append(
            ColumnNote(
                table=stack.name,
                column=column,
                read_as=read_as,
                format=read.format,
                missing=read.missing,
                impossible=int(read.impossible.sum()),
                remark=remark,
            )
        )

    def _look_at_odd(self, stack: Stack, column: str, read: DateColumn) -> None:
        """Dates of impossible years that no program writes for "no date", with their rows."""
        positions = read.odd.arg_true().to_list()
        if not positions:
            return
        raw = stack.frame[column].cast(pl.String)
        shown = ", ".join(f'{row_locator(stack)(path)} "{raw[path]}"' for path in positions[:3])
        more = f" and {len(positions) - 3:,} more" if len(positions) > 3 else ""
        text = (
            f"dates of {column} before 1971 or after 2098 are read as missing: {shown}{more}. Typing "
            "errors? Correct them in the CRM; to always read them as missing:"
        )
        texts = raw[positions].unique(maintain_order=True).head(20).to_list()
        line = f"missing = {quoted_list([*self.mapping.missing, *texts])}"
        lines = (line,) if stack.frame[column].dtype == pl.String else ()
        self.attention.append(
            Attention(check="odd_dates", text=text, mapping=lines, as_read=True, count=len(positions))
        )

    def read_amounts(self, wanted: Sequence[tuple[Stack, Column, str]]) -> None:
        """Read all columns of amounts: (stack, column, what it is read as).

        Those whose values fit two styles come last, with what the rest of the files hints at.
        """
        undecided = []
        for stack, column, read_as in wanted:
            try:
                self._read_amount(stack, column, read_as, evidence=None)
            except AmbiguousAmounts:
                undecided.append((stack, column, read_as))
        evidence = list(self._evidence())
        for stack, column, read_as in undecided:
            try:
                self._read_amount(stack, column, read_as, evidence=[*evidence, *_separator(stack)])
            except AmbiguousAmounts as error:
                for problem in error.problems:
                    self._note_problem(error.source, problem)

    def _evidence(self) -> Iterator[Evidence]:
        formats = [read.format for read in self.dates.values()]
        for start, decimal in (("dd.mm.yy", ","), ("mm/dd/yy", ".")):
            if (date_format := next((form for form in formats if form.startswith(start)), None)) is not None:
                yield Evidence(decimal=decimal, reason=f"dates are {date_format.removesuffix(' hh:mm')}")
        for (_, column), read in self.amounts.items():
            if read.decimal:
                reason = f'column "{column}" is written like {read.format.removeprefix("number, ")}'
                yield Evidence(decimal=read.decimal, reason=reason, strong=True)

    def _read_amount(
        self, stack: Stack, column: Column, read_as: str, *, evidence: Sequence[Evidence] | None
    ) -> None:
        name = column.column
        if name not in stack.columns:
            return
        if (stack.name, name) in self.amounts:
            self.note(stack, name, read_as)
            return
        mapping = self.mapping
        try:
            read = read_amounts(
                stack.frame[name],
                file=stack.name,
                at=row_locator(stack),
                decimal=column.decimal or mapping.decimal,
                missing=mapping.missing,
                evidence=evidence,
            )
            read = with_shown_currencies(stack, column, self._in_units(stack, column, read))
            refuse_two_currencies(stack, column, read.values, mapping, field=read_as.replace(" ", "_"))
            currency, currency_columns = row_currencies(stack, column, read.values, read.currency)
        except AmbiguousAmounts:
            raise
        except HistoryError as error:
            for problem in error.problems:
                self._note_problem(error.source, problem)
            return
        self.amounts[stack.name, name] = read
        self.currencies[stack.name, name] = currency
        self.attention += read.attention
        if currency_columns:
            self.currency_columns[stack.name] = currency_columns
            self.note(stack, currency_columns, "currency")
        self.notes.append(
            ColumnNote(
                table=stack.name,
                column=name,
                read_as=read_as,
                format=read.format,
                missing=read.missing,
                zero=read.zero,
                negative=read.negative,
            )
        )

    def _in_units(self, stack: Stack, column: Column, read: AmountColumn) -> AmountColumn:
        """Amounts in thousands or cents as whole ones: the mapping, their name or another column says so."""
        name = column.column
        unit = self.mapping.units.get(name) if column.unit is None else column.unit
        if unit is None:
            read, by_row = in_units_of_rows(stack, name, read)
            self.attention += [by_row] if by_row else []
            if by_row and not by_row.as_read:
                return read
            unit, attention = amount_unit(stack, name, read.values)
            attention = attention or mixed_units(stack, name, read.values)
            self.attention += [attention] if attention else []
        return read if unit == 1 else replace(read, values=read.values * unit)

    def text(
        self, stack: Stack, column: str, read_as: str, tidy: Callable[[pl.Series], pl.Series] | None = None
    ) -> pl.Series:
        """Trimmed, with single spaces, aliases applied; null if missing. `tidy` makes texts of ids."""
        raw = stack.frame[column]
        values = clean_text(tidy(raw) if tidy else raw, self.mapping.missing)
        aliases = self.mapping.aliases.get(column) or self.mapping.aliases.get(read_as)
        if aliases:
            values = values.replace({_single_spaced(old): new for old, new in aliases.items()})
        self.note(stack, column, read_as, missing=values.null_count())
        return values

    def note(self, stack: Stack, column: str, read_as: str, missing: int = 0) -> None:
        self.notes.append(ColumnNote(table=stack.name, column=column, read_as=read_as, missing=missing))

    def notes_by_column(self) -> list[ColumnNote]:
        """One note for each column, with all that it was read as."""
        notes: dict[tuple[str, str], ColumnNote] = {}
        for note in self.notes:
            known = notes.setdefault((note.table, note.column), note)
            if note.read_as not in known.read_as.split(", "):
                read_as = f"{known.read_as}, {note.read_as}"
                notes[note.table, note.column] = replace(known, read_as=read_as)
        return list(notes.values())

    def raise_problems(self) -> None:
        """Stop here if any column could not be read."""
        if not self.problems:
            return
        if len(self.problems) == 1:
            source, problems = next(iter(self.problems.items()))
            raise HistoryError(source, problems)
        every = [
            Problem(path=f"{source}: {problem.path}", message=problem.message, hint=problem.hint)
            for source, problems in self.problems.items()
            for problem in problems
        ]
        raise HistoryError("the files given", every)

    def _note_problem(self, source: str, problem: Problem) -> None:
        known = self.problems.setdefault(source, [])
        if problem not in known:
            known.append(problem)


def row_locator(stack: Stack) -> Callable[[int], str]:
    """Position in the stack's frame to the words for that row."""

    def path(position: int) -> str:
        return stack.ledger.locate(stack.frame[FILE][position], stack.frame[ROW][position])

    return path


def _separator(stack: Stack) -> Iterator[Evidence]:
    """Spreadsheets separate columns by ; where the comma is the decimal sign."""
    if all("semicolon separated" in table.notes for table in stack.tables):
        yield Evidence(decimal=",", reason="columns are separated by ;")


#: Spaces at an end, or others than single blanks: most columns have none, and looking is cheap.
_UNTIDY = r"^\s|\s$|\s\s|[^\S ]"


def clean_text(column: pl.Series, missing: Sequence[str] = ()) -> pl.Series:
    """Text without spaces around it or doubled within; null if empty or in `missing`."""
    text = column.cast(pl.String)
    if text.str.contains(_UNTIDY).any():
        text = text.str.strip_chars().str.replace_all(r"\s+", " ")
    absent = text.is_in(["", *missing])
    return text.set(absent, None) if absent.any() else text


def _single_spaced(text: str) -> str:
    return " ".join(text.split())
