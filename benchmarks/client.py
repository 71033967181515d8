"""One simulated client on its socket, and what all of them saw. Knows no loop."""

from __future__ import annotations

import socket
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from benchmarks import wire
from benchmarks.script import Script

ANSWER_S = 10.0  # how long a server may take to shake hands and to sum up


@dataclass
class Load:
    """What was measured.

    Attributes
    ----------
    clients, recording : int
        Asked for, and at work in the measured part.
    seconds : float
        Length of the measured part.
    latencies_s : list of float
        From handing the last byte of the completing chunk to the kernel to the prediction read.
    states : Counter
        The predictions' states.
    missing : int
        Predictions whose chunk was sent in the measured part and that had not come the grace after.
    skipped : int
        Predictions whose chunk was sent in the measured part and that the server left out, by
        their `seq`.
    refused, problems : Counter
        By code.
    errors : list of str
        Breaches of the protocol and lost connections.
    summaries : int
        Recordings that were stopped and acknowledged.
    unsummed : int
        Recordings that were stopped without an acknowledgement in time.
    blocked : int
        How often the kernel did not take all: the server had not read.
    lateness_s : list of float
        How much later than due each chunk was sent: the generator's own delay.
    own_cpu : float
        The generator's share of its core.
    """

    clients: int
    seconds: float
    recording: int = 0
    latencies_s: list[float] = field(default_factory=list)
    states: Counter[str] = field(default_factory=Counter)
    missing: int = 0
    skipped: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    problems: Counter[str] = field(default_factory=Counter)
    errors: list[str] = field(default_factory=list)
    summaries: int = 0
    unsummed: int = 0
    blocked: int = 0
    lateness_s: list[float] = field(default_factory=list)
    own_cpu: float = 0.0


class Client:
    """One connection: shake hands, enter, start, then chunk after chunk.

    Attributes
    ----------
    load : Load
        Where it notes what it sees; another one when another measurement begins.
    """

    def __init__(self, load: Load, script: Script, address: tuple[str, int]) -> None:
        self.load = load
        self._script = script
        self._reader = wire.FrameReader()
        self._head = b""
        self._unsent = b""
        self._sent_s: list[float] = []
        self._next_seq = 0
        self.state = "upgrading"
        self.began_s = 0.0
        self.socket = socket.create_connection(address, timeout=ANSWER_S)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.setblocking(False)
        self.write(wire.upgrade(f"{address[0]}:{address[1]}"))

    @property
    def due_s(self) -> float | None:
        """When the next chunk is due; None after the last."""
        index = len(self._sent_s)
        if self.state != "recording" or index == len(self._script.frames):
            return None
        return self.began_s + self._script.times_s[index]

    def send_chunk(self) -> float:
        """Send the next chunk; return when that was."""
        frame = self._script.frames[len(self._sent_s)]
        now = time.perf_counter()
        self._sent_s.append(now)
        self.write(frame)
        return now

    def write(self, data: bytes) -> None:
        """Send, behind what the kernel has not taken yet."""
        if self._unsent:
            self._unsent += data
            return
        try:
            sent = self.socket.send(data)
        except BlockingIOError:
            sent = 0
        except OSError as error:
            self.fail(f"connection lost while sending: {error}")
            return
        if sent < len(data):
            self.load.blocked += 1
            self._unsent = data[sent:]

    def flush(self) -> None:
        """Try again to send what the kernel did not take."""
        data, self._unsent = self._unsent, b""
        if data:
            self.write(data)

    def read(self, begin_s: float, end_s: float) -> None:
        """Take what has come; predictions for chunks sent within the two times are measured."""
        try:
            data = self.socket.recv(1 << 16)
        except BlockingIOError:
            return
        except OSError as error:
            self.fail(f"connection lost: {error}")
            return
        now = time.perf_counter()
        if not data:
            self.fail("the server closed the connection")
            return
        if self.state == "upgrading":
            self._head += data
            head, found, data = self._head.partition(b"\r\n\r\n")
            if not found:
                return
            if not head.startswith(b"HTTP/1.1 101"):
                self.fail(f"no WebSocket: {head[:40]!r}")
                return
            self.state = "opening"
        try:
            for opcode, payload in self._reader.push(data):
                if opcode == wire.TEXT:
                    self._hear(wire.parse(payload), now, begin_s, end_s)
                elif opcode == wire.CLOSE:
                    self.fail("the server closed the WebSocket")
                elif opcode == wire.PING:
                    self.write(
                        wire.client_frame(payload, opcode=wire.PONG, mask=bytes((1, 2, 3, 4)))
                    )
        except wire.WireError as error:
            self.fail(str(error))

    def _hear(self, packet: wire.Packet, now: float, begin_s: float, end_s: float) -> None:
        load = self.load
        if packet.kind == "event" and packet.name == "prediction":
            self._judged(packet.data, now, begin_s, end_s)
        elif packet.kind == "ping":
            self.write(wire.pong())
        elif packet.kind == "open":
            self.write(wire.connect())
        elif packet.kind == "entered":
            self.write(wire.start(self._script.mime_type))
        elif packet.kind == "ack" and packet.number == wire.START_ID:
            if packet.data.get("ok"):
                self.state, self.began_s = "recording", now
            else:
                self._refuse(packet.data["error"]["code"])
        elif packet.kind == "ack" and packet.number == wire.STOP_ID:
            load.summaries += 1
            self.close()
        elif packet.kind == "event" and packet.name == "problem":
            load.problems[packet.data["code"]] += 1
        elif packet.kind == "refused":
            self._refuse("connection")
        elif packet.kind == "closed":
            self.fail("the server left the namespace")

    def _judged(self, prediction: dict[str, Any], now: float, begin_s: float, end_s: float) -> None:
        load, script, seq = self.load, self._script, prediction["seq"]
        if self.state != "recording":
            return  # too late to count, or the end of the recording, flushed by `stop`
        if seq < self._next_seq:
            load.errors.append(f"prediction {seq} after {self._next_seq - 1}")
            return
        chunk = script.completing(prediction["end_s"])
        if chunk >= len(self._sent_s):
            load.errors.append(f"prediction {seq} before its chunk {chunk}")
            return
        for left_out in script.triggers[self._next_seq : seq]:
            # A server that hears less than was sent may count on beyond what was sent.
            load.skipped += left_out < len(self._sent_s) and (
                begin_s <= self._sent_s[left_out] < end_s
            )
        self._next_seq = seq + 1
        if begin_s <= self._sent_s[chunk] < end_s:
            load.latencies_s.append(now - self._sent_s[chunk])
            load.states[prediction["state"]] += 1

    def owed(self, begin_s: float, end_s: float) -> int:
        """Count the predictions of chunks sent within the two times that have not come."""
        waiting = self._script.triggers[self._next_seq :]
        return sum(
            begin_s <= self._sent_s[chunk] < end_s for chunk in waiting if chunk < len(self._sent_s)
        )

    def stop(self) -> None:
        """End the recording."""
        if self.state == "recording":
            self.state = "stopping"
            self.write(wire.stop())
        else:
            self.close()

    def fail(self, what: str) -> None:
        """Give up, saying why."""
        if self.state != "closed":
            self.load.errors.append(what)
            self.close()

    def close(self) -> None:
        """Hang up."""
        self.state = "closed"
        self.socket.close()

    def _refuse(self, code: str) -> None:
        self.load.refused[code] += 1
        self.close()
