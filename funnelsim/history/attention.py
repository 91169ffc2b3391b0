"""A warning of an import: how a doubtful point was read, and the mapping line that changes it."""

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
        What is doubtful and how it was read, in one or two sentences.
    mapping : tuple of str
        Lines of a mapping file that settle it, ready to paste.
    as_read : bool
        True if `mapping` says how the export was read, so that it settles the doubt and changes no number;
        false if it changes how the export is read.
    count : int
        Rows, deals or columns concerned.
    """

    check: str
    text: str
    mapping: tuple[str, ...] = ()
    as_read: bool = False
    count: int = 1

    def as_check(self) -> dict[str, object]:
        """The entry of ``checks`` in the audit."""
        entry: dict[str, object] = {
            "check": self.check,
            "level": "warning",
            "count": self.count,
            "text": self.text,
        }
        return entry | ({"mapping": list(self.mapping), "as_read": self.as_read} if self.mapping else {})
