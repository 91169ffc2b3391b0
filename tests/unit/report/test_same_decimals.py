"""Numbers of a column with their decimal points below each other."""

from __future__ import annotations

import pytest

from funnelsim.report.words.quantities import same_decimals


@pytest.mark.parametrize(
    ("cells", "found"),
    [
        (["5.9", "12", "13.6"], ["5.9", "12.0", "13.6"]),
        (["1,204", "0", "5.9"], ["1,204  ", "0  ", "5.9"]),
        (["12.4", "0.05"], ["12.4 ", "0.05"]),
        (["9 days", "10.6 days"], ["9.0 days", "10.6 days"]),
        (["64 %", "6.1 %", "n/a", "under 0.1", ""], ["64 %", "6.1 %", "n/a", "under 0.1", ""]),
        (["1", "20"], ["1", "20"]),
        ([], []),
    ],
)
def test_same_decimals(cells: list[str], found: list[str]) -> None:
    """Mutants: exact numbers from 100 on with a decimal that nobody measured; words changed."""
    assert same_decimals(cells) == found
