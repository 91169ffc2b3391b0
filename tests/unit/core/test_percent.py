"""Shares in words."""

from __future__ import annotations

import pytest

from funnelsim.core.percent import percent


@pytest.mark.parametrize(
    ("share", "told"), [(0.142, "14 %"), (0.035, "3.5 %"), (0.0, "0 %"), (0.0996, "10 %"), (1.0, "100 %")]
)
def test_a_share_has_one_form_everywhere(share: float, told: str) -> None:
    assert percent(share) == told


def test_a_change_has_its_sign() -> None:
    assert [percent(c, signed=True) for c in (0.25, -0.036, 2.82)] == ["+25 %", "-3.6 %", "+282 %"]
