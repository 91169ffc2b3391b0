"""What a person must look at: a doubt that the import settled or asks about, with the mapping line for it."""

from __future__ import annotations

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
        entry: dict[str, object] = {
            "check": self.check,
            "level": "warning",
            "count": self.count,
            "text": self.text,
        }
        return entry | ({"mapping": list(self.mapping)} if self.mapping else {})
