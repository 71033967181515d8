"""Shared views in Redis, so that those who watch may be on any worker.

A view is a hash (whether there is a recording, the last prediction's number) and a list (the last
predictions), both of which expire unless its speaker's worker keeps them; what is new goes over a
channel of the view's own, so that only workers where somebody watches hear of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from webapp.redis_link import Command, RedisLink, text
from webapp.view import KEPT, View

PREFIX = "speech-emotion:view:"
PAST = ":past"
LEASE_S = 12.0  # what a view outlives its worker
BEGIN_S = 0.05  # of a speaker
PATIENCE_S = 1.0  # of who wants to watch, for an answer
ENDED = "ended"
ENDINGS = 1000  # that are remembered while Redis is away

TELL = """
redis.call('RPUSH', KEYS[2], ARGV[1] .. ' ' .. ARGV[2])
redis.call('LTRIM', KEYS[2], -ARGV[3], -1)
redis.call('PEXPIRE', KEYS[2], ARGV[4])
redis.call('HSET', KEYS[1], 'number', ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[4])
redis.call('PUBLISH', KEYS[1], 'prediction ' .. ARGV[1] .. ' ' .. ARGV[2])
"""
MARK = """
redis.call('HSET', KEYS[1], 'number', ARGV[1], 'recording', ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
redis.call('PUBLISH', KEYS[1], 'recording ' .. ARGV[1] .. ' ' .. ARGV[2])
"""
FORGET = """
redis.call('DEL', KEYS[2])
redis.call('PUBLISH', KEYS[1], 'anew 0 ')
"""
KEEP = """
if redis.call('HEXISTS', KEYS[1], 'recording') == 0 then return 0 end
redis.call('PEXPIRE', KEYS[1], ARGV[1])
redis.call('PEXPIRE', KEYS[2], ARGV[1])
return 1
"""
RESTORE = """
redis.call('DEL', KEYS[2])
for i = 4, #ARGV do redis.call('RPUSH', KEYS[2], ARGV[i]) end
redis.call('PEXPIRE', KEYS[2], ARGV[3])
redis.call('HSET', KEYS[1], 'number', ARGV[1], 'recording', ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
"""
FETCH = """
local view = redis.call('HMGET', KEYS[1], 'recording', 'number')
if not view[1] then return false end
return {view[1], view[2] or '0', redis.call('LRANGE', KEYS[2], 0, -1)}
"""
END = """
redis.call('DEL', KEYS[1], KEYS[2])
redis.call('PUBLISH', KEYS[1], 'ended 0 ' .. ARGV[1])
"""


class Away(Exception):  # noqa: N818 - Redis is
    """Redis does not answer."""


@dataclass(frozen=True)
class Found:
    """A view as Redis has it.

    Attributes
    ----------
    recording : bool
    number : int
        Of the last prediction.
    past : list of (int, str)
        The last predictions, each with its number, as JSON.
    """

    recording: bool
    number: int
    past: list[tuple[int, str]]


class Relay:
    """Tells other workers of this one's views, and this one of theirs.

    Nothing but `begin`, `follow`, `fetch`, `look` and `keep` waits for Redis.
    """

    def __init__(self, link: RedisLink) -> None:
        self.link = link
        self._endings: dict[str, str] = {}  # what Redis still is to be told
        link.on_change(self._changed)

    # Of this worker's views.

    def begin(self, view: View) -> None:
        """Tell that there is a view; waits a little, so that its link works when it is handed out.

        Where Redis does not answer, it is told with all else that it lacks.
        """
        script = _script(view.token, MARK, view.number, int(view.recording), _ms(LEASE_S))
        self.link.ask([script], timeout_s=BEGIN_S)

    def prediction(self, view: View, number: int, prediction: str) -> None:
        """Tell of a prediction."""
        self._post(view.token, TELL, number, prediction, KEPT, _ms(LEASE_S))

    def recording(self, view: View) -> None:
        """Tell whether there is a recording."""
        self._post(view.token, MARK, view.number, int(view.recording), _ms(LEASE_S))

    def anew(self, view: View) -> None:
        """Tell that what follows is of another recording."""
        self._post(view.token, FORGET)

    def end(self, token: str, reason: str) -> None:
        """Tell that a view has ended."""
        if self.link.up:
            self._post(token, END, reason)
        elif len(self._endings) < ENDINGS:
            self._endings[token] = reason

    def keep(self, views: Sequence[View]) -> None:
        """Keep views from expiring, and give Redis back what it has lost."""
        answers = self.link.ask(
            [_script(view.token, KEEP, _ms(LEASE_S)) for view in views], timeout_s=PATIENCE_S
        )
        for view, kept in zip(views, answers or (), strict=False):
            if kept == 0 and view.ended is None:
                past = [f"{number} {prediction}" for number, prediction in list(view.past)]
                self._post(
                    view.token, RESTORE, view.number, int(view.recording), _ms(LEASE_S), *past
                )

    # Of others' views.

    def follow(self, token: str, told: Callable[[str, int, str], None]) -> bool:
        """Have a function told of what is new; return whether it is by now."""

        def handle(message: str) -> None:
            kind, number, value = message.split(" ", 2)
            told(kind, int(number), value)

        return self.link.subscribe(PREFIX + token, handle, timeout_s=PATIENCE_S)

    def unfollow(self, token: str) -> None:
        """Have nobody told any more."""
        self.link.unsubscribe(PREFIX + token)

    def fetch(self, token: str) -> Found | None:
        """Return a view; None if there is none.

        Raises
        ------
        Away
            Nobody knows.
        """
        answers = self.link.ask([_script(token, FETCH)], timeout_s=PATIENCE_S)
        if not answers or isinstance(answers[0], Exception):
            raise Away
        if answers[0] is None:
            return None
        recording, number, past = answers[0]
        pairs = [text(entry).split(" ", 1) for entry in past]
        return Found(
            recording == b"1", int(number), [(int(number), data) for number, data in pairs]
        )

    def look(self, tokens: Sequence[str]) -> list[tuple[bool, int] | None] | None:
        """Return whether each view is there, recording, and its number; None if nobody knows."""
        asks: list[Command] = [("HMGET", PREFIX + token, "recording", "number") for token in tokens]
        answers = self.link.ask(asks, timeout_s=PATIENCE_S)
        if answers is None or any(isinstance(answer, Exception) for answer in answers):
            return None
        return [
            None if recording is None else (recording == b"1", int(number or 0))
            for recording, number in answers
        ]

    def _changed(self, up: bool) -> None:
        while up and self._endings:
            self.end(*self._endings.popitem())

    def _post(self, token: str, script: str, *arguments: str | int) -> None:
        self.link.post(*_script(token, script, *arguments))


def _script(token: str, script: str, *arguments: str | int) -> Command:
    return ("EVAL", script, 2, PREFIX + token, PREFIX + token + PAST, *arguments)


def _ms(seconds: float) -> int:
    return round(seconds * 1000)
