"""Results as a run could give them, for the tests of what is said of them."""

from __future__ import annotations

import dataclasses
from typing import Any

from benchmarks.capacity import Curve
from benchmarks.client import Load
from benchmarks.growth import Growth
from benchmarks.hotspots import Hotspots
from benchmarks.latency import Cores, Level
from benchmarks.machine import Machine
from benchmarks.onset import Onsets
from benchmarks.results import Results
from benchmarks.stages import Stage, Stages
from benchmarks.uploads import Meanwhile, Upload
from benchmarks.yardstick import PATIENCE, Naive


def level(clients: int, *, cpu_ms: float = 2.0, mib: float = 80.0, **load: Any) -> Level:
    """Return a level in which everything went well, but for what is given of its load."""
    measured = Load(
        clients=clients,
        seconds=10.0,
        recording=clients,
        latencies_s=[0.002] * 99 + [0.2],
        own_cpu=0.1,
    )
    return Level(
        dataclasses.replace(measured, **load),
        worker_cpu_s=cpu_ms / 1000 * clients * 10.0,
        worker_mib=mib,
    )


def results(**parts: Any) -> Results:
    """Return the results of a whole run, but for some parts."""
    broken = level(500, cpu_ms=1.9, mib=200.0, latencies_s=[0.4] * 100)
    whole = Results(
        Machine("A CPU", 2, 8.0, "Linux x86_64", "3.11.7", "abc", "today"),
        Cores(1, 0),
        0.5,
        stages=Stages([Stage("decode", 1.0, 0.8, "libopus alone")], 1.5, 0.3, 4.0, 0.9),
        echo=level(50, cpu_ms=0.8),
        naive=Naive(
            Curve(
                [level(4, cpu_ms=100.0, latencies_s=[0.3]), level(10, latencies_s=[3.0])], PATIENCE
            ),
            10.0,
        ),
        ready_s=[1.0, 1.5, 1.1],
        idle_mib=78.0,
        curve=Curve([level(50, cpu_ms=2.2), level(400, mib=150.0), broken]),
        admission=level(600, recording=420),
        onsets=[Onsets(0.25, [0.2, 0.3, 0.4], 0)],
        uploads=[Upload("an upload", 600.0, 1.5)],
        meanwhile=Meanwhile(level(50), [Upload("an upload", 600.0, 1.875)]),
        growth=[
            Growth("one worker", 1, [level(20, cpu_ms=2.0)]),
            Growth("10 workers of one gunicorn", 10, [level(200, cpu_ms=2.1)]),
        ],
        hotspots=Hotspots(level(200), 1000, [("decoding", 0.6), ("network", 0.4)], [("a b", 0.3)]),
        took_s=100.0,
    )
    return dataclasses.replace(whole, **parts)
