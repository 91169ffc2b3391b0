"""One mapping with the lines of all warnings: it changes no number until a person edits it.

Lines that say how the export was read stay as they are, sections merged. Lines that change how it is read, or
that contradict an earlier line, are comments.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from funnelsim.history.toml_text import quoted, quoted_list, toml_key
from funnelsim.history.values.labels import same_label

#: Header for keys before the first section.
_TOP = ""
#: Sections of labels; a label can have one meaning.
_LABELS = ("[outcomes]", "[stages]")
#: Keys before the first section that hold labels (these two) or texts.
_LISTS = (" ignore", " not_outcomes", " missing")


@dataclass(slots=True)
class _Section:
    values: dict[str, Any] = field(default_factory=dict)
    comments: list[str] = field(default_factory=list)


def suggested_mapping(
    as_read: Iterable[Sequence[str]], otherwise: Iterable[Sequence[str]] = ()
) -> tuple[str, ...]:
    """Lines of a mapping file with the lines of all entries, the first of which go first.

    Parameters
    ----------
    as_read : iterable of sequences of str
        Lines that say how the export was read.
    otherwise : iterable of sequences of str
        Lines that change how it is read: they become comments.
    """
    sections: dict[str, _Section] = {_TOP: _Section()}
    meanings: dict[str, str] = {}
    for header, line in _with_headers(as_read):
        _add(sections.setdefault(header, _Section()), header, line, meanings)
    for header, line in _with_headers(otherwise):
        sections.setdefault(header, _Section()).comments.append(line)
    return tuple(_lines(sections))


def _with_headers(entries: Iterable[Sequence[str]]) -> Iterator[tuple[str, str]]:
    """Each line with the header of the section that it belongs to."""
    for lines in entries:
        header = _TOP
        for line in lines:
            if line.startswith("["):
                header = line
            else:
                yield header, line


def _add(section: _Section, header: str, line: str, meanings: dict[str, str]) -> None:
    key, value = next(iter(tomllib.loads(line).items()))
    path = f"{header} {key}"
    if header in _LABELS or path in _LISTS[:2]:
        labels = _as_list(value)
        taken = [label for label in labels if meanings.setdefault(same_label(label), path) != path]
        value = [label for label in labels if label not in taken]
        if taken:
            section.comments.append(_line(key, taken))
        if not value:
            return
    if key not in section.values:
        section.values[key] = value
    elif (both := _added(section.values[key], value, header, key)) is not None:
        section.values[key] = both
    else:
        section.comments.append(_line(key, value))


def _added(one: Any, other: Any, header: str, key: str) -> Any:
    """Both values as one; None where they contradict each other."""
    if one == other:
        return one
    if header in _LABELS or f"{header} {key}" in _LISTS:
        return list(dict.fromkeys([*_as_list(one), *_as_list(other)]))
    if all(isinstance(rule, dict) and rule.keys() == {"not"} for rule in (one, other)):
        return {"not": list(dict.fromkeys([*_as_list(one["not"]), *_as_list(other["not"])]))}
    return None


def _as_list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list) else [value]


def _lines(sections: dict[str, _Section]) -> Iterable[str]:
    """Keys without a section come first, as TOML requires."""
    for header, section in sections.items():
        if header and (section.values or section.comments):
            yield header
        yield from (_line(key, value) for key, value in section.values.items())
        yield from (f"# {line}" for line in dict.fromkeys(section.comments))


def _line(key: str, value: Any) -> str:
    return f"{toml_key(key)} = {_written(value)}"


def _written(value: Any) -> str:
    if isinstance(value, dict):
        return f"{{ {', '.join(_line(key, item) for key, item in value.items())} }}"
    if isinstance(value, list):
        return quoted_list(value) if value else "[]"
    if isinstance(value, bool):
        return str(value).lower()
    return quoted(value) if isinstance(value, str) else str(value)
