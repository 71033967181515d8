"""The live stream: Socket.IO events of namespace /live, handed over to `LiveSession`."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from typing import Any

from models import Recognizer
from webapp import addresses, protocol, writing
from webapp.addresses import Addresses
from webapp.admission import Admission
from webapp.audience import Audience
from webapp.connection import is_behind
from webapp.crowd import Crowd
from webapp.hangup import cut_off
from webapp.journal import Journal
from webapp.load import Load
from webapp.logs import tell
from webapp.meter import Meter
from webapp.protocol import Json, Message, ProtocolError
from webapp.recording import Tally
from webapp.session import LiveSession
from webapp.settings import Settings
from webapp.upkeep import Upkeep
from webapp.visitor import Manner, Visitor
from webapp.writing import Written

NAMESPACE = "/live"
SWEEP_S = 5.0
LAST_WORDS_S = 0.5  # what is under way leaves before its connection is closed
COUNT_AT = 16  # chunks of all recordings together: two seconds of one, no time of a hundred

log = logging.getLogger(__name__)


class Live:
    """Every live session of this process.

    Handlers sit on python-socketio's own server: Flask-SocketIO's would build a request context for
    each chunk, which costs as much as the rest of the event.

    Parameters
    ----------
    server : socketio.Server
    recognizer : Recognizer
        Used by these sessions alone.
    settings : Settings
    admission : Admission
        Decides which recordings may begin.
    load : Load
        Is fed as long as somebody is connected.
    cpu : callable
        CPU seconds of what serves these sessions.
    guard : context manager
        Held while a session works: a lock under threads, nothing where events cannot interleave.
    breathe : callable
        Lets others run, between the parts of a long summary.
    meter : Meter
        Counts what happens.
    audience : Audience
        Hears what is shared.
    """

    def __init__(
        self,
        server: Any,
        recognizer: Recognizer,
        settings: Settings,
        *,
        admission: Admission,
        load: Load,
        cpu: Callable[[], float],
        guard: AbstractContextManager[Any],
        breathe: Callable[[], None],
        meter: Meter,
        audience: Audience,
    ) -> None:
        self._server = server
        self._recognizer = recognizer
        self._settings = settings
        self._admission = admission
        self._load = load
        self._whose = Addresses(settings.trusted_proxies)
        self._guard = guard
        self._breathe = breathe
        self._meter = meter
        self._audience = audience
        self._tally = Tally()
        self._journal = Journal(meter, self._tally, addresses=settings.log_addresses)
        self.crowd = Crowd(server, namespace=NAMESPACE, admission=admission, guard=guard)
        self._upkeep = Upkeep(
            server,
            needed=lambda: bool(self.crowd),
            sweep=self._sweep,
            every_s=min(SWEEP_S, settings.idle_s / 4),
            load=load,
            cpu=cpu,
            felt=meter.felt,
        )
        self.draining = False
        server.on("connect", self._connect, namespace=NAMESPACE)
        server.on("disconnect", self._disconnect, namespace=NAMESPACE)
        works: tuple[tuple[str, Any], ...] = (
            ("start", None),
            ("audio", self._audio),
            ("pause", self._pause),
            ("resume", self._resume),
            ("stop", self._stop),
        )
        for event, work in works:
            server.on(event, self._handler(event, work), namespace=NAMESPACE)
        server.on("*", self._unknown, namespace=NAMESPACE)

    @property
    def load(self) -> float:
        """Share of its core that this process has used lately."""
        return round(self._load.share, 2)

    def drain(self) -> None:
        """Take no more recordings, tell those under way, and let go of clients that record nothing.

        Connections are closed below Socket.IO, so that clients come back by themselves, elsewhere.
        """
        self.draining = True
        tell(log, "drain", "No more recordings are taken.", recordings=self.crowd.recordings)
        for sid, session in self.crowd:
            if session.active:
                self._emit(sid, [protocol.problem(protocol.draining())])
            else:  # soon: its summary may just be being written
                self.crowd.hang_up(sid, after_s=LAST_WORDS_S)

    def hang_up(self) -> None:
        """Close every connection."""
        for sid, _ in self.crowd:
            self.crowd.hang_up(sid)

    # Events. A handler's return value is its acknowledgement.

    def _connect(self, sid: str, environ: Json, auth: object = None) -> None:  # noqa: ARG002
        session = LiveSession(
            self._recognizer,
            self._settings,
            tally=self._tally,
            ended=self._journal.ended,
            load=self._load,
            more_came=partial(is_behind, self._server, sid, namespace=NAMESPACE),
        )
        address = self._whose.of(environ)
        visitor = Visitor(address, addresses.key(address), max_events_s=self._settings.max_events_s)
        self.crowd.enter(sid, session, visitor)
        self._upkeep.begin()

    def _disconnect(self, sid: str, reason: object = None) -> None:  # noqa: ARG002
        self.crowd.leave(sid)
        self._audience.gone(sid)

    def _start(
        self, sid: str, session: LiveSession, visitor: Visitor, args: tuple[object, ...]
    ) -> Json:
        """Begin a recording; the guard is not held while its address's places are asked for."""
        request = protocol.parse_start(args)
        if self.draining:
            raise protocol.draining()
        place = None if session.active else self._admission.enter(visitor.key)
        try:
            with self._guard:
                if sid not in self.crowd:  # it went meanwhile
                    raise ProtocolError("out_of_order", "The connection has ended.")
                acknowledgement = session.start(request)
        except BaseException:
            if place:
                self._admission.leave(place)
            raise
        visitor.place = place
        return acknowledgement

    def _audio(self, session: LiveSession, args: tuple[object, ...]) -> tuple[list[Message], None]:
        self._tally.chunks += 1
        if self._tally.chunks >= COUNT_AT:
            self._meter.took(self._tally)
        try:
            chunk = protocol.parse_audio(args, max_bytes=self._settings.max_chunk_kb * 1024)
        except ProtocolError as error:
            if error.code != "too_large" or not session.active:
                raise
            return session.end(error), None  # a stream with a hole cannot be decoded any further
        return session.audio(chunk), None

    def _pause(self, session: LiveSession, args: tuple[object, ...]) -> tuple[list[Message], Json]:  # noqa: ARG002
        session.pause()
        return [], {"ok": True}

    def _resume(self, session: LiveSession, args: tuple[object, ...]) -> tuple[list[Message], Json]:  # noqa: ARG002
        return session.resume(), {"ok": True}

    def _stop(
        self,
        session: LiveSession,
        args: tuple[object, ...],  # noqa: ARG002
    ) -> tuple[list[Message], Written]:
        messages, summary = session.stop()
        return messages, writing.written(summary, self._breathe)

    def _unknown(self, event: str, sid: str, *args: object) -> Json | None:  # noqa: ARG002
        self._meter.received(event)
        error = ProtocolError("bad_message", f"There is no event {event[:40]!r}.")
        client = self.crowd.find(sid)
        if client is None or not self._may(sid, *client, event, time.perf_counter()):
            return None
        self._emit(sid, [protocol.problem(error)])
        return protocol.refusal(error)

    def _handler(
        self,
        event: str,
        work: Callable[
            [LiveSession, tuple[object, ...]], tuple[list[Message], Json | Written | None]
        ]
        | None,
    ) -> Callable[..., Json | Written | None]:
        """Wrap an event's work: what goes wrong is told to this client and costs nobody else."""

        def handle(sid: str, *args: object) -> Json | Written | None:
            acknowledgement: Json | Written | None
            messages: list[Message] = []
            arrived = time.perf_counter()
            if event != "audio":
                self._meter.received(event)
            client = self.crowd.find(sid)
            if client is None or not self._may(sid, *client, event, arrived):
                return None  # the connection went meanwhile, or floods
            session, visitor = client
            try:
                if work is None:
                    acknowledgement = self._start(sid, session, visitor, args)
                    self._journal.began(session.id, visitor)
                else:
                    with self._guard:
                        messages, acknowledgement = work(session, args)
            except ProtocolError as refused:
                if event == "start":
                    self._journal.refused(refused, visitor)
                messages, acknowledgement = [protocol.problem(refused)], protocol.refusal(refused)
            except Exception:  # one session's fault must not reach the server's loop
                log.exception("A live session failed on %s", event)
                session.close("internal")
                error = ProtocolError("internal", "Something went wrong here; please start again.")
                messages, acknowledgement = [protocol.problem(error)], protocol.refusal(error)
            self._emit(sid, messages)
            if event == "audio" and messages and messages[0][0] == "prediction":
                self._meter.predicted(time.perf_counter() - arrived)
            if not session.active:
                self.crowd.give_back(visitor)
                if self.draining:
                    self.crowd.hang_up(sid, after_s=LAST_WORDS_S)
            return None if event == "audio" else acknowledgement

        return handle

    def _may(
        self, sid: str, session: LiveSession, visitor: Visitor, event: str, now: float
    ) -> bool:
        """Return whether an event is to be worked on: not if there are far too many."""
        manner = visitor.manner(now)
        if manner is Manner.FINE:
            return True
        if manner is Manner.FLOOD:
            self._journal.flooded(session.id, visitor)
            cut_off(self._server, sid, namespace=NAMESPACE)
        elif manner in (Manner.TOO_FAST, Manner.TOLD):
            error = ProtocolError(
                "too_fast", "Events came much too fast; please wait a moment.", retry_after_s=1.0
            )
            if event == "audio" and session.active:  # a stream with a hole cannot be decoded
                with self._guard:
                    messages = session.end(error)
                self._emit(sid, messages)
                self.crowd.give_back(visitor)
            elif manner is Manner.TOO_FAST:
                self._emit(sid, [protocol.problem(error)])
        self._server.sleep(0)  # the others first
        return manner is Manner.HASTY and sid in self.crowd

    def _sweep(self) -> None:
        """End idle recordings, keep the others' places."""
        for sid, messages in self.crowd.expire():
            self._emit(sid, messages)
        try:
            self._admission.renew()
        except Exception:
            log.exception("The places could not be renewed")

    def _emit(self, sid: str, messages: list[Message]) -> None:
        for event, data in messages:
            self._server.emit(event, data, to=sid, namespace=NAMESPACE)
        self._audience.heard(sid, messages, recording=self.crowd.is_recording(sid))
