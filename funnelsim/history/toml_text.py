"""Text of any content in a TOML file: as a quoted string, and in a comment that it cannot leave."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable

_MOST_SHOWN = 60


def quoted(text: str) -> str:
    """A TOML string that reads as `text`."""
    shown = json.dumps(text.encode("utf-8", errors="replace").decode("utf-8"), ensure_ascii=False)
    return "".join(_escaped(letter) for letter in shown)


def toml_key(text: str) -> str:
    """`text` as a key of TOML, quoted only where it has to be."""
    return text if re.fullmatch(r"[A-Za-z0-9_-]+", text) else quoted(text)


def quoted_list(texts: Iterable[str], *, always: bool = False) -> str:
    """A TOML list of strings; the string alone where there is one only, unless `always`."""
    every = [quoted(text) for text in texts]
    return every[0] if len(every) == 1 and not always else f"[{', '.join(every)}]"


def in_comment(text: str, most: int = _MOST_SHOWN) -> str:
    """`text` on one line, its control characters visible, cut to `most` characters (0: whole)."""
    shown = "".join(_escaped(letter) for letter in text.encode("utf-8", errors="replace").decode("utf-8"))
    return shown if not most or len(shown) <= most else shown[: most - 1] + "…"


def _escaped(letter: str) -> str:
    # Controls, separators of lines, and marks that turn the direction of what follows.
    if unicodedata.category(letter) in ("Cc", "Cf", "Zl", "Zp", "Cs", "Co", "Cn"):
        code = ord(letter)
        return f"\\u{code:04X}" if code < 0x10000 else f"\\U{code:08X}"
    return letter
