"""Files as they come out of a CRM: delimiters, encodings, compression, stray quotes."""

from __future__ import annotations

import gzip
from pathlib import Path

import polars as pl
import pytest

from funnelsim.history.readers.source import read_table
from funnelsim.history.readers.table import ROW

ROWS = [("deal", "name"), ("A1", "Acme"), ("A2", "Müller & Söhne"), ("A3", "x")]


def text(delimiter: str = ",", end: str = "\n") -> str:
    return end.join(delimiter.join(row) for row in ROWS) + end


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_delimiter_and_line_ends_are_found(tmp_path: Path, delimiter: str, end: str) -> None:
    path = tmp_path / "deals.csv"
    path.write_bytes(text(delimiter, end).encode())
    table = read_table(path)
    assert table.columns == ["deal", "name"]
    assert table.frame["name"].to_list() == ["Acme", "Müller & Söhne", "x"]
    assert table.frame[ROW].to_list() == [2, 3, 4]
    assert table.rows_read == 3


def test_a_delimiter_inside_quotes_does_not_mislead(tmp_path: Path) -> None:
    path = tmp_path / "deals.csv"
    path.write_text('deal;name\n1;"a,b,c,d"\n2;"e,f,g,h"\n')
    assert read_table(path).frame["name"].to_list() == ["a,b,c,d", "e,f,g,h"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_encodings_are_found_and_said(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "deals.csv"
    path.write_bytes(text().encode(encoding))
    table = read_table(path)
    assert table.columns == ["deal", "name"], "a byte-order mark is not part of a name"
    assert table.frame["name"][1] == "Müller & Söhne"
    assert any("Windows-1252" in note for note in table.notes) == (encoding == "cp1252")


def test_gzip_is_unpacked_whatever_the_name(tmp_path: Path) -> None:
    path = tmp_path / "deals.txt"
    path.write_bytes(gzip.compress(text().encode()))
    assert read_table(path).frame.height == 3


def test_excel_says_its_delimiter_in_the_first_line(tmp_path: Path) -> None:
    path = tmp_path / "deals.csv"
    path.write_text("sep=;\n" + text(";"))
    table = read_table(path)
    assert table.columns == ["deal", "name"]
    assert table.frame[ROW].to_list() == [3, 4, 5]


def test_rows_that_are_too_long_are_set_aside_by_number_and_the_rest_is_read(tmp_path: Path) -> None:
    """Catches the mutant that cuts long rows: their values would stand in the wrong columns."""
    path = tmp_path / "deals.csv"
    path.write_text("deal,name\nA1,Acme\nA2,Sons, Ltd\nA3,x\nA4,y\n")
    table = read_table(path)
    assert table.frame["deal"].to_list() == ["A1", "A3", "A4"]
    assert table.malformed == (3,)
    assert table.rows_read == 4


def test_a_quotation_mark_in_the_middle_of_a_field_is_text(tmp_path: Path) -> None:
    path = tmp_path / "deals.csv"
    path.write_text('deal,name\nA1,15" screen\nA2,"line\nbreak, and ""quotes"""\n')
    assert read_table(path).frame["name"].to_list() == ['15" screen', 'line\nbreak, and "quotes"']


def test_nameless_columns_get_a_number(tmp_path: Path) -> None:
    path = tmp_path / "deals.csv"
    path.write_text(",deal\n0,A1\n1,A2\n")
    assert read_table(path).columns == ["column_1", "deal"]


def test_parquet_keeps_its_types_and_leaves_nested_columns_out(tmp_path: Path) -> None:
    path = tmp_path / "deals.parquet"
    pl.DataFrame({"deal": [1, 2], "tags": [["a"], ["b"]]}).write_parquet(path)
    table = read_table(path)
    assert table.columns == ["deal"]
    assert table.frame["deal"].dtype == pl.Int64
    assert 'nested column "tags" left out' in table.notes
