"""The audit of an import as one page: what to mend in the CRM, and how every row was read."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator

from funnelsim.core.harmless import harmless
from funnelsim.core.nouns import counted, plural_noun
from funnelsim.documents.audit import Audit
from funnelsim.documents.validate import read_as
from funnelsim.history.files.events import History
from funnelsim.report.pages.page import environment, template_file, with_anchors
from funnelsim.report.pages.section import Column, Grid, Section
from funnelsim.report.words.dates import date_words
from funnelsim.report.words.mend_words import mend_kinds
from funnelsim.report.words.money import exact_money, money
from funnelsim.report.words.names import plain
from funnelsim.report.words.quantities import share, time_unit

#: Rows on the page; a file of rows to mend has all.
_MOST_ROWS = 200


def audit_page(history: History) -> str:
    """The page as text; `history` is a fresh import, with the deals to mend."""
    audit = read_as(Audit, history.meta.audit, "audit")
    sections = [_answer(history, audit), *_to_mend(history), _to_know(audit), _stages(history, audit)]
    sections.append(_rows(audit))
    script = template_file("sort.js")
    page = (
        environment()
        .get_template("audit_page.html.j2")
        .render(
            title=f"Import audit: {plain(history.meta.name)}",
            as_of=date_words(history.meta.last_day),
            sections=list(with_anchors(sections)),
            script=script,
            script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        )
    )
    return harmless(page)


def _answer(history: History, audit: Audit) -> Section:
    noun, currency = history.meta.noun, history.meta.currency
    deals = history.to_mend["deal"].n_unique()
    outside = deals - history.deals.join(history.to_mend, on="deal", how="semi").height
    amount = float(history.to_mend.unique("deal")["amount"].sum() or 0.0)
    ended = ", ".join(
        f"{number:,} {key.replace('_', ' ')}" for key, number in audit.deals.items() if key != "all"
    )
    sentence = f"{counted(deals, noun)} to mend"
    if outside:
        sentence += f": {deals - outside:,} of the {audit.deals['all']:,} that count, {outside:,} that do not"
    else:
        sentence += f" of {audit.deals['all']:,}"
    sentence += f", listed or won at {money(amount, currency)} together." if amount else "."
    sentence = sentence if deals else f"Nothing to mend in {counted(audit.deals['all'], noun)}."
    return Section(
        title="What the data are worth",
        menu="Answer",
        sentences=[sentence, f"{counted(audit.deals['all'], noun)}: {ended}."],
        key_figures=[
            ("Won", money(audit.amounts.won_sum, currency), f"{audit.amounts.won:,} {plural_noun(noun)}"),
            *(
                [
                    (
                        "Open, listed",
                        money(audit.amounts.open_listed_sum, currency),
                        f"{audit.amounts.open:,} {plural_noun(noun)}",
                    )
                ]
                if audit.amounts.open_listed_sum
                else []
            ),
            ("To know", f"{len(audit.of_level('warning')):,}", "warnings below"),
        ],
    )


def _to_mend(history: History) -> Iterator[Section]:
    rows = history.to_mend
    if rows.is_empty():
        return
    currency = history.meta.currency
    summary = Grid(
        title="By kind",
        columns=[
            Column(head="what is wrong"),
            Column(head=plural_noun(history.meta.noun), number=True),
            Column(head="amount", number=True),
            Column(head="what to do"),
        ],
        rows=[
            [
                plain(kind.fault),
                f"{kind.deals:,}",
                money(kind.amount, currency) if kind.amount else "",
                kind.todo,
            ]
            for kind in mend_kinds(rows)
        ],
    )
    names = [
        name
        for name in ("deal", "name", "wrong", "todo", "amount", "account", "owner", "stage")
        if rows[name].count()
    ]
    heads = {"wrong": "what is wrong", "todo": "what to do"}
    listed = Grid(
        title="By deal, the most money first",
        columns=[Column(head=heads.get(name, name), number=name == "amount") for name in names],
        rows=[
            [_cell(name, row[name], currency) for name in names]
            for row in rows.head(_MOST_ROWS).iter_rows(named=True)
        ],
        note=f"The first {_MOST_ROWS} of {rows.height:,} rows; --fixes rows.csv writes all."
        if rows.height > _MOST_ROWS
        else "",
    )
    yield Section(
        title="To mend in the CRM",
        menu="To mend",
        sentences=["Mend these in the CRM and export again."],
        grids=[summary, listed],
    )


def _cell(name: str, value: object, currency: str) -> str:
    if value is None:
        return ""
    if name == "amount" and isinstance(value, float):
        return exact_money(value, currency)
    return plain(str(value))


def _to_know(audit: Audit) -> Section:
    warnings = audit.of_level("warning")
    lines = [line for line in audit.suggested_mapping if line]
    return Section(
        title="To know before you rely on it",
        menu="Warnings",
        sentences=["How doubtful points were read."] if warnings else ["No doubtful point."],
        points=[
            *(_sentence(plain(check.text)) for check in warnings),
            *(_sentence(plain(check.text)) for check in audit.of_level("note")),
        ],
        grids=[
            Grid(
                title="Lines of a mapping that change how it is read",
                columns=[Column(head="mapping.toml")],
                rows=[[plain(line)] for line in lines],
                sortable=False,
                folded=True,
            )
        ]
        if lines
        else [],
    )


def _sentence(text: str) -> str:
    """A sentence, without a last one that announces a line of the mapping."""
    said = text.rpartition(". ")[0] if text.endswith(":") and ". " in text else text
    return f"{said[:1].upper()}{said[1:]}{'' if said.endswith(('.', '?', '!', ':')) else '.'}"


def _stages(history: History, audit: Audit) -> Section:
    names = history.meta.stages
    unit = time_unit(row.median_days for row in audit.stages)
    rows = []
    for row in audit.stages:
        total = sum(row.exits.values())
        next_ = ", ".join(
            f"{names.get(key, key.replace('_', ' '))} {share(number / total)}"
            for key, number in row.exits.items()
        )
        rows.append(
            [
                plain(row.name),
                f"{row.entries:,}",
                f"{row.reentries:,}",
                f"{row.open:,}",
                unit.words(row.median_days),
                plain(next_),
            ]
        )
    heads = ("visits", "returns", "open", "median time")
    columns = [Column(head="stage"), *(Column(head=head, number=True) for head in heads), Column(head="next")]
    return Section(
        title="Stages", menu="Stages", grids=[Grid(title="", columns=columns, rows=rows, sortable=False)]
    )


def _rows(audit: Audit) -> Section:
    rows = [
        [
            ", ".join(table.files),
            f"{table.rows_read:,}",
            f"{table.rows_used:,}",
            f"{number:,}",
            reason,
            ", ".join(table.examples.get(reason, ())[:3]),
        ]
        for table in audit.tables
        for reason, number in (table.set_aside or {"": 0}).items()
    ]
    heads = [
        ("file", False),
        ("read", True),
        ("used", True),
        ("skipped", True),
        ("reason", False),
        ("where", False),
    ]
    read = [
        [note.table, note.column, note.read_as, note.format, f"{note.missing:,}" if note.missing else ""]
        for note in audit.columns
    ]
    columns = [("file", False), ("column", False), ("read as", False), ("format", False), ("missing", True)]
    labels = [[row.label, row.kind, row.read_as, f"{row.rows:,}"] for row in audit.labels]
    grids = [
        _grid("Rows: read = used + skipped", heads, rows),
        _grid("Columns", columns, read, folded=True),
        _grid(
            "Labels",
            [("label", False), ("kind", False), ("read as", False), ("rows", True)],
            labels,
            folded=True,
        ),
        _grid(
            "Files",
            [("file", False), ("rows", True), ("SHA-256", False)],
            [[file.file, f"{file.rows:,}", file.sha256] for file in audit.files],
            folded=True,
        ),
    ]
    return Section(title="How every row was read", menu="Rows", grids=grids)


def _grid(title: str, heads: list[tuple[str, bool]], rows: list[list[str]], *, folded: bool = False) -> Grid:
    columns = [Column(head=head, number=number) for head, number in heads]
    cells = [[plain(cell) for cell in row] for row in rows]
    return Grid(title=title, columns=columns, rows=cells, folded=folded, sortable=False)
