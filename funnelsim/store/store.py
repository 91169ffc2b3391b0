"""A store of forecasts: keep one, list them, read one back."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, insert, select

from funnelsim.core.errors import Problem, did_you_mean
from funnelsim.documents.forecast import ForecastDocument
from funnelsim.documents.record import DocumentError
from funnelsim.documents.validate import read_as
from funnelsim.store.address import address_of, refuse
from funnelsim.store.connect import Database
from funnelsim.store.models import StoredModel
from funnelsim.store.rows import (
    Row,
    content_sha256,
    deal_rows,
    document_text,
    forecast_row,
    period_rows,
    quantile_rows,
)
from funnelsim.store.schema import DEALS, FORECASTS, MODELS, PERIODS, QUANTILES

#: Hexadecimal digits of the content in an id: more only where two forecasts of a day begin alike.
_DIGITS = 6
LAST = "last"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """One forecast of a store, without its document.

    Attributes
    ----------
    id : str
        As-of date and the first digits of a hash of the content.
    metric : {"bookings", "deals_won"}
        What `likely`, the median, is of.
    overrides : int
        Deals that people have overridden; `likely` is with them.
    """

    id: str
    stored_at: str
    company: str
    noun: str
    currency: str
    amount_is: str
    metric: str
    as_of: dt.date
    period: str
    period_start: dt.date
    period_end: dt.date
    likely: float | None
    quota: float | None
    chance: float | None
    overrides: int


class Store:
    """Forecasts in a SQLite file or a PostgreSQL database.

    Parameters
    ----------
    given : str or Path
        A file that ends in ``.db``, or a URL.
    create : bool, default False
        Make it if there is none.

    Raises
    ------
    StoreError
    """

    def __init__(self, given: str | Path, *, create: bool = False) -> None:
        self.address = address_of(given)
        self._database = Database(self.address, create=create)

    def add(self, document: Mapping[str, Any], model: StoredModel | None = None) -> tuple[str, bool]:
        """Keep a forecast, in one transaction.

        Parameters
        ----------
        document : mapping
            A forecast document, as ``funnelsim forecast --json`` writes it.
        model : StoredModel, optional
            What it was made from.

        Returns
        -------
        tuple of str and bool
            Its id, and whether it is new: the same forecast is kept once.

        Raises
        ------
        DocumentError
            If it is not a forecast with an as-of date.
        """
        typed = read_as(ForecastDocument, document, "forecast")
        if typed.as_of is None:
            raise DocumentError("forecast", [Problem(path="as_of", message="is missing")])
        sha256 = content_sha256(document)
        tables = {
            PERIODS: list(period_rows(typed)),
            QUANTILES: list(quantile_rows(typed)),
            DEALS: list(deal_rows(typed)),
        }
        row = {
            **forecast_row(typed, typed.as_of),
            "content_sha256": sha256,
            "document": document_text(document),
            "pipeline": None if model is None else model.pipeline,
        }
        with self._database.writing() as connection:
            known = select(FORECASTS.c.id).where(FORECASTS.c.content_sha256 == sha256)
            if (found := connection.execute(known).scalar()) is not None:
                return str(found), False
            key = _free_id(connection, typed.as_of, sha256)
            connection.execute(insert(FORECASTS), {"id": key, **row})
            for table, rows in tables.items():
                if rows:
                    connection.execute(insert(table), [{"forecast_id": key, **one} for one in rows])
            if model is not None and row["parameters_sha256"]:
                _keep_model(connection, row["parameters_sha256"], model)
        return key, True

    def forecasts(self) -> list[Stored]:
        """All forecasts by as-of date, those of one date in the order in which they were stored."""
        columns = [FORECASTS.c[field.name] for field in fields(Stored)]
        order = (FORECASTS.c.as_of, FORECASTS.c.stored_at, FORECASTS.c.id)
        with self._database.reading() as connection:
            rows = connection.execute(select(*columns).order_by(*order)).mappings().all()
        return [Stored(**row) for row in rows]

    def find(self, given: str) -> Stored:
        """The forecast with an id, the beginning of one id only, or ``last``.

        Raises
        ------
        StoreError
            If there is none, or several.
        """
        everything = self.forecasts()
        if given == LAST and everything:
            return everything[-1]
        found = [one for one in everything if one.id == given]
        found = found or [one for one in everything if given and one.id.startswith(given)]
        if len(found) == 1:
            return found[0]
        ids = [one.id for one in found or everything]
        listed = ", ".join(ids[-5:]) + (f" and {len(ids) - 5} more" if len(ids) > 5 else "")
        if found:
            raise refuse(self.address, f'"{given}" is the beginning of {len(found)} forecasts: {listed}')
        held = f"it has {listed}" if ids else "it is empty"
        raise refuse(self.address, f'there is no forecast "{given}"; {held}', did_you_mean(given, ids))

    def same_period(self, one: Stored) -> list[Stored]:
        """All forecasts of the company and period of one, in the order of time."""
        wanted = (one.company, one.currency, one.period_start, one.period_end)
        return [
            other
            for other in self.forecasts()
            if (other.company, other.currency, other.period_start, other.period_end) == wanted
        ]

    def before(self, later: Stored) -> Stored:
        """The last forecast of the same company and period with an earlier as-of date; else of the same date.

        Raises
        ------
        StoreError
            If there is none.
        """
        alike = self.same_period(later)
        alike = alike[: [one.id for one in alike].index(later.id)]
        if not alike:
            message = f"there is no forecast of {later.period} before {later.id}, which is its first"
            raise refuse(self.address, message, "store one each week with: funnelsim forecast --store")
        return next((one for one in reversed(alike) if one.as_of < later.as_of), alike[-1])

    def document(self, key: str) -> dict[str, Any]:
        """The document of a forecast, by its whole id."""
        return self.documents([key])[0]

    def documents(self, keys: Sequence[str]) -> list[dict[str, Any]]:
        """The documents of some forecasts, in their order."""
        wanted = select(FORECASTS.c.id, FORECASTS.c.document, FORECASTS.c.content_sha256).where(
            FORECASTS.c.id.in_(keys)
        )
        with self._database.reading() as connection:
            rows = {row.id: row for row in connection.execute(wanted)}
        return [self._read(key, rows[key].document, rows[key].content_sha256) for key in keys]

    def _read(self, key: str, text: str, sha256: str) -> dict[str, Any]:
        try:
            found: dict[str, Any] = json.loads(text)
        except ValueError:
            found = {}
        if not found or content_sha256(found) != sha256:
            hint = "take the file from a backup, or delete this row of funnelsim_forecasts"
            raise refuse(self.address, f"the forecast {key} is damaged", hint)
        return found

    def model(self, key: str) -> StoredModel | None:
        """What a forecast was made from, if it was kept."""
        wanted = (
            select(MODELS.c.toml, MODELS.c.draws, FORECASTS.c.pipeline)
            .join(MODELS, MODELS.c.sha256 == FORECASTS.c.parameters_sha256)
            .where(FORECASTS.c.id == key)
        )
        with self._database.reading() as connection:
            row = connection.execute(wanted).one_or_none()
        return None if row is None else StoredModel(toml=row.toml, draws=row.draws, pipeline=row.pipeline)

    def periods(self) -> list[Row]:
        """A row for each forecast and period, for a table."""
        about = [
            FORECASTS.c[name]
            for name in ("id", "stored_at", "company", "currency", "amount_is", "as_of", "overrides")
        ]
        columns = [column for column in PERIODS.c if column.name not in ("forecast_id", "place")]
        wanted = (
            select(*about, *columns)
            .join(PERIODS, PERIODS.c.forecast_id == FORECASTS.c.id)
            .order_by(FORECASTS.c.as_of, FORECASTS.c.stored_at, FORECASTS.c.id, PERIODS.c.place)
        )
        with self._database.reading() as connection:
            return [dict(row) for row in connection.execute(wanted).mappings()]


def _free_id(connection: Connection, as_of: dt.date, sha256: str) -> str:
    for digits in range(_DIGITS, len(sha256)):
        key = f"{as_of}-{sha256[:digits]}"
        if connection.execute(select(FORECASTS.c.id).where(FORECASTS.c.id == key)).scalar() is None:
            return key
    raise AssertionError("two contents with one hash")


def _keep_model(connection: Connection, sha256: str, model: StoredModel) -> None:
    known = connection.execute(select(MODELS.c.sha256).where(MODELS.c.sha256 == sha256)).scalar()
    if known is None:
        row = {"sha256": sha256, "toml": model.toml, "draws": model.draws}
        connection.execute(insert(MODELS), row)


__all__ = ["LAST", "Store", "Stored"]
