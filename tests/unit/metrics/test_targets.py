"""A goal may name any metric that is computed."""

from __future__ import annotations

from funnelsim.metrics.names import BY_STAGE, WHOLE
from funnelsim.model.rules.goal import METRICS, STAGE_METRICS


def test_the_model_file_knows_every_metric() -> None:
    """The model lies below the metrics, so it has a list of its own; catches a metric added to one only."""
    assert set(WHOLE) <= set(METRICS)
    assert set(BY_STAGE) <= set(STAGE_METRICS)
