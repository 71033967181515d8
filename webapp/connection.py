"""One connection of Engine.IO: what waits for it is bounded, and audio has a short way through it.

The libraries parse the text before each chunk as JSON, look through it for placeholders, and put
what they send into a queue that wakes another green thread: half of what a chunk costs besides its
sound (47 us of CPU with it, 25 without, for one that is answered as by the bare echo). Here such a
text is parsed once for all of its kind, by the library, and where the WebSocket never blocks
(eventlet's, `webapp.eventlet_websocket`), what is sent goes to it at once. All else goes the
library's way, with gevent and threads everything, but for a bound on that queue.
"""

from __future__ import annotations

import contextlib
import logging
import socket
from functools import lru_cache
from typing import Any

import engineio.packet
import engineio.socket
import socketio
import socketio.packet
from engineio.exceptions import SocketIsClosedError, UnknownPacketError

MOST_WAITING = 1000  # packets for a client that does not read
PREFIX = f"{engineio.packet.MESSAGE}{socketio.packet.BINARY_EVENT}1-"
LONGEST = 200  # characters of a text that is remembered

log = logging.getLogger(__name__)


@lru_cache(maxsize=64)
def named(text: str) -> tuple[str, str] | None:
    """Return the namespace and the name of an event that carries nothing but one attachment.

    None of any other text, and of one that asks for an acknowledgement.

    Examples
    --------
    >>> named('451-/live,["audio",{"_placeholder":true,"num":0}]')
    ('/live', 'audio')
    """
    try:
        packet = socketio.packet.Packet(encoded_packet=text[1:])
    except (ValueError, RecursionError):
        return None
    match packet.data:
        case [str(event), {"_placeholder": True, "num": 0, **rest}] if not rest:
            if packet.id is None and event not in socketio.Server.reserved_events:
                return packet.namespace or "/", event
    return None


class Connection(engineio.socket.Socket):  # type: ignore[misc]
    """In place of `engineio.socket.Socket`; see `install`."""

    connected: bool
    closed: bool
    _wire: Any = None
    _never_blocks = False
    _cut = False

    def send(self, pkt: Any) -> None:
        """Send a packet; at once, if that can wait for nothing."""
        if not self._never_blocks:
            super().send(pkt)
            if self.queue.qsize() > MOST_WAITING:
                self._let_go()
        elif self.check_ping_timeout():
            self._wire.send(pkt.encode())

    def close(self, wait: bool = True, abort: bool = False, reason: Any = None) -> None:
        """Close the connection; with `abort`, without a word."""
        super().close(wait=wait and not self._never_blocks, abort=abort, reason=reason)
        if self._never_blocks:
            self._wire.close()

    def receive(self, pkt: Any) -> None:
        """Take a packet of the client's."""
        if self._cut:
            raise SocketIsClosedError
        super().receive(pkt)

    @property
    def is_behind(self) -> bool:
        """Whether more has come from the client than was worked on, as far as that is known."""
        if self._never_blocks:
            return bool(self._wire.is_behind)
        # simple-websocket's, behind Engine.IO's wrapper: what its thread has read
        return bool(getattr(getattr(self._wire, "ws", None), "input_buffer", None))

    def cut_off(self) -> None:
        """End the connection at once: nothing that has come or waits is looked at any more.

        A close in good form would wait for a client that may not read, while its events go on
        coming out of the kernel's buffers, megabytes of them.
        """
        self._cut = True
        with contextlib.suppress(OSError, AttributeError):
            if self._never_blocks:
                self._wire.abort()
            else:  # simple-websocket's, behind Engine.IO's wrapper
                self._wire.ws.sock.shutdown(socket.SHUT_RDWR)

    def _let_go(self) -> None:
        if not self._cut:
            log.warning("A connection was closed: its client does not read what it is sent.")
            self.cut_off()

    def _websocket_handler(self, ws: Any) -> list[bytes]:
        """Serve a connection until its end."""
        self._wire = ws
        if self.connected or not getattr(ws, "never_blocks", False):
            return list(super()._websocket_handler(ws))
        ws.socket.settimeout(self.server.ping_interval + self.server.ping_timeout)
        self.connected = self.upgraded = True
        for packet in self.poll():  # what has been said before there was a WebSocket
            ws.send(packet.encode())
        self._never_blocks = True
        try:
            self._serve(ws)
        except OSError as error:  # nothing came for too long
            self.server.logger.info("%s: %s", self.sid, error)
        finally:
            self.close(wait=False, abort=True, reason=self.server.reason.TRANSPORT_CLOSE)
            # Engine.IO's next ping still holds this connection, for 25 s; nothing more than this.
            self._wire, self._never_blocks = None, False
        return []

    def _serve(self, ws: Any) -> None:
        owner = getattr(self.server.handlers.get("message"), "__self__", None)
        quick = owner if isinstance(owner, socketio.Server) and not owner.async_handlers else None
        while (message := ws.wait()) is not None:
            if self._cut:
                return
            if self.closed:  # the last words are still being sent
                continue
            if quick and type(message) is str and message.startswith(PREFIX):
                known = named(message) if len(message) <= LONGEST else None
                sid = known and quick.manager.sid_from_eio_sid(self.sid, known[0])
                if known and sid and self.sid not in quick._binary_packet:
                    attachment = ws.wait()
                    if type(attachment) is bytes:
                        self._dispatch(quick, sid, *known, attachment)
                        continue
                    self._hear(message)
                    if attachment is None:
                        return
                    message = attachment
            if not self._hear(message):
                return

    def _dispatch(
        self, owner: Any, sid: str, namespace: str, event: str, attachment: bytes
    ) -> None:
        """Do what `socketio.Server` does once it has the attachment."""
        if owner.manager.is_connected(sid, namespace):
            try:
                owner._trigger_event(event, namespace, sid, attachment)
            except Exception:
                self.server.logger.exception("message handler error")

    def _hear(self, message: str | bytes) -> bool:
        """Take a message the library's way; return whether there may be another."""
        try:
            packet = engineio.packet.Packet(encoded_packet=message)
        except ValueError:  # which leaves the library's own loop, and the session behind
            return False
        try:
            self.receive(packet)
        except UnknownPacketError:
            pass
        except SocketIsClosedError:
            return False
        except Exception:
            self.server.logger.exception("Unknown receive error")
            return False
        return True


def is_behind(server: Any, sid: str, *, namespace: str) -> bool:
    """Return whether more of a client's has come than was worked on, as far as that is known.

    Parameters
    ----------
    server : socketio.Server
    sid : str
        The client's.
    namespace : str
        In which it is known by that.
    """
    connection = server.eio.sockets.get(server.manager.eio_sid_from_sid(sid, namespace))
    return getattr(connection, "is_behind", False)


def install() -> None:
    """Have every server of this process use `Connection`; before one is made, or after."""
    engineio.socket.Socket = Connection
