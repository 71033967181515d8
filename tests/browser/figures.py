"""How light the page is: the weight of its scripts, first paint, motion, and what it keeps."""

from __future__ import annotations

import gzip
import json
import statistics
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from chromium import Page

FRAMES = """
    const [seconds, done] = arguments;
    const times = [];
    const step = (now) => {
      times.push(now);
      if (now - times[0] < seconds * 1000) requestAnimationFrame(step);
      else done(times);
    };
    requestAnimationFrame(step);"""


@dataclass(frozen=True)
class Script:
    """A script that the page has loaded, and how many bytes it is, as it is and compressed."""

    path: str
    size: int
    compressed: int


def scripts(page: Page) -> list[Script]:
    """Return every script that the page has loaded so far, the heaviest first."""
    ask = "return performance.getEntriesByType('resource').map((entry) => entry.name)"
    found = []
    for url in sorted(set(page.driver.execute_script(ask))):
        path = urllib.parse.urlsplit(url).path
        if not path.endswith((".js", ".mjs")):
            continue
        with urllib.request.urlopen(url, timeout=10) as answer:
            body = answer.read()
        found.append(Script(path, len(body), len(gzip.compress(body, 6))))
    return sorted(found, key=lambda script: -script.compressed)


def first_paint_ms(page: Page) -> float:
    """Return when the page has painted its first words, from the beginning of its loading."""
    ask = "return performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? null"
    return float(page.wait(lambda: page.driver.execute_script(ask), "nothing is painted"))


def ready_ms(page: Page) -> float:
    """Return when the page could be used, from the beginning of its loading."""
    ask = "return performance.getEntriesByType('navigation')[0].loadEventEnd"
    return float(page.wait(lambda: page.driver.execute_script(ask), "the page does not load"))


@dataclass(frozen=True)
class Motion:
    """Pictures a second, and how even they come."""

    per_s: float
    median_ms: float
    p95_ms: float
    late: float  # the share of pictures that came more than a picture's time too late


def motion(page: Page, seconds: float) -> Motion:
    """Return how the page moves, by its own animation frames."""
    page.driver.set_script_timeout(seconds + 30)
    times = page.driver.execute_async_script(FRAMES, seconds)
    steps = [later - earlier for earlier, later in pairwise(times)]
    middle = statistics.median(steps)
    return Motion(
        per_s=1000 * len(steps) / (times[-1] - times[0]),
        median_ms=middle,
        p95_ms=sorted(steps)[int(len(steps) * 0.95)],
        late=sum(step > 2 * middle for step in steps) / len(steps),
    )


TRACED = "cc,benchmark,disabled-by-default-devtools.timeline.frame"
REPORTER = "PipelineReporter"  # of each frame that the browser's clock asked a page for


def traced(file: Path, seconds: float) -> tuple[str, ...]:
    """Return the flags by which Chromium traces its first seconds into a file."""
    return (
        f"--trace-startup={TRACED}",
        f"--trace-startup-duration={seconds:.0f}",
        f"--trace-startup-file={file}",
        "--trace-startup-format=json",
    )


@dataclass(frozen=True)
class Drawn:
    """What became of the frames of a page, by the browser's own account.

    Attributes
    ----------
    per_s : float
        Frames a second that were presented.
    dropped : float
        The share of those that were due and were not presented.
    """

    per_s: float
    dropped: float


def drawn(trace: Path, seconds: float) -> Drawn:
    """Return what became of the frames of the busiest page in a trace's last seconds.

    Raises
    ------
    ValueError
        The trace has no frame.
    """
    events = json.loads(trace.read_text())["traceEvents"]
    frames = [
        (event["pid"], event["ts"] / 1e6, reported["state"])
        for event in events
        if event["name"] == REPORTER and event["ph"] == "b"
        for reported in [event["args"].get("frame_reporter")]
        if reported
    ]
    if not frames:
        raise ValueError(f"{trace} has no frame")
    pages = [pid for pid, _, _ in frames]
    page = max(set(pages), key=pages.count)
    last = max(at for pid, at, _ in frames if pid == page)
    states = [s for pid, at, s in frames if pid == page and at > last - seconds]
    presented = sum(state.startswith("STATE_PRESENTED") for state in states)
    missed = states.count("STATE_DROPPED")
    return Drawn(presented / seconds, missed / max(1, presented + missed))


def heap_mb(page: Page) -> float:
    """Return what the page keeps in memory once its rubbish has been collected."""
    for _ in range(2):  # what the first sweep freed may have held what the second one frees
        page.driver.execute_cdp_cmd("HeapProfiler.collectGarbage", {})
    usage = page.driver.execute_cdp_cmd("Runtime.getHeapUsage", {})
    return float(usage["usedSize"]) / 1e6


def heaps_mb(page: Page, until_s: float, *, step_s: float) -> Iterator[tuple[float, float]]:
    """Yield the recording's seconds and the memory kept, every so often."""
    due = page.seconds
    while due < until_s:
        due += step_s
        # Each question leaves something in the page as well: few are asked.
        while (left := due - page.seconds) > 0:
            time.sleep(min(left, 5) + 0.05)
            if page.state != "recording":
                raise RuntimeError(f"the page no longer records: {page.state}, {page.notice}")
        yield page.seconds, heap_mb(page)
