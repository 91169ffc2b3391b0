"""Run the pieces of runs on an executor, and put the results together in order.

Threads run the kernels, while the calling thread makes the plans. Other executors, such as processes or the
workers of a cluster, get each job as bytes; a worker reads them once, and a job of variants finds the builder
of their base there, so that plans of variants reuse its parts in every process.
"""

from __future__ import annotations

import os
import pickle
import threading
from collections import OrderedDict, deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256

from funnelsim.engines.job import Done, Job, Piece
from funnelsim.results.run import Run

Progress = Callable[[int, int], None]
#: Tasks a run is split into on an executor without shared memory: few enough that sending them costs
#: little, many enough that a slow or lost worker delays a small part.
_TASKS = 16
#: Jobs that a worker keeps.
_KEPT_JOBS = 4


@contextmanager
def running_on(executor: Executor | None, workers: int | None) -> Iterator[Executor]:
    """The executor, or threads that end with the block, one for each core by default."""
    if executor is not None:
        yield executor
        return
    pool = ThreadPoolExecutor(max_workers=workers or os.cpu_count() or 1)
    try:
        yield pool
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


@dataclass
class Started:
    """A run whose pieces are submitted, or are submitted while their results are read."""

    job: Job
    parts: Iterator[list[Done]]
    cancel: Callable[[], None]

    def result(self, progress: Progress | None = None) -> Run:
        """Wait for all pieces; their order, and so the result, does not depend on which is ready first.

        Parameters
        ----------
        progress : callable, optional
            Called with (replications done, total).
        """
        return self.job.gather(self._in_order(progress))

    def _in_order(self, progress: Progress | None) -> Iterator[Done]:
        total, count = len(self.job.numbers), 0
        try:
            for part in self.parts:
                for done in part:
                    count += len(done.piece.places)
                    if progress is not None:
                        progress(count, total)
                    yield done
        except BaseException:
            self.cancel()
            raise


def start(job: Job, executor: Executor, *, tasks: int = _TASKS) -> Started:
    """Submit the pieces of a run.

    Parameters
    ----------
    tasks : int
        In how many tasks to split the run where the executor does not share memory.
    """
    job.load()
    pieces = job.pieces()
    if isinstance(executor, ThreadPoolExecutor):
        parts = _in_threads(job, pieces, executor)
        return Started(job, parts, parts.close)
    payload = pickle.dumps(job)
    key = sha256(payload).hexdigest()
    size = -(-len(pieces) // tasks)
    groups = [pieces[first : first + size] for first in range(0, len(pieces), size)]
    futures = [executor.submit(_do_sent, key, payload, group) for group in groups]

    def cancel() -> None:
        for future in futures:
            future.cancel()

    return Started(job, (future.result() for future in futures), cancel)


def _in_threads(
    job: Job, pieces: Sequence[Piece], executor: ThreadPoolExecutor
) -> Generator[list[Done], None, None]:
    """Make one plan after another here, while threads run those before it.

    Plans are made in Python, of which one thread runs at a time: threads that also made plans would wait
    for one another.
    """
    ahead = executor._max_workers + 1
    running: deque[Future[Done]] = deque()
    try:
        for number, piece in enumerate(pieces):
            if len(running) == ahead:
                yield [running.popleft().result()]
            planned = job.plan(piece.draw_row, number % (ahead + 1))
            running.append(executor.submit(job.do, piece, planned))
        while running:
            yield [running.popleft().result()]
    finally:
        for future in running:
            future.cancel()
        # A piece that has begun reads memory that the next run may use.
        wait(running)


_jobs: OrderedDict[str, Job] = OrderedDict()
#: A worker of a cluster may run several tasks in threads, which share jobs and the builders of their plans.
_planning = threading.Lock()


def _do_sent(key: str, payload: bytes, pieces: Sequence[Piece]) -> list[Done]:
    """Run pieces in another process, which keeps the jobs that it has read."""
    slot = threading.get_ident()
    done = []
    for piece in pieces:
        with _planning:
            job = _job_of(key, payload)
            planned = job.plan(piece.draw_row, slot)
        done.append(job.do(piece, planned))
    return done


def _job_of(key: str, payload: bytes) -> Job:
    job = _jobs.get(key)
    if job is None:
        _jobs[key] = job = pickle.loads(payload)
        while len(_jobs) > _KEPT_JOBS:
            _jobs.popitem(last=False)
    return job
