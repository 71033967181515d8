"""WebSocket's frames (RFC 6455): bytes to messages, messages to bytes. Knows no socket and no loop.

A server's half only, and no extension: compression would cost each connection 300 KB and gain
nothing on Opus. Whole messages are found in whatever bytes one `recv` gave, so that a chunk of
audio, which is two frames, is one system call instead of nine.
"""

from __future__ import annotations

import struct

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
NORMAL, UNREADABLE, NOT_TEXT, TOO_LONG = 1000, 1002, 1007, 1009
CLOSE_CODES = frozenset({*range(1000, 1004), *range(1007, 1015), *range(3000, 5000)})
MOST_CONTROL_BYTES = 125

Message = tuple[int, str | bytes]
"""What a client sent: an opcode, and its text (`TEXT`) or bytes (all others)."""


class WebSocketError(Exception):
    """A client broke the protocol or the limit: the connection is to be closed.

    Attributes
    ----------
    status : int
        The close code.
    reason : str
    """

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(status, reason)
        self.status = status
        self.reason = reason


def unmask(data: bytes, key: bytes) -> bytes:
    """XOR bytes with a frame's mask of four (RFC 6455, 5.3).

    As one big number: byte by byte in Python, 4 KB would take 470 us; so they take 6.
    """
    size = len(data)
    mask = key * (size // 4 + 1)
    number = int.from_bytes(data, "little") ^ int.from_bytes(mask[:size], "little")
    return number.to_bytes(size, "little")


def frame(message: str | bytes, opcode: int | None = None) -> bytes:
    """Return a message as a server's frame; a text or binary one unless an opcode is given."""
    payload = message.encode() if isinstance(message, str) else message
    if opcode is None:
        opcode = TEXT if isinstance(message, str) else BINARY
    size = len(payload)
    if size <= MOST_CONTROL_BYTES:
        return bytes((0x80 | opcode, size)) + payload
    if size < 1 << 16:
        return struct.pack("!BBH", 0x80 | opcode, 126, size) + payload
    return struct.pack("!BBQ", 0x80 | opcode, 127, size) + payload


def closing(status: int, reason: str = "") -> bytes:
    """Return the frame that closes a connection."""
    text = reason.encode()[: MOST_CONTROL_BYTES - 2].decode(errors="ignore").encode()
    return frame(status.to_bytes(2, "big") + text, CLOSE)


def close_code(payload: bytes) -> int:
    """Return the code of a client's close frame.

    Raises
    ------
    WebSocketError
        It is no such code, or the reason behind it is no text.
    """
    if not payload:
        return NORMAL
    code = int.from_bytes(payload[:2], "big")
    if len(payload) < 2 or code not in CLOSE_CODES:
        raise WebSocketError(UNREADABLE, "There is no such close code.")
    _text(payload[2:])
    return code


def _text(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise WebSocketError(NOT_TEXT, "A text is not UTF-8.") from None


class Reader:
    """Finds messages in a client's bytes, however these were cut.

    Parameters
    ----------
    limit : int
        Bytes that a message may have, all its fragments together. What is held back is no longer.

    Attributes
    ----------
    error : WebSocketError or None
        Why nothing more can be read. The messages before it have been handed out.
    """

    def __init__(self, *, limit: int) -> None:
        self.error: WebSocketError | None = None
        self._limit = limit
        self._held = bytearray()  # the beginning of a frame
        self._need = 0  # bytes to hold until it is worth looking again
        self._opcode = 0  # of a message whose fragments are coming
        self._fragments = bytearray()  # not a list: of empty ones there is no end

    def push(self, data: bytes) -> list[Message]:
        """Take bytes and return the messages and control frames that they completed, in order.

        A ping may come between a message's fragments; it does not wait for the last of them.
        """
        messages: list[Message] = []
        if self.error:
            return messages
        if self._held:
            self._held += data
            if len(self._held) < self._need:
                return messages
            data = bytes(self._held)
            self._held.clear()
        try:
            at = self._parse(data, messages)
        except WebSocketError as error:
            self.error = error
            self._fragments.clear()
        else:
            if at < len(data):
                self._held += memoryview(data)[at:]
        return messages

    def _parse(self, data: bytes, messages: list[Message]) -> int:
        """Read whole frames; return where the first incomplete one begins."""
        at, end = 0, len(data)
        while end - at >= 2:
            first, second = data[at], data[at + 1]
            size, body = second & 0x7F, at + 6
            if size > MOST_CONTROL_BYTES:
                wide = 2 if size == 126 else 8
                if end - at < 2 + wide:
                    self._check(first, second, 0)
                    self._need = 2 + wide
                    return at
                size = int.from_bytes(data[at + 2 : at + 2 + wide], "big")
                if size <= MOST_CONTROL_BYTES or (wide == 8 and size < 1 << 16):
                    raise WebSocketError(UNREADABLE, "A length is longer than it needs to be.")
                body += wide
            self._check(first, second, size)
            if body + size > end:
                self._need = body + size - at
                return at
            payload = unmask(data[body : body + size], data[body - 4 : body]) if size else b""
            at = body + size
            message = self._take(first, payload)
            if message:
                messages.append(message)
        if at < end:
            self._need = 2
        return at

    def _check(self, first: int, second: int, size: int) -> None:
        """Raise what is wrong with a frame, before its payload is waited for."""
        opcode = first & 0x0F
        if first & 0x70:
            raise WebSocketError(UNREADABLE, "Reserved bits are set; no extension is in use.")
        if not second & 0x80:
            raise WebSocketError(UNREADABLE, "A client has to mask its frames.")
        if opcode >= CLOSE:
            if opcode > PONG:
                raise WebSocketError(UNREADABLE, "There is no such opcode.")
            if not first & 0x80 or second & 0x7F > MOST_CONTROL_BYTES:
                raise WebSocketError(UNREADABLE, "A control frame is short and in one piece.")
            return
        if opcode > BINARY:
            raise WebSocketError(UNREADABLE, "There is no such opcode.")
        if (opcode == 0) != (self._opcode != 0):
            raise WebSocketError(UNREADABLE, "The fragments of a message are out of order.")
        if len(self._fragments) + size > self._limit:
            raise WebSocketError(TOO_LONG, f"A message may have {self._limit} bytes.")

    def _take(self, first: int, payload: bytes) -> Message | None:
        opcode = first & 0x0F
        if opcode >= CLOSE:
            return opcode, payload
        if not first & 0x80:  # more of this message is to come
            self._opcode = self._opcode or opcode
            self._fragments += payload
            return None
        if self._opcode:
            opcode, self._opcode = self._opcode, 0
            payload = bytes(self._fragments + payload)
            self._fragments.clear()
        return opcode, _text(payload) if opcode == TEXT else payload
