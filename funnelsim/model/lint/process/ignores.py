"""``# lint: ignore[rule]`` comments in a model file.

TOML readers drop comments, so the text of the file is read by line. A comment speaks for the key or table on
its line or on the next line that is not a comment; before all else in the file it speaks for the whole file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_STRINGS = re.compile(r'"(?:[^"\\]|\\.)*"|\'[^\']*\'')
_IGNORE = re.compile(r"#.*?\blint:\s*ignore(?:\[([^\]]*)\])?", re.IGNORECASE)
_HEADER = re.compile(r"\s*\[\[?\s*([^\]#]+?)\s*\]")
_KEY = re.compile(r"\s*([\w-]+(?:\s*\.\s*[\w-]+)*)\s*=")
_LONG = re.compile(r'"""|\'\'\'')


@dataclass(frozen=True, slots=True, kw_only=True)
class Ignore:
    """A comment that switches rules off.

    Attributes
    ----------
    rules : tuple of str
        Rule ids as written; empty if the comment names none.
    path : str
        The table or key that it speaks for; empty for the whole file.
    line : int
    file : str
    """

    rules: tuple[str, ...]
    path: str
    line: int
    file: str = ""

    def covers(self, rule: str, path: str) -> bool:
        below = not self.path or path == self.path or path.startswith(f"{self.path}.")
        return below and rule in self.rules


def read_ignores(text: str, file: str = "") -> list[Ignore]:
    """All comments of a model file that switch rules off, in order."""
    found: list[Ignore] = []
    waiting: list[tuple[int, str | None]] = []
    table, path, at_head = "", "", True
    for number, line, long in _lines(text):
        comment = None if long else _IGNORE.search(line)
        bare = line.split("#")[0].strip()
        if comment and not bare:
            if at_head:
                found.append(_ignore(comment[1], "", number, file))
            else:
                waiting.append((number, comment[1]))
            continue
        if not bare or long:
            continue
        at_head = False
        if header := _HEADER.match(line):
            table = path = _dotted(header[1])
        elif key := _KEY.match(line):
            path = ".".join(filter(None, [table, _dotted(key[1])]))
        found += [_ignore(rules, path, n, file) for n, rules in waiting]
        waiting = []
        if comment:
            found.append(_ignore(comment[1], path, number, file))
    return [*found, *(_ignore(rules, path, n, file) for n, rules in waiting)]


def _lines(text: str) -> Iterator[tuple[int, str, bool]]:
    """Lines without the content of their strings, and whether they are inside a long string."""
    inside = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if inside:
            inside = "" if inside in line else inside
            yield number, "", True
            continue
        opened = _LONG.search(line)
        if opened and line.count(opened[0]) % 2 == 1:
            inside = opened[0]
            line = line[: opened.start()]
        yield number, _STRINGS.sub('""', line) if not _HEADER.match(line) else line, False


def _ignore(rules: str | None, path: str, line: int, file: str) -> Ignore:
    named = tuple(rule.strip() for rule in (rules or "").split(",") if rule.strip())
    return Ignore(rules=named, path=path, line=line, file=file)


def _dotted(path: str) -> str:
    return ".".join(part.strip().strip("\"'") for part in path.split("."))
