"""Commands run in forked processes: the imports are paid once, a crash or a loop costs one example."""

from __future__ import annotations

import contextlib
import dataclasses
import importlib
import io
import json
import os
import pkgutil
import resource
import select
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from tests.fuzz.example import SECONDS, Answer, Trial, Verdict

#: An example gets what the process has when it is born, and this much.
ROOM_MB = 4_096
#: After so many examples a process makes place for a fresh one.
BATCH = 40

#: Where failing examples are saved.
KEPT = Path(os.environ.get("FUZZ_KEEP", "out/fuzz")).absolute()

Part = Callable[[int, int, Trial], str]


def import_all() -> None:
    """Import what commands import, without using it: threads of libraries do not survive a fork."""
    import funnelsim

    for module in pkgutil.walk_packages(funnelsim.__path__, "funnelsim."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)


def run_part(part: str, trial: Part, indices: Sequence[int], seed: int) -> Iterator[Verdict]:
    """The verdict of each example, in order."""
    left = list(indices)
    while left:
        for verdict in _batch(part, trial, left[:BATCH], seed):
            left.remove(verdict.index)
            yield verdict


def _batch(part: str, trial: Part, indices: Sequence[int], seed: int) -> Iterator[Verdict]:
    """Verdicts until all are there or the process died; its last words are those of the example it had."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        code = 0
        try:
            _limit_memory()
            for index in indices:
                _send(writing, _verdict(part, trial, index, seed))
        except BaseException:
            traceback.print_exc()
            code = 1
        os._exit(code)
    os.close(writing)
    done = 0
    try:
        with os.fdopen(reading, "rb") as stream:
            while done < len(indices) and (line := _next(stream, child)):
                done += 1
                yield Verdict(**json.loads(line))
    finally:
        _, status = _ended(child)
    if done < len(indices):
        how = f"signal {os.WTERMSIG(status)}" if os.WIFSIGNALED(status) else f"code {status >> 8}"
        late = " (still running)" if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL else ""
        yield Verdict(
            part=part, index=indices[done], seed=seed, what="", failures=[f"process died: {how}{late}"]
        )


def _next(stream: io.BufferedReader, child: int) -> bytes:
    ready, _, _ = select.select([stream], [], [], SECONDS)
    if not ready:
        os.kill(child, signal.SIGKILL)
        return b""
    return stream.readline()


def _ended(child: int) -> tuple[int, int]:
    with_patience = time.monotonic() + 30
    while time.monotonic() < with_patience:
        ended = os.waitpid(child, os.WNOHANG)
        if ended[0]:
            return ended
        time.sleep(0.002)
    os.kill(child, signal.SIGKILL)
    return os.waitpid(child, 0)


def _send(writing: int, verdict: Verdict) -> None:
    os.write(writing, (json.dumps(dataclasses.asdict(verdict)) + "\n").encode())


def _limit_memory() -> None:
    with Path("/proc/self/statm").open() as file:
        now = int(file.read().split()[0]) * resource.getpagesize()
    limit = now + ROOM_MB * 2**20
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def _verdict(part: str, trial: Part, index: int, seed: int) -> Verdict:
    folder = Path(tempfile.mkdtemp(prefix=f"fuzz-{part}-{index}-"))
    tried = Trial(folder=folder, run=run_command)
    begun = time.monotonic()
    try:
        what = trial(index, seed, tried)
        if tried.failures:
            keep(folder, part, index, seed, tried, what)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return Verdict(
        part=part,
        index=index,
        seed=seed,
        what=what,
        failures=tried.failures,
        codes=[answer.code for answer in tried.answers],
        commands=[list(answer.words) for answer in tried.answers],
        seconds=round(time.monotonic() - begun, 2),
        peak_mb=round(max((answer.peak_mb for answer in tried.answers), default=0.0)),
    )


def run_command(words: Sequence[str], folder: Path) -> Answer:
    """Run ``funnelsim WORDS`` in this process as the shell would: its own exit code and streams."""
    from funnelsim.cli.main import main

    begun = time.monotonic()
    _forget_peak()
    here, argv = Path.cwd(), sys.argv
    os.chdir(folder)
    sys.argv = ["funnelsim", *words]
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        restore = _streams(out.fileno(), err.fileno())
        try:
            main()
            code = 0
        except SystemExit as error:
            code = error.code if isinstance(error.code, int) else int(error.code is not None)
        except BaseException:
            traceback.print_exc()
            code = 99
        finally:
            restore()
            sys.argv = argv
            os.chdir(here)
        texts = []
        for stream in (out, err):
            stream.seek(0)
            texts.append(stream.read().decode("utf-8", "replace"))
    return Answer(
        words=list(words),
        code=code,
        out=texts[0],
        err=texts[1],
        seconds=time.monotonic() - begun,
        peak_mb=_peak_mb(),
    )


def _streams(out: int, err: int) -> Callable[[], None]:
    """Both streams go to files, those of compiled libraries too; gives what puts them back."""
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    kept = [os.dup(1), os.dup(2)]
    objects = sys.stdout, sys.stderr
    os.dup2(out, 1)
    os.dup2(err, 2)
    sys.stdout = open(os.dup(1), "w", encoding="utf-8", errors="surrogateescape")  # noqa: PTH123, SIM115
    sys.stderr = open(os.dup(2), "w", encoding="utf-8", errors="backslashreplace")  # noqa: PTH123, SIM115

    def restore() -> None:
        for stream in (sys.stdout, sys.stderr):
            stream.close()
        sys.stdout, sys.stderr = objects
        for place, old in enumerate(kept, start=1):
            os.dup2(old, place)
            os.close(old)

    return restore


def _forget_peak() -> None:
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def _peak_mb() -> float:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def keep(folder: Path, part: str, index: int, seed: int, tried: Trial, what: str) -> None:
    """Save a failing example with the commands to repeat it."""
    place = KEPT / f"{part}-{seed}-{index}"
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(folder, place, symlinks=True)
    lines = [
        f"# {what}",
        f"# again: python -m tests.fuzz --part {part} --from {index} --count 1 --seed {seed}",
    ]
    lines += [f"# failure: {failure}" for failure in tried.failures]
    for answer in tried.answers:
        lines += [f"funnelsim {' '.join(answer.words)}   # exit {answer.code}, {answer.peak_mb:.0f} MB"]
        lines += [f"#   {line}" for line in (answer.err + answer.out[-4000:]).splitlines()[-60:]]
    (place / "REPEAT.txt").write_text("\n".join(lines) + "\n", encoding="utf-8", errors="backslashreplace")
