"""Return codes of compiled functions: success, or arrays too small, so that the step is repeated."""

from __future__ import annotations

OK = -1
NO_ROOM = -2
