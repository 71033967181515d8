"""A WebSocket on a green socket: few system calls a message, and a writer that never waits.

In place of eventlet's, which reads a chunk of audio in nine calls of `recv` and tells its loop
before and after each wait what it waits for. This one stays in the loop's poll from the first wait
to the last, takes all that has come at once, and has one timer a connection instead of one a wait:
a chunk that is answered as by the bare echo (benchmarks/echo.py) costs 47 us of CPU instead of 79,
and with `webapp.connection` 25.
"""

from __future__ import annotations

import contextlib
import logging
import socket
from collections import deque
from typing import Any

import eventlet
from eventlet import hubs
from eventlet.greenio import GreenSocket

from webapp import websocket
from webapp.websocket import Message, Reader, WebSocketError

READ_BYTES = 4 << 10  # what is worked off of a flood before others have their turn
LATE_READ_BYTES = 32 << 10  # once that was not all there was: seconds of sound, behind which is now
WRITE_BYTES = 64 << 10
MOST_UNSENT_BYTES = 256 << 10
"""What may wait for a client: over a thousand predictions. The kernel holds some megabytes besides,
and one long message may wait as well: the summary of half an hour has 1.2 MB."""

log = logging.getLogger(__name__)


class WebSocket:
    """What eventlet's `WebSocketWSGI` makes of a connection that was upgraded; its signature.

    Attributes
    ----------
    socket : GreenSocket
        Its timeout is how long `wait` waits for a byte, and a client may leave its bytes unread.
    """

    never_blocks = True  # to send: says that no queue is needed before it

    def __init__(
        self,
        sock: Any,
        environ: dict[str, Any],  # noqa: ARG002 - eventlet's signature, as the others are
        version: int = 13,  # noqa: ARG002
        *,
        max_frame_length: int,
        **options: object,  # noqa: ARG002
    ) -> None:
        self.socket = sock
        # TLS has buffers of its own, which the loop knows nothing of: there the green way it is.
        self._raw: Any = sock.fd if type(sock) is GreenSocket else None
        self._hub: Any = hubs.get_hub()
        self._reader = Reader(limit=max_frame_length)
        self._messages: deque[Message] = deque()
        self._read_bytes = READ_BYTES
        self._ended = False
        self._waiter: Any = None  # the green thread in `wait`
        self._waits_since = 0.0
        self._listener: Any = None
        self._timer: Any = None
        self._unsent = bytearray()
        self._room = MOST_UNSENT_BYTES
        self._flusher: Any = None
        self._closing = False
        self._lost = False

    # Reading.

    @property
    def is_behind(self) -> bool:
        """Whether more of the client's has come than `wait` has returned."""
        return bool(self._messages) or self._read_bytes == LATE_READ_BYTES

    def wait(self) -> str | bytes | None:
        """Return the next message; None at the end.

        Raises
        ------
        TimeoutError
            Nothing came for as long as the socket's timeout.
        """
        messages = self._messages
        while not self._ended:
            while messages:
                opcode, payload = messages.popleft()
                if opcode <= websocket.BINARY:
                    return payload
                if not self._control(opcode, payload):
                    return None
            if self._reader.error:
                self._finish(self._reader.error.status, self._reader.error.reason)
            elif data := self._receive():
                more = len(data) == READ_BYTES == self._read_bytes
                self._read_bytes = LATE_READ_BYTES if more else READ_BYTES
                messages.extend(self._reader.push(data))
            else:
                self._ended = True
        return None

    def _control(self, opcode: int, payload: Any) -> bool:
        """Do what a control frame asks for; return whether messages may follow."""
        if opcode == websocket.PING:
            self._post(websocket.frame(payload, websocket.PONG))
        elif opcode == websocket.CLOSE:
            try:
                self._finish(websocket.close_code(payload), "")
            except WebSocketError as error:
                self._finish(error.status, error.reason)
            return False
        return True

    def _finish(self, status: int, reason: str) -> None:
        self._ended = True
        self._close(status, reason)

    def _receive(self) -> bytes:
        """Wait for bytes; return none at the end."""
        try:
            if self._raw is None:
                return bytes(self.socket.recv(self._read_bytes))
            waits = self._read_bytes == READ_BYTES
            while True:
                if waits:
                    self._pause()
                try:
                    return bytes(self._raw.recv(self._read_bytes))
                except BlockingIOError:
                    waits = True
        except TimeoutError:
            raise
        except (OSError, EOFError):
            return b""

    def _pause(self) -> None:
        """Let others run until there is something to read."""
        hub = self._hub
        if self._listener is None:
            self._listener = hub.add(
                hub.READ, self.socket.fileno(), self._wake, self._throw, self._mark_as_closed
            )
            if self._timer is None:
                self._look()
        self._waiter = eventlet.getcurrent()
        self._waits_since = hub.clock()
        try:
            hub.switch()
        finally:
            self._waiter = None

    def _wake(self, fileno: int) -> None:  # noqa: ARG002 - the loop's signature
        if self._waiter is not None:
            self._waiter.switch()
        else:  # it is busy with something that waits, and what has come can wait in the kernel
            self._unlisten()

    def _throw(self, error: BaseException) -> None:
        if self._waiter is not None:
            self._waiter.throw(error)

    def _mark_as_closed(self) -> None:
        self._listener = None
        self._ended = True

    def _unlisten(self) -> None:
        listener, self._listener = self._listener, None
        if listener is not None:
            with contextlib.suppress(KeyError):  # the loop may have forgotten it by itself
                self._hub.remove(listener)

    def _look(self) -> None:
        """Throw a timeout if the wait is too long; look again when it would be."""
        limit_s = self.socket.gettimeout()
        if limit_s is None:
            return
        now = self._hub.clock()
        waited_s = now - self._waits_since if self._waiter is not None else 0.0
        if waited_s < limit_s:
            self._timer = self._hub.schedule_call_global(limit_s - waited_s, self._look)
        else:
            self._timer = None
            self._waiter.throw(TimeoutError("timed out"))

    # Writing.

    def send(self, message: str | bytes) -> None:
        """Send a message, or put it behind those that the client has not taken yet.

        Never waits and never fails: a client that is gone is noticed by `wait`.
        """
        self._post(websocket.frame(message))

    def _post(self, data: bytes) -> None:
        if self._lost or self._closing:
            return
        sent = 0
        if not self._unsent and self._raw is not None:
            try:
                sent = self._raw.send(data)
            except BlockingIOError:
                pass
            except OSError:
                self.abort()
                return
            if sent == len(data):
                return
        self._put_off(data, sent)

    def _put_off(self, data: bytes, begin: int) -> None:
        """Keep the rest of a frame until the client takes it."""
        rest = memoryview(data)[begin:]
        if not self._unsent:
            self._room = MOST_UNSENT_BYTES
        if len(rest) > MOST_UNSENT_BYTES and self._room == MOST_UNSENT_BYTES:
            self._room += len(rest)
        if len(self._unsent) + len(rest) > self._room:
            log.warning("A connection was closed: its client does not read what it is sent.")
            self.abort()
            return
        self._unsent += rest
        if self._flusher is None:
            self._flusher = eventlet.spawn(self._flush)

    def _flush(self) -> None:
        """Send what waits, as fast as the client takes it."""
        unsent = self._unsent
        try:
            while unsent:
                sent = self.socket.send(bytes(unsent[:WRITE_BYTES]))
                del unsent[:sent]
        except OSError:  # a timeout too
            self.abort()
        finally:
            self._flusher = None
        if self._closing:
            self._shut()

    # The end.

    def close(self) -> None:
        """Say goodbye once everything is sent; `wait` ends then."""
        self._close(websocket.NORMAL, "")

    def _close(self, status: int, reason: str) -> None:
        if not self._closing:
            self._room += websocket.MOST_CONTROL_BYTES  # a last word has its place
            self._post(websocket.closing(status, reason))
            self._closing = True
            if not self._unsent:
                self._shut()

    def abort(self) -> None:
        """End at once, whatever waits; `wait` ends then."""
        self._lost = self._ended = True
        self._messages.clear()
        self._unsent.clear()
        self._shut()

    def _shut(self) -> None:
        """Shut the socket, so that the green thread that reads from it wakes up and closes it."""
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)

    def _send_closing_frame(self, ignore_send_errors: bool = False) -> None:  # noqa: ARG002
        """Let go of everything: eventlet calls it when the handler has returned."""
        self.close()
        self._lost = self._ended = True
        if self._flusher is not None:
            self._flusher.kill()
            self._flusher = None
        self._unlisten()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
