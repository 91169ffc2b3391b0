"""The tables of a store, as the latest migration leaves them.

The names start with ``funnelsim_``, because a PostgreSQL database may hold other tables.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    Double,
    ForeignKey,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
)

METADATA = MetaData()

#: A row for each migration that was done.
SCHEMA = Table(
    "funnelsim_schema",
    METADATA,
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("migrated_at", Text, nullable=False),
)

#: `likely` is the median, of the bookings or, where nothing has an amount, of the deals won (`metric`).
FORECASTS = Table(
    "funnelsim_forecasts",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("content_sha256", Text, nullable=False, unique=True),
    Column("stored_at", Text, nullable=False),
    Column("company", Text, nullable=False),
    Column("noun", Text, nullable=False),
    Column("currency", Text, nullable=False),
    Column("amount_is", Text, nullable=False),
    Column("metric", Text, nullable=False),
    Column("as_of", Date, nullable=False),
    Column("period", Text, nullable=False),
    Column("period_start", Date, nullable=False),
    Column("period_end", Date, nullable=False),
    Column("likely", Double),
    Column("quota", Double),
    Column("chance", Double),
    Column("model_sha256", Text, nullable=False),
    Column("plan_sha256", Text, nullable=False),
    Column("seed", BigInteger),
    Column("replications", BigInteger),
    Column("engine", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("document", Text, nullable=False),
    Column("parameters_sha256", Text),
    Column("pipeline", LargeBinary),
    Column("overrides", Integer, nullable=False),
)

PERIODS = Table(
    "funnelsim_periods",
    METADATA,
    Column("forecast_id", Text, ForeignKey("funnelsim_forecasts.id"), primary_key=True),
    Column("place", Integer, primary_key=True),
    Column("period", Text, nullable=False),
    Column("period_start", Date, nullable=False),
    Column("period_end", Date, nullable=False),
    Column("quota", Double),
    Column("chance", Double),
    Column("mean", Double),
    Column("p10", Double),
    Column("p50", Double),
    Column("p90", Double),
    Column("booked", Double),
    Column("pipeline", Double),
    Column("new", Double),
    Column("expansion", Double),
)

QUANTILES = Table(
    "funnelsim_quantiles",
    METADATA,
    Column("forecast_id", Text, ForeignKey("funnelsim_forecasts.id"), primary_key=True),
    Column("place", Integer, primary_key=True),
    Column("amount", Text, primary_key=True),
    Column("percent", Integer, primary_key=True),
    Column("value", Double, nullable=False),
)

#: The open deals, and those booked before the as-of date.
DEALS = Table(
    "funnelsim_deals",
    METADATA,
    Column("forecast_id", Text, ForeignKey("funnelsim_forecasts.id"), primary_key=True),
    Column("row", Integer, primary_key=True),
    Column("deal", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("name", Text),
    Column("account", Text),
    Column("owner", Text),
    Column("source", Text),
    Column("segment", Text),
    Column("stage", Text),
    Column("amount", Double),
    Column("p_in_period", Double),
    Column("p_ever", Double),
    Column("expected_in_period", Double),
    Column("median_close", Date),
    Column("closed", Date),
)

#: Parameters of the models that made the forecasts, for the part of a change that a new fit makes.
MODELS = Table(
    "funnelsim_models",
    METADATA,
    Column("sha256", Text, primary_key=True),
    Column("toml", Text, nullable=False),
    Column("draws", LargeBinary),
)
