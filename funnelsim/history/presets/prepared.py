"""Tables of a CRM made readable: names for ids, and what its own words and flags mean."""

from __future__ import annotations

from dataclasses import dataclass, field

from funnelsim.history.attention import Attention
from funnelsim.history.readers.table import Table


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A user of the CRM: the id, the name, and the team where the CRM has one."""

    key: str
    name: str
    team: str = ""


@dataclass(slots=True, kw_only=True)
class Prepared:
    """Tables to read, lists that gave names to ids, tables that play no part, and what labels mean.

    `meanings` are labels of stages that are outcomes, `status` those of the outcome column. `lists_as` says
    what a list gave (``names of users``) where that is not the names of stages, `remarks` what else was done.
    """

    tables: list[Table] = field(default_factory=list)
    lists: list[Table] = field(default_factory=list)
    unused: list[Table] = field(default_factory=list)
    meanings: dict[str, str] = field(default_factory=dict)
    joined: list[tuple[str, str]] = field(default_factory=list)  # table, column that another one holds too
    status: dict[str, str] = field(default_factory=dict)
    attention: list[Attention] = field(default_factory=list)
    lists_as: dict[str, str] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)
    people: list[Person] = field(default_factory=list)

    def and_then(self, later: Prepared) -> Prepared:
        """What both steps did, with the tables of the later one."""
        return Prepared(
            tables=later.tables,
            lists=[*self.lists, *later.lists],
            unused=[*self.unused, *later.unused],
            meanings=self.meanings | later.meanings,
            joined=[*self.joined, *later.joined],
            status=self.status | later.status,
            attention=[*self.attention, *later.attention],
            lists_as=self.lists_as | later.lists_as,
            remarks=[*self.remarks, *later.remarks],
            people=[*self.people, *later.people],
        )
