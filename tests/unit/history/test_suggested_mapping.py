"""The lines of several questions become one mapping file."""

from __future__ import annotations

import tomllib

from funnelsim.history.audit.suggested_mapping import suggested_mapping


def test_sections_and_lists_are_joined() -> None:
    lines = suggested_mapping(
        [
            ("[outcomes]", 'won = "Gewonnen"', 'lost = "Weg"'),
            ("[where]", '"Is = [x]" = { not = "1" }'),
            ('missing = "n/a"',),
            ("[outcomes]", 'lost = ["Weg", "Deleted"]'),
            ("[where]", '"Is = [x]" = { not = ["1", "2"] }', "ignore = { not = [] }"),
            ('missing = ["n/a", "2204"]',),
        ]
    )
    assert lines == (
        'missing = ["n/a", "2204"]',
        "[outcomes]",
        'won = "Gewonnen"',
        'lost = ["Weg", "Deleted"]',
        "[where]",
        '"Is = [x]" = { not = ["1", "2"] }',
        "ignore = { not = [] }",
    )
    assert tomllib.loads("\n".join(lines))["where"]["ignore"] == {"not": []}


def test_what_contradicts_an_earlier_line_is_a_comment() -> None:
    lines = suggested_mapping(
        [
            ('time_zone = "America/New_York"',),
            ('time_zone = "Europe/Berlin"',),
            ("[outcomes]", 'no_decision = "No decision"'),
            ("[outcomes]", 'lost = ["NO-DECISION", "Weg"]'),
            ("[where]", 'Active = ["1"]'),
            ("[where]", 'Active = { not = "0" }'),
        ]
    )
    assert lines == (
        'time_zone = "America/New_York"',
        '# time_zone = "Europe/Berlin"',
        "[outcomes]",
        'no_decision = "No decision"',
        'lost = "Weg"',
        '# lost = "NO-DECISION"',
        "[where]",
        'Active = "1"',
        '# Active = { not = "0" }',
    )


def test_lines_that_read_the_export_otherwise_are_comments() -> None:
    lines = suggested_mapping(
        [("[outcomes]", 'won = "Ja"')], [('decimal = ","',), ("[outcomes]", 'lost = "Nein"')]
    )
    assert lines == ('# decimal = ","', "[outcomes]", 'won = "Ja"', '# lost = "Nein"')


def test_values_of_other_types_are_written_as_they_were() -> None:
    given = (
        "open_without_stage = 2025-03-31",
        "observed_from = false",
        "[aliases.stage]",
        '"Demo 🔥" = "Demo 1"',
    )
    assert suggested_mapping([given]) == given
    assert suggested_mapping([]) == ()
