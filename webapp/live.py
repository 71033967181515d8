"""The live stream: Socket.IO events of namespace /live, handed over to `LiveSession`."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from models import Recognizer
from webapp import protocol
from webapp.audience import Audience
from webapp.logs import tell
from webapp.metrics import NOT_SOUND, Meter
from webapp.protocol import Json, Message, ProtocolError, Written
from webapp.recording import Tally
from webapp.session import Ended, LiveSession, State
from webapp.settings import Settings

NAMESPACE = "/live"
SWEEP_S = 5.0
BUSY_RETRY_S = 15.0
DRAIN_RETRY_S = 2.0
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
        guard: AbstractContextManager[Any],
        breathe: Callable[[], None],
        meter: Meter,
        audience: Audience,
    ) -> None:
        self._server = server
        self._recognizer = recognizer
        self._settings = settings
        self._guard = guard
        self._breathe = breathe
        self._meter = meter
        self._audience = audience
        self._tally = Tally()
        self._sessions: dict[str, LiveSession] = {}
        self._told: dict[str, set[str]] = {}  # why it was refused, of each connection
        self._addresses: dict[str, str] = {}  # empty unless a setting asks for them
        self._sweeping = False
        self.draining = False
        server.on("connect", self._connect, namespace=NAMESPACE)
        server.on("disconnect", self._disconnect, namespace=NAMESPACE)
        for event, work in (
            ("start", self._start),
            ("audio", self._audio),
            ("pause", self._pause),
            ("resume", self._resume),
            ("stop", self._stop),
        ):
            server.on(event, self._handler(event, work), namespace=NAMESPACE)
        server.on("*", self._unknown, namespace=NAMESPACE)

    @property
    def recordings(self) -> int:
        """How many recordings are under way."""
        return sum(session.active for session in self._sessions.values())

    @property
    def connections(self) -> int:
        """How many clients are connected."""
        return len(self._sessions)

    def is_connected(self, sid: str) -> bool:
        """Return whether a client is."""
        return sid in self._sessions

    def is_recording(self, sid: str) -> bool:
        """Return whether a client's recording is under way and not paused."""
        session = self._sessions.get(sid)
        return session is not None and session.state is State.RECORDING

    def drain(self) -> None:
        """Take no more recordings, tell those under way, and let go of clients that record nothing.

        Connections are closed below Socket.IO, so that clients come back by themselves, elsewhere.
        """
        self.draining = True
        tell(log, "drain", "No more recordings are taken.", recordings=self.recordings)
        for sid, session in list(self._sessions.items()):
            if session.active:
                self._emit(sid, [protocol.problem(self._draining_error())])
            else:  # soon: its summary may just be being written
                self._server.start_background_task(self._hang_up_soon, sid)

    def hang_up(self) -> None:
        """Close every connection."""
        for sid in list(self._sessions):
            self._server.start_background_task(self._hang_up, sid)

    # Events. A handler's return value is its acknowledgement.

    def _connect(self, sid: str, environ: Json, auth: object = None) -> None:  # noqa: ARG002
        self._sessions[sid] = LiveSession(
            self._recognizer, self._settings, tally=self._tally, ended=self._ended
        )
        self._told[sid] = set()
        if self._settings.log_addresses:
            self._addresses[sid] = str(environ.get("REMOTE_ADDR", ""))
        if not self._sweeping:
            self._sweeping = True
            self._server.start_background_task(self._sweep)

    def _disconnect(self, sid: str, reason: object = None) -> None:  # noqa: ARG002
        session = self._sessions.pop(sid, None)
        self._told.pop(sid, None)
        self._addresses.pop(sid, None)
        if session:
            with self._guard:
                session.close()
        self._audience.gone(sid)

    def _start(self, session: LiveSession, args: tuple[object, ...]) -> tuple[list[Message], Json]:
        request = protocol.parse_start(args)
        if self.draining:
            raise self._draining_error()
        if not session.active and self.recordings >= self._settings.max_sessions:
            raise ProtocolError(
                "busy", "All places are taken; please try again soon.", retry_after_s=BUSY_RETRY_S
            )
        return [], session.start(request)

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
        return messages, protocol.written(summary, self._breathe)

    def _unknown(self, event: str, sid: str, *args: object) -> Json:  # noqa: ARG002
        self._meter.received(event)
        error = ProtocolError("bad_message", f"There is no event {event[:40]!r}.")
        self._emit(sid, [protocol.problem(error)])
        return protocol.refusal(error)

    def _handler(
        self,
        event: str,
        work: Callable[
            [LiveSession, tuple[object, ...]], tuple[list[Message], Json | Written | None]
        ],
    ) -> Callable[..., Json | Written | None]:
        """Wrap an event's work: what goes wrong is told to this client and costs nobody else."""

        def handle(sid: str, *args: object) -> Json | Written | None:
            acknowledgement: Json | Written | None
            arrived = time.perf_counter()
            if event != "audio":
                self._meter.received(event)
            session = self._sessions.get(sid)
            if session is None:  # the connection went while the event was under way
                return None
            try:
                with self._guard:
                    messages, acknowledgement = work(session, args)
                if event == "start":
                    self._began(sid, session)
            except ProtocolError as refused:
                if event == "start":
                    self._refused(sid, refused)
                messages, acknowledgement = [protocol.problem(refused)], protocol.refusal(refused)
            except Exception:  # one session's fault must not reach the server's loop
                log.exception("A live session failed on %s", event)
                session.close("internal")
                error = ProtocolError("internal", "Something went wrong here; please start again.")
                messages, acknowledgement = [protocol.problem(error)], protocol.refusal(error)
            self._emit(sid, messages)
            if event == "audio" and messages and messages[0][0] == "prediction":
                self._meter.predicted(time.perf_counter() - arrived)
            if self.draining and not session.active:
                self._server.start_background_task(self._hang_up_soon, sid)
            return None if event == "audio" else acknowledgement

        return handle

    # Behind the events.

    def _began(self, sid: str, session: LiveSession) -> None:
        self._meter.began()
        address = self._addresses.get(sid)
        tell(log, "session_began", "A recording began.", session=session.id, address=address)

    def _refused(self, sid: str, error: ProtocolError) -> None:
        self._meter.refused(error.code)
        told = self._told.get(sid, set())
        if error.code not in told:  # a client that tries on and on is counted, not written down
            told.add(error.code)
            address = self._addresses.get(sid)
            sentence = "A recording was not let in."
            tell(log, "session_refused", sentence, reason=error.code, address=address)

    def _ended(self, ended: Ended) -> None:
        self._meter.took(self._tally)
        self._meter.ended(ended.reason)
        if ended.reason in NOT_SOUND:
            tell(
                log,
                "decode_failed",
                "A recording could not be decoded.",
                session=ended.session,
                door="live",
                kind=ended.reason,
            )
        tell(
            log,
            "session_ended",
            "A recording ended.",
            session=ended.session,
            reason=ended.reason,
            seconds=round(ended.audio_s, 3),
            windows=ended.windows,
        )

    def _sweep(self) -> None:
        """End idle recordings: one task for all of them, there only while somebody is connected."""
        while self._sessions:
            self._server.sleep(min(SWEEP_S, self._settings.idle_s / 4))
            for sid, session in list(self._sessions.items()):
                try:
                    with self._guard:
                        messages = session.expire()
                except Exception:
                    log.exception("A live session could not be ended")
                    session.close("internal")
                    continue
                self._emit(sid, messages)
        self._sweeping = False

    def _emit(self, sid: str, messages: list[Message]) -> None:
        for event, data in messages:
            self._server.emit(event, data, to=sid, namespace=NAMESPACE)
        self._audience.heard(sid, messages, recording=self.is_recording(sid))

    def _hang_up_soon(self, sid: str) -> None:
        self._server.sleep(0.5)  # the acknowledgement leaves first
        self._hang_up(sid)

    def _hang_up(self, sid: str) -> None:
        eio_sid = self._server.manager.eio_sid_from_sid(sid, NAMESPACE)
        if eio_sid is not None:
            self._server.eio.disconnect(eio_sid)

    def _draining_error(self) -> ProtocolError:
        return ProtocolError(
            "draining",
            "This server is being replaced: please stop, the next recording goes to the new one.",
            retry_after_s=DRAIN_RETRY_S,
        )
