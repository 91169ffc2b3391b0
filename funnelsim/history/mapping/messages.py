"""A value of a mapping, in the message of a problem."""

from __future__ import annotations

from typing import Any


def shown(value: Any) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value)
