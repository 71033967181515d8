"""Shared views and those who watch them: who is where, and who may."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

from webapp.crier import Crier
from webapp.leases import Leases
from webapp.meter import Meter
from webapp.mirrors import Mirrors
from webapp.protocol import Message, ProtocolError
from webapp.redis_leases import RedisLeases
from webapp.relay import Away, Relay
from webapp.view import View, new_token, places
from webapp.writing import Written

SPEAKERS = "/live"
TICK_S = 1.0
KEEP_TICKS = 3  # how often views are kept from expiring
FULL_RETRY_S = 15.0
AWAY_RETRY_S = 2.0
TRIES = 3  # to watch a view that another stops watching at the same moment

log = logging.getLogger(__name__)


class Audience:
    """The views of this worker's speakers, and those that others watch here.

    Parameters
    ----------
    server : socketio.Server
    labels : sequence of str
    max_watchers : int
        Of one view, over all workers.
    leases : Leases
        Count them.
    relay : Relay or None
        Where there is Redis.
    meter : Meter
    """

    def __init__(
        self,
        server: Any,
        *,
        labels: Sequence[str],
        max_watchers: int,
        leases: Leases,
        relay: Relay | None,
        meter: Meter,
    ) -> None:
        self._server = server
        self._labels = list(labels)
        self._max_watchers = max_watchers
        self._leases = leases
        self._relay = relay
        self._meter = meter
        self._views: dict[str, View] = {}  # by token
        self._shared: dict[str, View] = {}  # by the speaker's connection
        self._watched: dict[str, View | None] = {}  # by the connection of who watches, or may yet
        self._lock = threading.Lock()
        self._due = threading.Event()
        self._tending = False
        self._ticks = 0
        self._counted = 0.0  # when watchers were
        self._crier = Crier(
            server, leases=leases, relay=relay, lock=self._lock, missed=self._due.set
        )
        self._mirrors = relay and Mirrors(
            relay,
            crier=self._crier,
            views=self._views,
            lock=self._lock,
            end=self._end,
            due=self._due,
        )
        self.on_tick: list[Callable[[], None]] = []
        self.on_gone: list[Callable[[str], None]] = []

    # Speakers.

    def share(self, sid: str, *, recording: bool) -> str:
        """Begin to share what a speaker is told; return the view's token."""
        with self._lock:
            view = self._shared.get(sid)
            known = view is not None
            if view is None:
                view = View(new_token(), sid, recording=recording, noted=recording)
                self._shared[sid] = self._views[view.token] = view
        self._work()
        if self._relay and not known:
            self._relay.begin(view)
        return view.token

    def unshare(self, sid: str) -> None:
        """End a speaker's view, if there is one."""
        view = self._shared.get(sid)
        if view is not None:
            self._end(view, "stopped sharing")

    def gone(self, sid: str) -> None:
        """Note that a speaker's connection has ended."""
        view = self._shared.get(sid)
        if view is not None:
            self._end(view, "disconnected")
        for callback in self.on_gone:
            callback(sid)

    def heard(self, sid: str, messages: list[Message], *, recording: bool) -> None:
        """Put aside what a speaker is told, if that is shared; waits for nothing."""
        view = self._shared.get(sid)
        if view is not None and view.note(messages, recording=recording):
            self._crier.tell_soon(view)

    # Those who watch.

    def arrive(self, sid: str) -> None:
        """Note who may want to watch."""
        self._watched[sid] = None
        self._work()

    def leave(self, sid: str) -> None:
        """Forget somebody who may have watched."""
        self._stop_watching(sid)
        self._watched.pop(sid, None)

    def watch(self, sid: str, token: str) -> Written:
        """Let somebody watch a view; return the acknowledgement.

        Raises
        ------
        ProtocolError
            `no_view`, `full`, or `busy`: it cannot be known now.
        """
        for _ in range(TRIES):
            view = self._find(token)
            if self._watched.get(sid) is not view:
                self._stop_watching(sid)
                if not self._seat(sid, view):
                    continue
            return self._acknowledgement(view)
        raise _no_view()

    def present(self) -> dict[str, bool]:
        """Return who is connected to watch, and whether they do."""
        watched = self._watched.copy()
        return {sid: view is not None and view.ended is None for sid, view in watched.items()}

    @property
    def across_workers(self) -> bool:
        """Whether who watches here could as well watch on another worker."""
        return self._relay is not None

    def _find(self, token: str) -> View:
        view = self._views.get(token)
        if view is None and self._mirrors:
            try:
                view = self._mirrors.open(token)
            except Away:
                sentence = "Whether there is such a view cannot be found out at the moment."
                raise ProtocolError("busy", sentence, retry_after_s=AWAY_RETRY_S) from None
        if view is None:
            raise _no_view()
        return view

    def _seat(self, sid: str, view: View) -> bool:
        """Have somebody told of a view from now on; return whether it is still there."""
        lease = self._leases.take(places(view.token), limit=self._max_watchers)
        if lease is not None:
            with self._lock:
                if self._views.get(view.token) is view and sid in self._watched:
                    view.watchers[sid] = lease
                    self._watched[sid] = view
                    return True
            self._leases.give_back(places(view.token), lease)
        if self._mirrors:
            self._mirrors.close_if_unwatched(view)
        if lease is None:
            sentence = f"{self._max_watchers} are watching already, and no more can."
            raise ProtocolError("full", sentence, retry_after_s=FULL_RETRY_S)
        return False

    def _acknowledgement(self, view: View) -> Written:
        with self._lock:
            past = ",".join(text for _, text in view.past)
        rest = json.dumps({"recording": view.recording, "interrupted": view.interrupted})[1:]
        labels = json.dumps(self._labels)
        return Written(f'{{"ok":true,"labels":{labels},"predictions":[{past}],{rest}')

    def _stop_watching(self, sid: str) -> None:
        with self._lock:
            view = self._watched.get(sid)
            if view is None:
                return
            self._watched[sid] = None
            lease = view.watchers.pop(sid, None)
        if lease is not None:
            self._leases.give_back(places(view.token), lease)
        if self._mirrors:
            self._mirrors.close_if_unwatched(view)

    # Behind both.

    def _end(self, view: View, reason: str) -> None:
        with self._lock:
            if view.ended is not None:
                return
            view.ended = reason
            self._views.pop(view.token, None)
            if view.speaker is not None:
                self._shared.pop(view.speaker, None)
        self._crier.tell_soon(view)

    def _work(self) -> None:
        """Have the tasks running."""
        if self._relay:
            self._relay.link.start()
        self._crier.start()
        with self._lock:
            tending, self._tending = self._tending, True
        if not tending:
            self._server.start_background_task(self._tend)

    def _tend(self) -> None:
        """Look after everything each second, as long as there is anything."""
        while True:
            self._due.wait(TICK_S)
            self._due.clear()
            try:
                self._tick()
            except Exception:
                log.exception("Shared views could not be looked after")
            with self._lock:
                if not self._views and not self._watched:
                    self._tending = False
                    break
        self._meter.shared(views=0, watchers=0)

    def _tick(self) -> None:
        self._ticks += 1
        views = list(self._views.values())
        own = [view for view in views if view.speaker is not None]
        self._meter.shared(views=len(own), watchers=sum(len(view.watchers) for view in views))
        for callback in self.on_tick:
            callback()
        if self._relay and self._mirrors and self._relay.link.up:
            if self._ticks % KEEP_TICKS == 0 or self._mirrors.just_back:
                self._relay.keep(own)
            self._mirrors.look([view for view in views if view.speaker is None])
        if time.monotonic() - self._counted >= TICK_S / 2:  # a tick may come early
            self._counted = time.monotonic()
            self._count(own)

    def _count(self, views: list[View]) -> None:
        """Tell speakers how many watch, where that has changed."""
        counts = [len(view.watchers) for view in views]
        if isinstance(self._leases, RedisLeases):
            everywhere = self._leases.counts([places(view.token) for view in views])
            counts = [max(pair) for pair in zip(counts, everywhere or counts, strict=True)]
        for view, count in zip(views, counts, strict=True):
            if count != view.counted and view.ended is None:
                view.counted = count
                self._server.emit("watchers", {"count": count}, to=view.speaker, namespace=SPEAKERS)


def _no_view() -> ProtocolError:
    return ProtocolError("no_view", "There is no such view, or it has ended.")
