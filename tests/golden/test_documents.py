"""The documents of the commands, figure by figure, as they were."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from .documents import DOCUMENTS, FOLDER, portable


@pytest.mark.parametrize("name", DOCUMENTS)
def test_same_model_and_seed_give_the_same_document(name: str) -> None:
    """Catches any change of a name, a meaning or a draw. Sums may round otherwise elsewhere: nine digits."""
    expected = dict(leaves(json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))))
    found = dict(leaves(json.loads(json.dumps(portable(DOCUMENTS[name]()), allow_nan=False))))
    assert list(found) == list(expected)
    for path, value in expected.items():
        if isinstance(value, float):
            assert found[path] == pytest.approx(value, rel=1e-8, abs=1e-9), path
        else:
            assert found[path] == value, path


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, f"{path}.{key}")
    elif isinstance(value, list):
        yield path, len(value)
        for place, inner in enumerate(value):
            yield from leaves(inner, f"{path}[{place}]")
    else:
        yield path, value
