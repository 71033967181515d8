"""Who is connected to this process: each client's session, and what is known of the client."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Any

from webapp.admission import Admission
from webapp.hangup import hang_up
from webapp.protocol import Message
from webapp.session import LiveSession, State
from webapp.visitor import Visitor

log = logging.getLogger(__name__)


class Crowd:
    """Every client of a namespace.

    Parameters
    ----------
    server : socketio.Server
    namespace : str
    admission : Admission
        Is given back the places of those who go.
    guard : context manager
        Held while a session works.
    """

    def __init__(
        self,
        server: Any,
        *,
        namespace: str,
        admission: Admission,
        guard: AbstractContextManager[Any],
    ) -> None:
        self._server = server
        self._namespace = namespace
        self._admission = admission
        self._guard = guard
        self._clients: dict[str, tuple[LiveSession, Visitor]] = {}

    def __len__(self) -> int:
        return len(self._clients)

    def __contains__(self, sid: object) -> bool:
        return sid in self._clients

    def __iter__(self) -> Iterator[tuple[str, LiveSession]]:
        """Go through those who are connected now, whoever comes or goes meanwhile."""
        return iter([(sid, session) for sid, (session, _) in self._clients.items()])

    def find(self, sid: str) -> tuple[LiveSession, Visitor] | None:
        """Return a client's session and what is known of it; None if the connection has gone."""
        return self._clients.get(sid)

    @property
    def recordings(self) -> int:
        """How many recordings are under way."""
        return sum(session.active for session, _ in self._clients.values())

    def is_recording(self, sid: str) -> bool:
        """Return whether a client's recording is under way and not paused."""
        client = self._clients.get(sid)
        return client is not None and client[0].state is State.RECORDING

    def enter(self, sid: str, session: LiveSession, visitor: Visitor) -> None:
        """Take in a client."""
        self._clients[sid] = session, visitor

    def leave(self, sid: str) -> None:
        """Let go of a client whose connection has gone."""
        client = self._clients.pop(sid, None)
        if client:
            session, visitor = client
            with self._guard:
                session.close()
            self.give_back(visitor)

    def give_back(self, visitor: Visitor) -> None:
        """Give back the place of a recording that is over, if it held one."""
        place, visitor.place = visitor.place, None
        if place:
            self._admission.leave(place)

    def expire(self) -> Iterator[tuple[str, list[Message]]]:
        """End idle recordings; yields what each client is to be told."""
        for sid, session in self:
            try:
                with self._guard:
                    messages = session.expire()
            except Exception:
                log.exception("A live session could not be ended")
                session.close("internal")
                continue
            if messages:
                yield sid, messages
            client = self._clients.get(sid)
            if client and not session.active:
                self.give_back(client[1])

    def hang_up(self, sid: str, *, after_s: float = 0.0) -> None:
        """Close a client's connection, in the background."""
        self._server.start_background_task(
            hang_up, self._server, sid, namespace=self._namespace, after_s=after_s
        )
