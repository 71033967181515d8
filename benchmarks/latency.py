"""How fast a worker answers, what that costs, and what it holds, by the number of live clients."""

from __future__ import annotations

import math
import os
import statistics
import time
import urllib.parse
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import MappingProxyType

from benchmarks import machine
from benchmarks.client import Load
from benchmarks.generator import PACE, Generator, Pace
from benchmarks.script import Script
from tests.servers import START_S, Server, serve

READY_RUNS = 3
ALL_READY_S = 60.0
ALL_QUIET_S = 0.01  # CPU that a worker with nothing to do may use in half a second


@dataclass(frozen=True)
class Cores:
    """Which core the worker has to itself, and which the load generator.

    Attributes
    ----------
    worker, generator : int or None
        None where this machine has one core only, or cannot pin: then they share.
    """

    worker: int | None
    generator: int | None

    @classmethod
    def choose(cls) -> Cores:
        """Take the last core for the worker and the first for the rest."""
        free = machine.cores()
        if len(free) < 2 or not hasattr(os, "sched_setaffinity"):
            return cls(None, None)
        return cls(free[-1], free[0])


@dataclass
class Level:
    """What a number of clients meant for the worker.

    Attributes
    ----------
    load : Load
        The clients' side.
    worker_cpu_s, worker_mib : float
        What the worker used in the measured part, and held at its end.
    others : float
        Share of the worker's core that other processes took meanwhile; nan if not pinned.
    each_cpu_s : list of float
        `worker_cpu_s` of each worker, and `worker_mib` is their mean, where there are several.
    """

    load: Load
    worker_cpu_s: float = math.nan
    worker_mib: float = math.nan
    others: float = math.nan
    each_cpu_s: list[float] = field(default_factory=list)

    @property
    def cpu_ms(self) -> float:
        """CPU milliseconds of the worker for a second of one session's audio."""
        sessions_s = self.load.recording * self.load.seconds
        return 1000 * self.worker_cpu_s / sessions_s if sessions_s else math.nan

    def latency_ms(self, share: float) -> float:
        """Return the latency that this share of the predictions did not exceed."""
        return 1000 * percentile(self.load.latencies_s, share)

    @property
    def busy(self) -> float:
        """The worker's share of its core."""
        return self.worker_cpu_s / self.load.seconds


def percentile(values: Sequence[float], share: float) -> float:
    """Return the smallest value that at least `share` of all do not exceed (nearest rank).

    nan if there are none. No interpolation: the answer is something that happened.
    """
    if not values:
        return math.nan
    return sorted(values)[max(0, math.ceil(share * len(values) - 1e-9) - 1)]


# Limits that guard a worker in service, out of the way: measured is where it breaks, not where it
# stops. A setting that this version does not have is ignored.
OPEN = {
    "MAX_SESSIONS": "5000",
    "MAX_SESSIONS_PER_ADDRESS": "5000",
    "MAX_LOAD": "1",
    "MAX_EVENTS_S": "1000",
    "MAX_UPLOADS_PER_MINUTE": "1000",
}


@contextmanager
def worker(
    cores: Cores,
    *,
    app: str = "webapp.wsgi:app",
    workers: int = 1,
    environ: Mapping[str, str] = MappingProxyType(OPEN),
    patience_s: float = START_S,
) -> Iterator[tuple[Server, list[int]]]:
    """Start a gunicorn on the worker's core; yield it and its workers' process ids.

    The caller is kept on the other core meanwhile.
    """
    starting = serve({"WORKERS": str(workers), **environ}, app=app, patience_s=patience_s)
    with machine.on_cores([] if cores.worker is None else [cores.worker]):
        server = starting.__enter__()
    try:
        with machine.on_cores([] if cores.generator is None else [cores.generator]):
            if workers > 1:
                _wait_for_all(server, workers)
            yield server, server.workers
    finally:
        starting.__exit__(None, None, None)


def _wait_for_all(server: Server, workers: int) -> None:
    """Wait until every worker is there and has nothing left to load; one is enough for /readyz."""
    deadline = time.monotonic() + ALL_READY_S
    before_s = math.nan
    while time.monotonic() < deadline:
        pids = server.workers
        spent_s = sum(map(machine.cpu_s, pids))
        if len(pids) == workers and spent_s - before_s < ALL_QUIET_S * workers:
            return
        before_s = spent_s if len(pids) == workers else math.nan
        time.sleep(0.5)


class Watch:
    """Clients at a server whose workers are watched meanwhile.

    Parameters
    ----------
    url : str
    pids : sequence of int
        The workers.
    script : Script
    cores : Cores
    """

    def __init__(self, url: str, pids: Sequence[int], script: Script, cores: Cores) -> None:
        address = urllib.parse.urlsplit(url)
        self._generator = Generator((str(address.hostname), int(address.port or 0)), script)
        self._pids = pids
        self._cores = cores

    def __enter__(self) -> Watch:
        self._generator.__enter__()
        return self

    def __exit__(self, kind: object, *exc: object) -> None:
        if kind is None:
            self._generator.stop()
        self._generator.__exit__(kind, *exc)

    def level(
        self,
        clients: int,
        *,
        seconds: float,
        on_begin: Callable[[], object] = lambda: None,
        on_end: Callable[[], object] = lambda: None,
        pace: Pace = PACE,
    ) -> Level:
        """Let more clients come until there are so many, and measure them all."""
        core, pids = self._cores.worker, self._pids
        marks: list[tuple[list[float], float]] = []
        held: list[float] = []

        def mark() -> None:
            core_s = math.nan if core is None else machine.core_busy_s(core)
            marks.append(([machine.cpu_s(pid) for pid in pids], core_s))

        def begin() -> None:
            mark()
            on_begin()

        def end() -> None:
            mark()
            held.extend(machine.resident_mib(pid) for pid in pids)
            on_end()

        load = self._generator.measure(
            clients, seconds=seconds, on_begin=begin, on_end=end, pace=pace
        )
        (cpu_before, core_before), (cpu_after, core_after) = marks
        each_s = [after - before for before, after in zip(cpu_before, cpu_after, strict=True)]
        others = max(0.0, (core_after - core_before - sum(each_s)) / seconds)
        return Level(
            load,
            sum(each_s),
            sum(held) / len(held),
            others if core_after == core_after else math.nan,
            each_s,
        )


def measure_level(
    url: str,
    pids: Sequence[int],
    script: Script,
    cores: Cores,
    *,
    clients: int,
    seconds: float,
    on_begin: Callable[[], object] = lambda: None,
    on_end: Callable[[], object] = lambda: None,
    pace: Pace = PACE,
) -> Level:
    """Let so many clients record for so long, and watch the workers meanwhile."""
    with Watch(url, pids, script, cores) as watch:
        return watch.level(clients, seconds=seconds, on_begin=on_begin, on_end=on_end, pace=pace)


def measure_ready(cores: Cores, *, runs: int = READY_RUNS) -> list[float]:
    """Return the seconds from gunicorn's start to a good /readyz, for some starts."""
    ready = []
    for _ in range(runs):
        with worker(cores) as (server, _pids):
            ready.append(server.ready_s)
    return ready


def median(values: Sequence[float]) -> float:
    """Return the median; nan of none."""
    return statistics.median(values) if values else math.nan
