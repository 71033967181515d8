"""TLS for clients that read in one thread and write in another, as python-socketio's does."""

from __future__ import annotations

import select
import ssl
import threading
from typing import Any


class SerialSocket(ssl.SSLSocket):
    """A TLS socket that one thread at a time uses, and that waits in none of its calls.

    OpenSSL forbids two threads in one connection at once, and Python 3.11 keeps none of them out:
    now and then what had come, or was to go, was lost, and both sides waited for ever.
    """

    _turn: threading.Lock | None = None  # from the handshake on
    _limit_s: float | None = None

    def do_handshake(self, block: bool = False) -> None:
        """Shake hands, while only one thread knows of the connection."""
        super().do_handshake(block)
        self._limit_s = super().gettimeout()
        super().settimeout(0)
        self._turn = threading.Lock()

    def settimeout(self, value: float | None) -> None:
        """Set how long `recv` and `send` wait, in seconds."""
        if self._turn is None:
            super().settimeout(value)
        self._limit_s = value

    def gettimeout(self) -> float | None:
        """Return how long `recv` and `send` wait, in seconds."""
        return super().gettimeout() if self._turn is None else self._limit_s

    def recv(self, buflen: int = 1024, flags: int = 0) -> bytes:
        """Return what has come, at most so many bytes; wait for it."""
        return bytes(self._do(super().recv, buflen, flags))

    def send(self, data: Any, flags: int = 0) -> int:
        """Send what can be sent of `data`; return how much that was."""
        return int(self._do(super().send, data, flags))

    def _do(self, call: Any, *args: object) -> Any:
        assert self._turn
        while True:
            with self._turn:
                try:
                    return call(*args)
                except ssl.SSLWantReadError:
                    wanted: tuple[list[Any], list[Any]] = [self], []
                except ssl.SSLWantWriteError:
                    wanted = [], [self]
            if not any(select.select(*wanted, [], self._limit_s)):
                raise TimeoutError("timed out")


def trusting() -> ssl.SSLContext:
    """Return a client's context that asks nobody who the server is."""
    context = ssl._create_unverified_context()
    context.sslsocket_class = SerialSocket
    return context
