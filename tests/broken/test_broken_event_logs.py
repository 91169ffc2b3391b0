"""XES event logs that cannot be used: exit 1, one clear message with file and place, nothing written.

Each case would fail if its check were taken out: the import would go through, or end in a traceback (exit 1
too, but with an exception that is not a `SystemExit`).
"""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from click.testing import CliRunner

from funnelsim.cli.main import group

LOG = """\
<?xml version="1.0" encoding="UTF-8"?>
<log xes.version="1.0">
<trace><string key="concept:name" value="A1"/>
<event>
<string key="concept:name" value="Lead"/>
<date key="time:timestamp" value="2025-01-05T09:00:00+01:00"/>
</event>
<event>
<string key="concept:name" value="Won"/>
<date key="time:timestamp" value="2025-02-05T09:00:00+01:00"/>
</event>
</trace>
<trace><string key="concept:name" value="A2"/>
<event>
<string key="concept:name" value="Lead"/>
<date key="time:timestamp" value="2025-01-09T09:00:00+01:00"/>
</event>
</trace>
</log>
"""
HEAD = LOG.split("<trace>")[0]
CASES: dict[str, tuple[str | bytes, tuple[str, ...]]] = {
    "not XML": ("deal;stage\nA1;Lead\n", ("log.xes: line 1, column 5", "is not XML")),
    "tags that do not match": (
        LOG.replace("</trace>", "</event>", 1),
        ("log.xes: line 12", "is not XML", "mismatched tag"),
    ),
    "cut off": (LOG[:400], ("log.xes: line 13", "the file is cut off")),
    "cut off between tags": (LOG.replace("</log>\n", ""), ("log.xes: line 19", "the file is cut off")),
    "cut off gzip": (gzip.compress(LOG.encode())[:-20], ("log.xes", "damaged or incomplete gzip")),
    "XML of another kind": (
        "<html><body/></html>",
        ("log.xes: line 1", "outermost element is <html>, not <log>"),
    ),
    "no traces": (HEAD + "</log>", ("log.xes", "an event log without traces")),
    "no events": (
        HEAD + '<trace><string key="concept:name" value="A1"/></trace></log>',
        ("1 trace and no event",),
    ),
    "no names of traces": (
        LOG.replace('<trace><string key="concept:name"', '<trace><string key="id"'),
        ("log.xes", "none of the 2 traces has a name"),
    ),
    "no times": (
        LOG.replace("time:timestamp", "weather"),
        ("log.xes: entered", "no column says when it is entered", "weather", "[events] entered ="),
    ),
    "a trace twice": (
        LOG.replace('"A2"', '"A1"'),
        ("log.xes: line 13", 'trace "A1" already appears in line 3'),
    ),
    "times with an offset and without": (
        LOG.replace("2025-01-09T09:00:00+01:00", "2025-01-09T09:00:00"),
        ("column time:timestamp", "mixes times with an offset", 'event 1 "2025-01-05', 'event 3 "2025-01-09'),
    ),
    "a time that is none": (
        LOG.replace("2025-01-09T09:00:00+01:00", "yesterday"),
        ("column time:timestamp", 'event 3 "yesterday"'),
    ),
    "entities": (
        LOG.replace("<log", '<!DOCTYPE log [<!ENTITY a "aaaa">]>\n<log', 1),
        ("log.xes: line 2", "declares XML entities"),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_it_ends_in_one_clear_message(name: str, tmp_path: Path) -> None:
    content, says = CASES[name]
    path = tmp_path / "log.xes"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    result = CliRunner().invoke(group, ["import", str(path), "--preset", "xes", "--out", str(tmp_path / "h")])
    assert result.exit_code == 1
    assert isinstance(result.exception, SystemExit)
    for text in says:
        assert text in result.output
    assert [item.name for item in tmp_path.iterdir()] == ["log.xes"]


def test_the_same_log_unbroken_is_imported(tmp_path: Path) -> None:
    path = tmp_path / "log.xes"
    path.write_text(LOG)
    result = CliRunner().invoke(group, ["import", str(path), "--preset", "xes", "--out", str(tmp_path / "h")])
    assert result.exit_code == 0, result.output
