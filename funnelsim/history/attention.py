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
        Lines of a mapping file that settle it; they can be pasted as they stand.
    as_read : bool
        True if `mapping` says how the export was read, so that it settles the doubt and changes no number;
        false if it reads the export otherwise.
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
        found: dict[str, object] = {
            "check": self.check,
            "level": "warning",
            "count": self.count,
            "text": self.text,
        }
        return found | ({"mapping": list(self.mapping), "as_read": self.as_read} if self.mapping else {})
