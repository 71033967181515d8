"""The figures as a page of text: the same in the terminal and in RESULTS.md."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.latency import Cores, Level, Serving, median, percentile
from benchmarks.machine import Machine
from benchmarks.stages import Stages

LATE_S = 0.010  # a generator later than this at the 99th percentile has a part in the latencies
DISTURBED = 0.05  # share of the worker's core that others may take before it is said


@dataclass(frozen=True)
class Results:
    """Everything that one run measured."""

    machine: Machine
    cores: Cores
    step_s: float
    stages: Stages
    echo: Level
    serving: Serving
    took_s: float


def page(results: Results) -> str:
    """Return the report in Markdown."""
    machine, serving = results.machine, results.serving
    pinned = (
        "worker and load generator each pinned to a core of its own"
        if results.cores.worker is not None
        else "worker and load generator share their core: the latencies hold both"
    )
    parts = [
        "# What one worker costs, and how fast it answers",
        f"{machine.date}, commit {machine.commit}. {machine.cpu}, {machine.cores} cores, "
        f"{number(machine.memory_gib)} GiB, {machine.system}, Python {machine.python}; {pinned}. "
        f"Made by `make bench` in {results.took_s:.0f} s.",
        "The clients replay a recording by Chromium (Opus, slices of 120 ms, somebody who speaks "
        "on and on) in real time; its packets are written anew behind its header, so that one "
        f"recording lasts the whole run. A prediction comes every {results.step_s:g} s of audio.",
        *(f"**{warning}**" for warning in warnings(results)),
        "## CPU for a second of one session's audio",
        _cpu(results),
        "Stages: in one process, many sessions taking turns chunk by chunk, no socket. Sockets: "
        "what the worker used for its clients less that; the yardstick is the same server with "
        "nothing behind its sockets, which answers as often. "
        f"The network takes {number(results.stages.network_ms)} ms a call; "
        f"{_share(results.stages.judged)} of {number(results.stages.windows_per_s)} windows a "
        "second hold speech and reach it.",
        "## From the last byte sent to the prediction received",
        _levels(serving.levels),
        "Others: what other processes took of the worker's core. Late, own CPU: how much later "
        "than due the generator sent (99th percentile), and its share of its core.",
        "## Start, memory, files",
        _rest(serving),
    ]
    return "\n\n".join(parts) + "\n"


def warnings(results: Results) -> list[str]:
    """Return what speaks against the figures, a sentence each."""
    found = []
    for level in [results.echo, *results.serving.levels]:
        load = level.load
        who = f"{load.clients} client{'s' if load.clients != 1 else ''}" + (
            " of the bare echo" if level is results.echo else ""
        )
        if load.refused:
            found.append(f"{who}: the server refused {_counts(load.refused)}.")
        if load.recording + sum(load.refused.values()) < load.clients:
            found.append(
                f"{who}: {load.recording} recorded when the measured part began, the server let "
                "the others wait; CPU and latency are those of a crowd that still grew."
            )
        if load.problems:
            found.append(f"{who}: problems: {_counts(load.problems)}.")
        if load.errors:
            found.append(f"{who}: {len(load.errors)} errors, the first: {load.errors[0]}.")
        if load.missing:
            found.append(
                f"{who}: {load.missing} predictions did not come in time; no percentile holds them."
            )
        if load.skipped:
            found.append(f"{who}: the server skipped {load.skipped} predictions.")
        if percentile(load.lateness_s, 0.99) > LATE_S:
            found.append(f"{who}: the load generator did not keep up; its delay is in the figures.")
        if level.others > DISTURBED:
            found.append(
                f"{who}: other processes took {_share(level.others)} of the worker's core."
            )
    found += [
        f"{upload.name}: {upload.error}." for upload in results.serving.uploads if upload.error
    ]
    return found


def number(value: float) -> str:
    """Return a figure with three significant digits; a dash for none."""
    if math.isnan(value):
        return "–"
    digits = 2 - math.floor(math.log10(abs(value))) if value else 0
    return f"{value:.{min(max(digits, 0), 3)}f}"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table whose columns line up in a terminal too."""
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]

    def line(cells: Sequence[str]) -> str:
        first, *others = zip(cells, widths, strict=True)
        padded = [first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in others)]
        return f"| {' | '.join(padded)} |"

    rule = [":" + "-" * (widths[0] - 1), *("-" * (width - 1) + ":" for width in widths[1:])]
    return "\n".join([line(head), f"| {' | '.join(rule)} |", *map(line, rows)])


def _cpu(results: Results) -> str:
    stages, echo = results.stages, results.echo
    # The level whose number of clients is nearest the echo's, so that both are alike.
    level = min(
        results.serving.levels, key=lambda level: abs(level.load.clients - echo.load.clients)
    )
    rows = [
        (stage.name, stage.cpu_ms, stage.yardstick_ms, stage.yardstick, stage.naive_ms, stage.naive)
        for stage in stages.stages
    ]
    for name, here, yardstick, what in (
        ("a session without sockets", stages.session_ms, math.nan, ""),
        ("sockets, colder caches", level.cpu_ms - stages.session_ms, echo.cpu_ms, "the bare echo"),
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


def _levels(levels: Sequence[Level]) -> str:
    rows = []
    for level in levels:
        load = level.load
        p50, p95, p99, worst = (
            number(1000 * percentile(load.latencies_s, share)) for share in (0.5, 0.95, 0.99, 1.0)
        )
        rows.append(
            (
                f"{load.clients}" if load.recording == load.clients else
                f"{load.recording} of {load.clients}",
                p50,
                p95,
                p99,
                worst,
                str(len(load.latencies_s)),
                number(level.cpu_ms),
                _share(level.busy),
                _share(level.others),
                number(1000 * percentile(load.lateness_s, 0.99)),
                _share(load.own_cpu),
            )
        )  # fmt: skip
    head = (
        "Clients", "p50 ms", "p95 ms", "p99 ms", "worst ms", "predictions", "CPU ms/s",
        "worker's core", "others", "late ms", "own CPU",
    )  # fmt: skip
    return table(head, rows)


def _rest(serving: Serving) -> str:
    rows = [
        ("gunicorn's start to /readyz 200, s", number(median(serving.ready_s))),
        ("memory of the worker at rest, MiB", number(serving.idle_mib)),
        ("memory for each further session, MiB", number(serving.session_mib)),
    ]
    rows += [
        (f"{upload.name}, times real time", number(upload.audio_s / upload.took_s))
        for upload in serving.uploads
    ]
    return table(("What", "measured"), rows)


def _share(value: float) -> str:
    return "–" if math.isnan(value) else f"{100 * value:.0f} %"


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{count} times {code}" for code, count in sorted(counts.items()))
