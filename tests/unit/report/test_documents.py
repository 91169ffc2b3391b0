"""Documents that cannot be drawn: all problems at once, each with its place."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from funnelsim.documents.forecast import ForecastDocument
from funnelsim.documents.read import read_document, read_documents, typed
from funnelsim.documents.record import DocumentError
from funnelsim.documents.simulate import SimulateDocument
from funnelsim.documents.validate import read_as
from tests.unit.report import made_up


def test_all_problems_of_a_document_are_told_at_once() -> None:
    document = made_up.forecast_document()
    document["periods"][0]["quota"] = "many"
    document["periods"][0]["start"] = "first of May"
    del document["periods"][0]["bookings"]
    with pytest.raises(DocumentError) as caught:
        typed(document, "forecast.json")
    told = str(caught.value)
    assert "forecast.json: 3 problems" in told
    assert "periods.0.quota: must be a number, found 'many'" in told
    assert "periods.0.start: must be a date such as 2026-03-31" in told
    assert "periods.0.bookings: is missing" in told


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"end": "2025-12-31"}, "ends on 2025-12-31, before it starts on 2026-01-01"),
        ({"quantiles": [3.0, 2.0]}, "quantiles must not fall"),
        ({"attainment_probability": 1.2}, "less than or equal to 1"),
    ],
)
def test_what_cannot_be_is_refused(change: dict[str, object], message: str) -> None:
    document = made_up.forecast_document()
    document["periods"][0] |= change
    with pytest.raises(DocumentError, match=message):
        typed(document)


def test_a_mistyped_command_is_guessed() -> None:
    with pytest.raises(DocumentError, match='did you mean "forecast"'):
        typed({"command": "forcast"})
    with pytest.raises(DocumentError, match="found none; choose from"):
        typed({})


def test_a_forecast_without_periods_is_refused() -> None:
    with pytest.raises(DocumentError, match="periods: holds nothing"):
        typed({"command": "forecast", "periods": []})


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"null", "holds a single value"),
        (b"{", "line 1, column 2: is not JSON"),
        (b"[1]", "holds a list"),
        (b"\xff\xfe\x00", "is not a text file"),
    ],
)
def test_a_broken_file_is_named_with_the_place(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "broken.json"
    path.write_bytes(content)
    with pytest.raises(DocumentError, match=message) as caught:
        read_document(path)
    assert str(path) in str(caught.value)


def test_problems_of_several_files_are_told_together(tmp_path: Path) -> None:
    good, typo = tmp_path / "good.json", tmp_path / "typo.json"
    good.write_text(json.dumps(made_up.forecast_document()))
    typo.write_text(json.dumps({"command": "compar"}))
    with pytest.raises(DocumentError) as caught:
        read_documents([good, typo, tmp_path / "none.json"])
    told = str(caught.value)
    assert "2 problems" in told
    assert f"{typo}: command" in told
    assert f"{tmp_path / 'none.json'}: there is no such file" in told
    assert len(read_documents([good])) == 1


def test_a_funnel_is_put_together_from_the_metrics_of_a_simulation() -> None:
    document = made_up.simulate_document()
    rows = read_as(SimulateDocument, document).funnel_rows
    assert [row.title for row in rows] == list(made_up.LONG_STAGES[3:9])
    first = rows[0].stage
    assert rows[0].entered == document["metrics"][f"entered.{first}"]["mean"]


def test_credit_at_booking_is_told_from_credit_later() -> None:
    for later in (False, True):
        document = made_up.forecast_document(credited_later=later)
        assert read_as(ForecastDocument, document).periods[0].credited_at_booking is not later
