"""Names that people typed into a CRM, made safe to show."""

from __future__ import annotations


def plain(text: str) -> str:
    """A name on one line, without control characters."""
    visible = "".join(c if c.isprintable() else " " for c in text)
    return " ".join(visible.split())
