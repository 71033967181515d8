"""Measure how light the page is, in a browser: python -m scripts.page_figures [--minutes N]."""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "tests" / "browser")]

import chromium  # noqa: E402
import figures  # noqa: E402
from chromium import Page  # noqa: E402
from servers import serve  # noqa: E402
from speech import write_wav  # noqa: E402

VISITS = 5
MOTION_S = 10.0
LOADING_S = 8.0  # until the page records, at the longest


def main() -> None:
    """Print a table of what was measured beside what is promised."""
    parser = argparse.ArgumentParser(description=__doc__.split(":")[0])
    parser.add_argument("--minutes", type=float, default=10.0, help="of the recording (10)")
    asked = parser.parse_args()
    clip = sorted((ROOT / "samples" / "synthetic").glob("*.flac"))[0]
    with tempfile.TemporaryDirectory() as folder, serve() as server:
        speech = Path(folder) / "speech.wav"
        write_wav(clip, speech, before_s=0.5)
        paint(server.url)
        draws(server.url, speech, Path(folder) / "trace.json")
        for measure in (moves, keeps):
            page = Page(chromium.launch(microphone=speech)).open(server.url)
            try:
                page.record()
                page.hear_more()
                measure(page, asked.minutes * 60)
            finally:
                page.driver.quit()


def paint(url: str) -> None:
    """Come as a new visitor, several times."""
    painted, ready = [], []
    for _ in range(VISITS):
        page = Page(chromium.launch())
        try:
            page.open(url)
            painted.append(figures.first_paint_ms(page))
            ready.append(figures.ready_ms(page))
        finally:
            page.driver.quit()
    tell("first paint, median", f"{statistics.median(painted):.0f} ms", "1000 ms")
    tell("first paint, worst", f"{max(painted):.0f} ms", "1000 ms")
    tell("loaded, median", f"{statistics.median(ready):.0f} ms")


def draws(url: str, speech: Path, trace: Path) -> None:
    """Record under Chromium's trace, and count the frames that it presented."""
    seconds = LOADING_S + MOTION_S
    page = Page(chromium.launch(microphone=speech, flags=figures.traced(trace, seconds)))
    try:
        page.open(url)
        page.record()
        page.wait(trace.exists, "there is no trace", seconds=seconds + 30)
        page.wait(lambda: trace.read_bytes().rstrip().endswith(b"}"), "the trace does not end")
    finally:
        page.driver.quit()
    found = figures.drawn(trace, MOTION_S)
    tell("frames presented a second, traced", f"{found.per_s:.1f}", "60")
    tell("frames that were due and dropped", f"{found.dropped:.1%}")


def moves(page: Page, _seconds: float) -> None:
    """Count the pictures that are drawn while it records, and weigh the scripts."""
    moved = figures.motion(page, MOTION_S)
    tell("pictures a second, recording", f"{moved.per_s:.1f}", "60")
    tell("from picture to picture, p95", f"{moved.p95_ms:.1f} ms")
    tell("pictures that came late", f"{moved.late:.1%}")
    page.stop()
    page.driver.execute_async_script("setTimeout(arguments[0], 1000)")
    loaded = figures.scripts(page)
    total = sum(script.compressed for script in loaded) / 1024
    tell(f"{len(loaded)} scripts, compressed", f"{total:.0f} KB", "250 KB")
    for script in loaded[:5]:
        print(f"    {script.compressed / 1024:5.1f} KB  {script.path}")


def keeps(page: Page, seconds: float) -> None:
    """Record for long, and see what stays in memory."""
    seconds = max(seconds, 20)
    kept = []
    for at_s, heap in figures.heaps_mb(page, seconds, step_s=seconds / 10):
        kept.append((at_s, heap))
        print(f"    {at_s:5.0f} s  {heap:.2f} MB", flush=True)
    early, late = kept[1], kept[-1]
    grown = f"{early[1]:.2f} to {late[1]:.2f} MB"
    tell(f"memory kept, {early[0]:.0f} s to {late[0]:.0f} s", grown, "no growth")


def tell(what: str, value: str, promised: str = "") -> None:
    """Print a line of the table."""
    print(f"{what:34} {value:>22}   {promised and f'(promised: {promised})'}", flush=True)


if __name__ == "__main__":
    main()
