"""A bridge as a table: a row for each step and each deal behind it."""

from __future__ import annotations

import polars as pl

from funnelsim.documents.bridge import BridgeDocument

_SCHEMA = {
    "step": pl.String,
    "group": pl.String,
    "amount": pl.Float64,
    "deal": pl.String,
    "name": pl.String,
    "account": pl.String,
    "owner": pl.String,
    "from": pl.Float64,
    "to": pl.Float64,
    "difference": pl.Float64,
    "was": pl.String,
    "now": pl.String,
}


def bridge_table(document: BridgeDocument) -> pl.DataFrame:
    """The rows of ``bridge --out bridge.csv``: first and last the two means, between them every step.

    Rows without a deal have the amount of a step: with the first mean they sum to the last one. Rows with a
    group are the same for that group.
    """
    rows: list[dict[str, object]] = [{"step": "from", "amount": document.from_.mean}]
    for step in document.steps:
        rows.append({"step": step.kind, "amount": step.amount})
        rows += [{"step": step.kind, **deal.model_dump(by_alias=True, mode="json")} for deal in step.deals]
    rows.append({"step": "to", "amount": document.to.mean})
    for group in document.groups:
        steps = {"from": group.from_, **group.steps, "to": group.to}
        rows += [{"step": kind, "group": group.name, "amount": amount} for kind, amount in steps.items()]
    return pl.DataFrame(rows, schema=_SCHEMA)
