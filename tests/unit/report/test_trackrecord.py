"""What a backtest says of itself in one line."""

from __future__ import annotations

import pytest

from funnelsim.documents.backtest import BacktestDocument
from funnelsim.documents.validate import read_as
from funnelsim.report.words.track_record import about
from tests.unit.report.made_up_backtests import backtest_document


@pytest.mark.parametrize(
    ("trusted", "said"),
    [
        ((), "before. Amounts, owners and segments of open deals are not used: their changes carry no date."),
        (
            ("amount",),
            "before. Owners and segments of open deals are not used: their changes carry no date. "
            "Amount used as exported.",
        ),
        (
            ("amount", "owner", "planned_close"),
            "carry no date. Amount, owner and planned close used as exported.",
        ),
        (("amount", "owner", "segment"), "the day before. Amount, owner and segment used as exported."),
    ],
)
def test_what_stays_unknown_is_said_beside_what_is_trusted(trusted: tuple[str, ...], said: str) -> None:
    """Mutant: whatever is trusted takes the place of what is not."""
    document = read_as(BacktestDocument, backtest_document(n=2) | {"trusted": list(trusted)})
    assert about(document).endswith(said)
