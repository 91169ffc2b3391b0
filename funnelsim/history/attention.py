"""A warning of an import: how a doubtful point was read, and the mapping line that changes it."""

from __future__ import annotations

from dataclasses import dataclass

from funnelsim.documents.audit import AuditCheck


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

    def as_check(self) -> AuditCheck:
        """The entry of ``checks`` in the audit."""
        entry = AuditCheck(check=self.check, level="warning", count=self.count, text=self.text)
        if not self.mapping:
            return entry
        return entry.model_copy(update={"mapping": self.mapping, "as_read": self.as_read})
