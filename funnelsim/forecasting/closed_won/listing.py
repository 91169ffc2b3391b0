"""The list of booked deals as ``--booked`` writes it."""

from __future__ import annotations

import polars as pl

from funnelsim.documents.judgement import ClosedWonTie

LISTED_SCHEMA = {
    "deal": pl.String,
    "name": pl.String,
    "account": pl.String,
    "owner": pl.String,
    "closed": pl.Date,
    "bookings": pl.Float64,
    "quota_credit": pl.Float64,
}


def booked_list(booked: pl.DataFrame | None, tied: ClosedWonTie | None = None) -> pl.DataFrame:
    """The booked deals, and beside them the differences to a closed-won report.

    Deals that are in the report only follow at the end, without bookings.
    """
    table = pl.DataFrame(schema=LISTED_SCHEMA) if booked is None else booked.select(list(LISTED_SCHEMA))
    if tied is None:
        return table
    found = pl.DataFrame(
        [(one.deal, one.name, one.report, one.difference, one.reason) for one in tied.differences],
        schema={
            "deal": pl.String,
            "report_name": pl.String,
            "report_amount": pl.Float64,
            "difference": pl.Float64,
            "reason": pl.String,
        },
        orient="row",
    )
    both = table.join(found, on="deal", how="left", maintain_order="left")
    rest = found.join(table, on="deal", how="anti", maintain_order="left")
    listed = pl.concat([both, rest], how="diagonal")
    return listed.with_columns(pl.coalesce("name", "report_name").alias("name")).drop("report_name")
