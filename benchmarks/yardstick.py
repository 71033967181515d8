"""What the naive recipe carries, measured like the product in the same run."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from benchmarks import machine
from benchmarks.capacity import Curve, Limits, climb
from benchmarks.generator import Pace
from benchmarks.latency import Cores, Level, measure_level, worker
from benchmarks.script import Script

FIRST = 2  # sessions that tell what one costs
AROUND = (0.7, 0.85, 1.0, 1.2)  # of the number whose CPU would fill the core: what is tried then
PATIENCE = Limits(
    1.0, 2.0
)  # what counts as keeping up: its every prediction takes a tenth of a second
PACE = Pace(stagger_s=2.0)  # short recordings: decoding them anew is still cheap
START_S = 240.0
"""How long a process of the recipe may take to begin. Where librosa was never used before, it
compiles itself at first: forty seconds of a core's own, and others may use that core."""


@dataclass(frozen=True)
class Naive:
    """The naive recipe.

    Attributes
    ----------
    curve : Curve
        Of its server, held to much less than the product.
    length_s : float
        How long its recordings were at the end: each second more makes each prediction dearer.
    """

    curve: Curve = field(default_factory=Curve)
    length_s: float = 0.0

    @property
    def computed(self) -> float:
        """Sessions whose CPU fills a core, from what the first level's cost."""
        return 1000 / self.curve.levels[0].cpu_ms


def costs(cores: Cores) -> Mapping[str, float]:
    """Return the CPU milliseconds of the recipe's parts, from a process that has TensorFlow."""
    with machine.on_cores([] if cores.worker is None else [cores.worker]):
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.naive"],
            cwd=machine.ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            check=True,
            timeout=START_S,
        )
    return dict(json.loads(done.stdout))


def measure(
    script: Script,
    cores: Cores,
    *,
    seconds: float,
    first: int = FIRST,
    around: Sequence[float] = AROUND,
) -> Naive:
    """Measure the naive server with some sessions, then around what that says it carries."""
    with worker(cores, app="benchmarks.naive_app:app", patience_s=START_S) as (server, pids):

        def level(clients: int) -> Level:
            return measure_level(
                server.url, pids, script, cores, clients=clients, seconds=seconds, pace=PACE
            )

        curve = climb(level, [first], limits=PATIENCE)
        if not curve.why:
            full = 1000 / curve.levels[0].cpu_ms
            more = sorted({max(first + 1, round(share * full)) for share in around})
            rest = climb(level, more, limits=PATIENCE)
            curve = Curve(curve.levels + rest.levels, PATIENCE)
    return Naive(curve, PACE.stagger_s + PACE.settle_s + seconds)
