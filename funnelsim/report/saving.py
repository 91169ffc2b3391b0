"""Figures and pages as files: the same content gives the same bytes, and nobody ever sees half a file."""

from __future__ import annotations

import io
import os
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from funnelsim.core.errors import FunnelSimWarning, InputError, Problem
from funnelsim.report.theme import PNG_DPI, style


def save_figure(figure: Figure, path: Path | str) -> None:
    """Save a figure by its suffix, ``.png`` or ``.svg``; the same figure gives the same bytes.

    The file appears in one piece: it is written under another name in the same folder, then renamed.

    Raises
    ------
    InputError
        If the suffix is neither, or the folder cannot be written to.
    """
    target = Path(path)
    suffix = target.suffix.lower()
    if suffix not in (".png", ".svg"):
        problem = Problem(path="", message=f'a figure cannot be saved as "{suffix}"; choose .png or .svg')
        raise InputError(str(target), [problem])
    write_in_one_piece(target, figure_bytes(figure, suffix[1:]))


def figure_bytes(figure: Figure, kind: str) -> bytes:
    """The figure as a ``png`` or ``svg`` file, without dates."""
    buffer = io.BytesIO()
    metadata: dict[str, Any] = {"Software": None} if kind == "png" else {"Date": None, "Creator": None}
    with style(), _missing_glyphs_told():
        figure.savefig(buffer, format=kind, dpi=PNG_DPI if kind == "png" else 72, metadata=metadata)
    return buffer.getvalue()


def write_in_one_piece(target: Path, content: bytes) -> None:
    """Write a file so that nobody ever sees half of it."""
    try:
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    except OSError as error:
        problem = Problem(path="", message=f"cannot be written: {error.strerror or error}")
        raise InputError(str(target), [problem]) from error
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(name).chmod(0o666 & ~_umask())
        Path(name).replace(target)
    except OSError as error:
        problem = Problem(path="", message=f"cannot be written: {error.strerror or error}")
        raise InputError(str(target), [problem]) from error
    finally:
        Path(name).unlink(missing_ok=True)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


@contextmanager
def _missing_glyphs_told() -> Iterator[None]:
    """Say once, with the remedy, that some names hold signs no installed font can write."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield
    missing = [w for w in caught if "missing from" in str(w.message)]
    for other in caught:
        if other not in missing:
            warnings.warn_explicit(other.message, other.category, other.filename, other.lineno)
    if missing:
        warnings.warn(
            "a figure shows boxes for some signs in names: no installed font can write them; "
            "install one that can, such as Noto Sans CJK",
            FunnelSimWarning,
            stacklevel=4,
        )
