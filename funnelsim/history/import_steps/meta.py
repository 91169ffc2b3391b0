"""What a history records about itself: names, stages, currency, how it was recorded."""

from __future__ import annotations

import datetime as dt

import polars as pl

from funnelsim.core.calendar.public_holidays import country_code
from funnelsim.history.cleaning.deal_table import (
    DealTable,
)
from funnelsim.history.cleaning.recording import losses_recorded, resolution
from funnelsim.history.cleaning.visits import CleanVisits
from funnelsim.history.columns.extract import Extract
from funnelsim.history.files.events import HistoryMeta
from funnelsim.history.import_steps.setup import OUTCOMES, ImportSetup
from funnelsim.history.mapping.keys import Mapping


def make_meta(
    setup: ImportSetup,
    extracted: Extract,
    cleaned: CleanVisits,
    made: DealTable,
    order: list[str],
    observed_from: dt.datetime | None,
    known_until: dt.datetime,
    name: str,
) -> HistoryMeta:
    mapping = setup.mapping
    entered = set(cleaned.visits["stage"].unique())
    return HistoryMeta(
        name=name or mapping.name or _main_file(setup).split(".")[0],
        as_of=known_until,
        observed_from=observed_from,
        stages={key: setup.book.stages.get(key, key) for key in order if key in entered},
        outcomes=_other_outcomes(made.deals, mapping),
        losses_recorded=losses_recorded(cleaned.endings["outcome"].unique().to_list()),
        resolution=resolution(cleaned.visits),
        noun=setup.noun,
        currency=extracted.currency,
        amount_is=mapping.amount_is,
        listed_at_export=made.listed_at_export,
        holidays=country_code(mapping.holidays) if mapping.holidays else "",
    )


def _main_file(setup: ImportSetup) -> str:
    """The first file, or that of the deals where the first one is not used."""
    main = setup.parts.deals or setup.parts.events
    if main is None or not any(setup.tables[0] is table for table in setup.parts.unused):
        return setup.tables[0].path.name
    return main.tables[0].path.name


def _other_outcomes(deals: pl.DataFrame, mapping: Mapping) -> tuple[str, ...]:
    """Outcomes besides won, lost and churned: those of the mapping first."""
    others = set(deals["outcome"].drop_nulls().unique()) - set(OUTCOMES)
    given = [key for key in mapping.outcomes if key in others]
    return (*given, *sorted(others - set(given)))
