"""The playbook on screen: the map in one table, and what it still lacks."""

from __future__ import annotations

import shlex

from rich.console import Console
from rich.table import Table

from funnelsim.documents.playbook import Branch, Card, PlaybookDocument
from funnelsim.report.screens import layout
from funnelsim.report.screens.next_steps import NO_INVOCATION, Invocation, Steps
from funnelsim.report.words import playbook_words as words
from funnelsim.report.words.names import plain
from funnelsim.report.words.quantities import count, share, time_unit

_MOST_LACKS = 12


def print_playbook(
    document: PlaybookDocument,
    console: Console,
    *,
    template: str = "",
    invocation: Invocation = NO_INVOCATION,
    hints: bool = True,
) -> None:
    """Print the map and what it lacks.

    Parameters
    ----------
    document : PlaybookDocument
    console : Console
    template : str
        The command that writes a file of texts to fill in.
    invocation : Invocation
    hints : bool
        Whether to print what to type next.
    """
    layout.title(console, "PLAYBOOK", words.title(document))
    layout.paragraph(console, words.summary(document))
    layout.paragraph(console, words.care(document))
    layout.blank(console)
    layout.show(console, _map(document))
    layout.blank(console)
    layout.paragraph(console, words.lacks(document).replace(", listed at the end.", ":"))
    for lack in document.lacks[:_MOST_LACKS]:
        layout.bullet(console, plain(lack.words), indent=2)
        layout.paragraph(console, plain(lack.mend), style=layout.FAINT, indent=4)
    if not hints:
        return
    layout.blank(console)
    steps: Steps = []
    if not any(path.suffix in (".html", ".md") for path in invocation.written) and invocation.command:
        steps.append((f"{invocation.command} --out playbook.html", "cards to print or send"))
    if template and (not document.described or document.lacks):
        steps.append((template, "a file of texts to fill in"))
    if document.provenance.model:
        steps.append((f"funnelsim show {shlex.quote(document.provenance.model)} --stage STAGE", "one stage"))
    layout.next_lines(console, steps)


def _map(document: PlaybookDocument) -> Table:
    unit = time_unit(card.mean_days for card in document.cards)
    departments = any(card.department for card in document.cards)
    heads = [("stage", "left"), ("department", "left"), ("visits\nper 100", "right")]
    heads += [("mean\ntime", "right"), ("goes on to", "left"), ("a no leads to", "left")]
    rows = [_row(document, card, unit.words(card.mean_days)) for card in document.cards]
    if not departments:
        heads.pop(1)
        rows = [row[:1] + row[2:] for row in rows]
    return layout.aligned_table(heads, rows)


def _row(document: PlaybookDocument, card: Card, mean: str) -> list[str]:
    return [
        ("  " if card.parent else "") + words.name(document, card.stage),
        plain(card.department),
        count(card.visits_per_100),
        mean,
        _places(document, [branch for branch in card.branches if not branch.no]),
        _places(document, [branch for branch in card.branches if branch.no and branch.kind != "gives_up"]),
    ]


def _places(document: PlaybookDocument, branches: list[Branch]) -> str:
    return ", ".join(f"{words.name(document, one.to)} {share(one.share)}" for one in branches)
