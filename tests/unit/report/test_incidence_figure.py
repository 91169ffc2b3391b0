"""The curves of a fit, drawn: every exit named, every number of the document in the picture."""

import numpy as np
import pytest

from funnelsim.documents.record import DocumentError
from funnelsim.fitting.funnel import fit_funnel
from funnelsim.report.figures.choose import document_figure
from tests.recovery.known_funnel import known_history


@pytest.fixture(scope="module")
def document():
    return fit_funnel(known_history(3, deals=800), draws=0).report.as_json()


def test_every_exit_is_named_with_its_gap(document):
    figure = document_figure([document], "incidence")
    texts = " ".join(text.get_text() for text in figure.texts)
    for stage in document["stages"]:
        assert stage["name"] in texts
        for one in stage["incidence"]:
            assert f"{100 * one['gap']:.1f} points" in texts
    assert len(figure.axes) == len(document["stages"])


def test_the_model_is_drawn_as_a_line(document):
    axes = document_figure([document], "incidence").axes[0]
    wanted = document["stages"][0]["incidence"][0]
    drawn = [np.asarray(line.get_ydata()) for line in axes.lines]
    assert any(np.array_equal(values, [0.0, *wanted["fitted"]]) for values in drawn)
    assert any(np.array_equal(values, [0.0, *wanted["seen"]]) for values in drawn)


def test_a_fit_without_curves_is_refused(document):
    bare = document | {"stages": [stage | {"incidence": []} for stage in document["stages"]]}
    with pytest.raises(DocumentError, match="has no incidences"):
        document_figure([bare], "incidence")
