"""The error for a model file that does not exist."""

from __future__ import annotations

from pathlib import Path

from funnelsim.core.errors import ModelError, Problem


def no_model(path: Path) -> ModelError:
    message = "no such file; funnelsim init writes a starter model"
    return ModelError(str(path), [Problem(path="", message=message)])
