"""The server itself, with a sampler beside it: where a worker's CPU time goes.

Every few milliseconds of CPU time the kernel's timer asks Python which functions are under way,
which costs nothing in between. SIGUSR2 begins and, the second time, writes what was seen to the
file that BENCHMARK_PROFILE names. Nothing of it is in the product.
"""

from __future__ import annotations

import json
import os
import signal
from collections import Counter
from pathlib import Path
from types import CodeType, FrameType

from webapp.wsgi import app

__all__ = ["app"]

INTERVAL_S = 0.002  # the kernel makes 4 ms of it where it counts in 250ths of a second
DEPTH = 60


class Sampler:
    """Counts stacks of functions, the innermost first."""

    def __init__(self, target: Path) -> None:
        self._target = target
        self._seen: Counter[tuple[CodeType, ...]] = Counter()
        self._running = False

    def toggle(self, signum: int, frame: FrameType | None) -> None:  # noqa: ARG002
        """Begin; or end and write down what was seen."""
        self._running = not self._running
        if self._running:
            self._seen.clear()
            signal.signal(signal.SIGPROF, self.take)
            signal.setitimer(signal.ITIMER_PROF, INTERVAL_S, INTERVAL_S)
            return
        signal.setitimer(signal.ITIMER_PROF, 0)
        stacks = [
            [count, [[code.co_filename, code.co_qualname] for code in stack]]
            for stack, count in self._seen.items()
        ]
        written = self._target.with_suffix(".part")
        written.write_text(json.dumps(stacks), encoding="utf-8")
        written.replace(self._target)

    def take(self, signum: int, frame: FrameType | None) -> None:  # noqa: ARG002
        """Count the stack that was interrupted."""
        stack: list[CodeType] = []
        while frame is not None and len(stack) < DEPTH:
            stack.append(frame.f_code)
            frame = frame.f_back
        self._seen[tuple(stack)] += 1


if target := os.environ.get("BENCHMARK_PROFILE"):
    signal.signal(signal.SIGUSR2, Sampler(Path(target)).toggle)
    # gunicorn has every signal write a byte into a pipe, which nobody empties so fast.
    signal.set_wakeup_fd(-1)
