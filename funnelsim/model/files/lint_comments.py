"""The comments of a model file, and of the files that it includes, that switch rules of the lint off."""

from __future__ import annotations

from pathlib import Path

from funnelsim.core.files.input_files import read_text
from funnelsim.core.files.toml import MOST_BYTES, parse_toml
from funnelsim.model.files.model_files import MOST_INCLUDES
from funnelsim.model.lint.process.ignores import Ignore, read_ignores


def ignores_of(path: Path) -> list[Ignore]:
    """Comments of a file that `read_funnel` has read; the included files are named, the first is not."""
    found: list[Ignore] = []
    below: Path | None = path
    for _ in range(MOST_INCLUDES + 1):
        if below is None:
            break
        text = read_text(below, most_bytes=MOST_BYTES)
        found += read_ignores(text, "" if below == path else below.name)
        base = parse_toml(text).get("include") if "include" in text else None
        below = below.parent / base if isinstance(base, str) else None
    return found
