"""One connection: where it comes from, what it holds, and whether it floods."""

from __future__ import annotations

from enum import Enum

from webapp.admission import Place
from webapp.buckets import Bucket

BURST_S = 10.0  # of events at once: what a recorder owes after its network stood still, and more
PATIENCE_S = 5.0  # of further events, before the connection is ended
TELL_EACH_S = 1.0
HEED_S = 2.0  # from the first word until the end, at least: it has to arrive
AHEAD_S = 1.0  # of events: who is further ahead lets others go first


class Manner(Enum):
    """How an event comes."""

    FINE = "as it should"
    HASTY = "with many others: let others go first"
    TOO_FAST = "too fast: refused, and to be told"
    TOLD = "too fast, as was told just now"
    FLOOD = "too fast for too long: the connection is to be ended"
    ENDED = "after that: what was in its buffers"


class Visitor:
    """What is known of a connection.

    Parameters
    ----------
    address : str
        The client's.
    key : str
        By what it is counted.
    max_events_s : float
        Events a second in the long run.
    """

    __slots__ = (
        "_events",
        "_excess",
        "_told_at",
        "_told_first_at",
        "address",
        "ended",
        "key",
        "place",
        "refusals",
    )

    def __init__(self, address: str, key: str, *, max_events_s: float) -> None:
        self.address = address
        self.key = key
        self.ended = False
        self.place: Place | None = None
        self.refusals: set[str] = set()  # the codes of those that were logged
        self._events = Bucket(per_s=max_events_s, burst=BURST_S * max_events_s)
        self._excess = Bucket(per_s=max_events_s, burst=PATIENCE_S * max_events_s)
        self._told_at = float("-inf")
        self._told_first_at = float("inf")

    def manner(self, now: float) -> Manner:
        """Count an event; return how it comes."""
        if self.ended:
            return Manner.ENDED
        if not self._events.take(now):
            return Manner.FINE if self._events.used_s(now) < AHEAD_S else Manner.HASTY
        if self._excess.take(now) and now - self._told_first_at >= HEED_S:
            self.ended = True
            return Manner.FLOOD
        if now - self._told_at < TELL_EACH_S:
            return Manner.TOLD
        if now - self._told_at > PATIENCE_S:
            self._told_first_at = now
        self._told_at = now
        return Manner.TOO_FAST
