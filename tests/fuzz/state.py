"""What was tried already, kept in a file so that a run goes on where it was stopped."""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from tests.fuzz.example import Verdict


def read_state(path: Path) -> Iterator[Verdict]:
    """Verdicts of earlier runs; a line that a kill cut off is tried again."""
    if not path.exists():
        return
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            yield Verdict(**json.loads(line))
        except (ValueError, TypeError):
            continue


def append_state(path: Path, verdict: Verdict) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(dataclasses.asdict(verdict)) + "\n")


def summary(verdicts: Iterable[Verdict]) -> str:
    """A row a part: examples, exit codes, failures by kind, the most memory and time of one example."""
    by_part: dict[str, list[Verdict]] = {}
    for verdict in verdicts:
        by_part.setdefault(verdict.part, []).append(verdict)
    lines = [f"{'part':<14}{'tried':>7}{'failed':>8}{'peak MB':>9}{'slowest s':>11}  exit codes"]
    for part, tried in by_part.items():
        codes = Counter(code for verdict in tried for code in verdict.codes)
        failed = [verdict for verdict in tried if verdict.failures]
        told = ", ".join(f"{code}: {number}" for code, number in sorted(codes.items()))
        peak, slowest = max(v.peak_mb for v in tried), max(v.seconds for v in tried)
        lines.append(f"{part:<14}{len(tried):>7}{len(failed):>8}{peak:>9.0f}{slowest:>11.1f}  {told}")
        kinds = Counter(failure for verdict in failed for failure in set(verdict.failures))
        for kind, number in kinds.most_common(12):
            where = [verdict.index for verdict in failed if kind in verdict.failures][:8]
            lines.append(f"    {number:>5} {kind} (such as {', '.join(map(str, where))})")
    return "\n".join(lines)
