"""gunicorn's worker on gevent, which tells recordings before it goes."""

from __future__ import annotations

from typing import Any

import gevent
from gunicorn.workers import ggevent

from webapp import workers

LOOKS_EACH_S = 1.1  # gunicorn's class looks once a second whether it is to stop accepting


class GeventWorker(ggevent.GeventWorker):  # type: ignore[misc]
    """One greenlet a connection."""

    def run(self) -> None:
        """Serve until told to stop, then wait for the requests and recordings under way."""
        gevent.spawn(workers.watch, self, gevent.sleep, accepts_on_s=LOOKS_EACH_S)
        super().run()

    def handle_request(self, listener_name: Any, req: Any, sock: Any, addr: Any) -> None:
        """Serve one request, and hang up on a body that is not read to its end."""
        super().handle_request(listener_name, req, sock, addr)
        if workers.is_endless(req.body):
            raise StopIteration
