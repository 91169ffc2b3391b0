"""Damaged CRM exports: imported, drafted, imported with the draft, and some of them fitted."""

from __future__ import annotations

import codecs
import datetime as dt
import gzip
import io
import random
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

import polars as pl

from tests.fuzz.changes import ODD_TEXTS, changed_bytes
from tests.fuzz.example import Trial

STAGES = ("Qualified", "Demo", "Proposal", "Contract sent")
Rows = list[list[str]]


@dataclass
class Sheet:
    name: str
    columns: list[str]
    rows: Rows


def trial(index: int, seed: int, tried: Trial) -> str:
    """Import a damaged export three ways; every fifth that is read is fitted and forecast."""
    rng = random.Random(f"exports-{seed}-{index}")
    shape, (make, preset) = rng.choice(list(SHAPES.items()))
    sheets = make(rng)
    how = rng.choice(("cells", "columns", "rows", "bytes", "none", "cells and bytes"))
    for sheet in sheets if how != "bytes" else ():
        _damage(sheet, how, rng)
    kind = rng.choice((*WRITERS, "csv", "csv", "txt", "parquet", "xlsx"))
    names = []
    for sheet in sheets:
        content = WRITERS[kind](sheet)
        if "bytes" in how and rng.random() < 0.7:
            content = changed_bytes(content, rng)
        names.append(f"{sheet.name}.{kind}")
        (tried.folder / names[-1]).write_bytes(content)
    options = ["--preset", preset] if rng.random() < 0.7 else []
    _import_and_draft(names, options, tried)
    if index % 5 == 0 and (tried.folder / "history").exists():
        fitted = tried.command("fit", "history", "--out", "model.toml", "--draws", 3, "--quiet")
        if fitted.code == 0:
            made = tried.command("forecast", "model.toml", "-n", 20, "--deals", "d.csv", "--out", "f.json")
            tried.check(made.code in (0, 1), "a forecast of a fitted model ends in another way")
    return f"{how} of {shape} as {kind}"


def _import_and_draft(names: list[str], options: list[str], tried: Trial) -> None:
    read = tried.command("import", *names, *options, "--out", "history")
    tried.check(
        read.code == 0 or not (tried.folder / "history").exists(), "refused, yet a history is written"
    )
    drafted = tried.command("import", *names, *options, "--draft-mapping", "draft.toml")
    tried.check(
        drafted.code == 0 or not (tried.folder / "draft.toml").exists(), "refused, yet a draft is written"
    )
    if drafted.code == 0:
        tried.command("import", *names, "--mapping", "draft.toml", "--out", "drafted", "--json")


def _moves(rng: random.Random) -> list[tuple[str, list[tuple[str, dt.datetime]]]]:
    """Deals with the stages they enter, the last of them an outcome where they are closed."""
    deals = []
    for number in range(rng.randint(1, 40)):
        at = dt.datetime(2025, 1, 6, 9) + dt.timedelta(days=rng.uniform(0, 200))
        path = []
        for stage in STAGES[: rng.randint(1, len(STAGES))]:
            path.append((stage, at))
            at += dt.timedelta(days=rng.choice((0, 0.1, 1, 5, 20)) * rng.random() + 0.01)
        if rng.random() < 0.7:
            path.append((rng.choice(("Closed Won", "Closed Lost")), at))
        deals.append((f"D-{number}", path))
    return deals


def _amount(rng: random.Random) -> str:
    return rng.choice(("", "1000", f"{rng.uniform(1, 9e5):.2f}", f"{rng.randint(1, 999)},000"))


def _events(rng: random.Random) -> list[Sheet]:
    moves = _moves(rng)
    rows = [[deal, stage, f"{at:%Y-%m-%d %H:%M:%S}"] for deal, path in moves for stage, at in path]
    table = [[deal, f"Opportunity {deal}", rng.choice(("Ana", "Bo")), _amount(rng)] for deal, _ in moves]
    return [
        Sheet("stage_history", ["Deal ID", "Stage", "Entered"], rows),
        Sheet("deals", ["Deal ID", "Deal Name", "Owner", "Amount"], table),
    ]


def _deals(rng: random.Random) -> list[Sheet]:
    rows = []
    for deal, path in _moves(rng):
        last, at = path[-1]
        closed = last.startswith("Closed")
        outcome = last.removeprefix("Closed ").lower() if closed else "open"
        rows.append(
            [deal, f"{path[0][1]:%d/%m/%Y}", f"{at:%d/%m/%Y}" if closed else "", outcome, _amount(rng)]
        )
    return [Sheet("deals", ["id", "created", "closed", "outcome", "amount"], rows)]


def _salesforce(rng: random.Random) -> list[Sheet]:
    moves = _moves(rng)
    history = [
        [f"006{deal:0>12}", stage, f"{at:%Y-%m-%dT%H:%M:%S.000+0000}", _amount(rng)]
        for deal, path in moves
        for stage, at in path
    ]
    table = [
        [
            f"006{deal:0>12}",
            path[-1][0],
            f"{path[0][1]:%Y-%m-%dT%H:%M:%S.000+0000}",
            f"{path[-1][1]:%Y-%m-%d}",
            _amount(rng),
            str(path[-1][0].startswith("Closed")).lower(),
            str(path[-1][0] == "Closed Won").lower(),
        ]
        for deal, path in moves
    ]
    columns = ["Id", "StageName", "CreatedDate", "CloseDate", "Amount", "IsClosed", "IsWon"]
    return [
        Sheet("OpportunityHistory", ["OpportunityId", "StageName", "CreatedDate", "Amount"], history),
        Sheet("Opportunity", columns, table),
    ]


def _hubspot(rng: random.Random) -> list[Sheet]:
    labels = [*STAGES, "Closed Won", "Closed Lost"]
    columns = ["Record ID", "Deal Name", "Deal Stage", "Amount", "Create Date"]
    columns += [f'Date entered "{label} (Sales Pipeline)"' for label in labels]
    rows = []
    for deal, path in _moves(rng):
        entered = {label: f"{at:%Y-%m-%d %H:%M}" for label, at in path}
        row = [deal, f"Deal {deal}", path[-1][0], _amount(rng), f"{path[0][1]:%Y-%m-%d %H:%M}"]
        rows.append(row + [entered.get(label, "") for label in labels])
    return [Sheet("hubspot-crm-exports-all-deals", columns, rows)]


def _pipedrive(rng: random.Random) -> list[Sheet]:
    columns = ["ID", "Title", "Value", "Currency", "Stage", "Status", "Deal created", "Won time", "Lost time"]
    rows = []
    for deal, path in _moves(rng):
        last, at = path[-1]
        stage = path[-2][0] if last.startswith("Closed") and len(path) > 1 else path[0][0]
        won, lost = last == "Closed Won", last == "Closed Lost"
        status = "Won" if won else "Lost" if lost else "Open"
        ended = f"{at:%Y-%m-%d %H:%M:%S}"
        begun = f"{path[0][1]:%Y-%m-%d %H:%M:%S}"
        row = [deal[2:], f"Deal {deal}", _amount(rng), "EUR", stage, status, begun]
        rows.append([*row, ended if won else "", ended if lost else ""])
    return [Sheet("deals-pipedrive", columns, rows)]


#: Shape -> what makes it, and the preset that reads it.
SHAPES: dict[str, tuple[Callable[[random.Random], list[Sheet]], str]] = {
    "events": (_events, "events"),
    "deals": (_deals, "deals"),
    "salesforce": (_salesforce, "salesforce"),
    "hubspot": (_hubspot, "deals"),
    "pipedrive": (_pipedrive, "deals"),
}


def _damage(sheet: Sheet, how: str, rng: random.Random) -> None:
    """Cells, columns or rows as people and tools spoil them."""
    for _ in range(rng.randint(1, 6)):
        column = rng.randrange(len(sheet.columns))
        if "cells" in how and sheet.rows:
            row = rng.choice(sheet.rows)
            row[column] = rng.choice(ODD_TEXTS)
        elif how == "columns":
            match rng.randrange(5):
                case 0:
                    sheet.columns[column] = rng.choice((*ODD_TEXTS, sheet.columns[0], "__row"))
                case 1 if len(sheet.columns) > 1:
                    del sheet.columns[column]
                    for row in sheet.rows:
                        del row[column]
                case 2:
                    value = rng.choice(ODD_TEXTS)
                    for row in sheet.rows:
                        row[column] = value
                case 3:
                    for row in sheet.rows:
                        row[column] = rng.choice((row[column], row[column].upper(), f" {row[column]} ", ""))
                case _:
                    sheet.columns.append(f"{sheet.columns[column]} 2")
                    for row in sheet.rows:
                        row.append(row[column])
        elif how == "rows":
            match rng.randrange(4):
                case 0:
                    sheet.rows.clear()
                case 1:
                    sheet.rows += [list(row) for row in sheet.rows[: rng.randint(0, 20)]]
                case 2:
                    rng.shuffle(sheet.rows)
                case _:
                    sheet.rows.insert(rng.randint(0, len(sheet.rows)), [""] * len(sheet.columns))


def _delimited(sheet: Sheet, separator: str, encoding: str) -> bytes:
    def cell(text: str) -> str:
        quoted = any(sign in text for sign in (separator, '"', "\n", "\r"))
        return '"' + text.replace('"', '""') + '"' if quoted else text

    lines = [separator.join(map(cell, row)) for row in [sheet.columns, *sheet.rows]]
    return "\r\n".join(lines).encode(encoding, "replace")


def _parquet(sheet: Sheet) -> bytes:
    # Parquet takes each name once; later ones get a number, as tools do it.
    names = [
        name if name not in sheet.columns[:place] else f"{name}.{place}"
        for place, name in enumerate(sheet.columns)
    ]
    held = io.BytesIO()
    columns = {name: [row[place] for row in sheet.rows] for place, name in enumerate(names)}
    pl.DataFrame(columns, schema=dict.fromkeys(names, pl.String)).write_parquet(held)
    return held.getvalue()


def _xes(sheet: Sheet) -> bytes:
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', '<log xes.version="1.0">']
    for row in sheet.rows:
        lines.append(f'<trace><string key="concept:name" value="{_attribute(row[0])}"/><event>')
        keys = ("concept:name", "time:timestamp", "org:resource")
        lines += [
            f'<{"date" if key[0] == "t" else "string"} key="{key}" value="{_attribute(cell)}"/>'
            for key, cell in zip(keys, row[1:], strict=False)
        ]
        lines.append("</event></trace>")
    return "\n".join([*lines, "</log>"]).encode()


def _attribute(text: str) -> str:
    return escape(text, {'"': "&quot;"})


def _xlsx(sheet: Sheet) -> bytes:
    """The smallest workbook that spreadsheets open: one sheet of inline texts."""
    rows = "".join(
        "<row>" + "".join(f'<c t="inlineStr"><is><t>{escape(cell)}</t></is></c>' for cell in row) + "</row>"
        for row in [sheet.columns, *sheet.rows]
    )
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    package = "http://schemas.openxmlformats.org/package/2006"
    files = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{kind}.sheet.main+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{kind}.worksheet+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="rId1" '
        f'Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets><sheet name="Sheet1" '
        'sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships">'
        f'<Relationship Id="rId1" Type="{office}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{main}"><sheetData>{rows}</sheetData></worksheet>',
    }
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(zipfile.ZipInfo(name), text)
    return held.getvalue()


WRITERS: dict[str, Callable[[Sheet], bytes]] = {
    "csv": lambda sheet: _delimited(sheet, ",", "utf-8"),
    "txt": lambda sheet: _delimited(sheet, ";", "cp1252"),
    "tsv": lambda sheet: codecs.BOM_UTF16_LE + _delimited(sheet, "\t", "utf-16-le"),
    "csv.gz": lambda sheet: gzip.compress(_delimited(sheet, ",", "utf-8-sig"), mtime=0),
    "parquet": _parquet,
    "xes": _xes,
    "xlsx": _xlsx,
}


def original(seed: int = 1) -> Sequence[Sheet]:
    """An undamaged export of events, for other parts to start from."""
    return _events(random.Random(f"original-{seed}"))
