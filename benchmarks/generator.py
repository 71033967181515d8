"""The load: many clients in one loop, each a recorder that sends in real time. Lean on purpose.

Every client replays the same recording, whose frames are masked and put together once, so that to
send is one system call. No thread, no library between: what the loop itself does not keep up with
shows in `Load.lateness_s` and `Load.own_cpu`.
"""

from __future__ import annotations

import gc
import heapq
import select
import time
from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.client import ANSWER_S, Client, Load
from benchmarks.script import Script

GRACE_S = 1.0  # how long after the measured part its predictions are waited for, under load
TURN = 32  # chunks sent before the loop looks again at what has come


@dataclass(frozen=True)
class Pace:
    """How clients come.

    Attributes
    ----------
    stagger_s : float
        One after the other over this time: as long as the fixture, so that at any time all of it is
        being said.
    settle_s : float
        From the last start to the measured part: until the last ones' windows hold speech.
    """

    stagger_s: float = 6.0
    settle_s: float = 2.0

    def length_s(self, seconds: float) -> float:
        """Return how long a recording must be for a measured part of `seconds`."""
        return self.stagger_s + self.settle_s + seconds + GRACE_S + 2.0


PACE = Pace()


class Generator:
    """Simulates live clients: lets them come, measures them, lets more come, and so on.

    Parameters
    ----------
    address : tuple of (str, int)
        Where the server listens.
    script : Script
        At least as long as the first client is to record.
    """

    def __init__(self, address: tuple[str, int], script: Script) -> None:
        self._address = address
        self._script = script
        self._load = Load(0, 0.0)
        self._clients: dict[int, Client] = {}
        self._joined = 0
        self._due: list[tuple[float, int]] = []
        self._poll = select.epoll()

    def __enter__(self) -> Generator:
        gc.collect()
        gc.freeze()  # what was there before is not to be looked through while the clock runs
        return self

    def __exit__(self, *exc: object) -> None:
        for client in self._clients.values():
            client.close()
        self._clients.clear()
        self._poll.close()
        gc.unfreeze()

    def measure(
        self,
        clients: int,
        *,
        seconds: float,
        pace: Pace = PACE,
        on_begin: Callable[[], object] = lambda: None,
        on_end: Callable[[], object] = lambda: None,
    ) -> Load:
        """Let more clients come until there are so many, and measure them all.

        Parameters
        ----------
        clients : int
            How many have come when the measured part begins.
        seconds : float
            The measured part.
        pace : Pace
            Of the new clients.
        on_begin, on_end : callable
            Mark the measured part.

        Raises
        ------
        ValueError
            The script is too short.
        """
        load = self._load = Load(clients, seconds)
        for client in self._clients.values():
            client.load = load
        first_s = time.perf_counter()
        more = clients - self._joined
        gap_s = pace.stagger_s / max(1, more)
        begin_s = first_s + gap_s * max(0, more - 1) + pace.settle_s
        end_s = begin_s + seconds
        begins_s = [c.began_s for c in self._clients.values() if c.state == "recording"]
        if end_s + GRACE_S - min(begins_s, default=first_s) > self._script.times_s[-1]:
            raise ValueError("the recording is too short for that many levels")
        for number in range(more):
            self._turn_until(first_s + number * gap_s, begin_s, end_s)
            self._join()
        self._joined = max(self._joined, clients)
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
        return load

    def stop(self) -> None:
        """End every recording and wait for the summaries.

        What goes wrong now is no part of what was measured; only that it did is noted there.
        """
        after = Load(0, 0.0)
        for client in self._clients.values():
            client.load = after
            client.stop()
        self._due.clear()
        patience_s = time.perf_counter() + ANSWER_S
        while time.perf_counter() < patience_s and any(
            client.state != "closed" for client in self._clients.values()
        ):
            self._turn_until(time.perf_counter() + 0.02, 0.0, 0.0)
        for client in self._clients.values():
            if client.state != "closed":
                client.fail("no summary came")
        self._load.summaries, self._load.unsummed = after.summaries, len(after.errors)

    def _join(self) -> None:
        try:
            client = Client(self._load, self._script, self._address)
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
