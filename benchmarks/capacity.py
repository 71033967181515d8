"""How many sessions a worker carries: more and more of them, until it breaks."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from benchmarks.latency import Level, percentile

LATE_S = 0.010  # a generator later than this at the 99th percentile has a part in the latencies
LOST = 0.01  # share of the windows that may be left out or not come
DISTURBED = 0.05  # share of the worker's core that others may take before it is said
STEPS = (1, 50, 100, 150, 200, 250, 300, 350, 400)
FURTHER = 100


@dataclass(frozen=True)
class Limits:
    """How long predictions may take: 95 and 99 of a hundred."""

    p95_s: float
    p99_s: float


LIMITS = Limits(0.100, 0.250)


@dataclass(frozen=True)
class Curve:
    """Level after level, more and more sessions, and what they are held to."""

    levels: list[Level] = field(default_factory=list)
    limits: Limits = LIMITS

    @property
    def held(self) -> list[Level]:
        """The levels below the first that broke."""
        return self.levels[: self.levels.index(self.broke)] if self.broke else self.levels

    @property
    def broke(self) -> Level | None:
        """The first level that did not hold."""
        return next((level for level in self.levels if broken(level, self.limits)), None)

    @property
    def why(self) -> str:
        """Why it did not; empty if all held."""
        return broken(self.broke, self.limits) if self.broke else ""

    @property
    def best(self) -> Level | None:
        """The last level that holds."""
        return self.held[-1] if self.held else None

    @property
    def sessions(self) -> int:
        """How many sessions that is."""
        return self.best.load.clients if self.best else 0

    @property
    def session_mib(self) -> float:
        """Memory for each further session: from the smallest to the largest level that holds."""
        held = self.held
        if len(held) < 2:
            return float("nan")
        few, many = held[0], held[-1]
        return (many.worker_mib - few.worker_mib) / (many.load.recording - few.load.recording)


def broken(level: Level, limits: Limits = LIMITS) -> str:
    """Return why a level does not hold, in a few words; nothing if it does."""
    load = level.load
    if load.errors:
        return f"{len(load.errors)} errors, the first: {load.errors[0]}"
    if load.recording < load.clients:
        return f"only {load.recording} of {load.clients} recorded"
    if percentile(load.lateness_s, 0.99) > LATE_S:
        return "the load generator was late: it, not the worker, is the limit"
    lost = load.missing + load.skipped
    if lost > LOST * (len(load.latencies_s) + lost):
        return f"{lost} of {len(load.latencies_s) + lost} predictions did not come"
    for share, limit_s in ((0.95, limits.p95_s), (0.99, limits.p99_s)):
        value_s = percentile(load.latencies_s, share)
        if not value_s <= limit_s:
            return f"p{100 * share:.0f} is {1000 * value_s:.0f} ms, above {1000 * limit_s:.0f}"
    return ""


def disturbed(level: Level) -> bool:
    """Return whether somebody else's work was in the way."""
    late = percentile(level.load.lateness_s, 0.99) > LATE_S and level.load.own_cpu < 0.5
    return level.others > DISTURBED or late


def steps() -> Iterator[int]:
    """Yield the numbers of sessions that are tried, without end."""
    return itertools.chain(STEPS, itertools.count(STEPS[-1] + FURTHER, FURTHER))


def climb(
    measure: Callable[[int], Level],
    numbers: Iterable[int],
    *,
    limits: Limits = LIMITS,
    on: bool = False,
) -> Curve:
    """Measure level after level until one breaks.

    One that breaks while the machine was disturbed is measured once more, and the second time
    counts.

    Parameters
    ----------
    measure : callable
        Measures a number of sessions.
    numbers : iterable of int
    limits : Limits
    on : bool
        Whether to go on beyond a level that broke.
    """
    levels: list[Level] = []
    for number in numbers:
        level = measure(number)
        if broken(level, limits) and disturbed(level):
            level = measure(number)
        levels.append(level)
        if broken(level, limits) and not on:
            break
    return Curve(levels, limits)
