"""One example of the fuzz harness: files, the commands run on them, and what must hold afterwards."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

#: What a command may answer about a file: done, refused, wrong usage, done with a reservation.
CODES = frozenset({0, 1, 2, 3})
PEAK_MB = 2_048
#: Far beyond what any command needs here on a slow machine: only an endless one is stopped.
SECONDS = 1_800


@dataclass(frozen=True, kw_only=True)
class Answer:
    """How one command ended."""

    words: Sequence[str]
    code: int
    out: str
    err: str
    seconds: float
    peak_mb: float


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """How one example ended; `failures` is empty where all is well."""

    part: str
    index: int
    seed: int
    what: str
    failures: Sequence[str] = ()
    codes: Sequence[int] = ()
    commands: Sequence[Sequence[str]] = ()
    seconds: float = 0.0
    peak_mb: float = 0.0


@dataclass(kw_only=True)
class Trial:
    """What an example does: it runs commands through `run` and notes what is wrong."""

    folder: Path
    run: Callable[..., Answer]
    answers: list[Answer] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    def command(self, *words: object, judged: bool = True) -> Answer:
        """Run ``funnelsim WORDS`` in the folder and judge how it ended."""
        before = set(self.folder.rglob("*"))
        answer = self.run([str(word) for word in words], self.folder)
        self.answers.append(answer)
        if judged:
            self.failures += judge(answer)
            self.failures += leftovers(self.folder, before)
        return answer

    def check(self, right: bool, message: str) -> None:
        if not right:
            self.failures.append(message)


def judge(answer: Answer) -> list[str]:
    """What is wrong with the way a command ended, whatever it was given."""
    text = answer.out + answer.err
    found = []
    if answer.code not in CODES:
        found.append(f"exit code {answer.code}")
    if "Traceback (most recent call last)" in text:
        found.append("traceback")
    if "panicked at" in text:
        found.append("panic in a library")
    if answer.code in (1, 2) and "Error:" not in answer.err:
        found.append("refused without an error")
    if answer.peak_mb > PEAK_MB:
        found.append(f"memory: {answer.peak_mb:.0f} MB")
    return found


def leftovers(folder: Path, before: set[Path]) -> list[str]:
    """Hidden files that were not there before, and files that are not whole."""
    fresh = [path for path in folder.rglob("*") if path not in before]
    found = [f"left behind: {path.name}" for path in fresh if path.name.startswith(".")]
    for path in fresh:
        if path.suffix == ".json" and path.is_file() and not path.name.startswith("."):
            try:
                json.loads(path.read_text(encoding="utf-8"))
            except ValueError:
                found.append(f"half a file: {path.name}")
    return found
