"""Places that are taken and given back, counted by key: so many recordings of one address."""

from __future__ import annotations

import threading
from collections import Counter
from itertools import count
from typing import Protocol


class Leases(Protocol):
    """Counts who holds a place: in one process, or over all workers.

    Threads may call any of the methods at the same time.
    """

    def take(self, key: str, *, limit: int) -> str | None:
        """Return a lease's id, or None where `limit` of this key are taken."""

    def give_back(self, key: str, lease: str) -> None:
        """Free a place; to give it back twice, or when it has expired, is nothing."""

    def renew(self) -> None:
        """Keep this process's leases from expiring; called every few seconds, in the background."""


class LocalLeases:
    """The leases of one process, which end with it: none expires.

    Examples
    --------
    >>> leases = LocalLeases()
    >>> lease = leases.take("192.0.2.1", limit=1)
    >>> leases.take("192.0.2.1", limit=1) is None
    True
    >>> leases.give_back("192.0.2.1", lease)
    >>> leases.take("192.0.2.1", limit=1) is None
    False
    """

    def __init__(self) -> None:
        self._taken: Counter[str] = Counter()  # a key that holds nothing is not in it
        self._open: set[str] = set()
        self._numbers = count()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        """Return how many leases are taken, of all keys."""
        return len(self._open)

    def take(self, key: str, *, limit: int) -> str | None:
        """Return a lease's id, or None where `limit` of this key are taken."""
        with self._lock:
            if self._taken[key] >= limit:
                return None
            self._taken[key] += 1
            lease = str(next(self._numbers))
            self._open.add(lease)
            return lease

    def give_back(self, key: str, lease: str) -> None:
        """Free a place; to give it back twice is nothing."""
        with self._lock:
            if lease not in self._open:
                return
            self._open.remove(lease)
            self._taken[key] -= 1
            if not self._taken[key]:
                del self._taken[key]

    def renew(self) -> None:
        """Do nothing: these leases do not expire."""
