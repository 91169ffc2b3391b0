"""Public holidays of a country or a subdivision, from the library ``holidays``."""

from __future__ import annotations

import datetime as dt
from types import ModuleType

from funnelsim.core.errors import did_you_mean

#: Values that stand for no country, hence no holidays.
NO_HOLIDAYS = "none"
_HOW = "write ISO 3166 codes such as BR for Brazil, or DE-BY for Bavaria"


def country_code(text: str) -> str:
    """Normalise a country code: ``DE-BY`` for ``de-by``.

    Raises
    ------
    ValueError
        If no holidays are known for this country or subdivision; the message suggests similar codes.
    """
    country, _, part = text.strip().partition("-")
    parts = _parts_of_countries()
    country = country.strip().upper()
    if country not in parts:
        raise ValueError(_unknown(f'unknown country "{text}"; {_HOW}', text, parts))
    if not part:
        return country
    by_capitals = {known.upper(): known for known in parts[country]}
    known = by_capitals.get(part.strip().upper())
    if known is None:
        near = did_you_mean(part.strip().upper(), list(by_capitals))
        choices = f"choose from {', '.join(parts[country])}" if parts[country] else "leave the part out"
        raise ValueError(
            f'no holidays are known of a part "{part}" of {country}; '
            + (f"{near} " if near else "")
            + choices
        )
    return f"{country}-{known}"


def public_holidays(code: str, first: dt.date, last: dt.date) -> tuple[dt.date, ...]:
    """Public holidays from `first` to `last`, those days included, in order.

    Includes substitute days off for holidays at a weekend. School holidays and customary days off are not
    included.

    Parameters
    ----------
    code : str
        From `country_code`.
    """
    country, _, part = code.partition("-")
    found = _library().country_holidays(country, subdiv=part or None, years=range(first.year, last.year + 1))
    return tuple(sorted(day for day in found if first <= day <= last))


def library_version() -> str:
    """Name and version of the library, for provenance: ``holidays 0.109``."""
    return f"holidays {_library().__version__}"


def _library() -> ModuleType:
    import holidays

    return holidays


def _parts_of_countries() -> dict[str, list[str]]:
    return dict(_library().list_supported_countries(include_aliases=False))


def _unknown(message: str, text: str, known: dict[str, list[str]]) -> str:
    """Error message that suggests the country with the closest name or code."""
    from holidays.registry import COUNTRIES

    names = {name.replace("_", " "): codes[1] for name, codes in COUNTRIES.items() if codes[1] in known}
    other_codes = {other: codes[1] for codes in COUNTRIES.values() for other in codes[2:]}
    wanted = text.strip()
    near = other_codes.get(wanted.upper()) or _nearest(wanted.lower(), names)
    hint = f'did you mean "{near}"?' if near else did_you_mean(wanted.upper(), list(known))
    return f"{message}; {hint}" if hint else message


def _nearest(word: str, names: dict[str, str]) -> str | None:
    import difflib

    near = difflib.get_close_matches(word, names, n=1, cutoff=0.75)
    return names[near[0]] if near else None
