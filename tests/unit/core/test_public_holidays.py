"""Countries by their codes, and their public holidays."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys

import pytest

from funnelsim.core.calendar.public_holidays import country_code, public_holidays


@pytest.mark.parametrize(
    ("text", "code"), [("BR", "BR"), (" de-by", "DE-BY"), ("DE-AUGSBURG", "DE-Augsburg")]
)
def test_codes_are_read_as_people_write_them(text: str, code: str) -> None:
    assert country_code(text) == code


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("Brazil", 'unknown country "Brazil".*did you mean "BR"'),
        ("Germny", 'did you mean "DE"'),
        ("UK", 'did you mean "GB"'),
        ("USA", 'did you mean "US"'),
        ("XX", "write ISO 3166 codes such as BR for Brazil, or DE-BY for Bavaria$"),
        ("", 'unknown country ""'),
        ("DE-BYY", 'a part "BYY" of DE; did you mean "BY"'),
        ("AF-X", 'a part "X" of AF; leave the part out'),
    ],
)
def test_other_words_are_refused_with_what_was_meant(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        country_code(text)


def test_a_part_of_a_country_has_days_of_its_own() -> None:
    """Epiphany is a holiday in Bavaria and not in Berlin; the ends of the span are inside."""
    span = dt.date(2026, 1, 1), dt.date(2026, 1, 6)
    assert public_holidays("DE-BY", *span) == (dt.date(2026, 1, 1), dt.date(2026, 1, 6))
    assert public_holidays("DE-BE", *span) == (dt.date(2026, 1, 1),)


def test_the_library_is_loaded_when_it_is_needed() -> None:
    """It takes a tenth of a second, which commands without holidays need not wait for."""
    code = "import sys, funnelsim.cli.main, funnelsim.history.mapping.read, funnelsim.fitting.funnel; "
    code += "sys.exit('holidays' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
