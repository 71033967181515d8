"""The short way of an event with one attachment, as `audio` is, through Engine.IO and Socket.IO.

The libraries parse the text before each chunk as JSON, look through it for placeholders, and put
what they send into a queue that wakes another green thread: half of what a chunk costs besides its
sound (47 us of CPU with it, 25 without, for one that is answered as by the bare echo). Here such a
text is parsed once for all of its kind, by the library, and what is sent goes to the socket at
once. All else goes the library's way, and so does everything where the WebSocket might wait for a
slow client, as gevent's and the threads' do.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import engineio.packet
import engineio.socket
import socketio
import socketio.packet
from engineio.exceptions import SocketIsClosedError, UnknownPacketError

PREFIX = f"{engineio.packet.MESSAGE}{socketio.packet.BINARY_EVENT}1-"
LONGEST = 200  # characters of a text that is remembered


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


class Socket(engineio.socket.Socket):  # type: ignore[misc]
    """One connection of Engine.IO, in place of its own class of the same name."""

    connected: bool
    closed: bool
    _websocket: Any = None

    def send(self, pkt: Any) -> None:
        """Send a packet; at once, if that can wait for nothing."""
        if self._websocket is None:
            super().send(pkt)
        elif self.check_ping_timeout():
            self._websocket.send(pkt.encode())

    def close(self, wait: bool = True, abort: bool = False, reason: Any = None) -> None:
        """Close the connection; with `abort`, without a word."""
        super().close(wait=wait and self._websocket is None, abort=abort, reason=reason)
        if self._websocket is not None:
            self._websocket.close()

    def _websocket_handler(self, ws: Any) -> list[bytes]:
        """Serve a connection until its end."""
        if self.connected or not getattr(ws, "never_blocks", False):
            return list(super()._websocket_handler(ws))
        ws.socket.settimeout(self.server.ping_interval + self.server.ping_timeout)
        self.connected = self.upgraded = True
        for packet in self.poll():  # what has been said before there was a WebSocket
            ws.send(packet.encode())
        self._websocket = ws
        try:
            self._serve(ws)
        except OSError as error:  # nothing came for too long
            self.server.logger.info("%s: %s", self.sid, error)
        finally:
            self.close(wait=False, abort=True, reason=self.server.reason.TRANSPORT_CLOSE)
        return []

    def _serve(self, ws: Any) -> None:
        owner = getattr(self.server.handlers.get("message"), "__self__", None)
        quick = owner if isinstance(owner, socketio.Server) and not owner.async_handlers else None
        while (message := ws.wait()) is not None:
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
