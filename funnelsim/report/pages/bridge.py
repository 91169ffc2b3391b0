"""The section of a bridge: what changed from one forecast to the next, and the deals behind it."""

from __future__ import annotations

from collections.abc import Iterator

from funnelsim.documents.bridge import BridgeDocument
from funnelsim.report.figures.bridge import bridge_figure
from funnelsim.report.figures.subtitles import span_subtitle
from funnelsim.report.pages.section import Grid, Picture, Section, columns
from funnelsim.report.words import bridge_words as words

#: Rows of the list of deals; the CSV of the command has all.
_MOST_DEALS = 50


def bridge_sections(document: BridgeDocument) -> Iterator[Section]:
    yield Section(
        title="What changed since the forecast before",
        subtitle=span_subtitle(document, document.span),
        sentences=[words.answer(document)],
        pictures=[
            Picture(
                figure=bridge_figure(document.as_json()),
                narrow=bridge_figure(document.as_json(), narrow=True),
                words=words.title(document),
            )
        ],
        grids=list(_grids(document)),
    )


def _grids(document: BridgeDocument) -> Iterator[Grid]:
    measured = words.Measured.of(document)
    unit = measured.scale.unit if not measured.in_deals else "deals won"
    yield Grid(
        title="Step by step",
        columns=columns("step", f"#{unit}", "behind it"),
        rows=[[row.name, row.text, row.note] for row in words.step_rows(document)],
        note=words.assumption_words(document),
        sortable=False,
    )
    if document.groups:
        yield Grid(
            title=f"By {document.by}",
            columns=columns(document.by, *(f"#{head}" for head in words.GROUP_HEADS)),
            rows=words.group_rows(document),
            note=words.GROUP_NOTE,
        )
    if largest := words.largest_changes(document, _MOST_DEALS):
        measured = words.measured_by_deal(document, largest)
        unit = measured.scale.unit if not measured.in_deals else "deals won"
        yield Grid(
            title=f"Largest changes by {document.noun}",
            columns=columns(
                document.noun, "owner", "step", "what happened", "#from", "#to", f"#change, {unit}"
            ),
            rows=[
                [
                    words.deal_name(deal),
                    words.owner(deal),
                    words.STEPS[step.kind],
                    words.what_happened(document, deal),
                    measured.number(deal.from_),
                    measured.number(deal.to),
                    measured.signed(deal.difference),
                ]
                for step, deal in largest
            ],
            folded=True,
        )
