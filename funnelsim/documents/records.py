"""The JSON documents of the commands, typed: what a screen, a figure or a page may rely on.

Every screen, figure and page is made from these documents alone, so a document that was written last
quarter can be drawn again. Keys that nothing here draws are ignored.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import (
    AfterValidator,
    AliasChoices,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from funnelsim.core.calendar.time import parse_period
from funnelsim.core.errors import InputError, Problem, did_you_mean
from funnelsim.core.files.atomic import finish_replacing
from funnelsim.core.files.document_checks import document_problems
from funnelsim.core.files.file_kinds import other_kind
from funnelsim.core.files.input_files import MEGABYTE, UnreadableError, read_text

MOST_BYTES = 64 * MEGABYTE
PART_NAMES = ("booked already", "open pipeline", "still to come", "expansion")

Probability = Annotated[float, Field(ge=0, le=1)]
_Items = TypeVar("_Items", bound=tuple[Any, ...])


def _at_least_one(found: _Items) -> _Items:
    if not found:
        raise ValueError("holds nothing")
    return found


class DocumentError(InputError):
    """A JSON document cannot be drawn."""


class Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", protected_namespaces=())


class Summary(Record):
    """A metric over replications; None where it is not defined in any of them."""

    mean: float | None = None
    sd: float | None = None
    mc_error: float | None = None
    mc_error_given_draws: float | None = None
    n: int | None = None
    p05: float | None = None
    p10: float | None = None
    p25: float | None = None
    p50: float | None = None
    p75: float | None = None
    p90: float | None = None
    p95: float | None = None

    @property
    def known_quantiles(self) -> tuple[list[float], list[float]]:
        """Probabilities and values of the quantiles that are there, in order."""
        pairs = [
            (level / 100, value)
            for level in (5, 10, 25, 50, 75, 90, 95)
            if (value := getattr(self, f"p{level:02d}")) is not None
        ]
        return [p for p, _ in pairs], [value for _, value in pairs]


def nothing_booked(bookings: Summary | None, wins: Summary | None) -> bool:
    """True where there are wins and no future books anything: the model knows no amounts."""
    if bookings is None or wins is None or not wins.mean:
        return False
    return bookings.mean == 0 and not bookings.p05 and not bookings.p95


class Provenance(Record):
    model: str = ""
    model_sha256: str = ""
    plan_sha256: str = ""
    seed: int | None = None
    replications: int | None = None
    engine: str = ""
    version: str = ""


class Titled(Record):
    """What every document says about itself."""

    command: str = ""
    name: str = ""
    currency: str = ""
    amount_is: str = ""
    noun: str = "deal"
    as_of: dt.date | None = None
    provenance: Provenance = Provenance()
    stage_names: dict[str, str] = Field(default_factory=dict)
    role_names: dict[str, str] = Field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    assumptions: tuple[str, ...] = ()

    def stage_name(self, key: str) -> str:
        """A stage in words."""
        return self.stage_names.get(key) or key.replace("_", " ")

    def role_name(self, key: str) -> str:
        return self.role_names.get(key) or key.replace("_", " ")


class Parts(Record):
    """Where an amount comes from; in every replication the parts sum to the total."""

    booked: float | None = None
    pipeline: Summary = Summary()
    new: Summary = Summary()
    expansion: Summary = Summary()

    @property
    def means(self) -> tuple[float, float, float, float]:
        """Booked, open pipeline, still to come, expansion."""
        rest = [part.mean or 0.0 for part in (self.pipeline, self.new, self.expansion)]
        return (self.booked or 0.0, rest[0], rest[1], rest[2])


class Counts(Record):
    booked_deals: float | None = None
    open_deals: float | None = None
    new_leads: float | None = None


class ForecastPeriod(Record):
    period: str
    start: dt.date
    end: dt.date  # included
    days_left: float | None = None
    quota: float | None = None
    attainment_probability: Probability | None = None
    attainment_mc_error: float | None = None
    bookings: Summary
    quota_credit: Summary = Summary()
    parts: Parts = Parts()
    parts_bookings: Parts | None = None
    wins: Summary | None = None
    counts: Counts = Counts()
    quantiles: tuple[float, ...] = ()
    quantiles_bookings: tuple[float, ...] = ()
    quantiles_wins: tuple[float, ...] = ()
    weighted_pipeline: float | None = None
    no_weighted_pipeline: str = ""
    run_rate: float | None = None

    @model_validator(mode="after")
    def _in_order(self) -> ForecastPeriod:
        if self.end < self.start:
            raise ValueError(f"ends on {self.end}, before it starts on {self.start}")
        for name in ("quantiles", "quantiles_bookings", "quantiles_wins"):
            values = getattr(self, name)
            if any(later < earlier for earlier, later in pairwise(values)):
                raise ValueError(f"{name} must not fall from one to the next")
        return self

    @property
    def without_money(self) -> bool:
        return nothing_booked(self.bookings, self.wins)

    @property
    def credited_at_booking(self) -> bool:
        """True where the amount counts towards quota when it is booked, so that both have one law."""
        if self.quota_credit.mean is None or self.bookings.mean is None:
            return True
        size = max(abs(self.bookings.mean), abs(self.quota_credit.mean), 1e-300)
        fields = ("mean", "p10", "p50", "p90")
        return all(
            abs((getattr(self.bookings, f) or 0.0) - (getattr(self.quota_credit, f) or 0.0)) <= 1e-9 * size
            for f in fields
        )

    @property
    def bookings_parts(self) -> Parts:
        return self.parts_bookings or self.parts

    @property
    def bookings_curve(self) -> tuple[list[float], list[float]]:
        """Probabilities and quantiles of the bookings."""
        own = self.quantiles_bookings or (self.quantiles if self.credited_at_booking else ())
        return _curve(own, self.bookings)

    @property
    def wins_curve(self) -> tuple[list[float], list[float]]:
        """Probabilities and quantiles of the wins."""
        return _curve(self.quantiles_wins, self.wins or Summary())

    @property
    def credit_curve(self) -> tuple[list[float], list[float]]:
        """Probabilities and quantiles of the quota credit."""
        if self.credited_at_booking and not self.quantiles:
            return self.bookings_curve
        return _curve(self.quantiles, self.quota_credit)


class OpenDeal(Record):
    name: str = ""
    lead: str = ""
    owner: str | None = None
    stage: str = ""
    age_days: float | None = None
    amount: float | None = None
    p_in_period: Probability | None = None
    p_ever: Probability | None = None
    expected_in_period: float | None = None
    median_close: dt.date | None = None
    flags: Annotated[tuple[str, ...], BeforeValidator(lambda found: _as_words(found))] = ()

    @property
    def expected(self) -> float:
        """Expected bookings in the period; the chance times the listed amount where nobody computed them."""
        if self.expected_in_period is not None:
            return self.expected_in_period
        return (self.p_in_period or 0.0) * (self.amount or 0.0)


#: What the conversion of a stage is a share of.
GO_ON = "Shares that go on are of the stays that end in the span; those who are still there are not counted."


class FunnelStage(Record):
    """One row of the funnel: what came in, what went on, how long a visit took."""

    stage: str
    name: str = ""
    entered: float | None = None
    conversion: float | None = None
    dwell_days_mean: float | None = None
    wait_days_mean: float | None = None
    open: float | None = None

    @property
    def title(self) -> str:
        return self.name or self.stage.replace("_", " ")


class ForecastDocument(Titled):
    periods: Annotated[tuple[ForecastPeriod, ...], AfterValidator(_at_least_one)]
    deals: tuple[OpenDeal, ...] = ()
    funnel: tuple[FunnelStage, ...] = ()
    utilisation: dict[str, Summary] = Field(default_factory=dict)

    @property
    def busy(self) -> list[tuple[str, Summary]]:
        """Each role in words, with the share of its open hours that it is at work in the first period."""
        return [(self.role_name(role), told) for role, told in self.utilisation.items()]

    def largest_deals(self, most: int) -> list[OpenDeal]:
        """Those not booked yet that are expected to book most in the first period, then the likeliest."""
        still_open = [deal for deal in self.deals if deal.p_in_period is not None]
        return sorted(still_open, key=lambda deal: (-deal.expected, -(deal.p_in_period or 0.0)))[:most]


class Difference(Record):
    mean: float | None = None
    low: float | None = None
    high: float | None = None
    level: float | None = None

    @property
    def is_nothing(self) -> bool:
        """True where the scenario changes nothing, in any replication."""
        return self.mean == 0 and self.low == 0 and self.high == 0


class Spread(Record):
    p05: float | None = None
    p95: float | None = None


class MetricChange(Record):
    mean: float | None = None
    difference: Difference = Difference()
    spread: Spread = Spread()
    probability_better: Probability | None = None


class ChanceChange(Record):
    base: Probability | None = None
    scenario: Probability | None = None
    difference: Annotated[
        Difference,
        BeforeValidator(lambda found: {"mean": found} if isinstance(found, int | float) else found),
    ] = Difference()


class ScenarioResult(Record):
    name: str
    description: str = ""
    metrics: dict[str, MetricChange]
    attainment_probability: ChanceChange | None = None


class PeriodSpan(Record):
    period: str = ""
    start: dt.date | None = None
    end: dt.date | None = None
    quota: float | None = None


class CompareDocument(Titled):
    noun: str = "lead"
    base: dict[str, Summary]
    scenarios: Annotated[tuple[ScenarioResult, ...], AfterValidator(_at_least_one)]
    periods: tuple[PeriodSpan, ...] = ()
    period: str = ""
    start: dt.date | None = None
    end: dt.date | None = None
    days: float | None = None
    quota: float | None = None

    @property
    def without_money(self) -> bool:
        """True where there are wins, and neither the base nor a scenario books anything."""
        changes = [scenario.metrics.get("bookings") for scenario in self.scenarios]
        unmoved = all(change is None or not change.mean for change in changes)
        return unmoved and nothing_booked(self.base.get("bookings"), self.base.get("deals_won"))

    @property
    def worth(self) -> str:
        """The metric that says what a change is worth: bookings, or wins where nothing has an amount."""
        return "deals_won" if self.without_money else "bookings"

    @property
    def span(self) -> PeriodSpan:
        """The period compared, from wherever the document names it."""
        if self.periods:
            return self.periods[0]
        return PeriodSpan(period=self.period, start=self.start, end=self.end, quota=self.quota)


class SimulatedPeriod(PeriodSpan):
    complete: bool = True
    metrics: dict[str, Summary] = Field(default_factory=dict)


class ControlTold(Record):
    """What the same futures without reps told about a mean."""

    exact_mean: float
    simulated_mean: float | None = None
    variance_removed: float


class KnownTo(Record):
    """How precisely a mean is known: half-widths of its interval over itself."""

    metric: str
    asked: float
    reached: float | None = None
    level: Probability = 0.95
    estimate: float | None = None
    exact: float | None = None
    control: ControlTold | None = None


class TargetTold(Record):
    """The chance that a metric reaches what `goal.target` asks of it, and its values."""

    metric: str
    at_least: float | None = None
    at_most: float | None = None
    by: dt.date
    probability: Probability | None = None
    mc_error: float | None = None
    values: Summary = Summary()


class SimulateDocument(Titled):
    noun: str = "lead"
    metrics: dict[str, Summary]
    periods: tuple[SimulatedPeriod, ...] = ()
    start: dt.date | None = None
    end: dt.date | None = None
    days: float | None = None
    warmup_days: float | None = None
    precision: KnownTo | None = None
    target: TargetTold | None = None
    funnel: tuple[FunnelStage, ...] = ()

    @property
    def busy(self) -> list[tuple[str, Summary]]:
        """Each role in words, with the share of its open hours that it is at work."""
        parts = [(*name.partition(".")[::2], told) for name, told in self.metrics.items()]
        return [(self.role_name(role), told) for kind, role, told in parts if kind == "utilisation"]

    @property
    def without_money(self) -> bool:
        return nothing_booked(self.metrics.get("bookings"), self.metrics.get("deals_won"))

    @property
    def funnel_rows(self) -> tuple[FunnelStage, ...]:
        """The funnel as given, else put together from the metrics by stage, in their order."""
        return self.funnel or _rows_from_metrics(self.metrics, self.stage_names)


class FitExit(Record):
    to: str
    exit: str = ""
    count: float | None = None
    p: Probability | None = None
    p_low: Probability | None = None
    p_high: Probability | None = None
    law: str = ""
    median_days: float | None = None
    borrowed: bool = False


class FitTarget(Record):
    """All exits of a stage to one target, where there are several."""

    to: str
    p: Probability
    p_low: Probability | None = None
    p_high: Probability | None = None


class FitNever(Record):
    share: Probability = 0.0


class FitHoliday(Record):
    """What public holidays do to the leads or moves of a day; used: the model has it."""

    factor: float
    low: float
    high: float
    holidays: float
    seen: float
    expected: float
    used: bool


class FitHolidays(Record):
    country: str
    source: str = ""


class FitMoving(Record):
    to: str
    month: tuple[float, ...] | None = None
    week: tuple[float, ...] | None = None
    day: tuple[float, ...] | None = None
    weekday: tuple[float, ...] | None = None
    level: float = 1.0
    level_low: float = 1.0
    level_high: float = 1.0
    holiday: FitHoliday | None = None


class FitIncidence(Record):
    to: str
    days: tuple[float, ...] = ()
    seen: tuple[float, ...] = ()
    low: tuple[float, ...] = ()
    high: tuple[float, ...] = ()
    fitted: tuple[float, ...] = ()
    gap: float = 0.0


class FitQuarter(Record):
    quarter: str
    seen: tuple[float | None, ...] = ()


class FitCloses(Record):
    """Deals that ended one way, by week of the quarter."""

    to: str
    seen: tuple[float | None, ...] = ()
    expected: tuple[float | None, ...] = ()
    low: tuple[float | None, ...] = ()
    high: tuple[float | None, ...] = ()
    quarters: tuple[FitQuarter, ...] = ()
    outside: float = 0.0


class FitStage(Record):
    stage: str
    name: str = ""
    visits: float | None = None
    open: float | None = None
    exits: tuple[FitExit, ...] = ()
    longest_follow_up_days: float | None = None
    mass_beyond: float | None = None
    seen_late: float | None = None
    oldest_open_beyond: float | None = None
    never: FitNever | None = None
    moving: tuple[FitMoving, ...] = ()
    incidence: tuple[FitIncidence, ...] = ()
    targets: tuple[FitTarget, ...] = ()

    def together(self, to: str) -> FitTarget | None:
        """What the exits to a target say together; None where there is one at most."""
        return next((target for target in self.targets if target.to == to), None)

    @property
    def title(self) -> str:
        return self.name or self.stage.replace("_", " ")


class FitSource(Record):
    source: str
    name: str = ""
    deals: float | None = None
    rate_per_day: float | None = None
    rate_low: float | None = None
    rate_high: float | None = None
    rests_on_days: float | None = None
    wins: float | None = None
    amount_mean: float | None = None
    amount_kind: str = ""
    win_probability: Probability | None = None
    holiday: FitHoliday | None = None

    @property
    def title(self) -> str:
        return self.name or self.source.replace("_", " ")


class FitLevel(Record):
    level: str
    deals: float | None = None
    seen: float | None = None
    expected: float | None = None
    ratio: float = 1.0
    low: float = 1.0
    high: float = 1.0
    clear: bool = False


class FitDriver(Record):
    covariate: str
    stage: str = ""
    to: str = ""
    kind: str = ""
    p_value: Probability | None = None
    q_value: Probability | None = None
    levels: tuple[FitLevel, ...] = ()


class FitNotUsed(Record):
    covariate: str
    reason: str = ""
    name: str = ""


class FitDrivers(Record):
    found: tuple[FitDriver, ...] = ()
    not_used: tuple[FitNotUsed, ...] = ()
    fast_days: float | None = None
    fast_share: Probability | None = None


class FitSegment(Record):
    segment: str
    name: str = ""
    deals: float | None = None
    win_probability: Probability | None = None
    win_low: Probability | None = None
    win_high: Probability | None = None


class FitRole(Record):
    role: str
    name: str = ""
    reps: float | None = None
    seen: float | None = None
    hours: str = ""
    borrowed: bool = False
    tasks: float | None = None
    work_hours: float | None = None
    log_hours_a_week: float | None = None
    model_hours_a_week: float | None = None

    @property
    def title(self) -> str:
        return self.name or self.role.replace("_", " ")

    @property
    def difference(self) -> float | None:
        """Work in the model over that in the log, less one."""
        if not self.log_hours_a_week or self.model_hours_a_week is None:
            return None
        return self.model_hours_a_week / self.log_hours_a_week - 1


class FitTask(Record):
    stage: str
    role: str
    by_role: Probability | None = None
    tasks: float | None = None
    effort_hours: float | None = None
    standard_error_hours: float | None = None
    law: str = ""


class FitDependence(Record):
    question: str
    stage: str
    before: str = ""
    visits: float | None = None
    ratio: float = 1.0
    low: float = 1.0
    high: float = 1.0
    p_value: Probability | None = None
    q_value: Probability | None = None
    clear: bool = False


class FitDocument(Titled):
    stages: tuple[FitStage, ...]
    sources: tuple[FitSource, ...] = ()
    since: dt.date | None = None
    deals: float | None = None
    open_deals: float | None = None
    open_listed: float | None = None
    closed_won_share: Probability | None = None
    visits: float | None = None
    win_probability: Probability | None = None
    win_low: Probability | None = None
    win_high: Probability | None = None
    cannot_tell: tuple[str, ...] = ()
    funnel: tuple[FunnelStage, ...] = ()
    drivers: FitDrivers | None = None
    dependences: tuple[FitDependence, ...] = ()
    segments_by: str = ""
    no_segments: str = ""
    segments: tuple[FitSegment, ...] = ()
    roles: tuple[FitRole, ...] = ()
    tasks: tuple[FitTask, ...] = ()
    closes: tuple[FitCloses, ...] = ()
    holidays: FitHolidays | None = None


#: A number that a few origins may not tell.
Told = Annotated[float | None, BeforeValidator(lambda found: _or_none(found))]
Quantiles = Annotated[tuple[float, ...], Field(min_length=99, max_length=99)]
OURS = "funnelsim"


class ToldForecast(Record):
    """What one forecaster told of a period: its quantiles 1 to 99 %, and their score."""

    quantiles: Quantiles
    mean: float
    crps: float


class BacktestOrigin(ToldForecast):
    """A period of the past: what it brought, what funnelsim told of it on its eve, and what others did."""

    period: str
    as_of: dt.date
    actual: float
    baselines: dict[str, ToldForecast] = Field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def start(self) -> dt.date:
        return self.as_of + dt.timedelta(days=1)

    def told(self, name: str) -> ToldForecast | None:
        """What a forecaster told here, if it did."""
        return self if name == OURS else self.baselines.get(name)


class BacktestInterval(Record):
    """A mean over origins with its interval; its ends are None where there are too few origins to tell."""

    value: Told = None
    low: Told = None
    high: Told = None

    @property
    def is_known(self) -> bool:
        return self.low is not None and self.high is not None


class BacktestSkill(BacktestInterval):
    closer: int
    of: int


class BacktestSummary(Record):
    told: dict[str, int]
    relative_crps: dict[str, Told]
    bias: dict[str, Told]
    skill: dict[str, BacktestSkill]
    coverage_intervals: dict[str, dict[str, BacktestInterval]]
    pit: tuple[float, ...]
    block: int = 1


class BacktestDocument(Titled):
    name: str = Field(default="", validation_alias=AliasChoices("name", "history"))
    metric: str
    every: str
    origins: Annotated[tuple[BacktestOrigin, ...], AfterValidator(_at_least_one)]
    summary: BacktestSummary
    skipped: dict[str, str] = Field(default_factory=dict)
    trusted: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def unit(self) -> str:
        """The currency; nothing for a count."""
        return self.currency if self.metric == "bookings" else ""

    @property
    def forecasters(self) -> tuple[str, ...]:
        return tuple(self.summary.told)


Drawable = ForecastDocument | CompareDocument | SimulateDocument | FitDocument | BacktestDocument
_KINDS: dict[str, type[Drawable]] = {
    "forecast": ForecastDocument,
    "compare": CompareDocument,
    "simulate": SimulateDocument,
    "fit": FitDocument,
    "backtest": BacktestDocument,
}
_Kind = TypeVar("_Kind", bound=Record)


def read_document(path: Path) -> dict[str, Any]:
    """The JSON document in a file, as a plain dict.

    Raises
    ------
    DocumentError
        If the file cannot be read, is not JSON, or is not one document of a funnelsim command.
    """
    finish_replacing(path)
    try:
        text = read_text(path, most_bytes=MOST_BYTES)
    except UnreadableError as error:
        _refuse_other_kind(path)
        raise DocumentError(str(path), [Problem(path="", message=str(error))]) from error
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:  # also of a number of thousands of digits
        _refuse_other_kind(path)
        where = ""
        if isinstance(error, json.JSONDecodeError):
            where = f"line {error.lineno}, column {error.colno}"
        hint = "write it with --json, such as: funnelsim forecast model.toml --json > forecast.json"
        raise DocumentError(str(path), [Problem(path=where, message="is not JSON", hint=hint)]) from error
    if not isinstance(found, dict):
        message = f"holds a {type(found).__name__}, not one document of a funnelsim command"
        raise DocumentError(str(path), [Problem(path="", message=message)])
    if problems := document_problems(found, control_characters=True, finite=True):
        raise DocumentError(str(path), problems)
    return found


def _refuse_other_kind(path: Path) -> None:
    if other := other_kind(path, "document"):
        raise DocumentError(str(path), [Problem(path="", message=other[0], hint=other[1])])


def read_documents(paths: Sequence[Path]) -> list[dict[str, Any]]:
    """The documents in some files, each checked to be one that can be drawn.

    Raises
    ------
    DocumentError
        With the problems of all files at once.
    """
    found, problems, sources = [], [], []
    for path in paths:
        try:
            document = read_document(path)
            typed(document, str(path))
            found.append(document)
        except DocumentError as error:
            sources.append(error)
            problems += [
                Problem(path=f"{path}: {p.path}" if p.path else str(path), message=p.message, hint=p.hint)
                for p in error.problems
            ]
    if len(sources) == 1:
        raise sources[0]
    if problems:
        raise DocumentError("report", problems)
    return found


def typed(document: Mapping[str, Any], source: str = "document") -> Drawable:
    """A document by its ``command``, checked.

    Raises
    ------
    DocumentError
        Naming every problem of the document at once.
    """
    command = document.get("command")
    if not isinstance(command, str) or command not in _KINDS:
        found = f'found "{command}"' if command is not None else "found none"
        message = f"{found}; choose from {', '.join(_KINDS)}"
        raise DocumentError(
            source, [Problem(path="command", message=message, hint=did_you_mean(str(command), list(_KINDS)))]
        )
    return read_as(_KINDS[command], document, source)


def read_as(kind: type[_Kind], document: Mapping[str, Any], source: str = "document") -> _Kind:
    """A plain dict as one of the records above; all its problems at once as a `DocumentError`."""
    try:
        return kind.model_validate(document)
    except ValidationError as error:
        raise DocumentError(source, [_problem(found) for found in error.errors()]) from error


def period_at(document: ForecastDocument, period: int | str) -> ForecastPeriod:
    """A period of a forecast by its place or its label."""
    if isinstance(period, int):
        if -len(document.periods) <= period < len(document.periods):
            return document.periods[period]
        message = f"there is no period {period}; the forecast has {len(document.periods)}"
        raise DocumentError("forecast", [Problem(path="periods", message=message)])
    labels = [p.period for p in document.periods]
    with contextlib.suppress(ValueError):  # "Q1 2026" is 2026Q1; a label of any other kind stays as it is
        period = parse_period(period, near=document.periods[0].start).label
    if period in labels:
        return document.periods[labels.index(period)]
    message = f'no period "{period}"; choose from {", ".join(labels)}'
    raise DocumentError(
        "forecast", [Problem(path="periods", message=message, hint=did_you_mean(period, labels))]
    )


def dwell_word(stages: Sequence[FunnelStage]) -> str:
    """What the time in a stage is called: waits and work come on top of a dwell."""
    return "dwell" if any(stage.wait_days_mean is not None for stage in stages) else "stay"


def funnel_rows(stages: Sequence[Mapping[str, Any]], source: str = "funnel") -> tuple[FunnelStage, ...]:
    """Rows of a funnel, checked."""
    return tuple(read_as(FunnelStage, row, f"{source}[{place}]") for place, row in enumerate(stages))


def _rows_from_metrics(metrics: Mapping[str, Summary], names: Mapping[str, str]) -> tuple[FunnelStage, ...]:
    stages = [name.partition(".")[2] for name in metrics if name.startswith("entered.")]

    def mean(metric: str, stage: str) -> float | None:
        found = metrics.get(f"{metric}.{stage}")
        return found.mean if found else None

    return tuple(
        FunnelStage(
            stage=stage,
            name=names.get(stage, ""),
            entered=mean("entered", stage),
            conversion=mean("conversion", stage),
            dwell_days_mean=mean("dwell_days", stage),
            wait_days_mean=mean("wait_days", stage),
            open=mean("wip", stage),
        )
        for stage in stages
    )


def _curve(values: Sequence[float], summary: Summary) -> tuple[list[float], list[float]]:
    if values:
        return [k / (len(values) + 1) for k in range(1, len(values) + 1)], list(values)
    return summary.known_quantiles


def _or_none(found: Any) -> Any:
    return None if isinstance(found, float) and not math.isfinite(found) else found


def _as_words(found: Any) -> Any:
    if found is None:
        return ()
    if isinstance(found, str):
        return tuple(word.strip() for word in found.split(",") if word.strip())
    return found


#: What pydantic's kinds of errors allow, in plain words.
_ALLOWED = {
    "float": "a number",
    "int": "a whole number",
    "date": "a date such as 2026-03-31",
    "string": "text",
    "bool": "true or false",
    "tuple": "a list",
    "dict": "a table",
    "model": "a table",
}


def _problem(error: Mapping[str, Any]) -> Problem:
    where = ".".join(str(step) for step in error["loc"])
    message = str(error["msg"]).removeprefix("Value error, ")
    if error["type"] == "missing":
        return Problem(path=where, message="is missing")
    if error["type"] == "value_error":
        return Problem(path=where, message=message)
    allowed = next((words for kind, words in _ALLOWED.items() if error["type"].startswith(kind)), None)
    message = f"must be {allowed}" if allowed else f"{message[:1].lower()}{message[1:]}"
    return Problem(path=where, message=f"{message}, found {_short(error['input'])}")


def _short(found: Any) -> str:
    text = repr(found)
    return text if len(text) <= 40 else f"{text[:37]}..."
