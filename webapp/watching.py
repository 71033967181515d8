"""Socket.IO events of shared views: `share` and `unshare` of /live, and namespace /watch."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from webapp import protocol
from webapp.audience import SPEAKERS, Audience
from webapp.crier import NAMESPACE
from webapp.hangup import cut_off, hang_up
from webapp.logs import tell
from webapp.meter import Meter
from webapp.protocol import Json, ProtocolError
from webapp.view import is_token
from webapp.writing import Written

BURST = 20.0  # events at once of one connection, and each second
RATE = 2.0
PATIENCE = 100  # events beyond these, before a connection ends
SLOW_S = 0.02  # that each of these costs who sends it
MISS_S = 0.5  # who asks for a view that there is not waits so long for the answer
MISSES = 5  # before their connection ends
WATCHLESS_S = 30.0  # a connection that watches nothing ends
BEHIND = 300  # packets that somebody has not taken, before their connection ends
LINGER_S = 0.5  # the last words leave first

Work = Callable[[str, tuple[object, ...]], Json | Written]

log = logging.getLogger(__name__)


@dataclass
class Visit:
    """What is known of a connection.

    Attributes
    ----------
    since : float
        Since when it has watched nothing.
    allowed : float
        How many events it may send at once.
    counted : float
        When that was.
    excess, misses : int
        Events beyond these, and views asked for that there were not.
    """

    since: float = field(default_factory=time.monotonic)
    allowed: float = BURST
    counted: float = field(default_factory=time.monotonic)
    excess: int = 0
    misses: int = 0

    def may(self) -> bool:
        """Count an event; return whether it is not one too many."""
        now = time.monotonic()
        self.allowed = min(BURST, self.allowed + (now - self.counted) * RATE)
        self.counted = now
        if self.allowed < 1:
            self.excess += 1
            return False
        self.allowed -= 1
        return True


class Watching:
    """The events, handed over to the audience.

    Parameters
    ----------
    server : socketio.Server
    audience : Audience
    live : webapp.live.Live
        Knows who records, and whether this worker is about to stop.
    can_share : bool
        Whether views can be shared at all.
    meter : Meter
    """

    def __init__(
        self, server: Any, audience: Audience, live: Any, *, can_share: bool, meter: Meter
    ) -> None:
        self._can_share = can_share
        self._server = server
        self._audience = audience
        self._live = live
        self._meter = meter
        self._visits: dict[str, Visit] = {}  # of those who watch, or may
        self._speakers: dict[str, Visit] = {}  # of those who have shared
        audience.on_tick.append(self._sweep)
        audience.on_gone.append(self._forget)
        for event, work in (("share", self._share), ("unshare", self._unshare)):
            server.on(event, self._handler(SPEAKERS, event, work), namespace=SPEAKERS)
        server.on("connect", self._connect, namespace=NAMESPACE)
        server.on("disconnect", self._disconnect, namespace=NAMESPACE)
        server.on("watch", self._handler(NAMESPACE, "watch", self._watch), namespace=NAMESPACE)
        server.on("*", self._other, namespace=NAMESPACE)

    def drain(self) -> None:
        """Send those who watch elsewhere, if they can see the same there."""
        if self._audience.across_workers:
            self.hang_up()

    def hang_up(self) -> None:
        """Close the connections of all who watch, so that they come back by themselves."""
        for sid in list(self._visits):
            self._hang_up(sid)

    # Events. A handler's return value is its acknowledgement.

    def _connect(self, sid: str, environ: Json, auth: object = None) -> None:  # noqa: ARG002
        self._visits[sid] = Visit()
        self._audience.arrive(sid)

    def _disconnect(self, sid: str, reason: object = None) -> None:  # noqa: ARG002
        self._audience.leave(sid)
        self._visits.pop(sid, None)

    def _share(self, sid: str, args: tuple[object, ...]) -> Json:
        _without_data("share", args)
        if sid not in self._live.crowd:
            raise ProtocolError("out_of_order", "The connection is about to end.")
        if not self._can_share:
            sentence = "Several workers can share views only where REDIS_URL names their Redis."
            raise ProtocolError("unavailable", sentence)
        if self._live.draining:
            raise ProtocolError("draining", "This server is being replaced; please share later.")
        token = self._audience.share(sid, recording=self._live.crowd.is_recording(sid))
        if sid not in self._live.crowd:  # it went meanwhile
            self._audience.gone(sid)
        tell(log, "view_shared", "A view is shared.")  # its token is a key: never in a log
        return {"ok": True, "view": token, "path": f"/watch/{token}"}

    def _unshare(self, sid: str, args: tuple[object, ...]) -> Json:
        _without_data("unshare", args)
        self._audience.unshare(sid)
        return {"ok": True}

    def _watch(self, sid: str, args: tuple[object, ...]) -> Json | Written:
        token = _parse_watch(args)
        try:
            if not is_token(token):
                raise ProtocolError("no_view", "There is no such view.")
            return self._audience.watch(sid, token)
        except ProtocolError as error:
            if error.code == "no_view":
                self._missed(sid)
            raise

    def _other(self, event: str, sid: str, *args: object) -> Json | Written | None:
        def refuse(sid: str, args: tuple[object, ...]) -> Json:  # noqa: ARG001
            raise ProtocolError("bad_message", f"There is no event {event[:40]!r}.")

        return self._handler(NAMESPACE, event, refuse)(sid, *args)

    def _handler(
        self, namespace: str, event: str, work: Work
    ) -> Callable[..., Json | Written | None]:
        """Wrap an event's work: what goes wrong is told to this client and costs nobody else."""

        def handle(sid: str, *args: object) -> Json | Written | None:
            self._meter.received(event)
            visit = self._visit(namespace, sid)
            if visit is None:  # the connection went while the event was under way
                return None
            try:
                if not visit.may():
                    raise ProtocolError("too_fast", "Fewer events, please.", retry_after_s=1 / RATE)
                return work(sid, args)
            except ProtocolError as error:
                refused = error
            except Exception:
                log.exception("A shared view failed on %s", event)
                refused = ProtocolError("internal", "Something went wrong here.")
            if visit.excess <= 1 or refused.code != "too_fast":  # a flood is answered once
                problem = protocol.problem(refused)
                self._server.emit(*problem, to=sid, namespace=namespace)
            if refused.code == "too_fast":
                self._server.sleep(SLOW_S)
            if visit.excess == PATIENCE:
                cut_off(self._server, sid, namespace=namespace)
            elif visit.misses == MISSES:
                visit.misses += 1
                self._server.start_background_task(self._let_go, namespace, sid)
            return protocol.refusal(refused)

        return handle

    # Behind the events.

    def _visit(self, namespace: str, sid: str) -> Visit | None:
        if namespace == NAMESPACE:
            return self._visits.get(sid)
        if sid not in self._live.crowd:
            return None
        return self._speakers.setdefault(sid, Visit())

    def _forget(self, sid: str) -> None:
        self._speakers.pop(sid, None)

    def _missed(self, sid: str) -> None:
        """Slow down who asks for views that there are not; nobody else waits."""
        visit = self._visits.get(sid)
        if visit:
            visit.misses += 1
        self._server.sleep(MISS_S)

    def _sweep(self) -> None:
        """Let go of who watches nothing, and of who does not take what is sent."""
        now = time.monotonic()
        for sid, watches in self._audience.present().items():
            visit = self._visits.get(sid)
            if visit is None:
                continue
            if watches:
                visit.since = now
            elif self._live.draining:
                self._hang_up(sid)
            if now - visit.since > WATCHLESS_S:
                visit.since = now
                self._server.start_background_task(self._let_go, NAMESPACE, sid)
            elif self._waiting(sid) > BEHIND:
                cut_off(self._server, sid, namespace=NAMESPACE)

    def _waiting(self, sid: str) -> int:
        """Return how many packets somebody has not taken yet."""
        connection = self._server.eio.sockets.get(self._connection(NAMESPACE, sid))
        return connection.queue.qsize() if connection else 0

    def _let_go(self, namespace: str, sid: str) -> None:
        """End somebody's part in a namespace; they do not come back by themselves."""
        connection = self._connection(namespace, sid)
        other = SPEAKERS if namespace == NAMESPACE else NAMESPACE
        self._server.sleep(LINGER_S)
        self._server.disconnect(sid, namespace=namespace, ignore_queue=True)
        if connection and self._server.manager.sid_from_eio_sid(connection, other) is None:
            self._server.sleep(LINGER_S)
            self._server.eio.disconnect(connection)

    def _hang_up(self, sid: str) -> None:
        self._server.start_background_task(hang_up, self._server, sid, namespace=NAMESPACE)

    def _connection(self, namespace: str, sid: str) -> str | None:
        connection: str | None = self._server.manager.eio_sid_from_sid(sid, namespace)
        return connection


def _parse_watch(args: tuple[object, ...]) -> str:
    data = args[0] if len(args) == 1 else None
    token = data.get("view") if isinstance(data, dict) else None
    if not isinstance(token, str):
        raise ProtocolError("bad_message", 'watch carries one object, as {"view": "..."}.')
    return token


def _without_data(event: str, args: tuple[object, ...]) -> None:
    if len(args) > 1 or (args and args[0] is not None and not isinstance(args[0], dict)):
        raise ProtocolError("bad_message", f"{event} carries nothing, or an object.")
