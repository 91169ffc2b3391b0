"""Tables of a CRM made readable: names for ids, and what its own words and flags mean."""

from __future__ import annotations

from dataclasses import dataclass, field

from funnelsim.history.attention import Attention
from funnelsim.history.readers.table import Table


@dataclass(slots=True, kw_only=True)
class Prepared:
    """Tables to read, lists that gave names to ids, tables that play no part, and what labels mean.

    `meanings` are labels of stages that are outcomes, `status` those of the outcome column.
    """

    tables: list[Table] = field(default_factory=list)
    lists: list[Table] = field(default_factory=list)
    unused: list[Table] = field(default_factory=list)
    meanings: dict[str, str] = field(default_factory=dict)
    joined: list[tuple[str, str]] = field(default_factory=list)  # table, column that another one holds too
    status: dict[str, str] = field(default_factory=dict)
    attention: list[Attention] = field(default_factory=list)
