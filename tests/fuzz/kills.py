"""Commands killed or interrupted before their n-th operation on files: old or new is there, whole."""

from __future__ import annotations

import hashlib
import json
import math
import os
import random
import shutil
import sys
import tempfile
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from tests.fuzz.example import Answer, Trial, judge
from tests.fuzz.exports import WRITERS, original
from tests.fuzz.workers import run_command

KILLED = 9
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
_EVENTS = (
    "os.rename",
    "os.remove",
    "os.mkdir",
    "os.rmdir",
    "os.link",
    "os.symlink",
    "os.chmod",
    "os.truncate",
)

#: Command -> its words; what it writes, where a word names it; all over a whole set that is there already.
COMMANDS: dict[str, tuple[str, tuple[str, ...]]] = {
    "import": (
        "import new/stage_history.csv new/deals.csv --preset events --out history --quiet",
        ("history",),
    ),
    "fit": (
        "fit history --out model.toml --draws 4 --seed 2 --quiet",
        ("model.toml", "model.draws.parquet", "model.pipeline.parquet", "model.fit.json"),
    ),
    "forecast": (
        "forecast model.toml -n 10 --seed 2 --out f.json --out f.csv --out f.svg --deals d.csv --quiet",
        ("f.json", "f.csv", "f.svg", "d.csv"),
    ),
    "simulate": (
        "simulate model.toml --days 30 -n 4 --seed 2 --out a.npz --out s.json --visits v.parquet --quiet",
        ("a.npz", "s.json", "v.parquet"),
    ),
    "draft": (
        "import new/stage_history.csv new/deals.csv --preset events --draft-mapping draft.toml --quiet",
        ("draft.toml",),
    ),
    "demo": ("demo --out demo --quiet", ()),
}
#: Which command the examples kill in turn; a demo takes longest.
_TURNS = ("import", "fit", "forecast", "import", "fit", "simulate", "fit", "forecast", "draft", "demo")
_MADE_BY = (
    "import old/stage_history.csv old/deals.csv --preset events --out history --quiet",
    "fit history --out model.toml --draws 4 --quiet",
    "forecast model.toml -n 10 --out f.json --out f.csv --out f.svg --deals d.csv --quiet",
    "simulate model.toml --days 30 -n 4 --out a.npz --out s.json --visits v.parquet --quiet",
)


class Countdown:
    """Ends the process, or interrupts it, before its n-th operation that changes files below a folder."""

    def __init__(self, folder: Path, last: int, *, interrupt: bool = False) -> None:
        self.folder, self.last, self.interrupt, self.done = folder.resolve(), last, interrupt, 0

    def start(self) -> None:
        """Watch this process to its end: audit hooks cannot be taken away."""
        sys.addaudithook(self._audited)
        self._write, self._sync = os.write, os.fsync
        os.write, os.fsync = self._written, self._synced  # type: ignore[assignment]

    def count(self) -> None:
        self.done += 1
        if self.done == self.last:
            if self.interrupt:
                raise KeyboardInterrupt
            os._exit(KILLED)

    def _audited(self, event: str, args: tuple[Any, ...]) -> None:
        if event == "open":
            path, _, flags = args
            if isinstance(path, str | bytes) and flags & _WRITING and self._inside(path):
                self.count()
        elif event in _EVENTS and (any(self._inside(x) for x in args[:2]) or self._by_folder(args)):
            self.count()

    def _inside(self, path: Any) -> bool:
        if not isinstance(path, str | bytes | os.PathLike):
            return False
        return Path(os.path.abspath(os.fsdecode(path))).is_relative_to(self.folder)  # noqa: PTH100

    @staticmethod
    def _by_folder(args: tuple[Any, ...]) -> bool:
        return isinstance(args[-1], int) and args[-1] >= 0 and not Path(os.fsdecode(args[0])).is_absolute()

    def _written(self, handle: int, content: Any) -> int:
        if handle > 2:
            if self.done + 1 == self.last:  # the most harm: a part of it is on disk
                self._write(handle, bytes(content)[: len(content) // 2])
            self.count()
        return self._write(handle, content)

    def _synced(self, handle: int) -> None:
        self.count()
        self._sync(handle)


def forked(work: Callable[[], Any]) -> tuple[int, Any]:
    """What `work` gives in a process of its own, with its exit code; None where it was killed."""
    with tempfile.TemporaryFile() as told:
        child = os.fork()
        if child == 0:
            code = 0
            try:
                content = json.dumps(work()).encode()
                os.pwrite(told.fileno(), content, 0)
            except BaseException as error:
                os.pwrite(told.fileno(), json.dumps(f"{type(error).__name__}: {error}").encode(), 0)
                code = 77
            os._exit(code)
        _, status = os.waitpid(child, 0)
        told.seek(0)
        content = told.read()
        return os.waitstatus_to_exitcode(status), json.loads(content) if content else None


def run(line: str, folder: Path) -> Answer:
    """Run a command in a process of its own; it must succeed."""
    _, told = forked(lambda: vars(run_command(line.split(), folder)) | {"words": line.split()})
    answer = Answer(**told)
    assert answer.code == 0, (line, answer.err)
    return answer


def operations(line: str, folder: Path) -> int:
    """How many operations on files the command takes."""

    def counted() -> int:
        countdown = Countdown(folder, -1)
        countdown.start()
        assert run_command(line.split(), folder).code == 0
        return countdown.done

    code, number = forked(counted)
    assert code == 0, number
    return int(number)


def digest(folder: Path, names: Sequence[str]) -> list[str]:
    """What the next command finds: each file whole and readable, as one digest each."""
    return [_read(folder / name) for name in names]


def _read(path: Path) -> str:
    from funnelsim.core.files.atomic import finish_replacing

    finish_replacing(path)  # as every command does before it reads
    if path.name == "history" or (path.suffix == ".toml" and path.name != "draft.toml"):
        from funnelsim.history.files.folder import read_history
        from funnelsim.model.files.model_files import read_funnel

        if path.name == "history":
            history = read_history(path)
            whole = history.visits.write_json() + history.deals.write_json() + str(history.meta.as_of)
            return hashlib.sha256(whole.encode()).hexdigest()
        return read_funnel(path).sha256
    if not path.exists():
        return "none"
    content = path.read_bytes()
    if path.suffix == ".json":
        return hashlib.sha256(_rounded(json.loads(content)).encode()).hexdigest()
    if path.suffix == ".npz":
        from funnelsim.results.partfile import read_part

        return str(read_part(path)[0].provenance.seed)
    return hashlib.sha256(content).hexdigest()


def _rounded(tree: Any) -> str:
    """The document without the last digits, which may differ between two fits."""
    return json.dumps(json.loads(json.dumps(tree), parse_float=lambda text: f"{float(text):.6g}"))


@cache
def sources() -> Path:
    """A folder with an old and a new export."""
    folder = Path(tempfile.mkdtemp(prefix="fuzz-kills-"))
    for place, seed in (("old", 1), ("new", 2)):
        (folder / place).mkdir()
        for sheet in original(seed):
            (folder / place / f"{sheet.name}.csv").write_bytes(WRITERS["csv"](sheet))
    return folder


@cache
def whole_set() -> Path:
    """The same with all that the commands make of the old export."""
    folder = Path(shutil.copytree(sources(), f"{sources()}-whole"))
    for line in _MADE_BY:
        run(line, folder)
    return folder


@cache
def prepared(command: str) -> tuple[Path, list[str], list[str], int]:
    """A folder with a whole old set, its digests, those of the new set, and the operations between them."""
    line, names = COMMANDS[command]
    folder = sources() if command in ("draft", "demo") else whole_set()
    _, old = forked(lambda: digest(folder, names))
    after = Path(shutil.copytree(folder, f"{folder}-after-{command}"))
    number = operations(line, after)
    _, new = forked(lambda: digest(after, names))
    assert isinstance(old, list), old
    assert isinstance(new, list), new
    return folder, old, new, number


def trial(index: int, seed: int, tried: Trial) -> str:
    """Kill a command before one of its operations, look, and run it again."""
    turn = index % len(_TURNS)
    command = _TURNS[turn]
    folder, old, new, number = prepared(command)
    weight = _TURNS.count(command)
    rank = index // len(_TURNS) * weight + _TURNS[:turn].count(command)
    # Steps of about 0.62 of the way, without a common divisor, come to all operations and spread early.
    step = next(k for k in range(max(1, round(0.62 * number)), 2 * number) if math.gcd(k, number) == 1)
    place = rank * step % number
    interrupt = random.Random(f"kills-{seed}-{index}").random() < 0.3
    kill(command, place + 1, folder, tried, interrupt=interrupt, states=(old, new))
    return f"{'interrupt' if interrupt else 'kill'} of {command} at operation {place + 1} of {number}"


def kill(
    command: str,
    place: int,
    origin: Path,
    tried: Trial,
    *,
    interrupt: bool,
    states: tuple[list[str], list[str]],
) -> None:
    """Kill `command` before operation `place` in a copy of `origin`; note what is not whole afterwards."""
    line, names = COMMANDS[command]
    folder = tried.folder
    shutil.copytree(origin, folder, dirs_exist_ok=True)

    def killed() -> dict[str, Any]:
        Countdown(folder, place, interrupt=interrupt).start()
        return vars(run_command(line.split(), folder)) | {"words": line.split()}

    code, told = forked(killed)
    if isinstance(told, dict):
        answer = Answer(**told)
        tried.answers.append(answer)
        tried.check(answer.code == 130 if interrupt else answer.code == 0, f"ended with code {answer.code}")
        tried.failures += [failure for failure in judge(answer) if failure != "exit code 130"]
    else:
        tried.check(code == KILLED, f"the killed process ended with {code}: {told}")
    _, found = forked(lambda: digest(folder, names))
    if not isinstance(found, list):
        tried.failures.append(f"not readable after the kill: {found}")
    elif found not in states:
        mixed = [name for name, now, then in zip(names, found, states[0], strict=True) if now != then]
        tried.failures.append(f"a mixed set after the kill: new are {', '.join(mixed)}")
    _check_again(command, line, names, states[1], tried)


def _check_again(command: str, line: str, names: Sequence[str], new: list[str], tried: Trial) -> None:
    """The next run gives the new set and clears away what the killed one left."""
    if command == "draft" and (tried.folder / "draft.toml").exists():
        return  # an edited mapping is never written over
    _, told = forked(lambda: vars(run_command(line.split(), tried.folder)) | {"words": line.split()})
    tried.answers.append(Answer(**told))
    tried.check(told["code"] == 0, f"the next run ends with code {told['code']}")
    _, found = forked(lambda: digest(tried.folder, names))
    tried.check(found == new, "the next run does not give the new set")
    for path in tried.folder.rglob(".*"):
        tried.failures.append(f"still there after the next run: {path.name}")
