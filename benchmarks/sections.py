"""The parts of the report that only tell: what was measured, as tables with what they mean."""

from __future__ import annotations

import math
from collections.abc import Sequence

from benchmarks.growth import TIMES
from benchmarks.latency import Level, median, percentile
from benchmarks.onset import Onsets
from benchmarks.results import Results
from benchmarks.stages import Stages
from benchmarks.targets import MB
from benchmarks.text import number, share, table


def levels(measured: Sequence[Level]) -> str:
    """Return levels as a table."""
    rows = []
    for level in measured:
        load = level.load
        rows.append(
            (
                f"{load.clients}" if load.recording == load.clients else
                f"{load.recording} of {load.clients}",
                *(number(level.latency_ms(part)) for part in (0.5, 0.95, 0.99, 1.0)),
                str(len(load.latencies_s)),
                str(load.missing + load.skipped),
                number(level.cpu_ms),
                share(level.busy),
                share(level.others),
                number(1000 * percentile(load.lateness_s, 0.99)),
                share(load.own_cpu),
            )
        )  # fmt: skip
    head = (
        "Clients", "p50 ms", "p95 ms", "p99 ms", "worst ms", "predictions", "left out",
        "CPU ms/s", "worker's core", "others", "late ms", "own CPU",
    )  # fmt: skip
    return table(head, rows)


def cpu(results: Results) -> list[str]:
    """Return what a second of audio costs, stage by stage."""
    stages = results.stages
    if stages is None:
        return []
    return [
        "## CPU for a second of one session's audio",
        _stages(results, stages),
        "Stages: in one process, many sessions taking turns chunk by chunk, no socket. Sockets: "
        "what the worker used for its clients less that; the yardstick is the same server with "
        "nothing behind its sockets, which answers as often. "
        f"The network takes {number(stages.network_ms)} ms a call, and a taught profile "
        f"{number(stages.taught_ms)} ms of each window; "
        f"{share(stages.judged)} of {number(stages.windows_per_s)} windows a "
        "second hold speech and reach it.",
    ]


def _stages(results: Results, stages: Stages) -> str:
    rows = [
        (stage.name, stage.cpu_ms, stage.yardstick_ms, stage.yardstick, stage.naive_ms, stage.naive)
        for stage in stages.stages
    ]
    rows.append(("a session without sockets", stages.session_ms, math.nan, "", math.nan, ""))
    echo = results.echo
    if echo and results.curve.levels:
        # The level whose number of clients is nearest the echo's, so that both are alike.
        level = min(
            results.curve.levels, key=lambda level: abs(level.load.clients - echo.load.clients)
        )
        for name, here, yardstick, what in (
            ("sockets, colder caches", level.cpu_ms - stages.session_ms, echo.cpu_ms, "bare echo"),
            (f"**all, {level.load.clients} clients**", level.cpu_ms, math.nan, ""),
        ):
            rows.append((name, here, yardstick, what, math.nan, ""))
    cells = [
        (
            name,
            number(here),
            number(yardstick),
            number(here / yardstick) if yardstick else "–",
            what,
            number(naive),
            "" if math.isnan(naive) else how,
        )
        for name, here, yardstick, what, naive, how in rows
    ]
    head = ("Stage", "ms", "yardstick, ms", "times", "yardstick", "naive, ms", "the naive way")
    return table(head, cells)


def onsets(measured: Sequence[Onsets]) -> list[str]:
    """Return how long a sound takes to the chart."""
    if not measured:
        return []
    rows = [
        (
            f"{step.step_s:g} s",
            *(number(1000 * percentile(step.latencies_s, part)) for part in (0.0, 0.5, 0.95, 1.0)),
            str(len(step.latencies_s)),
            str(step.unanswered),
        )
        for step in measured
    ]
    head = ("A prediction each", "best ms", "median ms", "p95 ms", "worst ms", "onsets", "missed")
    return [
        "## From a sound in the browser to the chart",
        table(head, rows),
        "One real Chromium whose microphone plays bursts of speech. From the sound's first loud "
        "sample in the page to the frame that draws the first prediction whose window ends after "
        "it; which that is, the recording tells that the page sent. Good to about 10 ms.",
    ]


def rest(results: Results) -> list[str]:
    """Return start, memory and uploads."""
    curve = results.curve
    rows = []
    if results.ready_s:
        rows.append(("gunicorn's start to /readyz 200, s", number(median(results.ready_s))))
    if curve.levels:
        rows.append(("memory of the worker at rest, MB", number(results.idle_mib / MB)))
        if curve.best:
            name = f"memory of the worker with {curve.sessions} sessions, MB"
            rows.append((name, number(curve.best.worker_mib / MB)))
        rows.append(("memory for each further session, MB", number(curve.session_mib / MB)))
    rows += [
        (
            f"upload of {upload.audio_s / 60:.1f} min, {upload.name}, times real time",
            number(upload.speed),
        )
        for upload in results.uploads
    ]
    parts = ["## Start, memory, files", table(("What", "measured"), rows)] if rows else []
    if results.meanwhile and results.meanwhile.uploads:
        beside = results.meanwhile
        parts += [
            levels([beside.level]),
            f"Beside these live sessions, on the same core, {len(beside.uploads)} files of "
            f"{beside.uploads[0].audio_s / 60:.1f} min ({beside.uploads[0].name}) were uploaded "
            "one after the other all the time, each answered at "
            f"{number(median([upload.speed for upload in beside.uploads]))} times real time in "
            "the middle. The CPU is of both.",
        ]
    return parts


def growth(results: Results) -> list[str]:
    """Return what a session costs on more workers and hosts."""
    if not results.growth:
        return []
    rounds = len(results.growth[0].levels)
    rows = [
        (
            grown.name,
            str(grown.level.load.recording),
            number(grown.level.cpu_ms),
            f"{100 * grown.beside(results.growth[0]):+.1f} %",
            number(grown.proxy_ms) if grown.proxy_cpu_s else "–",
            number(grown.level.worker_mib / MB),
            _spread(grown.level),
        )
        for grown in results.growth
    ]
    head = ("What", "sessions", "CPU ms/s", "beside one", "nginx ms/s", "MB a worker", "spread")
    return [
        f"## {TIMES} times the sessions on {TIMES} times the workers",
        table(head, rows),
        "All workers on one core, nginx on the other: this shows what a session costs as workers "
        "and hosts are added, not the capacity of cores that this machine does not have. Spread: "
        "the least and the most CPU of a worker beside their mean. "
        f"Measured {rounds} times in turn; the middle of them, and of their ratios.",
    ]


def _spread(level: Level) -> str:
    mean_s = level.worker_cpu_s / max(1, len(level.each_cpu_s))
    if len(level.each_cpu_s) < 2 or not mean_s:
        return "–"
    return f"{share(min(level.each_cpu_s) / mean_s)} to {share(max(level.each_cpu_s) / mean_s)}"
