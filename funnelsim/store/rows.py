"""The rows of a forecast document in the tables of a store."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import math
from collections.abc import Iterator, Mapping
from typing import Any

from funnelsim import __version__
from funnelsim.documents.forecast import ForecastDocument, ForecastPeriod

Row = dict[str, Any]
OPEN, BOOKED = "open", "booked"
#: What does not belong to the numbers: the same forecast may be made in another folder.
_ABOUT_THE_PLACE = ("model", "version")


def content_sha256(document: Mapping[str, Any]) -> str:
    """Hash of all that a forecast says, wherever its model lies."""
    provenance = {k: v for k, v in document.get("provenance", {}).items() if k not in _ABOUT_THE_PLACE}
    text = json.dumps(_finite({**document, "provenance": provenance}), sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def document_text(document: Mapping[str, Any]) -> str:
    """JSON in ASCII, which every database keeps as it is; a number that is not finite becomes null."""
    return json.dumps(_finite(document))


def forecast_row(document: ForecastDocument, as_of: dt.date) -> Row:
    """The row of a forecast without its id and its document."""
    first, provenance = document.periods[0], document.provenance
    shown = first.wins if first.without_money and first.wins is not None else first.bookings
    return {
        "stored_at": dt.datetime.now(dt.UTC).isoformat(timespec="microseconds"),
        "company": _text(document.name) or "",
        "noun": _text(document.noun) or "",
        "currency": _text(document.currency) or "",
        "amount_is": _text(document.amount_is) or "",
        "metric": "deals_won" if first.without_money else "bookings",
        "as_of": as_of,
        "period": first.period,
        "period_start": first.start,
        "period_end": first.end,
        "likely": shown.p50,
        "quota": first.quota,
        "chance": first.attainment_probability,
        "model_sha256": provenance.model_sha256,
        "plan_sha256": provenance.plan_sha256,
        "seed": provenance.seed,
        "replications": provenance.replications,
        "engine": provenance.engine,
        "version": provenance.version or __version__,
        "parameters_sha256": provenance.parameters_sha256 or None,
        "overrides": len(document.overrides),
    }


def period_rows(document: ForecastDocument) -> Iterator[Row]:
    for place, period in enumerate(document.periods):
        booked, pipeline, new, expansion = period.bookings_parts.means
        yield {
            "place": place,
            "period": period.period,
            "period_start": period.start,
            "period_end": period.end,
            "quota": period.quota,
            "chance": period.attainment_probability,
            "mean": period.bookings.mean,
            "p10": period.bookings.p10,
            "p50": period.bookings.p50,
            "p90": period.bookings.p90,
            "booked": booked,
            "pipeline": pipeline,
            "new": new,
            "expansion": expansion,
        }


def quantile_rows(document: ForecastDocument) -> Iterator[Row]:
    for place, period in enumerate(document.periods):
        for amount, values in _quantiles(period):
            for percent, value in enumerate(values, start=1):
                yield {"place": place, "amount": amount, "percent": percent, "value": value}


def deal_rows(document: ForecastDocument) -> Iterator[Row]:
    """The open deals, then those that are booked."""
    rows = [
        *(
            {
                "state": OPEN,
                "deal": deal.lead,
                **{name: getattr(deal, name) for name in _OF_OPEN_DEALS},
                "expected_in_period": deal.expected,
                "closed": None,
            }
            for deal in document.deals
        ),
        *(
            {
                **dict.fromkeys(_OF_OPEN_DEALS),
                "state": BOOKED,
                "deal": deal.deal,
                "name": deal.name,
                "account": deal.account,
                "owner": deal.owner,
                "amount": deal.bookings,
                "expected_in_period": None,
                "closed": deal.closed,
            }
            for deal in document.booked_deals
        ),
    ]
    for number, row in enumerate(rows):
        yield {"row": number, **{key: _text(v) if isinstance(v, str) else v for key, v in row.items()}}


_OF_OPEN_DEALS = (
    "name",
    "account",
    "owner",
    "source",
    "segment",
    "stage",
    "amount",
    "p_in_period",
    "p_ever",
    "median_close",
)


def _quantiles(period: ForecastPeriod) -> Iterator[tuple[str, tuple[float, ...]]]:
    yield "quota_credit", period.quantiles
    yield "bookings", period.quantiles_bookings
    yield "deals_won", period.quantiles_wins


def _text(value: str | None) -> str | None:
    """Without what a database refuses: a null character, half a surrogate pair."""
    return None if value is None else value.replace("\0", "").encode("utf-8", "replace").decode()


def _finite(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
