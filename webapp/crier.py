"""Tells those who watch: one task for all views of a worker, so that no speaker waits for it."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable
from typing import Any

from webapp.leases import Leases
from webapp.protocol import Json
from webapp.relay import Relay
from webapp.view import ANEW, PREDICTION, View, places
from webapp.writing import Written

NAMESPACE = "/watch"
TOGETHER = 16  # who watch are told so many at a time; then others of this worker have their turn

log = logging.getLogger(__name__)


class Crier:
    """The task, and what it is still to tell.

    Parameters
    ----------
    server : socketio.Server
    leases : Leases
        Given back when a view ends.
    relay : Relay or None
        Takes the news of this worker's speakers to other workers.
    lock : Lock
        Held while somebody begins or ceases to watch.
    missed : callable
        Is told that something did not arrive.
    """

    def __init__(
        self,
        server: Any,
        *,
        leases: Leases,
        relay: Relay | None,
        lock: threading.Lock,
        missed: Callable[[], None],
    ) -> None:
        self._server = server
        self._leases = leases
        self._relay = relay
        self._lock = lock
        self._missed = missed
        self._news: deque[View] = deque()  # views of which there is some
        self._wake = threading.Event()
        self._started = False

    def start(self) -> None:
        """Begin to tell; to start twice is nothing."""
        with self._lock:
            started, self._started = self._started, True
        if not started:
            self._server.start_background_task(self._run)

    def tell_soon(self, view: View) -> None:
        """Have what is new of a view told; waits for nothing."""
        if view.due:
            return
        view.due = True
        self._news.append(view)
        if not self._wake.is_set():
            self._wake.set()

    def _run(self) -> None:
        while True:
            self._wake.wait()
            self._wake.clear()
            while self._news:
                view = self._news.popleft()
                view.due = False
                try:
                    self._tell(view)
                except Exception:
                    log.exception("Those who watch could not be told")

    def _tell(self, view: View) -> None:
        while item := view.next():
            kind, number, value = item
            if kind == PREDICTION:
                self._prediction(view, number, value)
            elif kind == ANEW:
                with self._lock:
                    view.past.clear()
                if self._relay and view.speaker is not None:
                    self._relay.anew(view)
            elif view.set_recording(value):
                self._state(view)
                if self._relay and view.speaker is not None:
                    self._relay.recording(view)
        if view.interrupted is not view.told_interrupted:
            view.told_interrupted = view.interrupted
            self._state(view)
        if view.stale:
            self._missed()
        if view.ended is not None:
            self._end(view, view.ended)

    def _prediction(self, view: View, number: int, value: Any) -> None:
        taken = view.take(number, value)
        if taken is None:
            return
        with self._lock:  # who begins to watch finds it in the past, or is told it; never both
            view.remember(*taken)
            watchers = list(view.watchers)
        if self._relay and view.speaker is not None:
            self._relay.prediction(view, *taken)
        self._emit(watchers, PREDICTION, Written(taken[1]))

    def _state(self, view: View) -> None:
        state = {"recording": view.recording, "interrupted": view.interrupted}
        self._emit(list(view.watchers), "state", state)

    def _end(self, view: View, reason: str) -> None:
        with self._lock:
            watchers = dict(view.watchers)
            view.watchers.clear()
        if self._relay and view.speaker is not None:
            self._relay.end(view.token, reason)
        elif self._relay:
            self._relay.unfollow(view.token)
        self._emit(list(watchers), "ended", {"reason": reason})
        for lease in watchers.values():
            self._leases.give_back(places(view.token), lease)

    def _emit(self, sids: list[str], event: str, data: Json | Written) -> None:
        for at in range(0, len(sids), TOGETHER):
            if at:
                self._server.sleep(0)
            try:
                self._server.emit(event, data, to=sids[at : at + TOGETHER], namespace=NAMESPACE)
            except Exception:  # a connection that went just now must not cost the others theirs
                log.debug("Some who watch could not be told", exc_info=True)
