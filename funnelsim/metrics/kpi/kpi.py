"""Key figures of a history or of a run: the way in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from funnelsim.core.arrays import Ints
from funnelsim.core.errors import HistoryError, InputError, Problem, did_you_mean
from funnelsim.documents.kpi import KpiDocument, KpiFigure, KpiGroup
from funnelsim.fitting.productivity.reps_file import RepRow
from funnelsim.fitting.productivity.teams_file import Teams, read_teams
from funnelsim.history.files.events import History
from funnelsim.history.files.folder import read_history
from funnelsim.metrics.history_match import mismatch
from funnelsim.metrics.kpi.available import Available, available, referral_sources
from funnelsim.metrics.kpi.figures import Series, figure
from funnelsim.metrics.kpi.groups import Split, can_split, group_of_leads
from funnelsim.metrics.kpi.notes import notes
from funnelsim.metrics.kpi.records import Records, records_of_history, records_of_run, sales_stage
from funnelsim.metrics.kpi.spans import By, Spans, day_of, spans_of
from funnelsim.metrics.kpi.sums import Cells
from funnelsim.metrics.kpi.tallies import Tallies, tally
from funnelsim.metrics.quota import quota_of
from funnelsim.model.files.model_files import Funnel, read_funnel
from funnelsim.model.parts import Model
from funnelsim.results.run import Run

#: Probability of any false alarm among the company's figures if nothing has changed; the same for all groups.
FALSE_ALARMS = 0.05
#: A group in which fewer leads ended in the current period is flagged.
SMALL_GROUP = 20
#: More than this share of the open deals without an amount: what is open in money is not known.
_UNPRICED = 0.1
#: Figures of the company as a whole: a group has no quota, and its leads may be worked on by others.
_WHOLE_ONLY = ("attainment", "coverage")


@dataclass(frozen=True, slots=True, kw_only=True)
class KpiResult:
    """Key figures by period, with a verdict on the last complete one.

    Attributes
    ----------
    typed : KpiDocument

    Examples
    --------
    >>> result = fs.kpi("history", by="month")
    >>> result["win_rate"].periods[-1].complete
    False
    """

    typed: KpiDocument

    def __getitem__(self, name: str) -> KpiFigure:
        return next(one for one in self.typed.kpis if one.name == name)

    def names(self, wanted: Sequence[str]) -> tuple[str, ...]:
        """The names of figures, of a stage's conversion by its stage too; all problems at once.

        Raises
        ------
        InputError
            If there is no such figure.
        """
        known = {one.name.casefold(): one.name for one in self.typed.kpis}
        problems = []
        for name in wanted:
            if name.casefold() not in known:
                why = self.typed.missing.get(name, "")
                message = f'"{name}" is not known: {why}' if why else f'there is no key figure "{name}"'
                hint = "" if why else did_you_mean(name, list(known)) or f"choose from {', '.join(known)}"
                problems.append(Problem(path="", message=message, hint=hint))
        if problems:
            raise InputError("--only", problems)
        return tuple(known[name.casefold()] for name in wanted)

    def document(self) -> dict[str, Any]:
        """The JSON document."""
        return self.typed.as_json()

    def table(self) -> pl.DataFrame:
        """A row for each group, key figure and period."""
        groups = [("", self.typed.kpis), *((group.name, group.kpis) for group in self.typed.groups)]
        return pl.DataFrame(
            [
                {
                    "group": group,
                    "kpi": one.name,
                    "unit": one.unit,
                    **period.model_dump(),
                    "target": one.target,
                    "beyond_noise": one.beyond_noise if period.period == one.current else None,
                }
                for group, kpis in groups
                for one in kpis
                for period in one.periods
            ],
            infer_schema_length=None,
        )


def kpi(
    history: History | Run | Path | str,
    *,
    model: Funnel | Path | str | None = None,
    by: By | None = None,
    split: Split | None = None,
    reps: Sequence[RepRow] | Path | str = (),
) -> KpiResult:
    """Key figures of a history by month or quarter, and which have changed beyond noise.

    Parameters
    ----------
    history : History, Run or path
        Of a run that started empty and has visits, the first replication; it needs its model.
    model : Funnel or path, optional
        Quota, targets, fiscal year, order of stages, where wins are booked; default: booked when won.
    by : {"week", "month", "quarter"}, optional
        Default: the quota's period, else months, or weeks where there are few months.
    split : {"owner", "team", "segment", "source", "product"}, optional
        The same figures by group.
    reps : path, optional
        A file of reps with their teams, for ``split="team"``.

    Raises
    ------
    FunnelSimError
        If a file cannot be read, the history is of another company, or the leads have no such field.

    Examples
    --------
    >>> result = fs.kpi("history", by="month", split="source")
    >>> [group.name for group in result.typed.groups]
    ['inbound']
    """
    funnel = model if isinstance(model, Funnel) or model is None else read_funnel(model)
    teams = read_teams(reps) if isinstance(reps, str | Path) else Teams(tuple(reps))
    if isinstance(history, Run):
        if funnel is None:
            raise InputError("model", [Problem(path="", message="the key figures of a run need its model")])
        records = records_of_run(history, funnel.model, replication=history.replications.start)
        return KpiResult(typed=kpi_document(records, by=by, split=split, reps=teams.rows))
    known = history if isinstance(history, History) else read_history(history)
    name = "history" if isinstance(history, History) else str(history)
    if funnel is not None and (problem := mismatch(known, funnel)):
        raise HistoryError(name, [Problem(path="", message=problem)])
    records = records_of_history(known, None if funnel is None else funnel.model)
    document = kpi_document(records, by=by, split=split, reps=teams.rows)
    named: dict[str, Any] = {
        "name": known.meta.name or records.model.name,
        "stage_names": _stage_names(known, records),
    }
    if split == "team" and teams.taken:
        named["warnings"] = (*document.warnings, teams.taken)
    return KpiResult(typed=document.model_copy(update=named))


def kpi_document(
    records: Records, *, by: By | None = None, split: Split | None = None, reps: Sequence[RepRow] = ()
) -> KpiDocument:
    """The document of some records, of a history or of a run."""
    spans, referrals = spans_of(records, by), referral_sources(records)
    whole = _tallies(records, spans, np.zeros(records.leads.height, np.int64), 1, referrals)
    known = available(records, whole, referrals)
    names: list[str] = []
    parts: Tallies = {}
    if split is not None:
        names, group = group_of_leads(records, split, reps)
        parts = _tallies(records, spans, group, len(names), referrals)
    of_groups = _of_groups(known)
    tests = _tests(whole, 1, known, spans)
    group_tests = _tests(parts, len(names), of_groups, spans)
    return KpiDocument(
        command="kpi",
        **_heading(records, spans),
        split=split or "",
        can_split=can_split(records),
        false_alarms=FALSE_ALARMS,
        tests=tests,
        group_tests=group_tests,
        kpis=tuple(
            figure(one, spans, records.model, FALSE_ALARMS / max(tests, 1))
            for one in _series(whole, 0, known, spans)
        ),
        groups=tuple(
            _group(name, parts, place, of_groups, spans, records.model, FALSE_ALARMS / max(group_tests, 1))
            for place, name in enumerate(names)
        ),
        missing=known.missing,
        warnings=tuple(notes(records, spans, whole)),
    )


def _tallies(records: Records, spans: Spans, group: Ints, groups: int, referrals: tuple[str, ...]) -> Tallies:
    cells = Cells(edges=spans.edges, group=group, groups=groups)
    found = tally(records, cells, referrals)
    quotas = [quota_of(records.model.goal, period) or 0.0 for period in spans.periods]
    hidden = found["open_unpriced"] > _UNPRICED * found["open_at_start"]
    return found | {
        "quota": np.tile(np.array(quotas, np.float64), (groups, 1)),
        "open_value": np.where(hidden, np.nan, found["open_value"]),
    }


def _series(tallies: Tallies, group: int, known: Available, spans: Spans) -> list[Series]:
    return [Series.of(one, tallies, group, spans) for one in known.kpis]


def _of_groups(known: Available) -> Available:
    kpis = tuple(one for one in known.kpis if one.name not in _WHOLE_ONLY)
    return Available(kpis=kpis, missing=known.missing)


def _group(
    name: str, tallies: Tallies, place: int, known: Available, spans: Spans, model: Model, alpha: float
) -> KpiGroup:
    ended = tallies["deals_won"] + tallies["deals_lost"]
    n = 0.0 if spans.current is None else float(ended[place, spans.current])
    return KpiGroup(
        name=name,
        n=n,
        small=n < SMALL_GROUP,
        kpis=tuple(figure(one, spans, model, alpha) for one in _series(tallies, place, known, spans)),
    )


def _tests(tallies: Tallies, groups: int, known: Available, spans: Spans) -> int:
    """How many comparisons share the false alarm rate (Bonferroni)."""
    return sum(
        not one.testable(spans) for place in range(groups) for one in _series(tallies, place, known, spans)
    )


def _heading(records: Records, spans: Spans) -> dict[str, object]:
    model, seen = records.model, records.observed_from
    return {
        "name": model.name,
        "noun": model.noun,
        "currency": model.currency,
        "amount_is": model.amount_is,
        "stage_names": {key: stage.name or key for key, stage in model.stages.items()},
        "as_of": day_of(records.until - 1),
        "by": spans.by,
        "records_from": day_of(spans.records_from),
        "observed_from": None if seen is None else day_of(seen),
        "baseline_from": day_of(spans.baseline_from),
        "sales_stage": sales_stage(model),
    }


def _stage_names(history: History, records: Records) -> dict[str, str]:
    model = {key: stage.name or key for key, stage in records.model.stages.items()}
    return model | {key: name for key, name in history.meta.stages.items() if key in model}
