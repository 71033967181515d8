"""What a worker's time goes to, from the stacks that `benchmarks.profiled` saw."""

from __future__ import annotations

import os
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from json import loads
from pathlib import Path

from benchmarks.generator import PACE, Pace
from benchmarks.latency import OPEN, Cores, Level, measure_level, worker
from benchmarks.machine import ROOT
from benchmarks.script import Script

WRITE_S = 5.0
TOP = 12

Stack = Sequence[tuple[str, str]]

# By path; the first that fits.
GROUPS = (
    ("models/pitch", "features: pitch"),
    ("models/features", "features: MFCCs"),
    ("models/runtime", "network"),
    ("models/encoder", "encoder"),
    ("models/steps", "encoder"),
    ("models/", "rest of the recogniser"),
    ("webapp/audio/", "decoding"),
    ("webapp/eventlet_worker", "WebSocket frames"),
    ("webapp/websocket", "WebSocket frames"),
    ("eventlet/websocket", "WebSocket frames"),
    ("eventlet/", "event loop and sockets"),
    ("greenlet/", "event loop and sockets"),
    ("socketio/", "Socket.IO and Engine.IO"),
    ("engineio/", "Socket.IO and Engine.IO"),
    ("webapp/", "sessions and messages"),
    ("gunicorn/", "gunicorn and Flask"),
    ("flask", "gunicorn and Flask"),
)
OTHER = "the rest"


@dataclass(frozen=True)
class Hotspots:
    """What was seen under a number of live sessions.

    Attributes
    ----------
    level : Level
        The clients meanwhile.
    samples : int
        How often it was looked.
    groups : list of (str, float)
        Share of the worker's time by what it did, the largest first.
    functions : list of (str, float)
        The same by function, with what it calls of others' modules; only the largest.
    """

    level: Level
    samples: int = 0
    groups: list[tuple[str, float]] = field(default_factory=list)
    functions: list[tuple[str, float]] = field(default_factory=list)


def group(stack: Stack) -> str:
    """Return what a stack, innermost function first, was at work on."""
    return _known(stack)[0]


def _known(stack: Stack) -> tuple[str, str]:
    """Return what the innermost function of a known module does, and which that is.

    What it calls, of the standard library or of numpy, is its cost.
    """
    for path, function in stack:
        for part, name in GROUPS:
            if part in path.replace(os.sep, "/"):
                return name, shown(path, function)
    return OTHER, shown(*stack[0]) if stack else OTHER


def shown(path: str, name: str) -> str:
    """Return a function as the report names it: no folder of this machine."""
    path = path.replace(os.sep, "/")
    for before in (f"{ROOT.as_posix()}/", "site-packages/"):
        if before in path and ".venv" not in path.partition(before)[2]:
            return f"{path.partition(before)[2]} {name}"
    return f"{'/'.join(path.split('/')[-2:])} {name}"


def count(
    stacks: Sequence[tuple[int, Stack]], *, top: int = TOP
) -> tuple[int, list[tuple[str, float]], list[tuple[str, float]]]:
    """Return the number of samples, the shares by group, and the largest by function."""
    groups: Counter[str] = Counter()
    functions: Counter[str] = Counter()
    for seen, stack in stacks:
        name, function = _known(stack)
        groups[name] += seen
        functions[function] += seen
    samples = sum(groups.values())

    def shares(counted: Counter[str], most: int | None) -> list[tuple[str, float]]:
        return [(name, seen / samples) for name, seen in counted.most_common(most)]

    return samples, shares(groups, None), shares(functions, top)


def measure(
    script: Script, cores: Cores, *, clients: int, seconds: float, pace: Pace = PACE
) -> Hotspots:
    """Watch a worker with so many clients."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "profile.json"
        environ = {**OPEN, "BENCHMARK_PROFILE": str(target)}
        with worker(cores, app="benchmarks.profiled:app", environ=environ) as (server, pids):

            def toggle() -> None:
                os.kill(pids[0], signal.SIGUSR2)

            level = measure_level(
                server.url,
                pids,
                script,
                cores,
                clients=clients,
                seconds=seconds,
                on_begin=toggle,
                on_end=toggle,
                pace=pace,
            )
            patience_s = time.monotonic() + WRITE_S
            while not target.exists() and time.monotonic() < patience_s:
                time.sleep(0.05)
            stacks = loads(target.read_text(encoding="utf-8"))
    return Hotspots(level, *count(stacks))
