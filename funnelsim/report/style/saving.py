"""Figures and pages as files: the same content gives the same bytes, written whole or not at all."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from funnelsim.core.errors import FunnelSimWarning, InputError, Problem
from funnelsim.core.files.atomic import replace_file
from funnelsim.core.harmless import harmless
from funnelsim.report.style.theme import PNG_DPI, style


def save_figure(figure: Figure, path: Path | str) -> None:
    """Save a figure by its suffix, ``.png`` or ``.svg``; the same figure gives the same bytes.

    Raises
    ------
    InputError
        If the suffix is neither.
    OutputError
        If the file cannot be written.
    """
    target = Path(path)
    suffix = target.suffix.lower()
    if suffix not in (".png", ".svg"):
        problem = Problem(path="", message=f'a figure cannot be saved as "{suffix}"; choose .png or .svg')
        raise InputError(str(target), [problem])
    replace_file(target, figure_bytes(figure, suffix[1:]))


def figure_bytes(figure: Figure, kind: str) -> bytes:
    """The figure as a ``png`` or ``svg`` file, without dates."""
    buffer = io.BytesIO()
    metadata: dict[str, Any] = {"Software": None} if kind == "png" else {"Date": None, "Creator": None}
    with style(), _missing_glyphs_reported():
        figure.savefig(buffer, format=kind, dpi=PNG_DPI if kind == "png" else 72, metadata=metadata)
    if kind == "png":
        return buffer.getvalue()
    # matplotlib repeats each text in a comment, control characters too, which XML does not allow.
    return harmless(buffer.getvalue().decode()).encode()


@contextmanager
def _missing_glyphs_reported() -> Iterator[None]:
    """Warn once, with the remedy, that no installed font has some characters of names."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield
    missing = [w for w in caught if "missing from" in str(w.message)]
    for other in caught:
        if other not in missing:
            warnings.warn_explicit(other.message, other.category, other.filename, other.lineno)
    if missing:
        warnings.warn(
            "a figure shows boxes for some characters in names: no installed font has them; "
            "install one that can, such as Noto Sans CJK",
            FunnelSimWarning,
            stacklevel=4,
        )
