"""What the product is to reach, beside what was measured; and what is in the way of the rest."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from benchmarks.capacity import LIMITS, Curve
from benchmarks.growth import TIMES
from benchmarks.latency import Level, median, percentile
from benchmarks.results import Results
from benchmarks.text import number, share

SESSIONS, SESSIONS_AIM = 250, 400
CPU_MS, CPU_MS_AIM = 2.5, 1.5
WORKER_MB, SESSION_MB = 150.0, 0.3
READY_S = 2.0
ONSET_S, ONSET_P95_S = 0.350, 0.600
UPLOAD_SPEED = 300.0
GROWTH = 0.10
MB = 1e6 / (1 << 20)  # in MiB
SLICE_S = 0.120


@dataclass(frozen=True)
class Target:
    """One target.

    Attributes
    ----------
    what, wanted, measured : str
    reached : bool or None
        None if it was not measured.
    aim : bool
        Whether what is aimed at beyond it is reached too.
    """

    what: str
    wanted: str
    measured: str
    reached: bool | None
    aim: bool = False

    @property
    def verdict(self) -> str:
        """In a word or two."""
        if self.reached is None:
            return "not measured"
        return "no" if not self.reached else "yes, and the aim" if self.aim else "yes"


def dearest(curve: Curve) -> Level | None:
    """Return the level whose sessions cost most, of those that hold as many as are wanted.

    Of fewer a session costs more, while most of the core is idle: each chunk pays for a turn of the
    loop by itself. Where not as many are held, it is the level that holds most.
    """
    crowd = min(SESSIONS, curve.sessions)
    held = [level for level in curve.levels if crowd <= level.load.clients <= curve.sessions]
    return max(held, key=lambda level: level.cpu_ms, default=None)


def targets(results: Results) -> list[Target]:
    """Return every target with what was measured."""
    curve, best, crowd = results.curve, results.curve.best, dearest(results.curve)
    idle_mb, each_mb = results.idle_mib / MB, curve.session_mib / MB
    found = [
        Target(
            "live sessions of one worker, p95 under 100 ms, p99 under 250 ms",
            f"at least {SESSIONS}, aim {SESSIONS_AIM}",
            f"{curve.sessions} (p95 {number(best.latency_ms(0.95))} ms, "
            f"p99 {number(best.latency_ms(0.99))} ms)"
            if best
            else "–"
            if not curve.levels
            else "0",
            # Levels that all hold below the target say nothing.
            curve.sessions >= SESSIONS if curve.why or curve.sessions >= SESSIONS else None,
            curve.sessions >= SESSIONS_AIM,
        ),
        Target(
            f"CPU for a second of one session's audio, {SESSIONS} sessions or more, ms",
            f"at most {CPU_MS}, aim {CPU_MS_AIM}",
            f"{number(crowd.cpu_ms)} (at {crowd.load.clients})" if crowd else "–",
            crowd.cpu_ms <= CPU_MS if crowd else None,
            crowd.cpu_ms <= CPU_MS_AIM if crowd else False,
        ),
        _at_most("memory of a worker, MB", idle_mb, WORKER_MB),
        _at_most("memory for each further session, MB", each_mb, SESSION_MB),
        _at_most("gunicorn's start to /readyz 200, s", median(results.ready_s), READY_S),
    ]
    found += [
        Target(
            "a sound's onset to the chart, median / p95, ms "
            f"(a prediction each {onsets.step_s:g} s)",
            f"at most {1000 * ONSET_S:.0f} / {1000 * ONSET_P95_S:.0f}",
            f"{1000 * median(onsets.latencies_s):.0f} / "
            f"{1000 * percentile(onsets.latencies_s, 0.95):.0f} of {len(onsets.latencies_s)}",
            median(onsets.latencies_s) <= ONSET_S
            and percentile(onsets.latencies_s, 0.95) <= ONSET_P95_S,
        )
        for onsets in results.onsets
        if onsets.latencies_s
    ] or [Target("a sound's onset to the chart, median / p95, ms", "at most 350 / 600", "–", None)]
    found.append(_upload(results))
    found += list(_growth(results))
    return found


def _at_most(what: str, value: float, limit: float) -> Target:
    known = not math.isnan(value)
    return Target(what, f"at most {limit:g}", number(value), value <= limit if known else None)


def _upload(results: Results) -> Target:
    what = "an uploaded ten-minute file, times real time; the live p95 meanwhile, ms"
    wanted = f"at least {UPLOAD_SPEED:g}; under {1000 * LIMITS.p95_s:.0f}"
    meanwhile = results.meanwhile
    speeds = [upload.speed for upload in meanwhile.uploads] if meanwhile else []
    if not meanwhile or not speeds:
        return Target(what, wanted, "–", None)
    speed, p95_ms = median(speeds), meanwhile.level.latency_ms(0.95)
    measured = f"{speed:.0f}; {number(p95_ms)} of {meanwhile.level.load.recording}"
    return Target(what, wanted, measured, speed >= UPLOAD_SPEED and p95_ms <= 1000 * LIMITS.p95_s)


def _growth(results: Results) -> Iterator[Target]:
    what = f"CPU of a session at {TIMES} times the sessions on {TIMES} times the workers"
    wanted = f"within {share(GROWTH)}"
    if len(results.growth) < 2:
        yield Target(what, wanted, "–", None)
        return
    for grown in results.growth[1:]:
        ratio = grown.beside(results.growth[0])
        name = f"CPU of a session on {grown.name}, beside one worker's"
        yield Target(name, wanted, f"{100 * ratio:+.1f} %", ratio <= GROWTH)


def in_the_way(results: Results) -> list[str]:
    """Return, for each target that was missed, what stands in its way: a sentence or two each."""
    why: list[str] = []
    missed = [target.what for target in targets(results) if target.reached is False]

    def when(begin: str, tell: Callable[[], str]) -> None:
        for what in missed:
            if what.startswith(begin):
                why.append(f"{what[0].upper()}{what[1:]}: {tell()}")
                return

    when("live sessions", lambda: _broke(results))
    when("CPU for a second", lambda: _largest(results))
    when("memory of a worker", lambda: "what it imports and the network's weights, at rest.")
    when("memory for each", lambda: "decoder, feature ring and sockets of each session.")
    when("gunicorn's start", lambda: "imports, loading the network, and warming it.")
    when("a sound's onset", lambda: _waits(results))
    when("an uploaded", lambda: _shared(results))
    when("CPU of a session", lambda: "colder caches, and the loop's own turns in each process.")
    return why


def _broke(results: Results) -> str:
    last = results.curve.broke or results.curve.levels[-1]
    # Where it breaks, work is left undone that a session would have cost.
    each_ms = (results.curve.best or last).cpu_ms
    return (
        f"at {last.load.clients} sessions {results.curve.why}. The worker's core was busy for "
        f"{share(last.busy)} there; at {number(each_ms)} ms a session-second it is full at "
        f"{1000 / each_ms:.0f} sessions. {_largest(results)}"
    )


def _largest(results: Results) -> str:
    if not results.hotspots or not results.hotspots.groups:
        return "No profile was taken."
    cost = results.hotspots.level.cpu_ms
    parts = [
        f"{name} {number(part * cost)} ms ({share(part)})"
        for name, part in results.hotspots.groups[:4]
    ]
    return f"The largest costs of a session-second are {', '.join(parts)}."


def _waits(results: Results) -> str:
    worst = max(results.onsets, key=lambda onsets: median(onsets.latencies_s))
    middle_s, step_s = median(worst.latencies_s), worst.step_s
    rest_s = middle_s - step_s / 2 - SLICE_S / 2
    return (
        f"of {1000 * middle_s:.0f} ms in the middle, half a step until a window ends takes "
        f"{500 * step_s:.0f} ms and half a slice of the recorder's {500 * SLICE_S:.0f} ms; the "
        f"other {1000 * rest_s:.0f} ms are the browser's encoder, the way there and back, the "
        "worker and the next frame on the screen."
    )


def _shared(results: Results) -> str:
    alone = ", ".join(f"{upload.speed:.0f} ({upload.name})" for upload in results.uploads)
    live = results.meanwhile.level.load.recording if results.meanwhile else 0
    return f"the core is shared with {live} live sessions; alone a file gets {alone or '–'}."
