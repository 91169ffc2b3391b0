"""``python -m tests.fuzz``: damaged inputs and kills, bounded, seeded and resumable.

Examples are functions of part, seed and index alone, so any of them can be repeated. Failing ones are saved
under ``out/fuzz`` with the commands to repeat them.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from pathlib import Path

from tests.fuzz import exports, intermediates, kills, models
from tests.fuzz.example import Verdict
from tests.fuzz.state import append_state, read_state, summary
from tests.fuzz.workers import Part, import_all, run_part

#: Part -> its trial, and how many of them one run of ``make fuzz`` makes.
PARTS: dict[str, tuple[Part, int]] = {
    "models": (models.trial, 5_000),
    "exports": (exports.trial, 3_000),
    "intermediates": (intermediates.trial, 500),
    "kills": (kills.trial, 200),
}


def tried(part: str, indices: Iterable[int], seed: int) -> Iterable[Verdict]:
    """The verdicts of some examples of a part."""
    return run_part(part, PARTS[part][0], list(indices), seed)


def main() -> int:
    """Run what is not in the state file yet; 1 if any example failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--part", choices=PARTS, action="append", help="default: all")
    parser.add_argument("--from", dest="first", type=int, default=0, help="index of the first example")
    parser.add_argument("--count", type=int, help="examples of each part; default: as many as make fuzz")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--state", type=Path, help="file to go on from; without it all is tried again")
    given = parser.parse_args()
    import_all()
    known = {(v.part, v.seed, v.index): v for v in (read_state(given.state) if given.state else ())}
    shown: list[Verdict] = []
    for part in given.part or PARTS:
        count = PARTS[part][1] if given.count is None else given.count
        indices = range(given.first, given.first + count)
        old = [known[part, given.seed, i] for i in indices if (part, given.seed, i) in known]
        done = {verdict.index for verdict in old}
        shown += old
        for verdict in tried(part, [i for i in indices if i not in done], given.seed):
            shown.append(verdict)
            if given.state:
                append_state(given.state, verdict)
            if verdict.failures:
                print(f"{part} {verdict.index}: {'; '.join(verdict.failures)} [{verdict.what}]", flush=True)
            elif len(shown) % 100 == 0:
                print(f"{part} {verdict.index}", file=sys.stderr, flush=True)
    print(summary(shown))
    return int(any(verdict.failures for verdict in shown))


if __name__ == "__main__":
    sys.exit(main())
