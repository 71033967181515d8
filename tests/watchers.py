"""A real client of /watch, for tests and benchmarks."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.orderly import OrderlyClient
from tests.tls import trusting

KINDS = ("prediction", "state", "ended", "problem")


def until(condition: Callable[[], object], *, seconds: float = 15.0) -> float:
    """Wait until a condition holds; return how long that took.

    Raises
    ------
    TimeoutError
        It does not.
    """
    began = time.monotonic()
    while not condition():
        if time.monotonic() - began > seconds:
            raise TimeoutError(f"not within {seconds} s")
        time.sleep(0.01)
    return time.monotonic() - began


@dataclass
class WatchClient:
    """A python-socketio client of /watch that keeps what it hears.

    Attributes
    ----------
    heard : dict
        What came of each kind, in order.
    """

    url: str
    heard: dict[str, list[Any]] = field(default_factory=lambda: {kind: [] for kind in KINDS})

    def __enter__(self) -> WatchClient:
        self.io = OrderlyClient(
            reconnection=False, websocket_extra_options={"sslopt": {"context": trusting()}}
        )
        for kind in KINDS:
            self.io.on(kind, self.heard[kind].append, namespace="/watch")
        self.io.connect(self.url, namespaces=["/watch"], transports=["websocket"], wait_timeout=10)
        return self

    def __exit__(self, *exc: object) -> None:
        self.io.disconnect()

    def watch(self, token: object) -> dict[str, Any]:
        """Ask for a view; return the acknowledgement."""
        answer: dict[str, Any] = self.io.call(
            "watch", {"view": token}, namespace="/watch", timeout=15
        )
        return answer

    def wait_for(self, kind: str, count: int = 1, *, seconds: float = 15.0) -> list[Any]:
        """Wait until so many of one kind have come; return them."""
        until(lambda: len(self.heard[kind]) >= count, seconds=seconds)
        return self.heard[kind]
