"""Leases that hold over all workers, in Redis; where it is away, each worker counts its own."""

from __future__ import annotations

import secrets
import time
from collections.abc import Sequence

from webapp.leases import Leases, LocalLeases
from webapp.redis_link import RedisLink

PREFIX = "speech-emotion:leases:"
LEASE_S = 12.0
RENEW_S = 3.0
PATIENCE_S = 0.05  # how long a speaker may wait for an answer
TOGETHER = 200  # leases renewed by one command

# A key's leases are a sorted set of their ids, by when they expire on Redis's own clock.
_NOW = """
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
"""
TAKE = f"""{_NOW}
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[2]) then return 0 end
redis.call('ZADD', KEYS[1], now + ARGV[3], ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 1
"""
RENEW = f"""{_NOW}
for i, key in ipairs(KEYS) do
  redis.call('ZADD', key, now + ARGV[1], ARGV[i + 1])
  redis.call('PEXPIRE', key, ARGV[1])
end
"""
COUNT = f"""{_NOW}
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
return redis.call('ZCARD', KEYS[1])
"""


class RedisLeases:
    """The leases of all workers on one Redis.

    Each is also counted here, so that a worker that loses Redis still has its own; when Redis is
    back, they are told it again. A lease that its worker does not renew expires.

    Parameters
    ----------
    link : RedisLink
        Renews them each few seconds; to call `renew` as well does no harm.
    """

    def __init__(self, link: RedisLink) -> None:
        self._link = link
        self._local = LocalLeases()
        self._worker = secrets.token_hex(6)
        self._held: dict[str, str] = {}  # a lease's id: its key
        self._renewed = 0.0
        link.on_beat(self._beat)
        link.on_change(self._changed)

    def take(self, key: str, *, limit: int) -> str | None:
        """Return a lease's id, or None where `limit` of this key are taken.

        Takes at most `PATIENCE_S` if Redis does not answer, and then no time at all until it does.
        """
        lease = self._local.take(key, limit=limit)
        if lease is None:
            return None
        self._link.start()
        if self._link.up and self._link.prompt:
            ask = ("EVAL", TAKE, 1, PREFIX + key, self._name(lease), limit, _ms(LEASE_S))
            answers = self._link.ask([ask], timeout_s=PATIENCE_S)
            if answers and answers[0] == 0:
                self._local.give_back(key, lease)
                return None
        self._held[lease] = key  # not before: what is refused must not be renewed
        return lease

    def give_back(self, key: str, lease: str) -> None:
        """Free a place; to give it back twice, or when it has expired, is nothing."""
        self._local.give_back(key, lease)
        if self._held.pop(lease, None) is not None:
            self._link.post("ZREM", PREFIX + key, self._name(lease))

    def renew(self) -> None:
        """Keep this worker's leases from expiring; waits for nothing."""
        self._renewed = time.monotonic()
        held = list(self._held.items())
        for at in range(0, len(held), TOGETHER):
            part = held[at : at + TOGETHER]
            keys = [PREFIX + key for _, key in part]
            names = [self._name(lease) for lease, _ in part]
            self._link.post("EVAL", RENEW, len(keys), *keys, _ms(LEASE_S), *names)

    def counts(self, keys: Sequence[str]) -> list[int] | None:
        """Return how many leases of each key are taken, over all workers; None if not known."""
        asks = [("EVAL", COUNT, 1, PREFIX + key) for key in keys]
        answers = self._link.ask(asks, timeout_s=1.0)
        if answers is None or not all(isinstance(answer, int) for answer in answers):
            return None
        return answers

    def _name(self, lease: str) -> str:
        return f"{self._worker}-{lease}"

    def _beat(self) -> None:
        if time.monotonic() - self._renewed >= RENEW_S:
            self.renew()

    def _changed(self, up: bool) -> None:
        if up:
            self.renew()


def leases(link: RedisLink | None) -> Leases:
    """Return what counts leases: over all workers where there is Redis, or in this one."""
    return LocalLeases() if link is None else RedisLeases(link)


def _ms(seconds: float) -> int:
    return round(seconds * 1000)
