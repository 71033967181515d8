"""Socket.IO over WebSocket as bytes: just enough for a lean client, made once and sent many times.

Sources: RFC 6455 (frames), Engine.IO protocol 4 and Socket.IO protocol 5 (what the frames say).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

TEXT, BINARY, CLOSE, PING, PONG = 0x1, 0x2, 0x8, 0x9, 0xA
NAMESPACE = "/live"
START_ID, STOP_ID = 0, 1
_FINAL, _MASKED = 0x80, 0x80


class WireError(Exception):
    """What came is no part of the protocol."""


def client_frame(payload: bytes, *, opcode: int, mask: bytes) -> bytes:
    """Return one whole frame as a client must send it: masked.

    Parameters
    ----------
    payload : bytes
    opcode : int
    mask : bytes
        Four bytes. Any will do here: masks guard proxies, and there is none.
    """
    size = len(payload)
    if size < 126:
        head = bytes([_FINAL | opcode, _MASKED | size])
    elif size < 1 << 16:
        head = bytes([_FINAL | opcode, _MASKED | 126]) + size.to_bytes(2, "big")
    else:
        head = bytes([_FINAL | opcode, _MASKED | 127]) + size.to_bytes(8, "big")
    key = (mask * (size // 4 + 1))[:size]
    masked = int.from_bytes(payload, "big") ^ int.from_bytes(key, "big")
    return head + mask + masked.to_bytes(size, "big")


class FrameReader:
    """A server's bytes, cut anywhere, become frames; messages in several frames are joined."""

    def __init__(self) -> None:
        self._buffer = b""
        self._parts: list[bytes] = []
        self._opcode = 0

    def push(self, data: bytes) -> list[tuple[int, bytes]]:
        """Return the (opcode, payload) of each message that `data` completes.

        Raises
        ------
        WireError
            A frame is masked, which a server's must not be, or continues nothing.
        """
        buffer = self._buffer + data if self._buffer else data
        messages: list[tuple[int, bytes]] = []
        at, end = 0, len(buffer)
        while end - at >= 2:
            opcode, size, body = buffer[at] & 0xF, buffer[at + 1], at + 2
            if size & _MASKED:
                raise WireError("a server's frame is masked")
            if size > 125:
                body += 2 if size == 126 else 8
                if body > end:
                    break
                size = int.from_bytes(buffer[at + 2 : body], "big")
            if body + size > end:
                break
            payload = buffer[body : body + size]
            final = buffer[at] & _FINAL
            at = body + size
            if final and opcode:
                messages.append((opcode, payload))
            else:
                self._join(opcode, payload, messages, final=bool(final))
        self._buffer = buffer[at:]
        return messages

    def _join(
        self, opcode: int, payload: bytes, messages: list[tuple[int, bytes]], *, final: bool
    ) -> None:
        if opcode:
            self._opcode, self._parts = opcode, [payload]
        elif self._parts:
            self._parts.append(payload)
        else:
            raise WireError("a frame continues nothing")
        if final:
            messages.append((self._opcode, b"".join(self._parts)))
            self._parts = []


def upgrade(host: str) -> bytes:
    """Return the HTTP request that opens the WebSocket."""
    lines = (
        "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1",
        f"Host: {host}",
        f"Origin: http://{host}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Version: 13",
    )
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def text(message: str, *, mask: bytes = b"\x5a\xa5\x3c\xc3") -> bytes:
    """Return a frame with an Engine.IO message, packet types in front included."""
    return client_frame(message.encode(), opcode=TEXT, mask=mask)


def connect() -> bytes:
    """Return the frame that enters the namespace."""
    return text(f"40{NAMESPACE},")


def pong() -> bytes:
    """Return the answer to Engine.IO's ping."""
    return text("3")


def start(mime_type: str) -> bytes:
    """Return `start`, to be acknowledged as `START_ID`."""
    return text(f"42{NAMESPACE},{START_ID}{json.dumps(['start', {'mime_type': mime_type}])}")


def stop() -> bytes:
    """Return `stop`, to be acknowledged as `STOP_ID`."""
    return text(f'42{NAMESPACE},{STOP_ID}["stop"]')


def audio(chunk: bytes, *, mask: bytes) -> bytes:
    """Return `audio` with its attachment: a text frame and a binary one."""
    event = f'451-{NAMESPACE},["audio",{{"_placeholder":true,"num":0}}]'
    return client_frame(event.encode(), opcode=TEXT, mask=mask) + client_frame(
        chunk, opcode=BINARY, mask=mask
    )


@dataclass(frozen=True)
class Packet:
    """What a message says.

    Attributes
    ----------
    kind : {"open", "ping", "entered", "event", "ack", "refused", "closed", "other"}
    name : str
        Of an event.
    number : int
        Of an acknowledgement.
    data : object
        What the event or the acknowledgement carries.
    """

    kind: str
    name: str = ""
    number: int = -1
    data: Any = None


def parse(message: bytes) -> Packet:
    """Read a text message of the server's.

    Raises
    ------
    WireError
        It is not Engine.IO, or its JSON is broken.
    """
    kind = message[:1]
    if kind != b"4":
        known = {b"0": "open", b"1": "closed", b"2": "ping", b"6": "other"}
        if kind not in known:
            raise WireError(f"no such Engine.IO packet: {message[:20]!r}")
        return Packet(known[kind])
    rest = message[2:]
    if rest.startswith(b"/"):
        space, _, rest = rest.partition(b",")
        if space != NAMESPACE.encode():
            return Packet("other")
    try:
        match message[1:2]:
            case b"0":
                return Packet("entered")
            case b"1":
                return Packet("closed")
            case b"4":
                return Packet("refused", data=json.loads(rest or b"null"))
            case b"2":
                name, data = json.loads(rest)[:2]
                return Packet("event", name=name, data=data)
            case b"3":
                begin = rest.index(b"[")
                data = json.loads(rest[begin:])
                return Packet("ack", number=int(rest[:begin]), data=data[0] if data else None)
    except (ValueError, TypeError) as error:
        raise WireError(f"not to be read: {message[:80]!r} ({error})") from None
    return Packet("other")
