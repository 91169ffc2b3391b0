"""Take passwords out of text that is printed or written."""

from __future__ import annotations

import re

_IN_URL = re.compile(r"(?<=://)[^/\s@'\"]*(?:@[^/\s@'\"]*)*@")
_NAMED = re.compile(
    r"(?i)\b(password|passwd|pwd|sslpassword|passfile)(\s*[=:]\s*)('[^']*'|\"[^\"]*\"|[^\s&;,'\"]+)"
)


def without_credentials(text: str) -> str:
    """The text with ``***`` instead of user and password of URLs, and of values named ``password``."""
    return _NAMED.sub(r"\1\2***", _IN_URL.sub("***@", text))
