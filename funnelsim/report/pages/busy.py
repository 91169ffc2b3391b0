"""How busy each role is, on a page."""

from __future__ import annotations

from collections.abc import Iterable

from funnelsim.documents.shared import Summary
from funnelsim.report.pages.section import Grid, columns
from funnelsim.report.words.names import plain
from funnelsim.report.words.quantities import share


def busy_grid(roles: Iterable[tuple[str, Summary]]) -> Grid:
    """A row for each role: its name, and the share of its working hours that it spends on tasks."""
    return Grid(
        title="How busy each role is",
        columns=columns("role", "#busy (mean)", "#80 % range"),
        rows=[
            (plain(name), share(busy.mean), f"{share(busy.p10)} to {share(busy.p90)}") for name, busy in roles
        ],
        note="Busy: share of the reps' working hours spent on tasks.",
    )
