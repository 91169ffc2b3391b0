"""Passwords of databases: taken out of whatever is shown or written."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from urllib.parse import unquote

HIDDEN = "***"
#: ``scheme://user:password@``; with one slash where a URL was taken for a path.
_BEFORE = r"(?P<user>\b[A-Za-z][A-Za-z0-9+.-]*:/{1,2}[^\s/:@?]*):"
_USER = re.compile(_BEFORE + r"(?P<password>\S*)@")
_USER_OF_A_WORD = re.compile(_BEFORE + r"(?P<password>.*)@", re.DOTALL)
_PARAMETER = re.compile(r"(?P<name>\b(?:ssl)?password\s*=\s*)(?P<password>'[^']*'|[^\s&\"']+)", re.IGNORECASE)
#: Shorter ones occur in ordinary words.
_SHORTEST = 3
_VARIABLES = ("PGPASSWORD", "PGSSLPASSWORD")


def has_password(text: str) -> bool:
    return bool(_USER_OF_A_WORD.search(text) or _PARAMETER.search(text))


def without_passwords(text: str, known: Iterable[str] = ()) -> str:
    """The text without the passwords of its URLs, and without those in `known` wherever they occur."""
    shown = _PARAMETER.sub(rf"\g<name>{HIDDEN}", _USER.sub(r"\g<user>@", text))
    for password in sorted(set(known), key=len, reverse=True):
        if len(password) >= _SHORTEST:
            shown = shown.replace(password, HIDDEN)
    return shown


def passwords_in(words: Iterable[str]) -> list[str]:
    """The passwords of URLs, as they stand and as the driver reads them, and those of the environment."""
    found = [os.environ.get(name, "") for name in _VARIABLES]
    for word in words:
        for pattern in (_USER_OF_A_WORD, _PARAMETER):
            for match in pattern.finditer(word):
                written = match["password"].strip("'")
                found += [written, unquote(written)]
    return [password for password in found if password]
