"""Carry the comments of a model file over to its new text.

A comment belongs to the key or table below it, or beside it on its line. Where that is gone, the comment
stands above the closest table that contained it; none is lost.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field

Path = tuple[str, ...]


@dataclass(slots=True)
class _Item:
    """A table head or a key with its value: lines from `first` to `last`.

    Attributes
    ----------
    above : list of str
        Comments above it, and those inside its value, as lines.
    beside : str
        The comment after it on its last line, with its ``#``.
    """

    path: Path
    first: int
    last: int
    above: list[str] = field(default_factory=list)
    beside: str = ""


def with_comments(old: str, new: str) -> str:
    """A new text of a model with the comments of the old one.

    Parameters
    ----------
    old : str
        TOML with comments.
    new : str
        TOML without comments, of the same model after an update.
    """
    before, end = _items(old)
    after, _ = _items(new)
    place: dict[Path, _Item] = {}
    for item in after:
        place.setdefault(item.path, item)
    top: list[str] = []
    for number, item in enumerate(before):
        lines, beside = list(item.above), item.beside
        if number == 0:
            top += lines
            lines = []
        target = _closest(item.path, place)
        if target is None:
            top += [*lines, *([beside] if beside else [])]
            continue
        target.above += lines
        if beside and target.path == item.path:
            target.beside = beside
        elif beside:
            target.above.append(beside)
    result = "\n".join([*top, *_written(new, after), *end]) + "\n"
    # A text that reads as another model would be worse than one without comments.
    return result if _read(result) == _read(new) else new


def _closest(path: Path, place: dict[Path, _Item]) -> _Item | None:
    for length in range(len(path), 0, -1):
        if path[:length] in place:
            return place[path[:length]]
    return None


def _written(text: str, items: list[_Item]) -> Iterator[str]:
    starts = {item.first: item for item in items}
    ends = {item.last: item for item in items}
    for number, line in enumerate(text.splitlines()):
        if number in starts:
            yield from starts[number].above
        beside = ends[number].beside if number in ends else ""
        yield f"{line}  {beside}" if beside else line


def _items(text: str) -> tuple[list[_Item], list[str]]:
    """Tables and keys in their order, and the comments below the last one."""
    lines = text.replace("\r\n", "\n").split("\n")
    items: list[_Item] = []
    table: Path = ()
    above: list[str] = []
    number = 0
    while number < len(lines):
        line = lines[number].strip()
        if not line or line.startswith("#"):
            above += [line] if line else []
            number += 1
            continue
        head = _until(line, "]" if line.startswith("[") else "=")
        if line.startswith("["):
            table = _path(line[: head + 1].strip("[]"))
            item = _Item(table, number, number, above, _comment(line[head + 1 :].lstrip("]")))
        else:
            item = _Item((*table, *_path(line[:head])), number, number, above)
            _take_value(lines, item, len(lines[number]) - len(lines[number].lstrip()) + head + 1)
        items.append(item)
        above, number = [], item.last + 1
    return items, above


def _take_value(lines: list[str], item: _Item, column: int) -> None:
    """Find the last line of a value, and its comments."""
    depth, quote = 0, ""
    rest = lines[item.first][column:]
    while True:
        rest, depth, quote, comment = _scan(rest, depth, quote)
        if not depth and not quote:
            item.beside = comment
            return
        if comment:
            item.above.append(comment)
        item.last += 1
        if item.last >= len(lines):
            return
        rest = lines[item.last]


def _scan(line: str, depth: int, quote: str) -> tuple[str, int, str, str]:
    """Follow brackets and quotes to the end of a line; gives what is still open, and the comment."""
    at = 0
    while at < len(line):
        if quote:
            if line[at] == "\\" and quote[0] == '"':
                at += 2
                continue
            if line.startswith(quote, at):
                at += len(quote)
                quote = ""
                continue
        elif line[at] == "#":
            return "", depth, quote, line[at:].rstrip()
        elif line[at] in "\"'":
            quote = line[at] * (3 if line.startswith(line[at] * 3, at) else 1)
            at += len(quote)
            continue
        else:
            depth += (line[at] in "[{") - (line[at] in "]}")
        at += 1
    # A string of one line ends on it in every file that can be read.
    return "", depth, quote if len(quote) == 3 else "", ""


def _until(line: str, mark: str) -> int:
    """Where a mark stands that is not inside quotes."""
    quote = ""
    for at, letter in enumerate(line):
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "\"'":
            quote = letter
        elif letter == mark:
            return at
    return len(line)


def _path(key: str) -> Path:
    """The parts of a dotted key, quoted or not."""
    try:
        found: object = tomllib.loads(f"{key} = 0")
    except tomllib.TOMLDecodeError:
        return (key.strip(),)
    parts: list[str] = []
    while isinstance(found, dict):
        (part, found), *_ = found.items()
        parts.append(part)
    return tuple(parts)


def _comment(rest: str) -> str:
    rest = rest.strip()
    return rest if rest.startswith("#") else ""


def _read(text: str) -> object:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return None
