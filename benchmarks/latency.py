"""How fast a worker answers, what that costs, and what it holds, by the number of live clients."""

from __future__ import annotations

import json
import math
import os
import statistics
import time
import urllib.parse
import urllib.request
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from benchmarks import machine
from benchmarks.client import Load
from benchmarks.generator import SETTLE_S, STAGGER_S, Generator
from benchmarks.script import Script
from tests.servers import Server, serve

READY_RUNS = 3
UPLOAD_TIMEOUT_S = 120.0


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
    """

    load: Load
    worker_cpu_s: float = math.nan
    worker_mib: float = math.nan
    others: float = math.nan

    @property
    def cpu_ms(self) -> float:
        """CPU milliseconds of the worker for a second of one session's audio."""
        sessions_s = self.load.recording * self.load.seconds
        return 1000 * self.worker_cpu_s / sessions_s if sessions_s else math.nan

    @property
    def busy(self) -> float:
        """The worker's share of its core."""
        return self.worker_cpu_s / self.load.seconds


@dataclass(frozen=True)
class Upload:
    """One uploaded file: what it was, how long it lasts and how long the answer took."""

    name: str
    audio_s: float
    took_s: float
    error: str = ""


@dataclass
class Serving:
    """Everything that was measured at a running server."""

    ready_s: list[float] = field(default_factory=list)
    idle_mib: float = math.nan
    levels: list[Level] = field(default_factory=list)
    uploads: list[Upload] = field(default_factory=list)

    @property
    def session_mib(self) -> float:
        """Memory for each further session: from the smallest to the largest number of clients."""
        known = [level for level in self.levels if level.load.recording]
        if len(known) < 2:
            return math.nan
        few, many = known[0], known[-1]
        more = many.load.recording - few.load.recording
        return (many.worker_mib - few.worker_mib) / more if more > 0 else math.nan


def percentile(values: Sequence[float], share: float) -> float:
    """Return the smallest value that at least `share` of all do not exceed (nearest rank).

    nan if there are none. No interpolation: the answer is something that happened.
    """
    if not values:
        return math.nan
    return sorted(values)[max(0, math.ceil(share * len(values) - 1e-9) - 1)]


@contextmanager
def worker(
    cores: Cores, *, clients: int = 0, app: str = "webapp.wsgi:app"
) -> Iterator[tuple[Server, int]]:
    """Start a gunicorn with one worker on its core; yield it and the worker's process id.

    Its limit of recordings is raised if need be: what is measured is what a worker can carry.
    """
    environ = {"WORKERS": "1", "MAX_SESSIONS": str(max(300, clients + 10))}
    starting = serve(environ, app=app)
    with machine.on_cores([] if cores.worker is None else [cores.worker]):
        server = starting.__enter__()
    try:
        with machine.on_cores([] if cores.generator is None else [cores.generator]):
            yield server, server.workers[0]
    finally:
        starting.__exit__(None, None, None)


def measure_level(
    server: Server,
    pid: int,
    script: Script,
    cores: Cores,
    *,
    clients: int,
    seconds: float,
    stagger_s: float = STAGGER_S,
    settle_s: float = SETTLE_S,
) -> Level:
    """Let so many clients record for so long, and watch the worker meanwhile."""
    address = urllib.parse.urlsplit(server.url)
    generator = Generator(
        (str(address.hostname), int(address.port or 0)),
        script,
        clients=clients,
        seconds=seconds,
        stagger_s=stagger_s,
        settle_s=settle_s,
    )
    marks: list[tuple[float, float]] = []
    held: list[float] = []

    def mark() -> None:
        core_s = math.nan if cores.worker is None else machine.core_busy_s(cores.worker)
        marks.append((machine.cpu_s(pid), core_s))

    def end() -> None:
        mark()
        held.append(machine.resident_mib(pid))

    load = generator.run(on_begin=mark, on_end=end)
    (cpu_before, core_before), (cpu_after, core_after) = marks
    spent_s = cpu_after - cpu_before
    others = max(0.0, (core_after - core_before - spent_s) / seconds)
    return Level(load, spent_s, held[0], others if core_after == core_after else math.nan)


def upload(server: Server, data: bytes, *, name: str, audio_s: float) -> Upload:
    """Post a file and wait for its answer."""
    boundary = uuid.uuid4().hex
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
    body = head.encode() + data + f"\r\n--{boundary}--\r\n".encode()
    request = urllib.request.Request(
        f"{server.url}/api/v1/predictions",
        data=body,
        headers={"Content-Type": f"multipart/form-data; boundary={boundary}"},
    )
    began = time.perf_counter()
    try:
        with urllib.request.urlopen(request, timeout=UPLOAD_TIMEOUT_S) as answer:
            heard_s = json.load(answer)["duration_s"]
    except OSError as error:
        return Upload(name, audio_s, math.nan, str(error))
    took_s = time.perf_counter() - began
    wrong = "" if abs(heard_s - audio_s) < 1 else f"the answer says {heard_s} s"
    return Upload(name, audio_s, took_s, wrong)


def measure_ready(cores: Cores, *, runs: int = READY_RUNS) -> list[float]:
    """Return the seconds from gunicorn's start to a good /readyz, for some starts."""
    ready = []
    for _ in range(runs):
        with worker(cores) as (server, _pid):
            ready.append(server.ready_s)
    return ready


def median(values: Sequence[float]) -> float:
    """Return the median; nan of none."""
    return statistics.median(values) if values else math.nan
