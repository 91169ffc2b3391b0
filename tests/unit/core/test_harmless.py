"""Names are data: on a terminal, in a spreadsheet, in a page."""

from __future__ import annotations

import polars as pl
import pytest

from funnelsim.core.harmless import harmless, harmless_table


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("\x1b[2Jgone", "?[2Jgone"),
        ("\x1b]8;;http://evil\x07click", "?]8;;http://evil?click"),
        ("\x9b31mred", "?31mred"),
        ("over\rwritten", "over?written"),
        ("abc\u202egpj.exe", "abc?gpj.exe"),
        ("half \ud800", "half ?"),
        ("two\nlines\tand a tab", "two\nlines\tand a tab"),
        ("日本 😀 é שלום", "日本 😀 é שלום"),
    ],
)
def test_control_characters_are_shown_as_question_marks(name: str, shown: str) -> None:
    assert harmless(name) == shown


def test_on_a_terminal_colours_pass_and_nothing_else() -> None:
    """Catches a filter that lets hidden text (8), links or cursor movements through with the colours."""
    assert harmless("\x1b[1;33mwarning\x1b[0m", keep_colours=True) == "\x1b[1;33mwarning\x1b[0m"
    for text in ("\x1b[8mhidden", "\x1b[2J", "\x1b[1A", "\x1b]0;title\x07", "\x1b[38;5;1m"):
        assert "\x1b" not in harmless(text, keep_colours=True)


@pytest.mark.parametrize(
    "name",
    [
        "=1+1",
        "+cmd|' /C calc'!A0",
        "-2+3",
        "@SUM(A1)",
        "\t=1",
        " =1",
        "\r=1",
        "＝1+1",
        '=HYPERLINK("http://x")',
    ],
)
def test_no_name_starts_a_formula_in_a_spreadsheet(name: str) -> None:
    table = harmless_table(pl.DataFrame({"name": [name, None, "Acme"], "amount": [-1.0, 2.0, 3.0]}))
    assert table["name"][0].startswith("'")
    assert table["name"].to_list()[1:] == [None, "Acme"]
    assert table["amount"].to_list() == [-1.0, 2.0, 3.0]


@pytest.mark.parametrize("text", ["-5", "+49", "-1,234.50", "a=b", "Q3 - renewal", ""])
def test_plain_numbers_and_ordinary_names_are_unchanged(text: str) -> None:
    assert harmless_table(pl.DataFrame({"id": [text]}))["id"].to_list() == [text]


def test_heads_are_cells_too() -> None:
    assert harmless_table(pl.DataFrame({"=1+1": ["a"], "name": ["b"]})).columns == ["'=1+1", "name"]
