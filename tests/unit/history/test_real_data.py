"""The worked mappings of docs/examples on the published files, where they are at hand."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from funnelsim.history.cleaning.as_of import parse_as_of
from funnelsim.history.files.events import History
from funnelsim.history.imports import import_history
from tests.unit.history.exports import check_names, day, table

ROOT = Path(__file__).parents[3]
DATA = ROOT.parent / "shared" / "data"
EXAMPLES = ROOT / "docs" / "examples"


def imported(mapping: str, *files: str, as_of: str | None = None) -> History:
    paths = [DATA / name for name in files]
    if not all(path.exists() for path in paths):
        pytest.skip(f"published data not at hand: {DATA}")
    until = parse_as_of(as_of) if as_of else None
    history = import_history(paths, None, EXAMPLES / mapping, until)
    for item in history.meta.audit["tables"]:
        assert item["rows_read"] == item["rows_used"] + sum(item["set_aside"].values())
    return history


def test_maven_crm() -> None:
    """8,800 opportunities, 500 of them Prospecting without a date; closings from 2017-03-01 on."""
    files = ("maven_crm/sales_pipeline.csv", "maven_crm/products.csv")
    history = imported("maven_crm.toml", *files, as_of="2017-09-30")
    assert table(history, "deals")["set_aside"]["deal without stage times"] == 500
    assert history.meta.stages == {"engaging": "Engaging"}
    assert history.meta.observed_from == day("2017-03-01")
    assert "zombies" in check_names(history)
    assert history.meta.audit["lookup_misses"] == {}, "GTXPro is GTX Pro in products.csv"
    assert history.deals["listed_amount"].null_count() == 0
    whole = imported("maven_crm.toml", *files)
    counts = whole.meta.audit["deals"]
    assert (counts["won"], counts["lost"], counts["open"]) == (4238, 2473, 1589)
    assert whole.deals["amount"].sum() == 10_005_534.0


def test_hotel_bookings() -> None:
    """All 119,390 bookings are closed in the file; as of the end of 2016 some are open."""
    history = imported(
        "hotel_bookings.toml",
        "hotel_bookings/events.csv.gz",
        "hotel_bookings/deals.csv.gz",
        as_of="2016-12-31",
    )
    counts = history.meta.audit["deals"]
    assert counts["open"] == 9918
    assert history.meta.outcomes == ("no_show",)
    assert history.meta.observed_from == day("2015-07-01")
    still_open = history.deals.filter(pl.col("outcome").is_null())
    assert still_open["amount"].null_count() == still_open.height
    assert still_open["listed_amount"].null_count() <= 1
    assert history.deals["source"].n_unique() == 8


def test_olist() -> None:
    """8,000 leads, 842 wins, no loss; one seller is won before the first contact."""
    history = imported(
        "olist.toml",
        "olist_funnel/olist_marketing_qualified_leads_dataset.csv",
        "olist_funnel/olist_closed_deals_dataset.csv",
    )
    assert history.meta.losses_recorded is False
    assert history.meta.audit["deals"] == {"all": 7999, "won": 841, "open": 7158}
    assert history.deals["owner"].null_count() == 7999, "the owner exists for wins only: a leak"
    assert table(history, "deals")["set_aside"] == {"closed before it began": 1}


def test_salesforce_demo() -> None:
    """115 of 219 rows say Closed while IsClosed is FALSE: the history decides."""
    history = imported(
        "salesforce_demo.toml", "salesforce_demo/Opportunity.csv", "salesforce_demo/Opportunity History.csv"
    )
    assert history.meta.audit["counts"]["flags"]["closed_label_open_flag"] == 115
    assert history.meta.audit["deals"] == {"all": 219, "won": 89, "lost": 57, "open": 73}
    formats = {
        note["format"] for note in history.meta.audit["columns"] if note.get("format", "").startswith("d")
    }
    assert formats == {"dd/mm/yyyy"}


def test_the_warehouse_spelling_of_salesforce() -> None:
    files = [DATA / "fivetran_seeds" / f"sf_opportunity{part}_data.csv" for part in ("", "_history")]
    if not all(path.exists() for path in files):
        pytest.skip(f"published data not at hand: {DATA}")
    from funnelsim.history.mapping.keys import Mapping

    rules = Mapping(where={"is_deleted": ["true", "false"]})
    history = import_history(files, "salesforce", rules)
    assert history.meta.audit["deals"] == {"all": 10, "won": 5, "lost": 4, "open": 1}


def test_bpi2012() -> None:
    """262,200 events, all accounted for; stages repeat in 1,438 cases; W_* are work, not states."""
    history = imported("bpi2012.toml", "bpi2012/BPI_Challenge_2012.xes.gz")
    events = table(history, "events")
    assert (events["rows_read"], events["rows_used"]) == (262_200, 85_393)
    assert events["set_aside"] == {"label to ignore": 176_807}
    assert (
        sum(row["rows"] for row in history.meta.audit["labels"] if row["label"].startswith("W_")) == 170_107
    )
    assert history.meta.audit["deals"] == {"all": 13_087, "lost": 10_442, "won": 2_246, "open": 399}
    assert len(history.meta.stages) == 9
    assert history.visits.filter(pl.col("visit") > 1)["deal"].n_unique() == 1_438
    assert history.deals["owner"].null_count() == 3_432, "nobody but the automatic resource touched them"
    assert history.deals["amount"].null_count() == 399, "the amount of an open application is listed only"
    assert history.deals["listed_amount"].null_count() == 0
