"""Uploads in memory only, and never more of them than the server can bear."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import IO, Any, TypeVar

from flask import Request, current_app

from webapp.async_mode import AsyncMode
from webapp.protocol import ProtocolError

Result = TypeVar("Result")

RETRY_S = 5.0


class MemoryRequest(Request):
    """A request whose files stay in memory; werkzeug would write those over 500 KB to the disk."""

    def _get_file_stream(
        self,
        total_content_length: int | None,  # noqa: ARG002
        content_type: str | None,  # noqa: ARG002
        filename: str | None = None,  # noqa: ARG002
        content_length: int | None = None,  # noqa: ARG002
    ) -> IO[bytes]:
        return _MemoryFile(current_app.extensions["async_mode"].breathe)


class _MemoryFile(BytesIO):
    """A file in memory whose writing lets others run: a fast client may send 95 MB on end."""

    def __init__(self, breathe: Callable[[], None]) -> None:
        super().__init__()
        self._breathe = breathe

    def write(self, data: Any) -> int:
        self._breathe()
        return super().write(data)


class Gate:
    """Admits a bounded number of uploads and judges one at a time, away from the event loop."""

    def __init__(self, mode: AsyncMode, *, places: int) -> None:
        self._mode = mode
        self._places = threading.BoundedSemaphore(places)
        self._turn = threading.Lock()
        self._spent_s = 0.0
        self._clock = 0  # of the thread that works for an upload now; 0: there is none
        self._began_s = 0.0

    @contextmanager
    def admit(self) -> Iterator[None]:
        """Hold one of the places, to be taken before the body is read.

        Raises
        ------
        ProtocolError
            `busy`: there is none.
        """
        if not self._places.acquire(blocking=False):
            raise ProtocolError(
                "busy",
                "Too many files are being judged; please try again soon.",
                retry_after_s=RETRY_S,
            )
        try:
            yield
        finally:
            self._places.release()

    def work(self, function: Callable[..., Result], *args: object) -> Result:
        """Wait for one's turn and call the function while others' streams go on."""
        with self._turn:
            result: Result = self._mode.offload(self._measured, function, *args)
        return result

    @property
    def spent_s(self) -> float:
        """CPU seconds of all that was worked on so far; of what still goes on only with threads."""
        clock = self._clock
        if not clock:
            return self._spent_s
        try:
            return self._spent_s + time.clock_gettime(clock) - self._began_s
        except OSError:  # the thread has just ended
            return self._spent_s

    def _measured(self, function: Callable[..., Result], *args: object) -> Result:
        self._began_s = time.thread_time()
        if self._mode.name == "threading" and hasattr(time, "pthread_getcpuclockid"):  # no macOS
            self._clock = time.pthread_getcpuclockid(threading.get_ident())
        try:
            return function(*args)
        finally:
            self._clock = 0
            self._spent_s += time.thread_time() - self._began_s
