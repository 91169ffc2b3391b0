"""What each sheet of a workbook holds: a row for each thing, one unit a column."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from funnelsim.core.nouns import plural_noun
from funnelsim.documents.backtest import BacktestDocument
from funnelsim.documents.compare import CompareDocument
from funnelsim.documents.forecast import PART_NAMES, ForecastDocument, ForecastPeriod
from funnelsim.documents.friction import FrictionDocument
from funnelsim.documents.kpi import KpiDocument, KpiFigure, KpiPeriod
from funnelsim.documents.read import Drawable
from funnelsim.documents.shared import Summary
from funnelsim.documents.staff import StaffDocument
from funnelsim.forecasting.fitwarnings import OF_THE_FIT
from funnelsim.report.words.answer_words import answer_paragraph
from funnelsim.report.words.kpi_words import label_with_unit, scale_of
from funnelsim.report.words.measures import measure
from funnelsim.report.words.staffing import hires_words
from funnelsim.report.workbook.sheet import Cell, Fact, Head, Sheet, heads


def summary(documents: Sequence[Drawable], name: str) -> Sheet:
    """What the page begins with, as a list of facts."""
    rows: list[list[Cell]] = [["Company", name]]
    for one in documents:
        if not isinstance(one, ForecastDocument):
            continue
        period = one.periods[0]
        rows += [
            ["Answer", " ".join(answer_paragraph(one))],
            ["As of", Fact("date", one.as_of)],
            ["Period", period.period],
        ]
        rows += [["Currency", one.currency], ["Amounts", one.amount_is]]
        credit = period.bookings if period.credited_at_booking else period.quota_credit
        rows += [
            ["Likely bookings", Fact("money", period.bookings.p50)],
            ["10 % are below", Fact("money", period.bookings.p10)],
        ]
        rows += [
            ["10 % are above", Fact("money", period.bookings.p90)],
            ["Quota", Fact("money", period.quota)],
        ]
        if period.quota is not None and credit.p50 is not None:
            rows.append(["Likely less quota", Fact("money", credit.p50 - period.quota)])
        rows.append(["Chance of quota", Fact("share", period.attainment_probability)])
        break
    return Sheet(name="Summary", heads=[Head(text="what"), Head(text="value")], rows=rows)


def forecast(document: ForecastDocument) -> Sheet:
    columns = heads(
        period="text", start="date", end="date", amount="text", mean="money", p10="money", median="money",
        p90="money", quota="money", chance_of_quota="share",
    )  # fmt: skip
    return Sheet(name="Forecast", heads=columns, rows=[row for p in document.periods for row in _period(p)])


def _period(period: ForecastPeriod) -> Iterator[list[Cell]]:
    dates: list[Cell] = [period.period, period.start, period.end]

    def row(name: str, one: Summary, *quota: Cell) -> list[Cell]:
        return [*dates, name, one.mean, one.p10, one.p50, one.p90, *(quota or (None, None))]

    parts = period.bookings_parts
    quota = (period.quota, period.attainment_probability)
    yield row("bookings", period.bookings, *(quota if period.credited_at_booking else ()))
    if not period.credited_at_booking:
        yield row("quota credit", period.quota_credit, *quota)
    yield row(PART_NAMES[0], Summary(mean=parts.booked))
    for name, part in zip(PART_NAMES[1:], (parts.pipeline, parts.new, parts.expansion), strict=True):
        yield row(name, part)
    if period.wins is not None:
        yield row("won (number)", period.wins)


def deals(document: ForecastDocument) -> Sheet:
    columns = heads(
        deal="text", account="text", name="text", owner="text", source="text", segment="text", stage="text",
        days_in_stage="whole", listed_amount="money", expected_in_period="money",
        chance_in_period="share", chance_ever="share", likely_close="date", to_check="text",
    )  # fmt: skip
    rows = [
        [
            deal.lead, deal.account, deal.name, deal.owner, deal.source, deal.segment,
            document.stage_name(deal.stage), deal.age_days, deal.amount, deal.expected, deal.p_in_period,
            deal.p_ever, deal.median_close, ", ".join(deal.flags),
        ]
        for deal in document.deals
    ]  # fmt: skip
    return Sheet(name=plural_noun(document.noun).capitalize()[:31], heads=columns, rows=rows)


def scenarios(document: CompareDocument) -> Sheet:
    columns = heads(
        scenario="text", period="text", metric="text", base="number", with_scenario="number",
        difference="number", interval_low="number", interval_high="number", level="share",
        better_than_base="share", chance_of_quota="share",
    )  # fmt: skip
    rows: list[list[Cell]] = []
    for scenario in document.scenarios:
        quota = scenario.attainment_probability
        for name, change in scenario.metrics.items():
            found, base = change.difference, document.base.get(name)
            label = measure(name, document.stage_names, document.role_names).label
            rows.append([
                scenario.name, document.span.period, label, base.mean if base else None, change.mean,
                found.mean, found.low, found.high, found.level, change.probability_better,
                quota.scenario if quota else None,
            ])  # fmt: skip
    return Sheet(name="Scenarios", heads=columns, rows=rows)


def leaks(document: FrictionDocument) -> Sheet:
    columns = heads(
        stage="text", period="text", lost="number", worth_had_they_gone_on="money", would_then_win="share",
        days_in_stage="number", days_waiting_for_a_rep="number", days_office_closed="number",
    )  # fmt: skip
    rows = [
        [
            document.stage_name(leak.stage), document.period, leak.lost, leak.value, leak.won_if_on,
            leak.days, leak.wait.no_rep, leak.wait.office_closed,
        ]
        for leak in document.leaks
    ]  # fmt: skip
    return Sheet(name="Friction", heads=columns, rows=rows)


def improvements(document: FrictionDocument) -> Sheet:
    columns = heads(
        improvement="text", period="text", measured_by="text", effect="number", interval_low="number",
        interval_high="number", clear="text", chance_of_quota="share",
    )  # fmt: skip
    label = measure(document.metric, noun=document.noun).label
    rows: list[list[Cell]] = []
    for lever in document.levers:
        effect, chance = lever.metrics.get(document.metric), lever.attainment_probability
        if effect is not None:
            rows.append([
                lever.name, document.period, label, effect.mean, effect.low, effect.high,
                "yes" if lever.clear else "no", chance.mean if chance else None,
            ])  # fmt: skip
    return Sheet(name="Improvements", heads=columns, rows=rows)


def kpis(document: KpiDocument) -> Sheet:
    columns = heads(
        group="text", figure="text", unit="text", period="text", start="date", end="date", complete="text",
        value="number", interval_low="number", interval_high="number", cases="number",
        usual_low="number", usual_high="number", target="number", changed="text",
    )  # fmt: skip
    groups = [("", document.kpis), *((group.name, group.kpis) for group in document.groups)]
    rows = [
        _kpi(document, group, figure, period)
        for group, figures in groups
        for figure in figures
        for period in figure.periods
    ]
    return Sheet(name="KPIs", heads=columns, rows=rows)


def _kpi(document: KpiDocument, group: str, figure: KpiFigure, period: KpiPeriod) -> list[Cell]:
    label = label_with_unit(document, figure, scale_of(document, figure, []))
    changed = figure.beyond_noise if period.period == figure.current else None
    whole = "yes" if period.complete else "no"
    return [
        group, label, figure.unit, period.period, period.start, period.end, whole,
        period.value, period.low, period.high, period.n, period.limit_low, period.limit_high, figure.target,
        None if changed is None else "yes" if changed else "no",
    ]  # fmt: skip


def plans(document: StaffDocument) -> Sheet:
    columns = heads(
        plan="text", hires="text", headcount="whole", cost="number", cost_unit="text",
        chance="share", meets_target="text", quota_credit="money", bookings="money",
    )  # fmt: skip
    unit = document.currency if document.cost_unit == "money" else "rep-months"
    rows = [
        [
            plan.name, hires_words(document, plan.hires), sum(plan.headcount.values()), plan.cost, unit,
            plan.probability, None if plan.meets is None else "yes" if plan.meets else "no",
            plan.quota_credit, plan.bookings,
        ]
        for plan in document.plans
    ]  # fmt: skip
    return Sheet(name="Plans", heads=columns, rows=rows)


def track_record(document: BacktestDocument) -> Sheet:
    columns = heads(
        period="text", as_of="date", metric="text", actual="number", mean="number", p10="number",
        median="number", p90="number", inside_80_percent_range="text",
    )  # fmt: skip
    rows: list[list[Cell]] = []
    for origin in document.origins:
        low, middle, high = (origin.quantiles[place] for place in (9, 49, 89))
        rows.append([
            origin.period, origin.as_of, document.metric.replace("_", " "), origin.actual, origin.mean,
            low, middle, high, "yes" if low <= origin.actual <= high else "no",
        ])  # fmt: skip
    return Sheet(name="Track record", heads=columns, rows=rows)


def notes(documents: Sequence[Drawable], more: Sequence[str]) -> Sheet:
    """Warnings and assumptions, and what is needed to make the numbers again."""
    rows: list[list[Cell]] = [["", "note", text] for text in more]
    for one in documents:
        rows += [[one.command, "warning", text.removeprefix(OF_THE_FIT)] for text in one.warnings]
        rows += [[one.command, "assumption", text] for text in one.assumptions]
        made = one.provenance
        facts = (("seed", made.seed), ("futures", made.replications), ("model SHA-256", made.model_sha256),
                 ("funnelsim", made.version))  # fmt: skip
        rows += [[one.command, name, str(fact)] for name, fact in facts if fact not in (None, "")]
    return Sheet(name="Notes", heads=[Head(text=text) for text in ("part", "kind", "text")], rows=rows)
