"""What a person must look at: a doubt that the import settled or asks about, with the mapping line for it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Attention:
    """One line under "Look at this", at the top of the audit.

    Parameters
    ----------
    check : str
        Name of the check in the JSON of the audit, such as ``amount_style``.
    text : str
        What was found and how it was read, in one or two plain sentences.
    mapping : tuple of str
        Lines of a mapping file that settle it otherwise; they can be pasted as they stand.
    count : int
        Rows, deals or columns concerned.
    """

    check: str
    text: str
    mapping: tuple[str, ...] = ()
    count: int = 1

    def as_check(self) -> dict[str, object]:
        """The entry of ``checks`` in the audit."""
        found: dict[str, object] = {
            "check": self.check,
            "level": "warning",
            "count": self.count,
            "text": self.text,
        }
        return found | ({"mapping": list(self.mapping)} if self.mapping else {})


def quoted(text: str) -> str:
    """A text as a mapping file holds it."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def quoted_list(texts: Iterable[str]) -> str:
    """One text, or a list of several, as a mapping file holds them."""
    every = [quoted(text) for text in texts]
    return every[0] if len(every) == 1 else f"[{', '.join(every)}]"
