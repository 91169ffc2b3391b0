"""The outermost guard: an error that no command catches becomes one line on screen, never a traceback."""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from funnelsim import __version__
from funnelsim.core.passwords import passwords_in, without_passwords

BAD_INPUT, BUG, INTERRUPTED = 1, 70, 130
_LIBRARIES = ("adbc-driver-postgresql", "click", "duckdb", "numba", "numpy", "polars", "pydantic", "scipy")
_SHORT = 160


def guarded(work: Callable[[], int]) -> int:
    """Run `work` and return its exit code; an exception that it does not catch is reported in one line.

    Catches `BaseException`, because a panic of polars is not an `Exception`.
    """
    # No caller catches an error that ends a thread: Python would print the traceback.
    threading.excepthook = lambda failed: _say(_bug(failed.exc_value or RuntimeError("a thread failed")))
    try:
        return work()
    except (SystemExit, GeneratorExit):
        raise
    except KeyboardInterrupt:
        _say("interrupted; no file is left half-written")
        return INTERRUPTED
    except MemoryError:
        _say("Error: not enough free memory; try --workers 1, fewer --replications or a smaller input")
        return BAD_INPUT
    except BaseException as error:
        _say(_bug(error))
        return BUG


def _bug(error: BaseException) -> str:
    """The line to show; the report is written to a file."""
    short, path = _in_one_line(error), None
    with contextlib.suppress(Exception):  # a full disk, an odd traceback: the line remains
        path = _written(_without_passwords(_report(error)))
    details = f"details in {path}; please report it" if path else "please report it"
    return f"funnelsim has a bug: {short}; {details}"


def _in_one_line(error: BaseException) -> str:
    with contextlib.suppress(Exception):  # str(error) may raise
        words = " ".join(_without_passwords(str(error)).split())
        words = "".join(letter if letter.isprintable() else "?" for letter in words)
        if words:
            return f"{type(error).__name__}: {words[:_SHORT]}"
    return type(error).__name__


def _without_passwords(text: str) -> str:
    return without_passwords(text, passwords_in(sys.argv[1:]))


def _report(error: BaseException) -> str:
    """Versions, command line and traceback; values of variables, which may be data, are left out."""
    import importlib.metadata
    import platform
    import shlex
    import traceback

    versions = [f"funnelsim {__version__}", f"Python {platform.python_version()}", platform.platform()]
    for name in _LIBRARIES:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            versions.append(f"{name} {importlib.metadata.version(name)}")
    text = "\n".join(
        [
            "funnelsim met an unexpected error. Please report it with this file.",
            "The last lines may quote a value of your data: check them first.",
            "",
            *versions,
            f"command: {shlex.join(['funnelsim', *map(_without_passwords, sys.argv[1:])])}",
            "",
            *traceback.format_exception(error, limit=-50),
        ]
    )
    return _without_passwords(text)


def _written(text: str) -> str | None:
    """Write a report to the current folder, or else to the temporary one; return its path, if written."""
    import datetime as dt
    import os
    import tempfile

    name = f"funnelsim-error-{dt.datetime.now():%Y%m%d-%H%M%S}-{os.getpid()}.txt"
    for folder_of in (str, tempfile.gettempdir):
        path = Path(folder_of()) / name
        try:
            path.write_text(text, encoding="utf-8", errors="backslashreplace")
        except OSError:
            with contextlib.suppress(OSError):
                path.unlink()
        else:
            return str(path)
    return None


def _say(line: str) -> None:
    """To standard error, which may be closed."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        print(line, file=sys.stderr)
