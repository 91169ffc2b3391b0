"""Closes by week of the quarter, drawn: every outcome of the document, every number in the picture."""

import numpy as np
import pytest

from funnelsim.documents.record import DocumentError
from funnelsim.fitting.funnel import fit_funnel
from funnelsim.report.figures.choose import document_figure
from tests.recovery.known_funnel import known_history


@pytest.fixture(scope="module")
def document():
    return fit_funnel(known_history(3, deals=800), draws=0).report.as_json()


def test_every_outcome_has_its_weeks(document):
    """Wins first. Mutant: the model's band drawn in place of its line."""
    figure = document_figure([document], "closes")
    assert document["closes"][0]["to"] == "won"
    assert len(figure.axes) == len(document["closes"])
    for axes, closes in zip(figure.axes, document["closes"], strict=True):
        drawn = [np.asarray(line.get_ydata(), dtype=float) for line in axes.lines]
        steps = [*closes["expected"], closes["expected"][-1]]
        for told in (closes["seen"], steps):
            wanted = np.array(told, dtype=float)
            assert any(np.array_equal(values, wanted, equal_nan=True) for values in drawn)


def test_a_fit_without_closes_is_refused(document):
    with pytest.raises(DocumentError, match="has no closes"):
        document_figure([document | {"closes": []}], "closes")
