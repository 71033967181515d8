"""How often something may happen: token buckets, each a single number."""

from __future__ import annotations

import threading
from collections import OrderedDict


class Bucket:
    """So many at once, and so many a second in the long run (as virtual scheduling, ITU-T I.371).

    Parameters
    ----------
    per_s : float
        Tokens that come back in a second.
    burst : float
        Tokens of a full bucket.

    Examples
    --------
    >>> bucket = Bucket(per_s=2, burst=3)
    >>> [bucket.take(now=10.0) for _ in range(4)]
    [0.0, 0.0, 0.0, 0.5]
    """

    __slots__ = ("_each_s", "_full_at", "_slack_s")

    def __init__(self, *, per_s: float, burst: float) -> None:
        self._each_s = 1 / per_s
        self._slack_s = (burst - 1) / per_s
        self._full_at = 0.0

    def take(self, now: float) -> float:
        """Take a token; return 0, or after how many seconds there will be one."""
        full_at = self._full_at
        if full_at <= now:
            self._full_at = now + self._each_s
            return 0.0
        wait_s = full_at - now - self._slack_s
        if wait_s > 0:
            return wait_s
        self._full_at = full_at + self._each_s
        return 0.0

    def used_s(self, now: float) -> float:
        """Return how many seconds it takes until it is full again."""
        return max(0.0, self._full_at - now)


class Buckets:
    """A bucket for each key, and never more than `most` of them.

    A full bucket is like none, so those that nobody used lately go first; where all are in use, the
    one that was used longest ago goes, to that key's advantage.

    Parameters
    ----------
    per_s, burst : float
        Of each.
    most : int
        How many are kept: about 150 bytes each.
    """

    def __init__(self, *, per_s: float, burst: float, most: int = 10_000) -> None:
        self._per_s = per_s
        self._burst = burst
        self._most = most
        self._buckets: OrderedDict[str, Bucket] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        """Return how many are kept."""
        return len(self._buckets)

    def take(self, key: str, now: float) -> float:
        """Take a token of a key's; return 0, or after how many seconds there will be one."""
        with self._lock:
            bucket = self._buckets.pop(key, None) or Bucket(per_s=self._per_s, burst=self._burst)
            self._buckets[key] = bucket  # the last one now
            if len(self._buckets) > self._most:
                self._buckets.popitem(last=False)
            return bucket.take(now)
