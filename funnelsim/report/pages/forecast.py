"""The page of a forecast: bookings, chance of quota, other methods, top open deals."""

from __future__ import annotations

from collections.abc import Iterator

from funnelsim.core.nouns import plural_noun
from funnelsim.documents.forecast import PART_NAMES, ForecastDocument, ForecastPeriod
from funnelsim.documents.shared import Summary
from funnelsim.report.figures.forecast import distribution_figure
from funnelsim.report.figures.subtitles import kind
from funnelsim.report.figures.subtitles import sentences as sentences_of
from funnelsim.report.html.bars import Chart, Mark
from funnelsim.report.pages.busy import busy_grid
from funnelsim.report.pages.section import Grid, Picture, Section, columns
from funnelsim.report.words.answer_words import dead_deals_words, marked_deals, short_money
from funnelsim.report.words.dates import date_words, span_words
from funnelsim.report.words.group_words import group_notes, group_rows, group_scale
from funnelsim.report.words.money import MISSING, Scale, money, money_range, quota_money, table_scale
from funnelsim.report.words.names import plain
from funnelsim.report.words.override_words import with_and_without
from funnelsim.report.words.quantities import chance, count, count_span, days, error_points, plural
from funnelsim.report.words.sentences import answer, left_out, other_views, scope, views_explained

LARGEST_DEALS = 10
#: Widths of figures in inches: text of 8.5 points has 11 CSS pixels in a column of 350, and of 850.
WIDE, NARROW = 8.0, 3.7


def forecast_sections(document: ForecastDocument) -> Iterator[Section]:
    """A section for each period, and one for the deals where the document lists them."""
    for place, period in enumerate(document.periods):
        yield _period(document, period, place)
    if document.largest_deals(1):
        yield _deals(document)


def _period(document: ForecastDocument, period: ForecastPeriod, place: int) -> Section:
    sentences = answer(document, period)
    scale = table_scale([period.bookings.p90, period.bookings.mean], document.currency)
    money = not period.without_money
    grids = [_totals(document, period, scale), _parts(document, period, scale)]
    if (other_views(period) or left_out(period)) and money:
        grids.append(_others(document, period, scale))
    if period.groups:
        grids.append(_groups(document, period))
    if place == 0 and document.busy:
        grids.append(busy_grid(document.busy))
    # The page begins with the answer for the first period.
    said = sentences if place else sentences[1:-1] if period.quota is not None and money else []
    if place and (with_them := with_and_without(document, period)):
        said = [*said, with_them]
    return Section(
        title=f"Forecast for {period.period}, {span_words(period.start, period.end)}",
        subtitle=_about(document, period),
        sentences=[*said, *_promise(document, period)],
        key_figures=key_figures(document, period) if place else (),
        pictures=[
            Picture(
                figure=distribution_figure(document, period, WIDE),
                narrow=distribution_figure(document, period, NARROW),
                words=" ".join(["How the futures are spread.", *sentences]),
            )
        ],
        grids=grids,
    )


def _promise(document: ForecastDocument, period: ForecastPeriod) -> Iterator[str]:
    """What can be promised: the lower end of the range."""
    if not period.without_money and period.bookings.p10 is not None:
        least = money(period.bookings.p10, document.currency)
        yield f"Safe to promise: {least}; 9 of 10 futures bring at least that."


def _about(document: ForecastDocument, period: ForecastPeriod) -> str:
    as_of = f"As of {date_words(document.as_of)}" if document.as_of else ""
    left = f"{plural(period.days_left, 'day')} left" if period.days_left is not None else ""
    amounts = ", ".join(part for part in (kind(document), scope(period.bookings_parts.expansion)) if part)
    if period.without_money:
        amounts = ""
    return sentences_of(", ".join(part for part in (as_of, left) if part), amounts)


def key_figures(document: ForecastDocument, period: ForecastPeriod) -> list[tuple[str, str, str]]:
    """Likely result, range, gap to quota and chance."""
    bookings = period.bookings
    if period.wins is not None and period.without_money:
        wins, won = period.wins, f"{plural_noun(document.noun)} won"
        return [
            (f"Likely {won}", count(wins.p50), "median"),
            ("80 % range", count_span(wins.p10, wins.p90), "8 of 10 futures"),
        ]
    kind = ", ".join(w for w in (document.amount_is, scope(period.bookings_parts.expansion)) if w)
    found = [
        ("Likely bookings", money(bookings.p50, document.currency), f"median; {kind}"),
        ("80 % range", money_range(bookings.p10, bookings.p90, document.currency), "8 of 10 futures"),
    ]
    if period.quota is not None:
        credit = (period.bookings if period.credited_at_booking else period.quota_credit).p50 or 0.0
        gap = credit - period.quota
        what = "Above quota" if gap >= 0 else "Short of quota"
        quota = quota_money(period.quota, document.currency)
        found.append((what, short_money(abs(gap), document.currency), f"quota {quota}"))
        error = error_points(period.attainment_mc_error)
        remark = f"simulation error {error} points" if error else ""
        found.append(("Chance of quota", chance(period.attainment_probability), remark))
    return found


def _totals(document: ForecastDocument, period: ForecastPeriod, scale: Scale) -> Grid:
    def row(name: str, summary: Summary) -> tuple[str, ...]:
        ends = f"{scale.number(summary.p10)} to {scale.number(summary.p90)}"
        return (name, scale.number(summary.p50), ends, scale.number(summary.mean))

    rows = [] if period.without_money else [row("Bookings", period.bookings)]
    if not period.credited_at_booking:
        rows.append(row("Quota credit", period.quota_credit))
    if period.wins is not None:
        wins = period.wins
        ends = count_span(wins.p10, wins.p90)
        name = f"{plural_noun(document.noun).capitalize()} won (number)"
        rows.append((name, count(wins.p50), ends, count(wins.mean)))
    what = "total"
    heads = columns(
        what if period.without_money else _in_unit(what, scale), "#median", "#80 % range", "#mean"
    )
    return Grid(title="Totals of the period", columns=heads, rows=rows, folded=True)


def _parts(document: ForecastDocument, period: ForecastPeriod, scale: Scale) -> Grid:
    counts, parts = period.counts, period.bookings_parts
    deals, noun = plural_noun(document.noun), document.noun
    coming = _with_number(counts.new_leads, noun)
    numbers = (
        _with_number(counts.booked_deals, noun),
        _with_number(counts.open_deals, noun),
        f"about {coming}" if coming else "",
        "",
    )
    ranges = ["certain", *(_ends(part, scale) for part in (parts.pipeline, parts.new, parts.expansion))]
    if period.without_money:
        origins = [row for row in zip(("won already", *PART_NAMES[1:3]), numbers, strict=False) if row[1]]
        title = f"Where the {deals} come from"
        return Grid(title=title, columns=columns("part", "#from"), rows=origins)
    rows = [
        (name, number, scale.number(mean), ends)
        for name, number, mean, ends in zip(PART_NAMES, numbers, parts.means, ranges, strict=True)
        if mean or name != "expansion"
    ]
    shown = [mean for name, mean in zip(PART_NAMES, parts.means, strict=True) if mean or name != "expansion"]
    rows.append(("total", "", scale.number(sum(parts.means)), _ends(period.bookings, scale)))
    return Grid(
        title="Where the bookings come from",
        columns=columns(_in_unit("part", scale), "#from", "#mean", "#80 % range"),
        rows=rows,
        totals=1,
        chart=Chart(head="mean", marks=[*(Mark(value=float(mean)) for mean in shown), None]),
        note="Means add up to the total; ranges do not.",
    )


def _groups(document: ForecastDocument, period: ForecastPeriod) -> Grid:
    """The largest reps, teams, segments, sources or products, with the total."""
    rows = group_rows(document, period)
    what = document.by
    if not period.without_money:
        what = _in_unit(what, group_scale(document, period))
    heads = (
        ("name", what),
        ("booked", "#won already" if period.without_money else "#booked"),
        ("open_pipeline", "#open pipeline"),
        ("still_to_come", "#still to come"),
        ("mean", "#mean"),
        ("span", "#80 % range"),
        ("quota", "#quota"),
        ("chance", "#chance"),
    )
    kept = [head for head in heads if any(getattr(row, head[0]) for row in rows)]
    return Grid(
        title=f"By {document.by}",
        columns=columns(*(head for _, head in kept)),
        rows=[tuple(getattr(row, name) for name, _ in kept) for row in rows],
        totals=1,
        note=" ".join(group_notes(document, period)),
    )


def _others(document: ForecastDocument, period: ForecastPeriod, scale: Scale) -> Grid:
    rows = [(name, scale.number(amount)) for name, amount in other_views(period)]
    rows.append(("this forecast (mean)", scale.number(period.bookings.mean)))
    return Grid(
        title="Other methods",
        columns=columns(_in_unit("method", scale), "#bookings"),
        rows=rows,
        totals=1,
        note=f"{left_out(period)} {views_explained(document, period)}".strip(),
    )


def _deals(document: ForecastDocument) -> Section:
    deciding = {deal.lead for deal in marked_deals(document)}
    known = document.largest_deals(len(document.deals))
    largest = [deal for k, deal in enumerate(known) if k < LARGEST_DEALS or deal.lead in deciding]
    scale = table_scale([deal.amount for deal in largest], document.currency)
    first = document.periods[0]
    rows = [
        (
            plain(deal.account or ""),
            plain(deal.name or deal.lead),
            plain(deal.owner or ""),
            plain(document.stage_name(deal.stage)),
            days(None if deal.age_days is None else round(deal.age_days)),
            scale.number(deal.amount),
            scale.number(deal.expected),
            chance(deal.p_in_period),
            chance(deal.p_ever),
            date_words(deal.median_close, short=True) if deal.median_close else MISSING,
            plain(", ".join(deal.flags)),
        )
        for deal in largest
    ]
    heads: tuple[str, ...] = (
        "account",
        document.noun,
        "owner",
        "stage",
        "#time in stage",
        f"#{_in_unit('listed', scale)}",
        f"#expected in {first.period}",
        f"#chance to win in {first.period}",
        "#chance to win ever",
        "#likely close",
        "to check",
    )
    filled = [n for n in range(len(heads)) if any(row[n] for row in rows)]
    shown = [[row[n] for n in filled] for row in rows]
    note = (
        f"Of {plural(len(document.deals), f'open {document.noun}')} those with the highest expected bookings "
        f"in {first.period}{', and those that decide it' if deciding else ''}. Likely close: the median "
        f"date, if won.{' Dark bars: those that decide it.' if deciding else ''}"
    )
    chart = Chart(
        head=f"expected in {first.period}",
        marks=[Mark(value=deal.expected, strong=not deciding or deal.lead in deciding) for deal in largest],
        after=sum(n < 2 for n in filled),
    )
    return Section(
        title=f"Top open {plural_noun(document.noun)}",
        menu=plural_noun(document.noun).capitalize(),
        sentences=[text for text in (dead_deals_words(document),) if text],
        grids=[
            Grid(title="", columns=columns(*(heads[n] for n in filled)), rows=shown, note=note, chart=chart)
        ],
    )


def _in_unit(words: str, scale: Scale) -> str:
    return f"{words}, {scale.unit}" if scale.unit else words


def _with_number(number: float | None, noun: str) -> str:
    return "" if number is None else plural(round(number), noun)


def _ends(summary: Summary, scale: Scale) -> str:
    if summary.p10 is None:
        return MISSING
    return f"{scale.number(summary.p10)} to {scale.number(summary.p90)}"
