"""A column of products is kept where the mapping names it, and only there."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from funnelsim.history.cleaning.as_of import cut
from funnelsim.history.files.events import DEAL_SCHEMA, History
from funnelsim.history.files.folder import read_history, write_history
from funnelsim.history.imports import import_history
from funnelsim.metrics.kpi.kpi import kpi

DEALS = """deal,product,created,demo,won,amount
1,Suite,2026-01-01,2026-01-02,2026-01-20,900
2,,2026-01-03,2026-01-05,2026-01-22,100
3,Basic,2026-01-04,2026-01-06,,
"""
MAPPING = """preset = "deals"
[deals]
deal = "deal"
created = "created"
amount = "amount"
{product}
[deals.dates]
demo = "demo"
won = "won"
"""


def imported(folder: Path, product: str) -> History:
    (folder / "deals.csv").write_text(DEALS)
    (folder / "mapping.toml").write_text(MAPPING.format(product=product))
    history = import_history([folder / "deals.csv"], mapping=folder / "mapping.toml", as_of="2026-02-01")
    write_history(history, folder / "history")
    return read_history(folder / "history")


def test_products_are_kept_written_and_cut(tmp_path: Path) -> None:
    history = imported(tmp_path, 'product = "product"')
    assert history.deals["product"].to_list() == ["Suite", None, "Basic"]
    known = cut(history, dt.date(2026, 1, 10))
    assert known.deals["product"].to_list() == ["Suite", None, "Basic"]
    groups = kpi(history, split="product").typed.groups
    assert [group.name for group in groups] == ["Basic", "Suite", "unknown"]


def test_a_history_without_products_is_as_before(tmp_path: Path) -> None:
    history = imported(tmp_path, "")
    assert history.deals.columns == list(DEAL_SCHEMA)
