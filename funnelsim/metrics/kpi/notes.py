"""What to know before using key figures."""

from __future__ import annotations

from collections.abc import Iterator

from funnelsim.core.nouns import counted
from funnelsim.history.files.as_of_dates import date_text
from funnelsim.metrics.kpi.records import Records
from funnelsim.metrics.kpi.spans import Spans, arrivals_until, day_of
from funnelsim.metrics.kpi.tallies import Tallies


def notes(records: Records, spans: Spans, whole: Tallies) -> Iterator[str]:
    """Warnings of a document: deals without amounts, stages that the model does not have."""
    noun = records.model.noun
    unpriced = int(whole["unpriced"].sum())
    if unpriced and records.leads["value"].is_not_null().any():
        verb = "has no amount and counts" if unpriced == 1 else "have no amount and count"
        yield f"{counted(unpriced, f'booked {noun}')} {verb} as 0 in the bookings, not in the {noun} size"
    unknown = sorted(set(records.visits["stage"].unique()) - set(records.model.stages))
    if unknown:
        yield f"the model has no stage {', '.join(unknown)}: its visits are not in any conversion"
    if records.observed_from is not None:
        yield (
            f"closings are recorded only from {date_text(day_of(records.observed_from))} on: earlier periods "
            "are not compared"
        )
    if (last := arrivals_until(records)) < records.until:
        yield (
            f"no {noun} is created after {date_text(day_of(last))}, as if the export left out newer ones: "
            "periods that end later are not compared"
        )
    if spans.current is None:
        yield "no period is complete: nothing can be compared"
