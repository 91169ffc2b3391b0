"""docs/task-log.md: what was measured, in words and tables."""

from __future__ import annotations

from pathlib import Path

from benchmarks.calibration.markdown import bullets, table
from benchmarks.task_log.measure import FREE_FLOW, IN_FULL, ITSELF, PEOPLE, Measured
from funnelsim import __version__
from funnelsim.documents.fit import FitDocument
from funnelsim.documents.validate import read_as
from funnelsim.report.pages.section import Grid, columns
from funnelsim.report.words import work_rows
from funnelsim.report.words.names import plain

_HEAD = """\
# Fit of a task log, tested on later cases

<!-- Written by `make task-log`; do not edit. -->

A model with roles, office hours and efforts is fitted to the first part of a task log and simulated over the
rest. The distance of the simulated cases from the real ones is measured as in the literature on business
process simulation (Chapela-Campa et al. 2023, BPM, "Can I trust my simulation model?"), by the package
log-distance-measures:

* **CTDD**, cycle time distribution distance: hours by which the cycle times must be shifted on average to
  match those of the log.
* **REDD**, relative event distribution distance: the same for starts and ends of all tasks, counted from the
  beginning of their case.

Concurrent tasks of a case are sequential in the model. By default it keeps the cycle time of the case; with
`fit --at-once hours` it keeps the full hours of the tasks, so that people are as busy as they were and cases
take longer. For comparison: the same model without people (*free flow*: all time in a stage is dwell), and
the log compared with itself.
"""
_REPEAT = """\
## How to repeat it

```sh
make task-log LOG={file} MAPPING=docs/examples/{mapping}
```

which runs `python -m benchmarks.task_log`. It needs the extra `calibration`. Made with funnelsim {version},
seed 1.
"""


def write_page(found: Measured, log: Path, mapping: Path, page: Path) -> None:
    """Write the page, all of it or nothing."""
    half = page.with_suffix(".part")
    half.write_text(page_text(found, log.name, mapping.name), encoding="utf-8")
    half.replace(page)


def page_text(found: Measured, log: str, mapping: str) -> str:
    document = read_as(FitDocument, found.fit.report.as_json(), "fit")
    parts = [
        _HEAD,
        _REPEAT.format(file=log, mapping=mapping, version=__version__),
        f"## {plain(found.history.meta.name)}\n\n{_split_words(found)}",
        table(_distances(found)),
        bullets(_verdict(found)),
        table(_cycles(found)),
        "### The fitted model\n",
        table(_roles(document)),
        table(_tasks(document)),
        "### Limitations\n",
        bullets([plain(text) for text in _limits(found)]),
    ]
    return "\n\n".join(part.strip("\n") for part in parts) + "\n"


def _split_words(found: Measured) -> str:
    of, meta = found.of, found.history.meta
    noun, still_open = meta.noun, of.known.deals["outcome"].null_count()
    told = (
        f"{of.log['case'].n_unique():,} {noun}s, {of.log.height:,} tasks. The log is split at midnight "
        f"before {of.at:%d %b %Y}, after {100 * found.share:.0f} % of the time in which {noun}s begin. The "
        f"model is fitted to the {of.known.deals.height:,} that had begun by then, {still_open} of them "
        f"open. The test cases are the {of.cases:,} that began in the {of.days} days after."
    )
    if found.after_hours:
        told += (
            " In this log first tasks begin even while the office is closed; simulated logs record them in "
            "the same way."
        )
    return told


def _distances(found: Measured) -> Grid:
    rows = []
    for row in found.rows:
        cells = [row.name, str(len(row.found))]
        for place in (0, 1):
            low, high = row.spread(place)
            cells += [f"{row.mean(place):.2f}", f"{low:.2f} to {high:.2f}" if len(row.found) > 1 else ""]
        rows.append(tuple(cells))
    return Grid(
        title="",
        columns=columns(
            "compared with the test cases", "#times", "#CTDD, hours", "range", "#REDD, hours", "range"
        ),
        rows=rows,
        note="Two halves: disjoint samples of cases of the whole log, each as many as the test cases. A "
        "single future has about as many cases, so much of its distance is chance; all futures together show "
        "the error of the model.",
    )


def _verdict(found: Measured) -> list[str]:
    rows = {row.name: row for row in found.rows}
    free, itself = rows[FREE_FLOW], rows[ITSELF]
    return [
        f"{measure}, {name}: {rows[name].mean(place):.2f}, "
        f"{_compared(rows[name].mean(place), free.mean(place))} the {free.mean(place):.2f} of free flow; two "
        f"halves of the log are {itself.mean(place):.2f} apart."
        for place, measure in enumerate(("CTDD", "REDD"))
        for name in (PEOPLE, IN_FULL)
    ]


def _compared(one: float, other: float) -> str:
    return "closer than" if one < other else "further away than"


def _cycles(found: Measured) -> Grid:
    rows = [
        (one.name, f"{one.cases:,}", f"{one.mean:.1f}", *(f"{value:.1f}" for value in one.quantiles))
        for one in found.cycles
    ]
    heads = columns("cycle times, hours", "#cases", "#mean", "#10 %", "#25 %", "#median", "#75 %", "#90 %")
    return Grid(title="", columns=heads, rows=rows)


def _roles(document: FitDocument) -> Grid:
    heads = columns(
        "role",
        "#reps",
        "#reps ever",
        "#tasks",
        "#in the log, h a week",
        "#in the model",
        "#difference",
        "office hours",
    )
    return Grid(title="", columns=heads, rows=list(work_rows.role_rows(document)))


def _tasks(document: FitDocument) -> Grid:
    heads = columns("task", "role", "#tasks", "#mean effort", "#standard error", "distribution")
    return Grid(title="", columns=heads, rows=list(work_rows.task_rows(document)))


def _limits(found: Measured) -> list[str]:
    from funnelsim.fitting.workload.fit import fit_work
    from funnelsim.fitting.workload.workload_report import about_work

    return [
        *about_work(fit_work(found.of.known), found.of.known),
        "Leads of a source arrive at random (Poisson, or with larger variance). In a log whose cases arrive "
        "at regular intervals, such as a generated one, waits are fewer and shorter than in the model.",
        "All reps of a role are equally fast, and the efforts of a case are independent.",
    ]
