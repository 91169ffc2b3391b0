"""A history as an event log for tools of process mining: IEEE XES (1849-2023)."""

from __future__ import annotations

from collections.abc import Iterator
from xml.sax.saxutils import quoteattr

import polars as pl

from funnelsim.core.harmless import harmless
from funnelsim.history.files.events import History

_HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<log xes.version="1849.2023" xes.features="" xmlns="http://www.xes-standard.org/">
  <extension name="Concept" prefix="concept" uri="http://www.xes-standard.org/concept.xesext"/>
  <extension name="Time" prefix="time" uri="http://www.xes-standard.org/time.xesext"/>
  <extension name="Lifecycle" prefix="lifecycle" uri="http://www.xes-standard.org/lifecycle.xesext"/>
  <extension name="Organizational" prefix="org" uri="http://www.xes-standard.org/org.xesext"/>
  <global scope="trace">
    <string key="concept:name" value=""/>
  </global>
  <global scope="event">
    <string key="concept:name" value=""/>
    <string key="lifecycle:transition" value="complete"/>
    <date key="time:timestamp" value="1970-01-01T00:00:00.000+00:00"/>
  </global>
  <classifier name="Activity" keys="concept:name"/>
"""
#: What is known of a deal and has a text or a number of its own.
_TEXTS = ("name", "account", "segment", "source", "owner", "outcome")
_AMOUNTS = ("amount", "listed_amount")


def xes(history: History) -> str:
    """The history as XES text.

    A deal is a trace. An event is the moment a deal enters a stage, named after the stage, and the moment it
    ends, named after the outcome; all have the transition ``complete``. The owner of the deal is the resource
    of its events. Times are written as UTC, as a history has none of its own zone.

    Parameters
    ----------
    history : History

    Returns
    -------
    str
    """
    lines = [_HEAD, *_texts("  ", {"concept:name": history.meta.name, "currency": history.meta.currency})]
    lines += _texts("  ", {"amount_is": history.meta.amount_is})
    events = _events(history).partition_by("deal", as_dict=True, maintain_order=True)
    for deal in history.deals.sort("created", "deal").iter_rows(named=True):
        lines.append("  <trace>\n")
        lines += _texts("    ", {"concept:name": deal["deal"]} | {key: deal.get(key) for key in _TEXTS})
        lines += [
            f'    <float key="{key}" value="{deal[key]!r}"/>\n'
            for key in _AMOUNTS
            if deal.get(key) is not None
        ]
        owner = _texts("      ", {"org:resource": deal["owner"]})
        found = events.get((deal["deal"],))
        if found is not None:
            for name, at in zip(found["activity"], found["at"], strict=True):
                lines.append("    <event>\n")
                lines += [
                    *_texts("      ", {"concept:name": name, "lifecycle:transition": "complete"}),
                    *owner,
                ]
                lines.append(f'      <date key="time:timestamp" value="{at}"/>\n    </event>\n')
        lines.append("  </trace>\n")
    return harmless("".join([*lines, "</log>\n"]))


def _events(history: History) -> pl.DataFrame:
    """``deal, activity, at`` in order of time; the end of a deal comes last."""
    names = history.meta.stages
    entered = history.visits.select(
        "deal",
        pl.col("stage").replace(names).alias("activity"),
        pl.col("entered").alias("at"),
        order=pl.lit(0),
    )
    ended = history.deals.filter(pl.col("outcome").is_not_null() & pl.col("closed").is_not_null()).select(
        "deal", pl.col("outcome").alias("activity"), pl.col("closed").alias("at"), order=pl.lit(1)
    )
    known = pl.concat([entered, ended]).sort("deal", "at", "order", maintain_order=True)
    return known.with_columns(pl.col("at").dt.strftime("%Y-%m-%dT%H:%M:%S%.3f+00:00"))


def _texts(indent: str, values: dict[str, str | None]) -> list[str]:
    return list(_lines(indent, values))


def _lines(indent: str, values: dict[str, str | None]) -> Iterator[str]:
    for key, value in values.items():
        if value:
            # A line feed in an attribute would be read back as a space.
            escaped = quoteattr(value, {"\n": "&#10;", "\t": "&#9;", "\r": "&#13;"})
            yield f'{indent}<string key="{key}" value={escaped}/>\n'
