"""Those who speak into the page, and those who watch a shared view, as clients of real servers."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import socketio
import socketio.exceptions

from benchmarks.recording import Recording
from tests.hosts.cluster import Host, all_at_once, until
from tests.orderly import OrderlyClient
from tests.servers import LiveClient
from tests.tls import trusting

COMES_BACK_S = 0.4  # as the page does: static/js/live.js


class Speaker:
    """Somebody who speaks into the page: sends a recording as fast as it is said, and comes back.

    As the page does: a connection that is lost is made again, through the same address, and a new
    recording begins there; and so it does where it is told `draining`, unless it `stays`.

    Attributes
    ----------
    sessions : list of str
        Of each recording, in order.
    began, lost : list of float
        When a recording began, and when a connection was lost; of time.monotonic.
    problems : list
        What the server said.
    predictions : int
        How many came, all in all.
    gap_s : float
        The longest time between two predictions of one recording.
    """

    def __init__(
        self, url: str, recording: Recording, *, address: str = "", stays: bool = False
    ) -> None:
        self.url = url
        self.address = address
        self.stays = stays
        self.sessions: list[str] = []
        self.began: list[float] = []
        self.lost: list[float] = []
        self.problems: list[dict[str, Any]] = []
        self.predictions = 0
        self.gap_s = 0.0
        self.summary: dict[str, Any] | None = None
        self.first_seq: list[int] = []
        self._recording = recording
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._speak, daemon=True)

    def __enter__(self) -> Speaker:
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()

    def stop(self) -> dict[str, Any] | None:
        """End the recording; return its summary."""
        self._stopping.set()
        self._thread.join(30)
        return self.summary

    def _speak(self) -> None:
        while not self._stopping.is_set():
            with (
                contextlib.suppress(socketio.exceptions.SocketIOError, OSError),
                LiveClient(self.url, address=self.address) as client,
            ):
                self._record(client)
            if not self._stopping.is_set():
                self.lost.append(time.monotonic())
                self._stopping.wait(COMES_BACK_S)

    def _record(self, client: LiveClient) -> None:
        """Record on one connection until it is lost, or the recording is to end."""
        client.io.on("prediction", self._heard(), namespace="/live")
        client.io.on("problem", self.problems.append, namespace="/live")
        told = len(self.problems)
        answer = client.start(self._recording.mime_type)
        if not answer["ok"]:
            self.problems.append(answer["error"])
            return
        began = time.monotonic()
        self.began.append(began)
        self.sessions.append(answer["session"])
        for chunk in self._recording.chunks:
            wait_s = began + chunk.at_s - time.monotonic()
            if self._stopping.wait(max(wait_s, 0)):
                break
            if not client.io.connected:
                return
            if not self.stays and any(p["code"] == "draining" for p in self.problems[told:]):
                return
            client.send(chunk.data)
        self.summary = client.stop()

    def _heard(self) -> Callable[[dict[str, Any]], None]:
        last: list[float] = []

        def hear(prediction: dict[str, Any]) -> None:
            now = time.monotonic()
            if last:
                self.gap_s = max(self.gap_s, now - last[-1])
            else:
                self.first_seq.append(prediction["seq"])
            last[:] = [now]
            self.predictions += 1

        return hear


class Watcher:
    """Somebody who opened the link of a shared view.

    Attributes
    ----------
    predictions, states, ended : list
        What came, in order; what was there before stands in front of the predictions.
    """

    def __init__(self, url: str, view: str) -> None:
        self.predictions: list[dict[str, Any]] = []
        self.states: list[dict[str, Any]] = []
        self.ended: list[dict[str, Any]] = []
        self._url, self._view = url, view

    def __enter__(self) -> Watcher:
        self._io = OrderlyClient(
            reconnection=False, websocket_extra_options={"sslopt": {"context": trusting()}}
        )
        later: list[dict[str, Any]] = []
        for event, kept in (("prediction", later), ("state", self.states), ("ended", self.ended)):
            self._io.on(event, kept.append, namespace="/watch")
        self._io.connect(self._url, namespaces=["/watch"], transports=["websocket"])
        self.answer = self._io.call("watch", {"view": self._view}, namespace="/watch", timeout=10)
        later[:0] = self.answer.get("predictions", [])
        self.predictions = later
        return self

    def __exit__(self, *exc: object) -> None:
        self._io.disconnect()


@contextlib.contextmanager
def speakers(url: str, recording: Recording, count: int) -> Iterator[list[Speaker]]:
    """Have so many speak at once, each from an address of their own, each of them begun."""
    everybody = [
        Speaker(url, recording, address=f"127.1.0.{number}") for number in range(1, count + 1)
    ]
    with contextlib.ExitStack() as stack:
        stack.callback(all_at_once, [one.stop for one in everybody])
        for one in everybody:
            stack.enter_context(one)
        until(lambda: all(one.predictions for one in everybody), "everybody is heard")
        yield everybody


def on(host: Host, everybody: list[Speaker]) -> list[Speaker]:
    """Return those whose newest recording began on a host."""
    there = set(host.sessions())
    return [one for one in everybody if one.sessions and one.sessions[-1] in there]
