"""What is stored comes back; the same forecast is stored once; what is no store is refused."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from rich.console import Console
from sqlalchemy import func, select, update

from funnelsim.documents.record import DocumentError
from funnelsim.report.screens.store import print_store
from funnelsim.store.address import StoreError, address_of
from funnelsim.store.models import StoredModel
from funnelsim.store.schema import DEALS, FORECASTS, METADATA, MODELS, PERIODS, QUANTILES
from funnelsim.store.store import Store
from tests.postgres import PASSWORD

from ..forecasting.bridge.made_up_forecasts import override
from ..made_up_runs import funnel_with
from .stored_documents import document


def rows(store: Store, table: object) -> int:
    with store._database.reading() as connection:
        return int(connection.execute(select(func.count()).select_from(table)).scalar_one())  # type: ignore[call-overload]


def test_a_forecast_comes_back_as_it_was(address: str) -> None:
    """Mutants: values that a float column rounds, dates as text, the second period left out."""
    store = Store(address, create=True)
    made = document()
    made["periods"].append(
        made["periods"][0] | {"period": "2026Q2", "start": "2026-04-01", "end": "2026-06-30"}
    )
    key, new = store.add(made)
    assert new
    assert key.startswith("2026-02-09-")
    assert Store(address).document(key) == json.loads(json.dumps(made))
    found = store.find(key)
    period = made["periods"][0]
    assert (found.company, found.period, found.quota) == ("SaaS, mid-market", "2026Q1", 1_200_000)
    assert (found.likely, found.chance) == (period["bookings"]["p50"], period["attainment_probability"])
    assert (rows(store, PERIODS), rows(store, QUANTILES)) == (2, 2 * 99 * 2)
    assert rows(store, DEALS) == len(made["deals"]) + len(made["booked_deals"])
    listed = store.periods()
    assert [row["period"] for row in listed] == ["2026Q1", "2026Q2"]
    parts = [listed[0][name] for name in ("booked", "pipeline", "new", "expansion")]
    assert sum(parts) == pytest.approx(listed[0]["mean"], rel=1e-12)


def test_the_same_forecast_is_stored_once(address: str) -> None:
    """Wherever its model lies. Mutants: a hash of the whole document; of nothing but the as-of date."""
    store = Store(address, create=True)
    first, _ = store.add(document(1))
    moved = document(1)
    moved["provenance"] = {**moved["provenance"], "model": "elsewhere/model.toml"}
    assert store.add(moved) == (first, False)
    second, new = store.add(document(2))
    assert new
    assert second != first
    assert [one.id for one in store.forecasts()] == [first, second]


def test_two_forecasts_whose_ids_begin_alike_get_longer_ones(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "funnelsim.store.store.content_sha256", lambda one: f"abcdef{one['provenance']['seed']:058}"
    )
    store = Store(address, create=True)
    assert [store.add(document(k))[0] for k in (1, 2)] == ["2026-02-09-abcdef", "2026-02-09-abcdef0"]


def test_a_forecast_is_found_by_the_beginning_of_its_id(address: str) -> None:
    store = Store(address, create=True)
    early, _ = store.add(document(1, as_of="2026-02-02"))
    late, _ = store.add(document(2))
    later, _ = store.add(document(3))
    assert store.find("2026-02-02").id == early
    assert store.find("last").id in (late, later)
    assert store.before(store.find(late)).id == early
    with pytest.raises(StoreError, match="is the beginning of 2 forecasts"):
        store.find("2026-02-09")
    with pytest.raises(StoreError, match=f'no forecast "2026-03"; it has .*{early}'):
        store.find("2026-03")
    with pytest.raises(StoreError, match="no forecast of 2026Q1 before"):
        store.before(store.find(early))


def test_the_one_before_is_of_the_same_company_and_period(address: str) -> None:
    """Mutants: the one before in the list, whatever it is of; one of the same day before one of last week."""
    store = Store(address, create=True)
    wanted, _ = store.add(document(1, as_of="2026-02-02"))
    store.add(document(2, as_of="2026-02-05", name="Globex"))
    other = document(3, as_of="2026-02-06")
    other["periods"][0] |= {"period": "2026-02", "start": "2026-02-01", "end": "2026-02-28"}
    store.add(other)
    store.add(document(4))
    last, _ = store.add(document(5))
    assert store.before(store.find(last)).id == wanted


def test_odd_names_come_back(address: str) -> None:
    """Null characters, half a surrogate pair, 200 letters, markup, quotes."""
    odd = ["nul\0l", "half \ud83d", "ö" * 200, "<b>&amp;</b>", "'; DROP TABLE x; --", "名前"]
    made = document(deals=[{"lead": f"d{k}", "name": name, "stage": "demo"} for k, name in enumerate(odd)])
    store = Store(address, create=True)
    key, _ = store.add(made)
    assert [one["name"] for one in store.document(key)["deals"]] == odd
    with store._database.reading() as connection:
        kept = list(connection.execute(select(DEALS.c.name).where(DEALS.c.state == "open")).scalars())
    assert kept == ["null", "half ?", *odd[2:]]


def test_a_model_comes_back_with_its_draws_and_the_open_deals(address: str) -> None:
    draws = pl.DataFrame({"sources.inbound.rate": [1.0, 2.5]})
    funnel = funnel_with({"amount": 12.5}, draws=draws)
    store = Store(address, create=True)
    keys = [store.add(document(k), StoredModel.of(funnel, funnel.pipeline))[0] for k in range(2)]
    found = store.model(keys[1])
    assert found is not None
    again = found.funnel()
    assert again is not None
    assert again.model == funnel.model
    assert again.draws is not None
    assert again.draws.equals(draws)
    deals = found.open_deals()
    assert deals is not None
    assert funnel.pipeline is not None
    assert deals.equals(funnel.pipeline)
    assert rows(store, MODELS) == 1  # once for all forecasts of it
    key, _ = store.add(document(5))  # made by a version that kept none
    assert store.model(key) is not None


def test_reading_makes_no_store(address: str, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="there is no store of forecasts; make it with"):
        Store(address)
    assert list(tmp_path.iterdir()) == []


def test_a_document_that_is_no_forecast_is_refused(address: str) -> None:
    store = Store(address, create=True)
    with pytest.raises(DocumentError):
        store.add({"command": "kpi"})
    assert store.forecasts() == []


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("forecasts.toml", r"a store is a file that ends in \.db"),
        ("nowhere/forecasts.db", 'no folder "nowhere"'),
        ("mysql://ana:hush@host/db", "not a database that can be used"),
        ("postgresql://ana:hush@host", "not a database that can be used"),
        ("postgresql://ana:hush@host:port/db", "not the URL of a database"),
        ("://ana:hush@", "not the URL of a database"),
    ],
)
def test_what_is_no_address_is_refused(given: str, said: str) -> None:
    with pytest.raises(StoreError, match=said) as caught:
        address_of(given)
    assert "hush" not in str(caught.value)
    assert "ana" not in str(caught.value).replace("another", "")


def test_a_file_that_is_no_database_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "forecasts.db"
    path.write_text("deal,amount\n" * 1000, encoding="utf-8")
    before = path.read_bytes()
    with pytest.raises(StoreError, match="not a SQLite database"):
        Store(path, create=True)
    assert path.read_bytes() == before


def test_a_server_that_is_not_there_is_one_line_without_the_password() -> None:
    with pytest.raises(StoreError) as caught:
        Store(f"postgresql://ana:{PASSWORD}@127.0.0.1:9/db")
    text = str(caught.value)
    assert text.startswith("postgresql://127.0.0.1:9/db: the database says: ")
    assert PASSWORD not in text
    assert caught.value.__cause__ is None


def test_a_wrong_password_is_not_repeated(postgres_url: str) -> None:
    with pytest.raises(StoreError, match="password authentication failed") as caught:
        Store(postgres_url.replace(PASSWORD, "wr0ng-one"), create=True)
    assert "wr0ng-one" not in str(caught.value)


def test_other_tables_of_a_database_stay(postgres_database: str) -> None:
    import psycopg

    with psycopg.connect(postgres_database, autocommit=True) as connection:
        connection.execute("CREATE TABLE deals (deal TEXT)")
        connection.execute("INSERT INTO deals VALUES ('a')")
        Store(postgres_database, create=True).add(document())
        assert connection.execute("SELECT deal FROM deals").fetchall() == [("a",)]
    assert all(name.startswith("funnelsim_") for name in METADATA.tables)


@pytest.mark.parametrize("change", [lambda text: text[:20], lambda text: text.replace("1", "2", 1)])
def test_a_damaged_document_is_one_line(address: str, change: Callable[[str], str]) -> None:
    """Cut short, or with another digit. Mutant: any valid JSON is taken."""
    store = Store(address, create=True)
    key, _ = store.add(document())
    with store._database.writing() as connection:
        text = connection.execute(select(FORECASTS.c.document)).scalar_one()
        connection.execute(update(FORECASTS).values(document=change(text)))
    with pytest.raises(StoreError, match=f"the forecast {key} is damaged"):
        Store(address).document(key)


def test_the_rest_of_a_password_with_an_at_sign_is_not_taken_for_the_host() -> None:
    """It was repeated in the message that this host is not found."""
    with pytest.raises(StoreError, match="%40") as caught:
        address_of("postgresql://ana:one@two@localhost/sales")
    assert "two" not in str(caught.value)


def test_a_forecast_with_overrides_says_how_many(address: str) -> None:
    """In the list, and on screen only where there are any."""
    store = Store(address, create=True)
    store.add(document(1))
    assert "overrides" not in listed(store)
    store.add(document(2, overrides=[override("a", 1.0, 2.0), override("b", 1.0, 2.0)]))
    assert [one.overrides for one in store.forecasts()] == [0, 2]
    assert [row["overrides"] for row in store.periods()] == [0, 2]
    assert "chance  overrides" in listed(store)


def listed(store: Store) -> str:
    held = io.StringIO()
    print_store(store.forecasts(), Console(file=held, width=100), store="forecasts.db")
    return held.getvalue()
