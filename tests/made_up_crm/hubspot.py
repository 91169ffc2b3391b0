"""HubSpot as a connector puts it in a warehouse: ids in one table, labels in another, merged deals."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import polars as pl

from tests.made_up_crm.tables import SYNCED, Row, milliseconds, plain, write_tables
from tests.made_up_crm.truth import ACCOUNTS, AS_OF, OWNERS, STAGES, TrueDeal, true_deals

PIPELINE = "71234001"
STAGE_IDS = {stage: str(990_100_200 + number) for number, stage in enumerate([*STAGES, "won", "lost"])}
LABELS = {"won": "Order signed", "lost": "No order"}
_MERGED = 25


def write_hubspot(
    folder: Path,
    *,
    only: Sequence[str] = (),
    parquet: Sequence[str] = (),
    number: int = 2_000,
    epochs: bool = False,
    renewals: Callable[[int], bool] | None = None,
) -> dict[str, Path]:
    """The tables as files; with `epochs` the times of the property history are milliseconds.

    Deals of `renewals` are in a second pipeline, whose stages have the same labels.
    """
    deals = true_deals(number)
    if renewals is not None:
        return _with_renewals(write_hubspot(folder, number=number, epochs=epochs), renewals)
    tables: dict[str, list[Row]] = {
        "deal": [*_deals(deals)],
        "deal_stage": [row for deal in deals for row in _stages(deal)],
        "deal_property_history": [row for deal in deals for row in _properties(deal, epochs)],
        "deal_pipeline": [{"pipeline_id": PIPELINE, "_fivetran_deleted": "FALSE", "label": "New business",
                           "active": "TRUE", "display_order": 0}],
        "deal_pipeline_stage": [*_pipeline_stages()],
        "merged_deal": [{"deal_id": deal_key(number), "merged_deal_id": 800_000_000 + number,
                         "_fivetran_synced": SYNCED} for number in range(_MERGED)],
        "owner": [*_owners()],
        "deal_company": [{"deal_id": deal_key(deal.number), "type_id": 5,
                          "company_id": 5_000 + ACCOUNTS.index(deal.account)} for deal in deals],
        "company": [{"id": 5_000 + number, "property_name": name, "is_deleted": "false"}
                    for number, name in enumerate(ACCOUNTS)],
    }  # fmt: skip
    if only:
        tables = {name: rows for name, rows in tables.items() if name in only}
    return write_tables(folder, tables, parquet=parquet)


def deal_key(number: int) -> int:
    return 9_000_000_000 + number


def _owner(name: str) -> int:
    return 40_000 + OWNERS.index(name)


def _owners() -> Iterator[Row]:
    for name in OWNERS:
        first, last = name.split()
        yield {
            "owner_id": _owner(name), "first_name": first, "last_name": last,
            "email": f"{first}@example.com".lower(), "is_active": "true", "_fivetran_synced": SYNCED,
        }  # fmt: skip


def _pipeline_stages() -> Iterator[Row]:
    for position, (stage, stage_id) in enumerate(STAGE_IDS.items()):
        closed = stage in LABELS
        yield {
            "_fivetran_deleted": "FALSE", "_fivetran_synced": SYNCED, "active": "TRUE",
            "closed_won": "TRUE" if stage == "won" else "FALSE", "is_closed": "TRUE" if closed else "FALSE",
            "display_order": position, "probability": 1.0 if stage == "won" else 0.2, "stage_id": stage_id,
            "label": LABELS.get(stage, stage), "pipeline_id": PIPELINE,
        }  # fmt: skip


def _deals(deals: Sequence[TrueDeal]) -> Iterator[Row]:
    for deal in deals:
        yield _deal_row(deal, f"{deal_key(deal.number)}.0")  # a spreadsheet or pandas made floats of the ids
    for number in range(_MERGED):  # still there, with the same name and amount, not deleted
        yield _deal_row(deals[number], f"{800_000_000 + number}.0")
    for number in range(20):
        yield {**_deal_row(deals[number], f"{700_000_000 + number}.0"), "is_deleted": "true"}


def _deal_row(deal: TrueDeal, deal_id: str) -> dict[str, object]:
    closing = plain(deal.closed) if deal.closed else f"{deal.plan_at(AS_OF)} 00:00:00"
    return {
        "deal_id": deal_id, "is_deleted": "false", "deal_pipeline_id": PIPELINE,
        "deal_pipeline_stage_id": STAGE_IDS[deal.steps[-1].stage], "owner_id": f"{_owner(deal.owner)}.0",
        "portal_id": 4_727_653, "property_dealname": deal.name, "property_amount": deal.value_at(AS_OF),
        "property_closedate": closing, "property_createdate": plain(deal.created),
        "property_hs_analytics_source": deal.source, "_fivetran_synced": SYNCED,
    }  # fmt: skip


def _stages(deal: TrueDeal) -> Iterator[Row]:
    for step, after in zip(deal.steps, [*deal.steps[1:], None], strict=True):
        yield {
            "_fivetran_start": plain(step.at), "deal_id": deal_key(deal.number),
            "_fivetran_active": "FALSE" if after else "TRUE",
            "_fivetran_end": plain(after.at) if after else "9999-12-31 23:59:59", "_fivetran_synced": SYNCED,
            "date_entered": plain(step.at), "source": "CRM_UI", "source_id": f"userId:{_owner(deal.owner)}",
            "value": STAGE_IDS[step.stage],
        }  # fmt: skip


def _properties(deal: TrueDeal, epochs: bool) -> Iterator[Row]:
    changes = [(step.at, "dealstage", STAGE_IDS[step.stage]) for step in deal.steps]
    changes += [(at, "amount", f"{value:.0f}") for at, value in deal.amounts]
    changes += [(at, "closedate", f"{day} 00:00:00") for at, day in deal.plans]
    changes += [(deal.closed, "closedate", str(plain(deal.closed)))] if deal.closed else []
    changes += [
        (deal.created, "hubspot_owner_id", str(_owner(deal.owner))),
        (deal.created, "hs_priority", "high"),
    ]
    for position, (at, name, value) in enumerate(changes):
        row = {
            "deal_id": deal_key(deal.number), "timestamp": milliseconds(at) if epochs else plain(at),
            "_fivetran_synced": SYNCED, "source": "CRM_UI", "name": name, "source_id": "userId:1",
            "value": value,
        }  # fmt: skip
        yield row
        if (deal.number + position) % 40 == 3:  # copied twice
            yield {**row, "_fivetran_synced": "2025-12-31 03:10:05.000"}


def _with_renewals(paths: dict[str, Path], renewals: Callable[[int], bool]) -> dict[str, Path]:
    """Stage ids of the second pipeline end in one more 9."""
    frames = {name: pl.read_csv(path, infer_schema=False) for name, path in paths.items()}
    stages, lines = frames["deal_pipeline_stage"], frames["deal_pipeline"]
    other = pl.lit(f"{PIPELINE}9").alias("pipeline_id")
    frames["deal_pipeline_stage"] = pl.concat([stages, stages.with_columns(other, pl.col("stage_id") + "9")])
    renewal_line = lines.with_columns(other, pl.lit("Renewals").alias("label"))
    frames["deal_pipeline"] = pl.concat([lines, renewal_line])
    keys = [str(deal_key(number)) for number in range(100_000) if renewals(number)]
    here = pl.col("deal_id").str.replace(r"\.0$", "").is_in(keys)
    for name, column in (("deal", "deal_pipeline_stage_id"), ("deal_stage", "value")):
        frames[name] = frames[name].with_columns(
            pl.when(here).then(pl.col(column) + "9").otherwise(column).alias(column)
        )
    frames["deal_property_history"] = frames["deal_property_history"].with_columns(
        pl.when(here & (pl.col("name") == "dealstage"))
        .then(pl.col("value") + "9")
        .otherwise("value")
        .alias("value")
    )
    frames["deal"] = frames["deal"].with_columns(
        pl.when(here).then(pl.lit(f"{PIPELINE}9")).otherwise("deal_pipeline_id").alias("deal_pipeline_id")
    )
    for name, frame in frames.items():
        frame.write_csv(paths[name])
    return paths
