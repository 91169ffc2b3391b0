"""What a step of a compiled path returns: it went well, or the arrays are too small and it starts again."""

from __future__ import annotations

OK = -1
NO_ROOM = -2
