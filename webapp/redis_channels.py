"""The channels of Redis that a worker listens to, over a connection of their own."""

from __future__ import annotations

import contextlib
import logging
import socket
import threading
from collections import deque
from collections.abc import Callable
from typing import Any

PATIENCE_S = 4.0  # for the listening task to end, once its connection has

Handler = Callable[[str], None]

log = logging.getLogger(__name__)


class _Channel:
    """A channel that is listened to."""

    def __init__(self, handler: Handler) -> None:
        self.handler = handler
        self.confirmed = threading.Event()


class Channels:
    """What is listened to, and the listening.

    The link's task opens, speaks and closes; a task of its own listens; anybody subscribes.

    Parameters
    ----------
    wake : Event
        Set when the link's task has something to say, or to hear of.

    Attributes
    ----------
    broken : Exception or None
        Why the listening has ended by itself.
    """

    def __init__(self, wake: threading.Event) -> None:
        self._wake = wake
        self._lock = threading.Lock()
        self._channels: dict[str, _Channel] = {}
        self._wishes: deque[tuple[str, str]] = deque()  # SUBSCRIBE or UNSUBSCRIBE, and the channel
        self._connection: Any = None
        self._deaf = threading.Event()  # nobody listens
        self._deaf.set()
        self.broken: Exception | None = None

    def subscribe(self, channel: str, handler: Handler, *, timeout_s: float) -> bool:
        """Have a function called with each message; return whether it is so within the time."""
        with self._lock:
            entry = self._channels.get(channel)
            if entry is None:
                entry = self._channels[channel] = _Channel(handler)
                self._wishes.append(("SUBSCRIBE", channel))
                self._wake.set()
        return entry.confirmed.wait(timeout_s)

    def unsubscribe(self, channel: str) -> None:
        """Listen to a channel no more."""
        with self._lock:
            if self._channels.pop(channel, None) is not None:
                self._wishes.append(("UNSUBSCRIBE", channel))
                self._wake.set()

    def open(self, connection: Any, spawn: Callable[..., Any]) -> None:
        """Listen to all of them over a new connection."""
        self.broken = None
        connection.connect()
        with self._lock:
            self._wishes.clear()
            wanted = list(self._channels)
        if wanted:
            connection.send_command("SUBSCRIBE", *wanted)
        self._connection = connection
        self._deaf.clear()
        spawn(self._listen, connection)

    def speak(self, *, ping: bool) -> None:
        """Send what subscribers wish; and a ping, without whose answer the listening ends."""
        while self._wishes:
            self._connection.send_command(*self._wishes.popleft())
        if ping:
            self._connection.send_command("PING")

    def close(self) -> None:
        """End the listening; the listener closes its socket itself.

        A green thread whose socket is closed by another would go on waiting for its descriptor,
        which by then may be another connection's.
        """
        if self._connection is None:
            return
        heard = self._connection._sock
        if heard is not None:
            with contextlib.suppress(OSError):
                heard.shutdown(socket.SHUT_RDWR)
        self._deaf.wait(PATIENCE_S)
        self._connection = None
        with self._lock:
            for channel in self._channels.values():
                channel.confirmed.clear()

    def _listen(self, connection: Any) -> None:
        try:
            while True:
                reply = connection.read_response()
                if isinstance(reply, list) and len(reply) == 3:
                    self._heard(*reply)
        except Exception as error:
            self.broken = error
            self._wake.set()
        finally:
            connection.disconnect()
            self._deaf.set()

    def _heard(self, kind: bytes, name: bytes, payload: Any) -> None:
        with self._lock:
            channel = self._channels.get(name.decode())
        if channel is None:
            return
        if kind == b"subscribe":
            channel.confirmed.set()
        elif kind == b"message":
            try:
                channel.handler(payload.decode())
            except Exception:
                log.exception("A message from another worker could not be handled")
