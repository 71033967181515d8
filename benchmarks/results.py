"""All that a run measured; what was not asked for is missing."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from benchmarks.capacity import Curve
from benchmarks.growth import Growth
from benchmarks.hotspots import Hotspots
from benchmarks.latency import Cores, Level
from benchmarks.machine import Machine
from benchmarks.onset import Onsets
from benchmarks.stages import Stages
from benchmarks.uploads import Meanwhile, Upload
from benchmarks.yardstick import Naive


@dataclass
class Results:
    """Everything that one run measured.

    Attributes
    ----------
    machine, cores : Machine, Cores
    step_s : float
        Between two predictions.
    stages : Stages, optional
    echo : Level, optional
        The bare echo's.
    naive : Naive, optional
    ready_s : list of float
        From gunicorn's start to a good /readyz, start by start.
    idle_mib : float
        A worker's memory at rest.
    curve : Curve
        With every limit out of the way.
    admission : Level, optional
        With the limits as they are set by default, and more clients than a worker carries.
    onsets : list of Onsets
    uploads : list of Upload
        With nobody else there.
    meanwhile : Meanwhile, optional
        Uploads beside live sessions.
    growth : list of Growth
        The first of them one worker's.
    hotspots : Hotspots, optional
    failures : list of str
        Parts that could not be measured, and why.
    took_s : float
    """

    machine: Machine
    cores: Cores
    step_s: float
    stages: Stages | None = None
    echo: Level | None = None
    naive: Naive | None = None
    ready_s: list[float] = field(default_factory=list)
    idle_mib: float = math.nan
    curve: Curve = field(default_factory=Curve)
    admission: Level | None = None
    onsets: list[Onsets] = field(default_factory=list)
    uploads: list[Upload] = field(default_factory=list)
    meanwhile: Meanwhile | None = None
    growth: list[Growth] = field(default_factory=list)
    hotspots: Hotspots | None = None
    failures: list[str] = field(default_factory=list)
    took_s: float = math.nan
