"""The figures as a page of text: the same in the terminal and in RESULTS.md."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from benchmarks.capacity import DISTURBED, LATE_S
from benchmarks.growth import TIMES
from benchmarks.latency import Level, median, percentile
from benchmarks.onset import Onsets
from benchmarks.results import Results
from benchmarks.stages import Stages
from benchmarks.targets import MB, in_the_way, targets
from benchmarks.text import counts, number, share, table

PLOT = "capacity.svg"


def page(results: Results) -> str:
    """Return the report in Markdown."""
    machine = results.machine
    pinned = (
        "worker and load generator each pinned to a core of its own"
        if results.cores.worker is not None
        else "worker and load generator share their core: the latencies hold both"
    )
    parts = [
        "# What one worker carries, what that costs, and how fast it answers",
        f"{machine.date}, commit {machine.commit}. {machine.cpu}, {machine.cores} cores, "
        f"{number(machine.memory_gib)} GiB, {machine.system}, Python {machine.python}; {pinned}. "
        f"Made by `make bench` in {results.took_s:.0f} s.",
        "The clients replay a recording by Chromium (Opus, slices of 120 ms, somebody who speaks "
        "on and on) in real time; its packets are written anew behind its header, so that one "
        f"recording lasts the whole run. A prediction comes every {results.step_s:g} s of audio.",
        *(f"**{warning}**" for warning in warnings(results)),
        "## Targets",
        table(
            ("what", "target", "measured", "reached"),
            [(row.what, row.wanted, row.measured, row.verdict) for row in targets(results)],
        ),
        *_curve(results),
        *_admission(results),
        *_naive(results),
        *_cpu(results),
        *_onsets(results.onsets),
        *_rest(results),
        *_growth(results),
        *_way(results),
    ]
    return "\n\n".join(parts) + "\n"


def warnings(results: Results) -> list[str]:
    """Return what speaks against the figures, a sentence each."""
    found = list(results.failures)
    for name, level, is_over in _levels(results):
        load = level.load
        who = f"{load.clients} client{'s' if load.clients != 1 else ''}{name}"
        if percentile(load.lateness_s, 0.99) > LATE_S:
            found.append(f"{who}: the load generator did not keep up; its delay is in the figures.")
        if level.others > DISTURBED:
            found.append(f"{who}: other processes took {share(level.others)} of the worker's core.")
        if is_over:
            continue  # it is there to see what happens beyond the limit
        if load.refused:
            found.append(f"{who}: the server refused {counts(load.refused)}.")
        if load.recording + sum(load.refused.values()) < load.clients:
            found.append(
                f"{who}: {load.recording} recorded when the measured part began, the server let "
                "the others wait; CPU and latency are those of a crowd that still grew."
            )
        if load.problems:
            found.append(f"{who}: problems: {counts(load.problems)}.")
        if load.errors:
            found.append(f"{who}: {len(load.errors)} errors, the first: {load.errors[0]}.")
        if load.unsummed:
            found.append(f"{who}: {load.unsummed} recordings ended without a summary.")
        if load.missing:
            found.append(
                f"{who}: {load.missing} predictions did not come in time; no percentile holds them."
            )
        if load.skipped:
            found.append(f"{who}: the server skipped {load.skipped} predictions.")
    meanwhile = results.meanwhile.uploads if results.meanwhile else []
    found += [
        f"{upload.name}: {upload.error}." for upload in results.uploads + meanwhile if upload.error
    ]
    return found


def _levels(results: Results) -> Iterator[tuple[str, Level, bool]]:
    """Yield each level with what it is called, and whether it is there to break."""
    curve = results.curve
    if results.echo:
        yield " of the bare echo", results.echo, False
    for level in curve.levels:
        yield "", level, level not in curve.held
    if results.admission:
        yield " with the default limits", results.admission, True
    if results.naive:
        for level in results.naive.curve.levels:
            yield " of the naive server", level, True
    if results.meanwhile:
        yield " beside uploads", results.meanwhile.level, False
    for growth in results.growth:
        yield f" on {growth.name}", growth.level, False
    if results.hotspots:
        yield " under the profiler", results.hotspots.level, False


def _curve(results: Results) -> list[str]:
    curve = results.curve
    if not curve.levels:
        return []
    end = (
        f"At {curve.broke.load.clients} it breaks: {curve.why}."
        if curve.broke
        else "It did not break."
    )
    return [
        "## From the last byte sent to the prediction received, until it breaks",
        f"![Latency and CPU against the number of sessions]({PLOT})",
        levels(curve.levels),
        f"{end} Admission is out of the way here. Others: what other processes took of the "
        "worker's core. Late, own CPU: how much later than due the generator sent (99th "
        "percentile), and its share of its core.",
    ]


def _admission(results: Results) -> list[str]:
    level = results.admission
    if level is None:
        return []
    load = level.load
    refused = counts(load.refused) or "none"
    return [
        "## More than it lets in",
        levels([level]),
        f"The settings' defaults (but for the limit per address: here all come from one). Of "
        f"{load.clients} clients {load.recording} were let in; refused: {refused}. "
        "The latencies are of those who were let in.",
    ]


def _naive(results: Results) -> list[str]:
    naive = results.naive
    if naive is None:
        return []
    curve = naive.curve
    end = curve.broke or curve.levels[-1]
    ends = f"it breaks: {curve.why}" if curve.why else "it did not break"
    ratio = (
        f" The product carries {results.curve.sessions / curve.sessions:.0f} times as many."
        if curve.sessions and results.curve.sessions
        else ""
    )
    return [
        "## The naive recipe",
        levels(curve.levels),
        f"For each prediction all of the recording is decoded anew, librosa makes the window's "
        f"MFCCs, Keras's `predict` judges them; on this project's own sockets. Held to a p95 of "
        f"{curve.limits.p95_s:g} s and a p99 of {curve.limits.p99_s:g} s only, it carries "
        f"{curve.sessions} live sessions; at {end.load.clients} {ends}. By the CPU "
        f"of its first level alone it would be {naive.computed:.1f}. Its recordings lasted "
        f"{naive.length_s:.0f} s at most: longer ones cost it more.{ratio}",
    ]


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


def _cpu(results: Results) -> list[str]:
    stages = results.stages
    if stages is None:
        return []
    return [
        "## CPU for a second of one session's audio",
        _stages(results, stages),
        "Stages: in one process, many sessions taking turns chunk by chunk, no socket. Sockets: "
        "what the worker used for its clients less that; the yardstick is the same server with "
        "nothing behind its sockets, which answers as often. "
        f"The network takes {number(stages.network_ms)} ms a call; "
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


def _onsets(measured: Sequence[Onsets]) -> list[str]:
    if not measured:
        return []
    rows = [
        (
            f"{onsets.step_s:g} s",
            *(
                number(1000 * percentile(onsets.latencies_s, part))
                for part in (0.0, 0.5, 0.95, 1.0)
            ),
            str(len(onsets.latencies_s)),
            str(onsets.unanswered),
        )
        for onsets in measured
    ]
    head = ("A prediction each", "best ms", "median ms", "p95 ms", "worst ms", "onsets", "missed")
    return [
        "## From a sound in the browser to the chart",
        table(head, rows),
        "One real Chromium whose microphone plays bursts of speech. From the sound's first loud "
        "sample in the page to the frame that draws the first prediction whose window ends after "
        "it; which that is, the recording tells that the page sent. Good to about 10 ms.",
    ]


def _rest(results: Results) -> list[str]:
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


def _growth(results: Results) -> list[str]:
    if not results.growth:
        return []
    one = results.growth[0].level.cpu_ms
    rows = [
        (
            growth.name,
            str(growth.level.load.recording),
            number(growth.level.cpu_ms),
            f"{100 * (growth.level.cpu_ms / one - 1):+.1f} %",
            number(growth.proxy_ms) if growth.proxy_cpu_s else "–",
            number(growth.level.worker_mib / MB),
            _spread(growth.level),
        )
        for growth in results.growth
    ]
    head = ("What", "sessions", "CPU ms/s", "beside one", "nginx ms/s", "MB a worker", "spread")
    return [
        f"## {TIMES} times the sessions on {TIMES} times the workers",
        table(head, rows),
        "All on the one core of the worker: this shows what a session costs as workers and hosts "
        "are added, not the capacity of cores that this machine does not have. Spread: the least "
        "and the most CPU of a worker beside their mean.",
    ]


def _spread(level: Level) -> str:
    mean_s = level.worker_cpu_s / max(1, len(level.each_cpu_s))
    if len(level.each_cpu_s) < 2 or not mean_s:
        return "–"
    return f"{share(min(level.each_cpu_s) / mean_s)} to {share(max(level.each_cpu_s) / mean_s)}"


def _way(results: Results) -> list[str]:
    parts = ["## What is in the way", *(f"* {line}" for line in in_the_way(results))]
    if len(parts) == 1:
        parts.append("No target that was measured is missed.")
    seen = results.hotspots
    if seen:
        cost = seen.level.cpu_ms
        parts += [
            f"Where a worker's time goes, by {seen.samples} samples of its stack under "
            f"{seen.level.load.recording} sessions, {number(cost)} ms a session-second:",
            table(
                ("What", "share", "ms"),
                [(name, share(part), number(part * cost)) for name, part in seen.groups],
            ),
            "By function, with what it calls of numpy, the standard library and C:",
            table(
                ("Function", "share", "ms"),
                [(f"`{name}`", share(part), number(part * cost)) for name, part in seen.functions],
            ),
        ]
    return parts
