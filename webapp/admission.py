"""Whether one more recording may begin: by count, by felt load, by address."""

from __future__ import annotations

import math
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from webapp.leases import Leases
from webapp.load import Load
from webapp.protocol import ProtocolError
from webapp.settings import Settings

PRIOR_LOAD = 0.005  # share of a core that a recording takes as long as nothing better is known
PRIOR_WEIGHT = 8.0  # recordings that have been felt count as much as the prior
FELT_S = 4.0  # until then 63 % of a recording is felt: longer than load takes, as it begins slowly
LATE_S = 0.25  # of a loop that has too much to do
SPREAD = 0.4  # those who wait do not come back all at once
NO_LIMIT = 1.0  # of `max_load`
REASONS = {
    "count": (10.0, "All places are taken; please try again soon."),
    "load": (5.0, "The server has as much to do as it can bear; please try again soon."),
    "late": (5.0, "The server has more to do than it can bear; please try again soon."),
    "address": (10.0, "There are too many recordings from your address; please try again later."),
}


class BusyError(ProtocolError):
    """A recording cannot begin now.

    Attributes
    ----------
    cause : {"count", "load", "late", "address"}
    """

    def __init__(self, cause: str, *, spread: float) -> None:
        retry_after_s, message = REASONS[cause]
        retry_after_s = round(retry_after_s * spread, 1)
        super().__init__("busy", message, retry_after_s=retry_after_s, cause=cause)


@dataclass(frozen=True, slots=True)
class Place:
    """What a recording holds while it goes on.

    Attributes
    ----------
    key : str
        By what its client is counted.
    lease : str
        Of that key.
    since : float
        Seconds, monotonic.
    """

    key: str
    lease: str
    since: float


class Admission:
    """Gives places to recordings.

    Recordings that began lately are not felt yet, or not fully: they are reckoned with at what a
    recording is expected to cost, so that a crowd that comes in one second does not all get in.

    Parameters
    ----------
    settings : Settings
    load : Load
    leases : Leases
        Counts the recordings of each address.
    clock : callable
        Seconds, monotonic.
    draw : callable
        A random number from 0 to 1.
    """

    def __init__(
        self,
        settings: Settings,
        load: Load,
        leases: Leases,
        *,
        clock: Callable[[], float] = time.monotonic,
        draw: Callable[[], float] = random.random,
    ) -> None:
        self._settings = settings
        self._load = load
        self._leases = leases
        self._clock = clock
        self._draw = draw
        self._lock = threading.Lock()
        self._taken = 0
        self._unfelt = 0.0  # recordings, each as far as it is not felt yet
        self._at = 0.0

    def __len__(self) -> int:
        """Return how many places are taken."""
        return self._taken

    def enter(self, key: str) -> Place:
        """Return a place; the load's reckoning is this process's, the address's may be wider.

        Parameters
        ----------
        key : str
            By what the client is counted.

        Raises
        ------
        BusyError
            There is none.
        """
        now = self._clock()
        with self._lock:
            self._decay(now)
            cause = self._full()
            if cause is None:
                self._taken += 1
                self._unfelt += 1.0
        if cause is not None:
            raise self._busy(cause)
        lease = None
        try:
            lease = self._leases.take(key, limit=self._settings.max_sessions_per_address)
        finally:
            if lease is None:
                self._free(now)
        if lease is None:
            raise self._busy("address")
        return Place(key, lease, now)

    def leave(self, place: Place) -> None:
        """Take a place back."""
        self._free(place.since)
        self._leases.give_back(place.key, place.lease)

    def renew(self) -> None:
        """Keep the places' leases; to be called every few seconds."""
        self._leases.renew()

    @property
    def cost(self) -> float:
        """What one more recording is expected to take of the core."""
        felt = max(0.0, self._taken - self._unfelt)
        return (PRIOR_WEIGHT * PRIOR_LOAD + self._load.share) / (PRIOR_WEIGHT + felt)

    def _full(self) -> str | None:
        if self._taken >= self._settings.max_sessions:
            return "count"
        if self._settings.max_load >= NO_LIMIT:
            return None
        if self._load.late_s > LATE_S:
            return "late"
        expected = self._load.share + self.cost * (self._unfelt + 1)
        return "load" if expected > self._settings.max_load else None

    def _decay(self, now: float) -> None:
        """Forget what has become felt."""
        self._unfelt *= math.exp(-max(0.0, now - self._at) / FELT_S)
        self._at = now

    def _free(self, since: float) -> None:
        now = self._clock()
        with self._lock:
            self._decay(now)
            self._taken -= 1
            self._unfelt = max(0.0, self._unfelt - math.exp(-(now - since) / FELT_S))

    def _busy(self, cause: str) -> BusyError:
        return BusyError(cause, spread=1 + SPREAD * (2 * self._draw() - 1))
