"""Words of labels and headers, in a form in which they can be compared."""

from __future__ import annotations

import re
import unicodedata


def folded(label: str) -> str:
    """Words of a label without case, accents and signs: ``Fermé – Gagné`` gives ``ferme gagne``."""
    text = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", label).casefold())
    text = "".join(one for one in text if not unicodedata.combining(one) and one not in "'’`´")
    return " ".join(re.findall(r"[^\W_]+", unicodedata.normalize("NFC", text)))


def folded_set(words: str) -> frozenset[str]:
    """What stands between commas, folded."""
    return frozenset(folded(word) for word in words.split(","))


def word_set(words: str) -> frozenset[str]:
    """What stands between spaces, as it is."""
    return frozenset(words.split())


def spaced(name: str) -> str:
    """``Close Date`` of ``CloseDate``, ``close date`` of ``close_date``."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name).replace("_", " ")
