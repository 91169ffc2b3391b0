"""Event logs in XES: what a trace and an event become, and that none of them is lost."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from funnelsim.core.errors import HistoryError
from funnelsim.history.drafting.draft import draft_mapping
from funnelsim.history.files.events import History
from funnelsim.history.imports import import_history
from funnelsim.history.mapping.keys import Mapping
from tests.unit.history.exports import day, table

HEAD = """\
<?xml version="1.0" encoding="UTF-8"?>
<log xes.version="1.0" xmlns="http://www.xes-standard.org/">
  <extension name="Time" prefix="time" uri="http://www.xes-standard.org/time.xesext"/>
  <global scope="event"><string key="concept:name" value="UNKNOWN"/></global>
  <string key="origin" value="made up"/>
"""


def event(name: str, at: str, *more: str) -> str:
    extra = "".join(f'<string key="{item.split("=")[0]}" value="{item.split("=")[1]}"/>' for item in more)
    basis = f'<string key="concept:name" value="{name}"/><date key="time:timestamp" value="{at}"/>'
    return f"<event>{basis}{extra}</event>"


def trace(name: str, *events: str, more: str = "") -> str:
    return f'<trace><string key="concept:name" value="{name}"/>{more}{"".join(events)}</trace>\n'


TRACES = (
    trace(
        "A1",
        event("Lead", "2025-03-01T23:30:00.000+01:00", "org:resource=Ana"),
        event("W_Call", "2025-03-02T10:00:00.000+01:00", "org:resource=Bob"),
        event("Demo", "2025-04-01T09:00:00.000+02:00", "org:resource=Ana"),
        event("Signed", "2025-04-03T09:00:00.000+02:00"),
        more='<float key="AMOUNT" value="1200.5"/>',
    ),
    trace("A2", event("Lead", "2025-03-05T09:00:00.000+01:00"), event("Gone", "2025-03-09T09:00:00+01:00")),
    trace("A3", event("Lead", "2025-03-06T09:00:00.000+01:00")),
)
RULES = {
    "preset": "xes",
    "ignore": ["W_Call"],
    "deals": {"amount": "AMOUNT", "listed_amount": "AMOUNT"},
    "stages": {"lead": "Lead", "demo": "Demo"},
    "outcomes": {"won": "Signed", "lost": "Gone"},
}


def written(folder: Path, *traces: str, name: str = "log.xes") -> Path:
    path = folder / name
    data = (HEAD + "".join(traces) + "</log>\n").encode()
    path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    return path


def read(path: Path, **rules: object) -> History:
    return import_history([path], "xes", Mapping.model_validate(RULES | rules))


def test_a_trace_is_a_deal_and_its_events_are_its_path(tmp_path: Path) -> None:
    """Catches the mutant that takes the attributes of the log or of `global` for those of a trace."""
    history = read(written(tmp_path, *TRACES), time_zone="Europe/Berlin")
    assert history.visits.select("deal", "stage", "exit").rows() == [
        ("A1", "lead", "demo"),
        ("A1", "demo", "won"),
        ("A2", "lead", "lost"),
        ("A3", "lead", None),
    ]
    assert history.deals["outcome"].to_list() == ["won", "lost", None]
    assert history.deals["amount"].to_list() == [1200.5, None, None]
    assert history.deals["listed_amount"].to_list() == [1200.5, None, None]


def test_every_event_is_used_or_set_aside_and_work_is_counted(tmp_path: Path) -> None:
    history = read(written(tmp_path, *TRACES))
    events = table(history, "events")
    assert (events["rows_read"], events["rows_used"]) == (7, 6)
    assert events["set_aside"] == {"label to ignore": 1}
    assert events["examples"] == {"label to ignore": ["event 2"]}
    assert table(history, "deals")["rows_used"] == 3


def test_times_become_local_time_across_the_change_of_the_clock(tmp_path: Path) -> None:
    """+01:00 in March and +02:00 in April are both Berlin; catches the mutant that drops the offset."""
    path = written(tmp_path, *TRACES)
    berlin = read(path, time_zone="Europe/Berlin").visits["entered"]
    assert berlin.dt.strftime("%d %H:%M").to_list()[:2] == ["01 23:30", "01 09:00"]
    utc = read(path).visits["entered"]
    assert utc.dt.strftime("%d %H:%M").to_list()[:2] == ["01 22:30", "01 07:00"]


def test_the_last_one_known_owns_the_deal(tmp_path: Path) -> None:
    """Also from work that is set aside; not from what happens after the as-of date."""
    rules = Mapping.model_validate(RULES | {"events": {"owner": "org:resource"}})
    path = written(tmp_path, *TRACES)
    assert import_history([path], None, rules).deals["owner"].to_list() == ["Ana", None, None]
    earlier = import_history([path], None, rules, day("2025-03-20"))
    assert earlier.deals["owner"].to_list() == ["Bob", None, None]


def test_gzip_and_a_prefix_of_the_namespace_change_nothing(tmp_path: Path) -> None:
    plain = read(written(tmp_path, *TRACES))
    zipped = read(written(tmp_path, *TRACES, name="log.xes.gz"))
    text = (HEAD + "".join(TRACES) + "</log>").replace("xmlns=", "xmlns:x=")
    for tag in ("log", "trace", "event", "string", "date", "float", "global", "extension"):
        text = (
            text.replace(f"<{tag} ", f"<x:{tag} ")
            .replace(f"<{tag}>", f"<x:{tag}>")
            .replace(f"</{tag}>", f"</x:{tag}>")
        )
    (tmp_path / "prefixed.xes").write_text(text)
    prefixed = read(tmp_path / "prefixed.xes")
    for other in (zipped, prefixed):
        assert other.visits.equals(plain.visits)
        assert other.deals.equals(plain.deals)


def test_the_name_of_a_trace_may_stand_behind_its_events(tmp_path: Path) -> None:
    """Catches the mutant that reads the name when the event ends."""
    body = event("Lead", "2025-03-01T09:00:00Z") + event("Signed", "2025-03-02T09:00:00Z")
    path = written(
        tmp_path, f'<trace>{body}<string key="concept:name" value="Z9"/><int key="AMOUNT" value="5"/></trace>'
    )
    assert read(path).deals["deal"].to_list() == ["Z9"]


def test_attributes_within_attributes_are_left_out_and_counted(tmp_path: Path) -> None:
    nested = '<string key="AMOUNT" value="5"><string key="concept:name" value="no name"/></string>'
    path = written(tmp_path, trace("A1", event("Lead", "2025-03-01T09:00:00Z"), more=nested))
    history = read(path)
    assert history.deals["deal"].to_list() == ["A1"]
    assert "1 attribute within attributes left out" in history.meta.audit["files"][0]["read_as"]


def test_events_outside_of_any_trace_and_traces_without_events_are_counted(tmp_path: Path) -> None:
    path = written(tmp_path, *TRACES, event("Lead", "2025-03-01T09:00:00Z"), trace("A4"))
    history = read(path)
    assert table(history, "events")["set_aside"]["no deal id"] == 1
    assert table(history, "deals")["set_aside"] == {"deal without stage times": 1}


def test_logs_with_different_attributes_are_stacked(tmp_path: Path) -> None:
    one = written(tmp_path, TRACES[0], name="one.xes")
    two = written(tmp_path, *TRACES[1:], name="two.xes")
    history = import_history([one, two], "xes", Mapping.model_validate(RULES))
    assert history.visits.equals(read(written(tmp_path, *TRACES)).visits)


def test_a_draft_says_what_the_log_holds_and_can_be_used(tmp_path: Path) -> None:
    path = written(tmp_path, *TRACES)
    text = draft_mapping([path])
    assert 'preset = "xes"' in text
    (tmp_path / "m.toml").write_text(text)
    assert import_history([path], None, tmp_path / "m.toml").visits.height == 7


def test_a_log_and_another_preset_do_not_go_together(tmp_path: Path) -> None:
    path = written(tmp_path, *TRACES)
    with pytest.raises(HistoryError, match="is an XES event log, and the preset is events; use --preset xes"):
        import_history([path], "events")
    csv = tmp_path / "deals.csv"
    csv.write_text("deal_id,created\nA1,2025-01-01\n")
    with pytest.raises(HistoryError, match="is not an XES event log"):
        import_history([csv], "xes")
