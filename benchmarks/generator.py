"""The load: many clients in one loop, each a recorder that sends in real time. Lean on purpose.

Every client replays the same recording, whose frames are masked and put together once, so that to
send is one system call. No thread, no library between: what the loop itself does not keep up with
shows in `Load.lateness_s` and `Load.own_cpu`.
"""

from __future__ import annotations

import gc
import heapq
import itertools
import random
import select
import socket
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from benchmarks import wire
from benchmarks.recording import Recording, echoed
from models import Recognizer

ANSWER_S = 10.0  # how long a server may take to shake hands and to sum up
GRACE_S = 1.0  # how long after the measured part its predictions are waited for, under load
STAGGER_S = 6.0  # as long as the fixture, so that at any time all of it is being said
SETTLE_S = 3.0  # until the last window is full
TURN = 32  # chunks sent before the loop looks again at what has come


@dataclass(frozen=True)
class Script:
    """What each client does: when it sends what, and which chunk each prediction answers.

    Attributes
    ----------
    mime_type : str
    times_s : tuple of float
        When each chunk is due, from the recording's start.
    frames : tuple of bytes
        Each chunk as it goes over the wire.
    triggers : tuple of int
        By a prediction's `seq`: the chunk that completes its window.
    """

    mime_type: str
    times_s: tuple[float, ...]
    frames: tuple[bytes, ...]
    triggers: tuple[int, ...]

    @classmethod
    def of(cls, recording: Recording, answers: Sequence[int]) -> Script:
        """Prepare a recording of which each chunk is known to bring so many predictions."""
        masks = random.Random(1)
        return cls(
            recording.mime_type,
            tuple(chunk.at_s for chunk in recording.chunks),
            tuple(wire.audio(chunk.data, mask=masks.randbytes(4)) for chunk in recording.chunks),
            tuple(index for index, count in enumerate(answers) for _ in range(count)),
        )

    @classmethod
    def judged(cls, recording: Recording, recognizer: Recognizer, *, step_s: float) -> Script:
        """Prepare a recording for a server that judges it: the same recogniser tells when."""
        return cls.of(recording, list(map(len, recording.windows(recognizer, step_s=step_s))))

    @classmethod
    def echoed(cls, recording: Recording, *, step_s: float) -> Script:
        """Prepare a recording for the bare echo."""
        counts = [echoed(done, step_s=step_s) for done in range(len(recording.chunks) + 1)]
        return cls.of(recording, [after - before for before, after in itertools.pairwise(counts)])


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
        Predictions whose chunk was sent in the measured part and that had not come `GRACE_S` after.
    skipped : int
        Predictions that the server left out, by their `seq`.
    refused, problems : Counter
        By code.
    errors : list of str
        Breaches of the protocol and lost connections.
    summaries : int
        Recordings that were stopped and acknowledged.
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
    blocked: int = 0
    lateness_s: list[float] = field(default_factory=list)
    own_cpu: float = 0.0


class _Client:
    """One connection: shake hands, enter, start, then chunk after chunk."""

    def __init__(self, load: Load, script: Script, address: tuple[str, int]) -> None:
        self._load = load
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
            self._load.blocked += 1
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
        load = self._load
        if packet.kind == "event" and packet.name == "prediction":
            seq = packet.data["seq"]
            if seq < self._next_seq:
                load.errors.append(f"prediction {seq} after {self._next_seq - 1}")
                return
            load.skipped += seq - self._next_seq
            self._next_seq = seq + 1
            if seq >= len(self._script.triggers):
                return  # the end of the recording, flushed by `stop`
            chunk = self._script.triggers[seq]
            if chunk >= len(self._sent_s):
                if self.state == "recording":
                    load.errors.append(f"prediction {seq} before its chunk {chunk}")
                return
            if begin_s <= self._sent_s[chunk] < end_s:
                load.latencies_s.append(now - self._sent_s[chunk])
                load.states[packet.data["state"]] += 1
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
            self._load.errors.append(what)
            self.close()

    def close(self) -> None:
        """Hang up."""
        self.state = "closed"
        self.socket.close()

    def _refuse(self, code: str) -> None:
        self._load.refused[code] += 1
        self.close()


class Generator:
    """Simulates live clients.

    Parameters
    ----------
    address : tuple of (str, int)
        Where the server listens.
    script : Script
    clients : int
        How many record at once.
    seconds : float
        The measured part; before it everybody has come.
    stagger_s : float
        The clients start one after the other over this time.
    settle_s : float
        From the last start to the measured part.
    """

    def __init__(
        self,
        address: tuple[str, int],
        script: Script,
        *,
        clients: int,
        seconds: float,
        stagger_s: float = STAGGER_S,
        settle_s: float = SETTLE_S,
    ) -> None:
        self._address = address
        self._script = script
        self._count = clients
        self._stagger_s = stagger_s * (clients - 1) / clients
        self._settle_s = settle_s
        self._load = Load(clients, seconds)
        self._clients: dict[int, _Client] = {}
        self._due: list[tuple[float, int]] = []
        self._poll = select.epoll()

    @staticmethod
    def length_s(
        seconds: float, *, stagger_s: float = STAGGER_S, settle_s: float = SETTLE_S
    ) -> float:
        """Return how long a recording must be for a measured part of `seconds`."""
        return stagger_s + settle_s + seconds + GRACE_S + 2.0

    def run(
        self,
        *,
        on_begin: Callable[[], object] = lambda: None,
        on_end: Callable[[], object] = lambda: None,
    ) -> Load:
        """Run the clients to their end; the callbacks mark the measured part."""
        load = self._load
        gc.collect()
        gc.freeze()  # what was there before is not to be looked through while the clock runs
        first_s = time.perf_counter()
        begin_s = first_s + self._stagger_s + self._settle_s
        end_s = begin_s + load.seconds
        gap_s = self._stagger_s / max(1, self._count - 1)
        for number in range(self._count):
            self._turn_until(first_s + number * gap_s, begin_s, end_s)
            self._join()
        self._turn_until(begin_s, begin_s, end_s)
        load.lateness_s.clear()
        load.recording = sum(c.state == "recording" for c in self._clients.values())
        on_begin()
        own_s = time.process_time()
        self._turn_until(end_s, begin_s, end_s)
        load.own_cpu = (time.process_time() - own_s) / load.seconds
        on_end()
        lateness_s = list(load.lateness_s)
        self._turn_until(end_s + GRACE_S, begin_s, end_s)
        load.lateness_s = lateness_s
        load.missing = sum(c.owed(begin_s, end_s) for c in self._clients.values())
        for client in self._clients.values():
            client.stop()
        self._due.clear()
        patience_s = time.perf_counter() + ANSWER_S
        while time.perf_counter() < patience_s and any(
            client.state != "closed" for client in self._clients.values()
        ):
            self._turn_until(time.perf_counter() + 0.02, begin_s, end_s)
        for client in self._clients.values():
            if client.state != "closed":
                client.fail("no summary came")
        self._poll.close()
        gc.unfreeze()
        return load

    def _join(self) -> None:
        try:
            client = _Client(self._load, self._script, self._address)
        except OSError as error:
            self._load.errors.append(f"no connection: {error}")
            return
        number = client.socket.fileno()
        self._clients[number] = client
        self._poll.register(number, select.EPOLLIN)

    def _turn_until(self, until_s: float, begin_s: float, end_s: float) -> None:
        """Send what is due and read what has come, until a time."""
        due = self._due
        while True:
            for _ in range(TURN):
                now = time.perf_counter()
                if not due or due[0][0] > now:
                    break
                self._send_due()
            now = time.perf_counter()
            if now >= until_s:
                return
            wake_s = min(due[0][0], until_s) if due else until_s
            for number, _ in self._poll.poll(max(0.0, wake_s - now)):
                client = self._clients[number]
                waiting = client.state != "recording"
                client.read(begin_s, end_s)
                client.flush()
                if waiting and client.due_s is not None:
                    heapq.heappush(due, (client.due_s, number))
                if client.state == "closed":
                    del self._clients[number]  # the next one may get the same number

    def _send_due(self) -> None:
        due_s, number = heapq.heappop(self._due)
        client = self._clients.get(number)
        if client is None or client.due_s != due_s:
            return  # it has left
        self._load.lateness_s.append(client.send_chunk() - due_s)
        client.flush()
        if client.due_s is not None:
            heapq.heappush(self._due, (client.due_s, number))
