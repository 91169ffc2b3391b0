"""Executors by name: threads, processes of this machine, or a Dask cluster.

Dask is imported here only, when it is used.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from typing import Any, TypeVar

from funnelsim.core.errors import FunnelSimError

T = TypeVar("T")
#: Ends an executor; as the arguments of `Executor.shutdown`: whether to wait, and to cancel what waits.
_Close = Callable[[bool, bool], None]

THREADS, PROCESSES, DASK = "threads", "processes", "dask"
#: Seconds to wait for a scheduler's answer.
_PATIENCE = 10.0


def executor_by_name(name: str, workers: int | None = None) -> Executor | None:
    """The executor that a name stands for; it starts or connects when it gets its first task.

    Parameters
    ----------
    name : str
        ``threads``, ``processes``, ``dask`` (worker processes of this machine) or ``dask://HOST:PORT`` (the
        scheduler of a running cluster).
    workers : int, optional
        Number of processes; default one for each core. A running cluster has its own.

    Returns
    -------
    Executor or None
        None for threads, which every run starts by default. Close it with ``shutdown()``.

    Raises
    ------
    FunnelSimError
        If there is no such executor.
    """
    count = workers or os.cpu_count() or 1
    if name == THREADS:
        return None
    if name == PROCESSES:
        return _Started(lambda: _processes(count))
    if name == DASK:
        return _Started(lambda: _local_cluster(count))
    scheme, _, address = name.partition("://")
    if scheme == DASK and address:
        return _Started(lambda: _cluster(address))
    raise FunnelSimError(
        f'there is no executor "{name}"; choose from {THREADS}, {PROCESSES}, {DASK} or {DASK}://HOST:PORT'
    )


class _Started(Executor):
    """An executor that starts with its first task, so that bad input costs no wait for a cluster."""

    def __init__(self, start: Callable[[], tuple[Executor, _Close]]) -> None:
        self._start = start
        self._running: tuple[Executor, _Close] | None = None

    def submit(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:
        if self._running is None:
            self._running = self._start()
        return self._running[0].submit(fn, *args, **kwargs)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        if self._running is not None:
            _, close = self._running
            self._running = None
            close(wait, cancel_futures)


def _processes(count: int) -> tuple[Executor, _Close]:
    # A fork would copy the locks of threads that run at that moment.
    spawned = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(count, spawned, initializer=_ignore_interrupts)
    return pool, lambda wait, cancel: pool.shutdown(wait=wait, cancel_futures=cancel)


def _ignore_interrupts() -> None:
    """Ctrl-C reaches every process of a terminal; the one that gave the tasks ends the others."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _local_cluster(count: int) -> tuple[Executor, _Close]:
    distributed = _distributed()
    cluster = distributed.LocalCluster(
        n_workers=count, threads_per_worker=1, processes=True, dashboard_address=None, silence_logs="ERROR"
    )
    client = distributed.Client(cluster)

    def close(*_: bool) -> None:
        client.close()
        cluster.close()

    return client.get_executor(), close


def _cluster(address: str) -> tuple[Executor, _Close]:
    distributed = _distributed()
    try:
        client = distributed.Client(f"tcp://{address}", timeout=_PATIENCE)
    except (OSError, ValueError) as error:
        raise FunnelSimError(
            f"no Dask scheduler answers at {address} within {_PATIENCE:g} s; start one with: dask scheduler"
        ) from error
    return client.get_executor(), lambda *_: client.close()


def _distributed() -> Any:
    try:
        import distributed
    except ImportError as error:
        raise FunnelSimError(
            "the executor dask needs Dask, which is not installed; pip install 'funnelsim[dask]'"
        ) from error
    return distributed
