"""Check that the documents of a report are of one company, since readers assume that they are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from funnelsim.core.errors import Problem
from funnelsim.documents.backtest import BacktestDocument
from funnelsim.documents.fit import FitDocument
from funnelsim.documents.read import Drawable
from funnelsim.documents.record import DocumentError
from funnelsim.report.words.names import plain

#: Named after the history they come from; the name of a model may have been edited since.
_OF_A_HISTORY = (BacktestDocument, FitDocument)


def refuse_several_companies(
    documents: Sequence[tuple[str, Drawable]], *, model: tuple[str, str, str] | None = None
) -> None:
    """Refuse documents of several models or currencies.

    Parameters
    ----------
    documents : sequence of (file, document)
    model : (file, name, currency), optional
        The model that other parts will be made from.

    Raises
    ------
    DocumentError
    """
    names = [(model[0], plain(model[1]))] if model else []
    currencies = [(model[0], plain(model[2]))] if model else []
    of_models = [(file, one) for file, one in documents if not isinstance(one, _OF_A_HISTORY)]
    problems = [
        *_differing("name", [*names, *((file, plain(one.name)) for file, one in of_models)]),
        *_differing("currency", [*currencies, *((file, plain(one.currency)) for file, one in documents)]),
    ]
    if problems:
        raise DocumentError("report", problems)


def company_warnings(documents: Sequence[Drawable]) -> list[str]:
    """Signs that documents do not belong together. They are warnings, because the user may intend it."""
    names = list(dict.fromkeys(plain(one.name) for one in documents if one.name))
    found = []
    if len({name.casefold() for name in names}) > 1:
        listed = ", ".join(f'"{name}"' for name in names)
        found.append(
            f"DIFFERENT NAMES: the documents of this page are named {listed}; "
            "check that they are of one company"
        )
    hashes = {one.provenance.model_sha256 for one in documents if not isinstance(one, _OF_A_HISTORY)} - {""}
    if len(hashes) > 1:
        found.append(
            "DIFFERENT MODELS: the model was changed between the documents of this page; make them again"
        )
    return found


def _differing(what: str, found: Sequence[tuple[str, str]]) -> Iterator[Problem]:
    named = dict.fromkeys((file, value) for file, value in found if value)
    if len({value.casefold() for _, value in named}) > 1:
        listed = ", ".join(f'{file} has "{value}"' for file, value in named)
        yield Problem(
            path=what,
            message=f"the documents are not of one company: {listed}",
            hint="make a report of each",
        )
