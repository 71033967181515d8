"""Views of other workers' speakers, as those who watch them here need them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from functools import partial

from webapp.crier import Crier
from webapp.relay import ENDED, LEASE_S, Away, Found, Relay
from webapp.view import KEPT, PREDICTION, RECORDING, View, is_token

JUST_S = 2.0


class Mirrors:
    """Follows views in Redis, and makes up for what did not arrive.

    Parameters
    ----------
    relay : Relay
    crier : Crier
    views : dict
        All views that this worker knows, by token.
    lock : Lock
        Held while that changes.
    end : callable
        `end(view, reason)` ends one.
    due : Event
        Set when there is something to look after.
    """

    def __init__(
        self,
        relay: Relay,
        *,
        crier: Crier,
        views: dict[str, View],
        lock: threading.Lock,
        end: Callable[[View, str], None],
        due: threading.Event,
    ) -> None:
        self._relay = relay
        self._crier = crier
        self._views = views
        self._lock = lock
        self._end = end
        self._due = due
        self._rose = 0.0  # when Redis came back
        relay.link.on_change(self._changed)

    @property
    def just_back(self) -> bool:
        """Whether Redis came back so lately that it may lack everything."""
        return time.monotonic() - self._rose < JUST_S

    def open(self, token: str) -> View | None:
        """Return a view, followed from now on; None if there is none.

        Raises
        ------
        Away
            Nobody knows.
        """
        if not is_token(token):
            return None
        looks = self._relay.look([token])  # first: most of those who guess get no further
        if looks is None:
            raise Away
        if looks == [None]:
            return None
        self._follow(token)
        found = None
        try:
            found = self._relay.fetch(token)  # after it is followed, so that nothing is lost
        finally:
            if found is None and token not in self._views:
                self._relay.unfollow(token)
        if found is None:
            return None
        with self._lock:
            view = self._views.get(token)
            if view is None:
                view = View(token, None, recording=found.recording, number=found.number)
                view.past.extend(found.past)
                self._views[token] = view
        return view

    def close_if_unwatched(self, view: View) -> None:
        """Follow a view no more that nobody watches here."""
        with self._lock:
            if view.speaker is not None or view.watchers:
                return
            if self._views.get(view.token) is view:
                del self._views[view.token]
        self._relay.unfollow(view.token)

    def look(self, views: Sequence[View]) -> None:
        """Look what Redis has of some views; those that are gone end."""
        looks = self._relay.look([view.token for view in views])
        for view, look in zip(views, looks or (), strict=False):
            self._follow(view.token)
            if look is None:
                # A Redis that has just started anew is first told again by the speaker's worker.
                if time.monotonic() - self._rose > LEASE_S:
                    self._end(view, "disconnected")
                continue
            # What was there a second ago has had the time to arrive.
            late = view.number < view.seen[1] or view.recording != view.seen[0] == look[0]
            view.seen = look
            if view.stale or late or view.interrupted:
                self._catch_up(view)

    def _follow(self, token: str) -> None:
        self._relay.follow(token, partial(self._told, token))

    def _told(self, token: str, kind: str, number: int, value: str) -> None:
        """Take in what another worker tells."""
        view = self._views.get(token)
        if view is None:
            return
        if kind == ENDED:
            self._end(view, value)
            return
        view.pending.append((kind, number, value == "1" if kind == RECORDING else value))
        self._crier.tell_soon(view)

    def _changed(self, up: bool) -> None:
        """Have those who watch told that Redis is gone; that it is back shows when it is looked."""
        if up:
            self._rose = time.monotonic()
            self._due.set()
            return
        for view in list(self._views.values()):
            if view.speaker is None:
                view.interrupted = True
                self._crier.tell_soon(view)

    def _catch_up(self, view: View) -> None:
        try:
            found = self._relay.fetch(view.token)
        except Away:
            return
        if found is not None:
            self._make_up(view, found)
            view.stale = view.interrupted = False
            self._crier.tell_soon(view)

    def _make_up(self, view: View, found: Found) -> None:
        missed = [(number, data) for number, data in found.past if number > view.number]
        with self._lock:
            if missed:
                view.number = missed[0][0] - 1  # the rest is more than Redis keeps
                while view.past and view.past[0][0] < found.past[0][0]:
                    view.past.popleft()  # of an earlier recording
            view.pending.clear()  # all of it is found, or will be missed and found again
            if found.recording is not view.recording:
                view.pending.append((RECORDING, 0, found.recording))
            view.pending.extend((PREDICTION, *one) for one in missed[-KEPT + 1 :])
