"""What events say about each label is what plain counting says."""

from __future__ import annotations

import datetime as dt
import random

import polars as pl
import pytest

from funnelsim.history.labels.evidence import label_evidence

START = dt.datetime(2026, 1, 1)
LABELS = ("Lead", "lead", "Demo", "Closed Won", "Lost", "Ünclear", None)
DEAL_COLUMNS = {
    "deal": pl.String,
    "stage_label": pl.String,
    "outcome_label": pl.String,
    "created": pl.Datetime("us"),
    "closed": pl.Datetime("us"),
    "is_closed": pl.Boolean,
    "is_won": pl.Boolean,
    "chance": pl.Float64,
}


def made_up(seed: int, number: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Events of deals, and a table that has some of these deals and others, in another order."""
    draw = random.Random(seed)
    ids = [f"d{place}" for place in range(number)]
    events = [
        (draw.choice([*ids, None]), draw.choice(LABELS), START + dt.timedelta(days=draw.randrange(9)))
        for _ in range(number * 3)
    ]
    known = draw.sample([*ids[number // 3 :], *(f"x{place}" for place in range(number))], k=number)
    rows = [
        (deal, draw.choice(LABELS), draw.choice(("Lost", None, None)), draw.choice((True, False, None)))
        for deal in [*known, None]
    ]
    deals = pl.DataFrame(
        {
            name: [row[place] for row in rows]
            for place, name in enumerate(("deal", "stage_label", "outcome_label", "is_closed"))
        },
        schema={name: DEAL_COLUMNS[name] for name in ("deal", "stage_label", "outcome_label", "is_closed")},
    )
    missing = [
        pl.lit(None, kind).alias(name) for name, kind in DEAL_COLUMNS.items() if name not in deals.columns
    ]
    schema = {"deal": pl.String, "label": pl.String, "at": pl.Datetime("us")}
    return pl.DataFrame(events, schema=schema, orient="row"), deals.with_columns(missing)


def counted(
    events: pl.DataFrame, deals: pl.DataFrame | None, as_of: dt.datetime | None
) -> dict[str, list[int]]:
    """Entered, ended and stopped by label in small letters, counted deal by deal."""
    last: dict[tuple[str, str], dt.datetime] = {}
    for deal, label, at in events.iter_rows():
        if None in (deal, label, at) or (as_of is not None and at >= as_of):
            continue
        pair = (deal, label.lower())
        last[pair] = max(at, last.get(pair, at))
    table = {} if deals is None else {row["deal"]: row for row in deals.iter_rows(named=True)}
    found: dict[str, list[int]] = {}
    for (deal, label), at in last.items():
        ends = at == max(time for (other, _), time in last.items() if other == deal)
        row = table.get(deal)
        elsewhere = row is not None and (
            (row["stage_label"] is not None and row["stage_label"].lower() != label)
            or row["outcome_label"] is not None
            or bool(row["is_closed"])
        )
        counts = found.setdefault(label, [0, 0, 0])
        for place, true in enumerate((True, ends, ends and not elsewhere)):
            counts[place] += true
    return found


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("table", [True, False])
@pytest.mark.parametrize("as_of", [None, START + dt.timedelta(days=5), START])
def test_evidence_is_that_of_plain_counting(seed: int, table: bool, as_of: dt.datetime | None) -> None:
    """Mutants: numbers of the deals of one table taken for those of the other, labels that share a number."""
    events, deals = made_up(seed, 40)
    evidence = label_evidence(events, deals if table else None, as_of, date_prefix="date_").values()
    entered = [item for item in evidence if item.entered]
    found = {item.label.lower(): [item.entered, item.ended, item.stopped] for item in entered}
    assert found == counted(events, deals if table else None, as_of)
