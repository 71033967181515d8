"""All that is special about eventlet: patching, mends of its WebSocket, threads, gunicorn's worker.

gunicorn 27 with a worker class of our own, not 25.3 with the one it shipped: 26 and 27 hardened the
parsing of requests (smuggling), 25 gets no mends any more, and the class is short. With it,
SIGTERM, SIGHUP, max_requests and TLS were tried against real recordings
(tests/webapp/test_webapp_gunicorn.py), and it adds what the old one never had: recordings are told
before their worker goes, and a body that nobody reads cannot hold a connection for ever.
"""

from __future__ import annotations

import os
import ssl
import sys
import warnings
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

# Before eventlet is imported: its own resolver costs start-up time, and no names are resolved here.
os.environ.setdefault("EVENTLET_NO_GREENDNS", "yes")
os.environ.setdefault("EVENTLET_THREADPOOL_SIZE", "4")

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # its plan to retire is known: the async mode is a setting
    import eventlet
import eventlet.patcher
import eventlet.tpool
import eventlet.websocket
import eventlet.wsgi
from eventlet import hubs
from eventlet.greenio import GreenSocket
from eventlet.hubs import epolls, trampoline
from gunicorn.sock import ssl_context
from gunicorn.workers.base_async import AsyncWorker

from webapp import workers

Result = TypeVar("Result")

SOCKET_TIMEOUT_S = 30.0  # without a byte from a client that owes some
AT_ONCE = 8  # connections that are served before the loop looks who else is ready
SWITCH_INTERVAL_S = 0.001  # how long a thread that judges an upload may keep the loop waiting


def is_running() -> bool:
    """Return whether this process is served by eventlet."""
    return bool(eventlet.patcher.is_monkey_patched("socket"))


def offload(function: Callable[..., Result], *args: object) -> Result:
    """Call a function in a real thread while the loop goes on; return its result."""
    result: Result = eventlet.tpool.execute(function, *args)
    return result


def breathe() -> None:
    """Let the other green threads run."""
    eventlet.sleep(0)


def take_turns() -> None:
    """Have the loop serve a few connections at a time, in the order in which they became ready.

    Eventlet asks the kernel for all that are ready and serves them in no order. Overloaded, such a
    round takes a second, and who became ready while it ran waits to the end of the next one. Where
    there is no epoll it stays so.
    """
    if not epolls.is_available():
        return

    class Hub(epolls.Hub):  # type: ignore[misc]
        def do_poll(self, seconds: float | None) -> Any:
            return self.poll.poll(seconds, AT_ONCE)

    hubs.use_hub(Hub)


def patch() -> None:
    """Make the standard library green, and put WebSockets of our own in place of eventlet's.

    No compression: it would cost each connection 300 KB and gain nothing on Opus. No drafts from
    before the standard: their reader has no limit.
    """
    take_turns()
    eventlet.monkey_patch()
    from webapp.eventlet_websocket import WebSocket

    eventlet.websocket.RFC6455WebSocket = WebSocket
    wsgi = eventlet.websocket.WebSocketWSGI
    wsgi._negotiate_permessage_deflate = lambda self, extensions: None  # noqa: ARG005
    wsgi._handle_legacy_request = _refuse_draft


def _refuse_draft(wsgi: Any, environ: Any) -> None:  # noqa: ARG001 - eventlet's signature
    raise eventlet.websocket.BadRequest()


class EventletWorker(AsyncWorker):  # type: ignore[misc]
    """gunicorn's worker on eventlet: one green thread a connection."""

    alive: bool

    def init_process(self) -> None:
        """Patch, then load the application and run; called in the new process."""
        patch()
        sys.setswitchinterval(SWITCH_INTERVAL_S)
        self.cfg.set("sendfile", False)  # os.sendfile knows nothing of green sockets
        self._tls = ssl_context(self.cfg) if self.cfg.is_ssl else None
        super().init_process()

    def run(self) -> None:
        """Serve until told to stop, then wait for the requests and recordings under way."""
        pool = eventlet.GreenPool(self.worker_connections)
        listeners = [GreenSocket(wrapper.sock) for wrapper in self.sockets]
        acceptors = [eventlet.spawn(self._accept, listener, pool) for listener in listeners]
        while self.alive:
            self.notify()
            if self.ppid != os.getppid():
                self.log.info("Parent changed, shutting down: %s", self)
                break
            if any(acceptor.dead for acceptor in acceptors):
                self.log.error("Worker %s accepts no more connections, shutting down", self.pid)
                break
            eventlet.sleep(workers.LOOK_S)
        self.alive = False
        for acceptor in acceptors:
            acceptor.kill()
        for listener in listeners:
            listener.close()
        self._drain(pool)

    def _accept(self, listener: GreenSocket, pool: eventlet.GreenPool) -> None:
        listener.setblocking(False)
        while True:
            try:
                trampoline(listener, read=True)
                eventlet.sleep(workers.hesitation_s(pool.running(), of=self.cfg.workers))
                client, address = listener.accept()
            except BlockingIOError:  # another worker was quicker
                continue
            except OSError as error:  # out of file descriptors, or a client that went at once
                self.log.warning("Could not accept a connection: %s", error)
                eventlet.sleep(0.1)
                continue
            pool.spawn_n(self.handle, listener, client, address)

    def _drain(self, pool: eventlet.GreenPool) -> None:
        recordings = workers.drain_of(self)
        if recordings:
            recordings.drain()
        if not self._empties(pool, workers.patience_s(self)):
            self.log.warning("Worker %s stops with %d connections open", self.pid, pool.running())
            if recordings:
                recordings.hang_up()
                self._empties(pool, 0.5)

    def _empties(self, pool: eventlet.GreenPool, seconds: float) -> bool:
        with eventlet.Timeout(seconds, False):
            while pool.running():
                self.notify()
                eventlet.sleep(0.1)
        return not pool.running()

    def handle(self, listener: GreenSocket, client: GreenSocket, addr: Any) -> None:
        """Serve one connection."""
        client.settimeout(SOCKET_TIMEOUT_S)
        if self._tls:
            client = self._tls.wrap_socket(
                client,
                server_side=True,
                suppress_ragged_eofs=self.cfg.suppress_ragged_eofs,
                do_handshake_on_connect=False,
            )
            try:
                client.do_handshake()
            except (ssl.SSLError, OSError) as error:
                self.log.debug("TLS handshake failed: %s", error)
                client.close()
                return
        super().handle(listener, client, addr)

    def handle_request(self, listener_name: Any, req: Any, sock: Any, addr: Any) -> bool:
        """Serve one request, and hang up on a body that is not read to its end."""
        keep = bool(super().handle_request(listener_name, req, sock, addr))
        if keep and workers.is_endless(req.body):
            raise StopIteration
        return keep

    def is_already_handled(self, respiter: Any) -> bool:
        """Return whether a WebSocket has used up the connection; end it then."""
        if getattr(eventlet.wsgi.WSGI_LOCAL, "already_handled", False):
            raise StopIteration
        return bool(super().is_already_handled(respiter))

    def timeout_ctx(self) -> eventlet.Timeout:
        """Return what bounds the wait for a connection's next request."""
        return eventlet.Timeout(self.cfg.keepalive or None, False)

    def handle_quit(self, sig: int, frame: Any) -> None:
        """Stop at once; from a green thread, since gunicorn sleeps in it."""
        eventlet.spawn_after(0, partial(super().handle_quit, sig, frame))

    def handle_usr1(self, sig: int, frame: Any) -> None:
        """Reopen the logs; from a green thread, as it takes locks."""
        eventlet.spawn_after(0, partial(super().handle_usr1, sig, frame))
