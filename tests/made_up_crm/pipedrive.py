"""Pipedrive: deals, the log of their changes, stages, pipelines, users, organisations."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import polars as pl

from tests.made_up_crm.tables import Row, plain, write_tables
from tests.made_up_crm.truth import ACCOUNTS, AS_OF, OWNERS, STAGES, Step, TrueDeal, true_deals

PIPELINE = 3


def write_pipedrive(
    folder: Path,
    *,
    only: Sequence[str] = (),
    parquet: Sequence[str] = (),
    number: int = 2_000,
    renewals: Callable[[int], bool] | None = None,
) -> dict[str, Path]:
    """The tables as files; deals of `renewals` are in a second pipeline of the same stages."""
    deals = true_deals(number)
    if renewals is not None:
        return _with_renewals(write_pipedrive(folder, number=number), renewals)
    tables: dict[str, list[Row]] = {
        "deals": [*_deals(deals)],
        "dealflow": [row for deal in deals for row in _flow(deal)],
        "stages": [{"id": 11 + number, "order_nr": number, "name": name, "active_flag": "true",
                    "deal_probability": 100, "pipeline_id": PIPELINE} for number, name in enumerate(STAGES)],
        "pipelines": [{"id": PIPELINE, "name": "New business", "url_title": "new", "active": "true"}],
        "users": [{"id": 70 + number, "name": name, "email": f"{name.split()[0]}@example.com".lower(),
                   "active_flag": "true"} for number, name in enumerate(OWNERS)],
        "organizations": [{"id": 300 + number, "name": name, "active_flag": "true"}
                          for number, name in enumerate(ACCOUNTS)],
    }  # fmt: skip
    if only:
        tables = {name: rows for name, rows in tables.items() if name in only}
    return write_tables(folder, tables, parquet=parquet)


def deal_key(number: int) -> int:
    return 4_001 + number


def _stage(name: str) -> int:
    return 11 + STAGES.index(name)


def _deals(deals: Sequence[TrueDeal]) -> Iterator[Row]:
    for deal in deals:
        won, lost = (plain(deal.closed) if deal.outcome == kind else None for kind in ("won", "lost"))
        yield {
            "id": deal_key(deal.number), "title": deal.name, "value": deal.value_at(AS_OF), "currency": "EUR",
            "status": deal.outcome or "open", "stage_id": _stage(deal.stages_only[-1].stage),
            "pipeline_id": PIPELINE, "user_id": 70 + OWNERS.index(deal.owner),
            "org_id": 300 + ACCOUNTS.index(deal.account), "add_time": plain(deal.created),
            "update_time": plain(deal.steps[-1].at), "close_time": plain(deal.closed), "won_time": won,
            "lost_time": lost, "expected_close_date": deal.plan_at(AS_OF).isoformat(), "deleted": "false",
            "channel": deal.source,
        }  # fmt: skip
    for number in range(20):
        at = dt.datetime(2025, 5, 1, 10, number)
        yield {
            "id": 99_000 + number, "title": "test", "value": 1e6, "currency": "EUR", "status": "won",
            "stage_id": 11, "pipeline_id": PIPELINE, "user_id": 70, "org_id": None, "add_time": plain(at),
            "update_time": plain(at), "close_time": plain(at), "won_time": plain(at), "lost_time": None,
            "expected_close_date": None, "deleted": "true", "channel": None,
        }  # fmt: skip


def _changes(deal: TrueDeal) -> Iterator[tuple[dt.datetime, str, object, object]]:
    """Stage and status are two fields: a deal that is lost stays in its stage, opened again it is there."""
    stage, status = deal.steps[0].stage, "open"
    step: Step
    for step in deal.steps[1:]:
        if step.stage in STAGES:
            if status != "open":
                yield step.at, "status", status, "open"
                status = "open"
            if step.stage != stage:
                yield step.at, "stage_id", _stage(stage), _stage(step.stage)
                stage = step.stage
        else:
            yield step.at, "status", status, step.stage
            status = step.stage
    for (_, old), (at, new) in zip(deal.amounts, deal.amounts[1:], strict=False):
        yield at, "value", f"{old:.0f}", f"{new:.0f}"
    for (_, was), (at, will) in zip(deal.plans, deal.plans[1:], strict=False):
        yield at, "expected_close_date", was, will


def _flow(deal: TrueDeal) -> Iterator[Row]:
    for position, (at, field, old, new) in enumerate(sorted(_changes(deal), key=lambda change: change[0])):
        yield {
            "id": deal.number * 60 + position, "item_id": deal_key(deal.number),
            "user_id": 70 + OWNERS.index(deal.owner), "field_key": field, "old_value": str(old),
            "new_value": str(new), "log_time": plain(at), "is_bulk_update_flag": None,
        }  # fmt: skip


def _with_renewals(paths: dict[str, Path], renewals: Callable[[int], bool]) -> dict[str, Path]:
    """Stage ids of the second pipeline are 100 more."""
    frames = {name: pl.read_csv(path, infer_schema=False) for name, path in paths.items()}
    stages, lines = frames["stages"], frames["pipelines"]
    more = (pl.col("id").cast(pl.Int32) + 100).cast(pl.String)
    frames["stages"] = pl.concat([stages, stages.with_columns(more, pl.lit("4").alias("pipeline_id"))])
    renewal_line = lines.with_columns(pl.lit("4").alias("id"), pl.lit("Renewals").alias("name"))
    frames["pipelines"] = pl.concat([lines, renewal_line])
    keys = [str(deal_key(number)) for number in range(50_000) if renewals(number)]
    here = pl.col("id").is_in(keys)
    frames["deals"] = frames["deals"].with_columns(
        pl.when(here).then(pl.lit("4")).otherwise("pipeline_id").alias("pipeline_id"),
        pl.when(here)
        .then((pl.col("stage_id").cast(pl.Int32) + 100).cast(pl.String))
        .otherwise("stage_id")
        .alias("stage_id"),
    )
    moved = pl.col("item_id").is_in(keys) & (pl.col("field_key") == "stage_id")
    frames["dealflow"] = frames["dealflow"].with_columns(
        pl.when(moved)
        .then((pl.col(name).cast(pl.Int32, strict=False) + 100).cast(pl.String))
        .otherwise(name)
        .alias(name)
        for name in ("old_value", "new_value")
    )
    for name, frame in frames.items():
        frame.write_csv(paths[name])
    return paths
