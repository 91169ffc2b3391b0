"""What every contender must find; one that finds something else does another job, at whatever speed."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from benchmarks.contender import Contender, Outcome

_SES = 4.0


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean over replications and its standard error, which is 0 where the value is exact."""

    mean: float
    se: float = 0.0

    @classmethod
    def of(cls, values: Sequence[float]) -> Estimate:
        return cls(statistics.mean(values), statistics.stdev(values) / math.sqrt(len(values)))

    def agrees(self, other: Estimate) -> bool:
        """Within four standard errors of the difference."""
        return abs(self.mean - other.mean) <= _SES * math.hypot(self.se, other.se)

    def __str__(self) -> str:
        if not self.se > 0:  # exact, or NaN
            return f"{self.mean:.3f}"
        digits = max(2, 1 - math.floor(math.log10(self.se)))
        return f"{self.mean:.{digits}f} ± {self.se:.{digits}f}"


@dataclass(frozen=True, slots=True)
class Truth:
    """Expected wins of a replication, mean wait by stage, and who says so."""

    wins: Estimate
    wait_days: Mapping[str, Estimate] = field(default_factory=dict)
    source: str = "exact"

    @classmethod
    def found_by(cls, contender: Contender, replications: int) -> Truth:
        """By a contender in many replications, where there is no closed form."""
        outcome = contender.run(1_000_000, replications)
        return cls(*_found(outcome), f"{contender.name}, {replications:,} replications")


class WrongAnswerError(Exception):
    """A contender does not do the workload, so its speed means nothing."""


def verify(contender: Contender, truth: Truth, replications: int) -> str:
    """Its wins as text, or an error that says all that is off; this also compiles it."""
    outcome = contender.run(0, replications)
    if not outcome.wins:
        return "no simulation"
    wins, waits = _found(outcome)
    wrong = [] if wins.agrees(truth.wins) else [f"{wins} wins, not {truth.wins}"]
    for stage, expected in truth.wait_days.items():
        if stage not in waits:
            wrong.append(f"no wait in {stage}, not {expected} d")
        elif not waits[stage].agrees(expected):
            wrong.append(f"a wait of {waits[stage]} d in {stage}, not {expected} d")
    if wrong:
        raise WrongAnswerError(f"finds {'; '.join(wrong)}")
    return str(wins)


def _found(outcome: Outcome) -> tuple[Estimate, dict[str, Estimate]]:
    waits = {stage: Estimate.of(values) for stage, values in outcome.wait_days.items()}
    return Estimate.of(outcome.wins), waits
