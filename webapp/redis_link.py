"""A worker's link to the Redis that workers share: nobody waits for it but who asks it something.

One task owns both of its connections, one for commands and one for the channels. What is posted
goes through a bounded queue, of which the oldest goes when it is full. While Redis is away all of
it is nothing: posts are dropped, questions have no answer, and every half second it is looked for
again.

python-socketio's RedisManager is not used, because it would bring every message to every worker,
publish it from the caller's own thread and look for a lost Redis up to a minute later.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any, cast

from webapp.logs import tell
from webapp.meter import Meter
from webapp.redis_channels import Channels, Handler

QUEUE = 2000  # posts and questions that wait
BATCH = 100  # of them in one round trip
RETRY_S = 0.5
PING_S = 1.0
GATHER_S = 0.01  # how long what nobody waits for may wait for more: a round trip costs 150 us
PATIENCE_S = 3.0  # for an answer, before Redis counts as gone; a busy loop looks like a slow Redis

Command = tuple[str | bytes | int, ...]
PING: Command = ("PING",)

log = logging.getLogger(__name__)


class _Talk:
    """Commands that go together, and their answers if somebody waits for them."""

    __slots__ = ("answers", "commands", "done")

    def __init__(self, commands: Sequence[Command], *, awaited: bool) -> None:
        self.commands = commands
        self.done = threading.Event() if awaited else None
        self.answers: list[Any] | None = None


class RedisLink:
    """The link; threads, green or not, may call any of its methods.

    Parameters
    ----------
    url : str
        Checked by the settings.
    spawn : callable
        Starts a background task, as python-socketio does.
    sleep : callable
        Waits some seconds and lets others run.
    meter : Meter

    Attributes
    ----------
    up : bool
        Whether Redis is there, as far as is known.
    prompt : bool
        Whether it has answered in time lately; False where asking would only cost time.
    """

    def __init__(
        self,
        url: str,
        *,
        spawn: Callable[..., Any],
        sleep: Callable[[float], Any],
        meter: Meter,
    ) -> None:
        import redis  # here: a fifth of a second, for those who have one
        from redis.backoff import NoBackoff
        from redis.retry import Retry

        pool = redis.ConnectionPool.from_url(
            url,
            protocol=2,
            driver_info=None,
            socket_timeout=PATIENCE_S,
            socket_connect_timeout=PATIENCE_S,
            retry=Retry(NoBackoff(), 0),
        )
        self._new_connection = partial(pool.connection_class, **pool.connection_kwargs)
        self._refusal = redis.ResponseError
        self._spawn = spawn
        self._sleep = sleep
        self._meter = meter
        self._queue: deque[_Talk] = deque()
        self._wake = threading.Event()
        self._awaited = False  # whether somebody waits for an answer
        self._lock = threading.Lock()
        self._channels = Channels(self._wake)
        self._on_change: list[Callable[[bool], None]] = []
        self._on_beat: list[Callable[[], None]] = []
        self._started = False
        self._missed: bool | None = None  # None: not looked for yet
        self._stopped = False
        self._complained = False
        self.up = False
        self.prompt = False

    def start(self) -> None:
        """Look for Redis, from now on; to start twice is nothing."""
        if not self._started:
            with self._lock:
                started, self._started = self._started, True
            if not started:
                self._spawn(self._run)

    def stop(self) -> None:
        """Let go of Redis, for good."""
        self._stopped = True
        self._wake.set()

    def on_change(self, callback: Callable[[bool], None]) -> None:
        """Have a function told whether Redis is there, whenever that changes; it must not wait."""
        self._on_change.append(callback)

    def on_beat(self, callback: Callable[[], None]) -> None:
        """Have a function called about each second while Redis is there; it must not wait."""
        self._on_beat.append(callback)

    # What others say and ask.

    def post(self, *command: str | bytes | int) -> None:
        """Send a command whose answer nobody needs."""
        if self.up:
            self._put(_Talk((command,), awaited=False))

    def ask(self, commands: Sequence[Command], *, timeout_s: float) -> list[Any] | None:
        """Return the answers to some commands; None where they do not come in time.

        An answer is an exception where Redis refuses a command.
        """
        if not self.up or not commands:
            return None if commands else []
        talk = _Talk(commands, awaited=True)
        assert talk.done is not None
        self._put(talk)
        if not talk.done.wait(timeout_s):
            self.prompt = False
        return talk.answers

    def subscribe(self, channel: str, handler: Handler, *, timeout_s: float) -> bool:
        """Have a function called with each message of a channel; return whether it is so by now.

        Where it is not, it will be as soon as Redis is there.
        """
        patience_s = timeout_s if self.up else 0.0
        return self._channels.subscribe(channel, handler, timeout_s=patience_s) and self.up

    def unsubscribe(self, channel: str) -> None:
        """Listen to a channel no more."""
        self._channels.unsubscribe(channel)

    def _put(self, talk: _Talk) -> None:
        if len(self._queue) >= QUEUE:
            self._meter.relay_dropped()
            with contextlib.suppress(IndexError):  # the task has just taken them all
                self._queue.popleft()
        self._queue.append(talk)
        self._awaited = self._awaited or talk.done is not None
        if not self._wake.is_set():
            self._wake.set()

    # The task.

    def _run(self) -> None:
        while not self._stopped:
            commands: Any = self._new_connection()
            try:
                self._complained = False
                commands.connect()
                self._exchange(commands, [PING])
                self._channels.open(self._new_connection(), self._spawn)
                self._set(True)
                self._converse(commands)
            except Exception as error:  # whatever it is, this task must go on
                self._miss(error)
            finally:
                self._set(False)
                commands.disconnect()
                self._channels.close()
            self._sleep(0 if self._stopped else RETRY_S)

    def _converse(self, commands: Any) -> None:
        """Carry what is said to Redis, until it is gone."""
        pinged = 0.0
        while not self._stopped:
            if self._wake.wait(PING_S) and not self._awaited and len(self._queue) < BATCH:
                self._sleep(GATHER_S)
            self._awaited = False
            self._wake.clear()
            if self._channels.broken:
                raise self._channels.broken
            due = time.monotonic() - pinged >= PING_S
            self._channels.speak(ping=due)
            talks = self._take()
            if due:
                talks.append(_Talk((PING,), awaited=False))
            if talks:
                self._carry(commands, talks)
            if self._queue:
                self._wake.set()
            if due:
                pinged = time.monotonic()
                self._call(self._on_beat)

    def _take(self) -> list[_Talk]:
        talks: list[_Talk] = []
        while self._queue and len(talks) < BATCH:
            talks.append(self._queue.popleft())
        return talks

    def _carry(self, connection: Any, talks: list[_Talk]) -> None:
        try:
            answers = self._exchange(connection, [c for talk in talks for c in talk.commands])
            self.prompt = True
            for talk in talks:
                count = len(talk.commands)
                talk.answers, answers = answers[:count], answers[count:]
        finally:
            for talk in talks:
                if talk.done:
                    talk.done.set()

    def _exchange(self, connection: Any, commands: Iterable[Command]) -> list[Any]:
        """Send commands in one go and return their answers."""
        sent = list(commands)
        connection.send_packed_command(connection.pack_commands(sent))
        answers = []
        for command in sent:
            try:
                answers.append(connection.read_response())
            except self._refusal as error:  # this one command's
                if command == PING:
                    raise  # Redis is still loading, or wants a password
                self._complain(error)
                answers.append(error)
        return answers

    def _set(self, up: bool) -> None:
        if up is self.up:
            return
        self.up = self.prompt = up
        if up:
            if self._missed:
                log.warning("Redis is there again.")
            else:
                tell(log, "redis_connected", "Redis is there.")
            self._missed = False
        else:
            while self._queue:
                done = self._queue.popleft().done
                if done:
                    done.set()
        self._meter.linked(up)
        self._call([partial(callback, up) for callback in self._on_change])

    def _call(self, callbacks: Iterable[Callable[[], None]]) -> None:
        for callback in callbacks:
            try:
                callback()
            except Exception:  # whatever it is, this task must go on
                log.exception("What depends on Redis failed")

    def _miss(self, error: Exception) -> None:
        """Say once that Redis is not there."""
        if not self._missed:
            log.warning(
                "Redis cannot be used (%s). This worker goes on without it and looks for it.", error
            )
        self._missed = True

    def _complain(self, error: Exception) -> None:
        if not self._complained:
            log.warning("Redis refuses a command: %s", error)
        self._complained = True


def connect(
    url: str, *, spawn: Callable[..., Any], sleep: Callable[[float], Any], meter: Meter
) -> RedisLink | None:
    """Return the link to Redis, not started yet; None where the settings name none."""
    return RedisLink(url, spawn=spawn, sleep=sleep, meter=meter) if url else None


def text(answer: object) -> str:
    """Return an answer of Redis as text."""
    return cast(bytes, answer).decode()
