"""Findings in words: one line for a rule, however many stages it objects to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from funnelsim.core.nouns import listed
from funnelsim.model.lint.process.finding import Finding, Rule

_MOST_NAMES = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """All findings of one rule."""

    rule: Rule
    findings: tuple[Finding, ...]

    def words(self, stages: int, most: int | None = _MOST_NAMES) -> str:
        """``4 stages have no checklist: Demo, Proposal, ... [no-checklist]``.

        Parameters
        ----------
        stages : int
            Of the model: where all of them have no checklist, none is named.
        most : int or None
            Names that are listed; None for all.
        """
        names = [f"{f.name} ({f.detail})" if f.detail else f.name for f in self.findings]
        if len(names) == 1:
            only = self.findings[0]
            said = f": {only.detail}" if only.detail else ""
            return f"{only.name} {self.rule.one}{said} [{self.rule.id}]"
        if len(names) == stages and not any(f.detail or f.path.count(".") > 1 for f in self.findings):
            return f"All {len(names)} {self.rule.many} [{self.rule.id}]"
        shown = listed(names, len(names) if most is None else most)
        return f"{len(names)} {self.rule.many}: {shown} [{self.rule.id}]"


def by_rule(findings: Sequence[Finding]) -> list[Group]:
    """Findings of the same rule together, in the order in which the rules first appear."""
    order = list(dict.fromkeys(finding.rule.id for finding in findings))
    ordered = sorted(findings, key=lambda finding: order.index(finding.rule.id))
    groups = groupby(ordered, key=lambda finding: finding.rule)
    return [Group(rule=rule, findings=tuple(found)) for rule, found in groups]
