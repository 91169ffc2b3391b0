"""The pages of the documentation, and their code blocks.

A block runs unless its info string says otherwise:

```sh             commands, a line each; those of make and pip are skipped
```console        commands after "$ " with what they print, shortened
```python         runs in the page's folder, one namespace a page
```toml           part of a model, a mapping or a scenario, read as such
```toml file=F    the same, and written to F for the commands that follow
```text file=F    written to F for the commands that follow
```... no-run     only shown: it needs data or a machine that the tests do not have
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md")))
#: Written by funnelsim's own commands, whose help the page of commands repeats.
LANGUAGES = ("sh", "console", "python", "toml", "text")
_FENCE = re.compile(r"^```(\S*)(.*?)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    language: str
    info: tuple[str, ...]
    text: str
    line: int

    @property
    def runs(self) -> bool:
        return "no-run" not in self.info

    @property
    def file(self) -> str:
        return next((word.removeprefix("file=") for word in self.info if word.startswith("file=")), "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """What is typed, where its output goes, and the first line that the page shows of it."""

    words: tuple[str, ...]
    into: str = ""
    first_line: str = ""


def blocks(page: Path) -> list[Block]:
    text = page.read_text(encoding="utf-8")
    return [
        Block(
            language=found[1],
            info=tuple(found[2].split()),
            text=found[3],
            line=text.count("\n", 0, found.start(3)) + 1,
        )
        for found in _FENCE.finditer(text)
    ]


def commands(block: Block) -> Iterator[Command]:
    lines = block.text.replace("\\\n", " ").splitlines()
    if block.language == "sh":
        yield from (_command(line, "") for line in lines if shlex.split(line, comments=True))
        return
    for n, line in enumerate(lines):
        if line.startswith("$ "):
            following = lines[n + 1] if n + 1 < len(lines) else ""
            yield _command(line[2:], "" if following.startswith("$ ") else following)


def _command(line: str, first_line: str) -> Command:
    words = shlex.split(line, comments=True)
    into = words[words.index(">") + 1] if ">" in words else ""
    return Command(
        words=tuple(words[: words.index(">")] if into else words), into=into, first_line=first_line
    )


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))
