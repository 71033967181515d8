"""The figures as a page of text: the same in the terminal and in RESULTS.md."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks import sections
from benchmarks.capacity import DISTURBED, LATE_S
from benchmarks.latency import Level, percentile
from benchmarks.results import Results
from benchmarks.targets import in_the_way, targets
from benchmarks.text import counts, number, share, table

PLOT = "capacity.svg"
INVARIANCE = "# Changes of a file that leave its speech alone"
"""Heading in RESULTS.md; the figures of `benchmarks.invariance` follow it."""


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
        *sections.cpu(results),
        *sections.onsets(results.onsets),
        *sections.rest(results),
        *sections.growth(results),
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
        for level in growth.levels:
            yield f" on {growth.name}", level, False
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
        sections.levels(curve.levels),
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
        sections.levels([level]),
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
        sections.levels(curve.levels),
        f"For each prediction all of the recording is decoded anew, librosa makes the window's "
        f"MFCCs, Keras's `predict` judges them; on this project's own sockets. Held to a p95 of "
        f"{curve.limits.p95_s:g} s and a p99 of {curve.limits.p99_s:g} s only, it carries "
        f"{curve.sessions} live sessions; at {end.load.clients} {ends}. By the CPU "
        f"of its first level alone it would be {naive.computed:.1f}. Its recordings lasted "
        f"{naive.length_s:.0f} s at most: longer ones cost it more.{ratio}",
    ]


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
