"""A real server and a real client, for tests and benchmarks: gunicorn in a process of its own."""

from __future__ import annotations

import contextlib
import itertools
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.orderly import OrderlyClient
from tests.tls import trusting

ROOT = Path(__file__).resolve().parent.parent
GUNICORN = Path(sys.executable).with_name("gunicorn")
START_S = 60.0


@dataclass(frozen=True)
class Server:
    """A gunicorn that answers.

    Attributes
    ----------
    url : str
    process : Popen
        gunicorn's master.
    log : Path
        What it has written.
    ready_s : float
        From its start to the first good answer of /readyz.
    """

    url: str
    process: subprocess.Popen[bytes]
    log: Path
    ready_s: float

    @property
    def workers(self) -> list[int]:
        """Process ids of the workers."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(pid) for pid in children.read_text().split()]


# Below the ports that the kernel hands to outgoing connections: one of those may take a port
# between its choice and its use. Where to begin differs from process to process.
PORTS = itertools.cycle(random.sample(range(20_000, 32_000), 12_000))


def free_port() -> int:
    """Return a port of this machine that nobody listens on, and each time another one."""
    while True:
        port = next(PORTS)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as servers do
            probe.bind(("127.0.0.1", port))
            return port


@contextlib.contextmanager
def serve(
    environ: Mapping[str, str] | None = None,
    *,
    args: tuple[str, ...] = (),
    app: str = "webapp.wsgi:app",
    patience_s: float = START_S,
) -> Iterator[Server]:
    """Start gunicorn on a free port as `make serve` does; stop it at the end.

    Parameters
    ----------
    environ : mapping, optional
        Settings on top of the environment's; a PORT among them takes the place of a free one.
    args : tuple of str
        Further arguments of gunicorn. With a `--certfile` the URL is https.
    app : str
        The WSGI application, as gunicorn names one.
    patience_s : float
        Seconds that it may take to become ready.

    Raises
    ------
    RuntimeError
        It did not become ready; the message holds its log.
    """
    port = int((environ or {}).get("PORT", 0)) or free_port()
    settings = (
        os.environ
        | {"HOST": "127.0.0.1", "PORT": str(port), "GRACEFUL_S": "3"}
        | dict(environ or {})
    )
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        command = [str(GUNICORN), "-c", "deploy/gunicorn.conf.py", *args, app]
        began = time.monotonic()
        with log.open("wb") as output:
            process = subprocess.Popen(
                command, cwd=ROOT, env=settings, stdout=output, stderr=output
            )
        try:
            url = f"{'https' if '--certfile' in args else 'http'}://127.0.0.1:{port}"
            while not is_ready(url):
                if process.poll() is not None or time.monotonic() - began > patience_s:
                    raise RuntimeError(f"gunicorn did not become ready:\n{log.read_text()}")
                time.sleep(0.02)
            yield Server(url, process, log, time.monotonic() - began)
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def is_ready(url: str) -> bool:
    """Return whether the server at `url` takes work."""
    import ssl

    context = ssl._create_unverified_context() if url.startswith("https") else None
    try:
        with urllib.request.urlopen(f"{url}/readyz", timeout=5, context=context) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def dial(url: str, *, source: str) -> socket.socket:
    """Connect to a server from one of this machine's addresses; with TLS, but without trust."""
    parts = urllib.parse.urlsplit(url)
    assert parts.hostname
    assert parts.port
    plain = socket.create_connection((parts.hostname, parts.port), 10, (source, 0))
    return trusting().wrap_socket(plain) if parts.scheme == "https" else plain


@dataclass
class LiveClient:
    """A python-socketio client of /live that keeps what it hears.

    Attributes
    ----------
    address : str
        From which of this machine's addresses it comes (127.x.x.x), if that matters.
    headers : dict
        Of its first request.
    predictions, problems, frames : list
        What came, in order.
    """

    url: str
    address: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    predictions: list[dict[str, Any]] = field(default_factory=list)
    problems: list[dict[str, Any]] = field(default_factory=list)
    frames: list[dict[str, Any]] = field(default_factory=list)
    arrived: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> LiveClient:
        own: dict[str, Any] = {"sslopt": {"context": trusting()}}
        if self.address:
            own["socket"] = dial(self.url, source=self.address)
        self.io = OrderlyClient(reconnection=False, websocket_extra_options=own)
        for event, kept in (
            ("prediction", self.predictions),
            ("problem", self.problems),
            ("frames", self.frames),
        ):
            self.io.on(event, self._keeper(kept), namespace="/live")
        self.io.connect(
            self.url,
            headers=self.headers,
            namespaces=["/live"],
            transports=["websocket"],
            wait_timeout=10,
        )
        return self

    def __exit__(self, *exc: object) -> None:
        self.io.disconnect()

    def _keeper(self, kept: list[dict[str, Any]]) -> Any:
        def keep(data: dict[str, Any]) -> None:
            kept.append(data)
            self.arrived.set()

        return keep

    def start(self, mime_type: str, **more: Any) -> dict[str, Any]:
        """Begin a recording; return the acknowledgement."""
        return self.io.call(
            "start", {"mime_type": mime_type, **more}, namespace="/live", timeout=10
        )

    def send(self, chunk: object) -> None:
        """Send one chunk."""
        self.io.emit("audio", chunk, namespace="/live")

    def emit(self, event: str, *data: object) -> None:
        """Send any event."""
        self.io.emit(event, data or None, namespace="/live")

    def call(self, event: str) -> Any:
        """Send an event without data; return the acknowledgement."""
        return self.io.call(event, namespace="/live", timeout=15)

    def stop(self) -> dict[str, Any]:
        """End the recording; return the summary."""
        return self.call("stop")

    def wait_for(
        self, kept: list[dict[str, Any]], count: int = 1, *, seconds: float = 10.0
    ) -> None:
        """Wait until `kept` holds so many.

        Raises
        ------
        TimeoutError
            It does not.
        """
        deadline = time.monotonic() + seconds
        while len(kept) < count:
            self.arrived.clear()
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError(f"{len(kept)} of {count} arrived; problems: {self.problems}")
            if len(kept) < count:
                self.arrived.wait(min(left, 0.2))


def pieces(data: bytes, size: int) -> list[bytes]:
    """Cut bytes into pieces."""
    return [data[at : at + size] for at in range(0, len(data), size)]
