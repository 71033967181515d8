"""One run: every part in its turn, on the same two cores. A part that fails costs no other."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from benchmarks import (
    capacity,
    growth,
    hotspots,
    latency,
    machine,
    onset,
    stages,
    uploads,
    yardstick,
)
from benchmarks.generator import PACE, Pace
from benchmarks.recording import load, prolong
from benchmarks.results import Results
from benchmarks.script import Script
from models import Recognizer
from webapp.settings import Settings

PARTS = (
    "stages", "start", "echo", "capacity", "admission", "upload", "growth", "onset", "profile",
    "naive",
)  # fmt: skip
FILE_S = 590.0  # just under the ten minutes that are accepted, to the last packet
COMING_S = 25.0  # clients a second: a worker shall not break because many come at once
OFFER_S = 8.0  # over which those come whom the default limits shall judge
NAIVE_S = 6.0
GROWTH_S = 6.0  # CPU time needs no percentiles


@dataclass(frozen=True)
class Plan:
    """How much of everything.

    Attributes
    ----------
    parts : tuple of str
        Of `PARTS`.
    step_s : float
        Between two predictions.
    seconds : float
        The measured part of each level.
    levels : sequence of int, optional
        Sessions, level by level; without it, more and more until it breaks.
    echo, beside, each, profiled, offered, first : int
        Clients of the bare echo, beside uploads, for each worker of those that grow, under the
        profiler, in front of the default limits, and of the naive server at first.
    climb_s : float
        The recording of those whose number grows until the worker breaks: longer than that takes.
    times, rounds : int
        How many workers grow, and how often that is measured.
    onsets : int
        For each step.
    file_s : float
        Length of what is uploaded.
    sessions : int
        How many take turns in the stages.
    ready_runs : int
    pace : Pace, optional
        How clients come, if not in each part's own way.
    """

    parts: tuple[str, ...] = PARTS
    step_s: float = 0.5
    seconds: float = 8.0
    levels: Sequence[int] | None = None
    echo: int = 50
    beside: int = 50
    each: int = 20
    profiled: int = 200
    offered: int = 600
    first: int = yardstick.FIRST
    climb_s: float = 400.0
    times: int = growth.TIMES
    rounds: int = growth.ROUNDS
    onsets: int = onset.ONSETS
    file_s: float = FILE_S
    sessions: int = stages.SESSIONS
    ready_runs: int = latency.READY_RUNS
    pace: Pace | None = None

    @classmethod
    def quick(cls, *, parts: tuple[str, ...] = PARTS, step_s: float = 0.5) -> Plan:
        """Return the plan that shows that everything works, not how fast."""
        return cls(
            parts,
            step_s,
            seconds=2.0,
            levels=(1, 2),
            echo=2,
            beside=2,
            each=1,
            profiled=2,
            offered=4,
            first=1,
            climb_s=60.0,
            times=2,
            rounds=1,
            onsets=3,
            file_s=20.0,
            sessions=2,
            ready_runs=1,
            pace=Pace(0.5, 0.5),
        )


class Run:
    """Measures the parts of a plan.

    Parameters
    ----------
    plan : Plan
    say : callable
        Is told what is being measured.
    """

    def __init__(self, plan: Plan, *, say: Callable[[str], object] = print) -> None:
        self._plan = plan
        self._say = say
        self._cores = latency.Cores.choose()
        self._results = Results(machine.Machine.here(), self._cores, plan.step_s)
        length_s = Pace(OFFER_S).length_s(plan.seconds)
        self._recording = prolong(load(), seconds=length_s)
        self._script = Script.judged(self._recording, Recognizer.load(), step_s=plan.step_s)

    def measure(self) -> Results:
        """Measure everything, and return it."""
        began = time.monotonic()
        for part in PARTS:
            if part not in self._plan.parts:
                continue
            self._say(part)
            part_began = time.monotonic()
            try:
                getattr(self, f"_{part}")()
            except Exception as error:  # the other parts took minutes
                # Where a server did not start, its last word is why.
                first, *rest = f"{type(error).__name__}: {error}".strip().splitlines()
                told = f"{first} {rest[-1].strip()}" if rest else first
                self._results.failures.append(f"{part} could not be measured: {told}")
                self._say(f"  {self._results.failures[-1]}")
            self._say(f"  {part} took {time.monotonic() - part_began:.0f} s")
        self._results.took_s = time.monotonic() - began
        return self._results

    def _level(
        self, url: str, pids: list[int], clients: int, *, script: Script | None = None
    ) -> latency.Level:
        return latency.measure_level(
            url,
            pids,
            script or self._script,
            self._cores,
            clients=clients,
            seconds=self._plan.seconds,
            pace=self._plan.pace or PACE,
        )

    def _stages(self) -> None:
        plan = self._plan
        naive = yardstick.costs(self._cores) if "naive" in plan.parts else {}
        with machine.on_cores([] if self._cores.worker is None else [self._cores.worker]):
            self._results.stages = stages.measure(
                prolong(load(), seconds=6 if plan.sessions < stages.SESSIONS else 14),
                step_s=plan.step_s,
                sessions=plan.sessions,
                naive=naive,
            )

    def _start(self) -> None:
        self._results.ready_s = latency.measure_ready(self._cores, runs=self._plan.ready_runs)

    def _echo(self) -> None:
        script = Script.echoed(self._recording, step_s=self._plan.step_s)
        with latency.worker(self._cores, app="benchmarks.echo:app") as (server, pids):
            self._results.echo = self._level(server.url, pids, self._plan.echo, script=script)

    def _capacity(self) -> None:
        plan = self._plan
        recording = prolong(load(), seconds=plan.climb_s)
        script = Script.judged(recording, Recognizer.load(), step_s=plan.step_s)
        with latency.worker(self._cores) as (server, pids):
            time.sleep(1.0)
            self._results.idle_mib = machine.resident_mib(pids[0])
            watch = latency.Watch(server.url, pids, script, self._cores)
            before = 0

            def level(clients: int) -> latency.Level:
                nonlocal before
                coming = Pace(max(1.0, (clients - before) / COMING_S))
                before = clients
                measured = watch.level(clients, seconds=plan.seconds, pace=plan.pace or coming)
                p50, p95, p99 = (measured.latency_ms(share) for share in (0.5, 0.95, 0.99))
                self._say(
                    f"  {clients}: {p50:.1f} / {p95:.1f} / {p99:.1f} ms, "
                    f"{measured.cpu_ms:.2f} ms a session-second, core {100 * measured.busy:.0f} %"
                )
                return measured

            with watch:
                numbers = plan.levels or capacity.steps()
                self._results.curve = capacity.climb(level, numbers, on=plan.levels is not None)

    def _admission(self) -> None:
        plan = self._plan
        # All of them come from this one address.
        environ = {
            name: latency.OPEN[name] for name in ("MAX_SESSIONS_PER_ADDRESS", "MAX_EVENTS_S")
        }
        if plan.offered < capacity.STEPS[-1]:
            environ["MAX_SESSIONS"] = str(plan.offered // 2)
        with latency.worker(self._cores, environ=environ) as (server, pids):
            self._results.admission = latency.measure_level(
                server.url,
                pids,
                self._script,
                self._cores,
                clients=plan.offered,
                seconds=plan.seconds,
                pace=plan.pace or Pace(OFFER_S),
            )

    def _upload(self) -> None:
        plan = self._plan
        sent = uploads.files(prolong(load(), seconds=plan.file_s))
        with latency.worker(self._cores) as (server, pids):
            self._results.uploads = [file.send(server.url) for file in sent]
            self._results.meanwhile = uploads.measure_meanwhile(
                server.url,
                pids,
                self._script,
                self._cores,
                sent[0],
                clients=plan.beside,
                seconds=plan.seconds,
                pace=plan.pace or PACE,
            )

    def _growth(self) -> None:
        plan = self._plan
        self._results.growth = growth.measure(
            self._script,
            self._cores,
            clients=plan.each,
            seconds=min(plan.seconds, GROWTH_S),
            times=plan.times,
            rounds=plan.rounds,
            pace=plan.pace or PACE,
        )

    def _onset(self) -> None:
        if lack := onset.missing():
            raise RuntimeError(lack)
        usual_s = Settings().prediction_step_s
        for step_s in sorted({usual_s, self._plan.step_s}):
            measured = onset.measure(self._cores, step_s=step_s, count=self._plan.onsets)
            self._results.onsets.append(measured)

    def _profile(self) -> None:
        plan = self._plan
        clients = min(plan.profiled, self._results.curve.sessions or plan.profiled)
        self._results.hotspots = hotspots.measure(
            self._script, self._cores, clients=clients, seconds=plan.seconds, pace=plan.pace or PACE
        )

    def _naive(self) -> None:
        plan = self._plan
        script = Script.echoed(self._recording, step_s=plan.step_s)
        seconds = min(plan.seconds, NAIVE_S)
        self._results.naive = yardstick.measure(
            script, self._cores, seconds=seconds, first=plan.first
        )
