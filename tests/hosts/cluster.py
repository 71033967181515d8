"""Several hosts on this machine: real gunicorns behind a real nginx, a real Redis, and speakers."""

from __future__ import annotations

import contextlib
import json
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from email.message import Message
from pathlib import Path
from typing import Any

import socketio.exceptions

from benchmarks.recording import Recording
from tests.servers import ROOT, LiveClient, Server, free_port, serve
from webapp.settings import Settings

SHIPPED = ROOT / "deploy" / "nginx.conf"
# Debian keeps them where only root's PATH leads.
PLACES = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"))
NGINX, REDIS = (shutil.which(name, path=PLACES) for name in ("nginx", "redis-server"))
COMES_BACK_S = 0.4  # as the page does: static/js/live.js


def missing() -> str:
    """Return what this machine lacks, in a sentence; nothing if it lacks nothing."""
    lacking = [name for name, at in (("nginx", NGINX), ("redis-server", REDIS)) if not at]
    return f"no {' and no '.join(lacking)} on this machine" if lacking else ""


def until(true: Callable[[], object], what: str, *, seconds: float = 20.0) -> float:
    """Wait until something is true; return after how long.

    Raises
    ------
    TimeoutError
        It does not become true.
    """
    began = time.monotonic()
    while not true():
        if time.monotonic() - began > seconds:
            raise TimeoutError(f"not within {seconds:g} s: {what}")
        time.sleep(0.02)
    return time.monotonic() - began


class Host:
    """One host: a gunicorn with one worker on a port of its own.

    Parameters
    ----------
    environ : dict
        Settings.
    """

    def __init__(self, environ: dict[str, str]) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._environ = {
            "PORT": str(self.port),
            "LOG_FORMAT": "json",  # which session is on which host stands there
            "GRACEFUL_S": str(Settings().graceful_s),
        } | environ
        self._running = contextlib.ExitStack()
        self.server: Server | None = None

    def start(self) -> None:
        """Start it, with an empty log; nothing where it runs."""
        if self.server is None or self.server.process.poll() is not None:
            self.stop()
            self.server = self._running.enter_context(serve(self._environ))

    def stop(self) -> None:
        """Stop it in any state."""
        self._running.close()
        self.server = None

    def kill(self) -> None:
        """End it as a power cut does: master and worker, without a word."""
        assert self.server
        everybody = [self.server.process.pid, *self.server.workers]
        for pid in everybody:
            os.kill(pid, signal.SIGKILL)
        self.server.process.wait()

    def terminate(self) -> None:
        """Tell it to stop."""
        assert self.server
        self.server.process.send_signal(signal.SIGTERM)

    def sessions(self) -> list[str]:
        """Return the sessions that began on it since it was started."""
        assert self.server
        lines = self.server.log.read_text().splitlines()
        said = [json.loads(line) for line in lines if line.startswith("{")]
        return [line["session"] for line in said if line.get("event") == "session_began"]

    def recordings(self) -> int:
        """Return how many recordings are under way on it."""
        with urllib.request.urlopen(f"{self.url}/readyz", timeout=10) as answer:
            return int(json.load(answer)["recordings"])


def all_at_once(do: list[Callable[[], object]]) -> None:
    """Call functions side by side."""
    threads = [threading.Thread(target=one) for one in do]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def start_all(hosts: list[Host]) -> None:
    """Start those that do not run, side by side."""
    all_at_once([host.start for host in hosts])
    assert all(host.server for host in hosts), "not every host became ready"


@contextlib.contextmanager
def run_hosts(count: int, **environ: str) -> Iterator[list[Host]]:
    """Start so many hosts; stop them at the end."""
    hosts = [Host(environ) for _ in range(count)]
    try:
        start_all(hosts)
        yield hosts
    finally:
        for host in hosts:  # told first, so that they stop side by side
            if host.server and host.server.process.poll() is None:
                host.server.process.send_signal(signal.SIGQUIT)
        for host in hosts:
            host.stop()


def certificate(folder: Path) -> tuple[Path, Path]:
    """Make a certificate of one's own; return it and its key."""
    made, key = folder / "fullchain.pem", folder / "privkey.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1",
         "-subj", "/CN=127.0.0.1", "-keyout", str(key), "-out", str(made)],
        check=True,
        capture_output=True,
    )  # fmt: skip
    return made, key


def adapted(folder: Path, ports: list[int], *, http: int, https: int) -> str:
    """Return deploy/nginx.conf with this test's addresses and paths, and nothing else of its own.

    Raises
    ------
    AssertionError
        The file no longer has what is to be replaced.
    """
    text = SHIPPED.read_text()
    chain, key = certificate(folder)

    def replace(what: str, by: str, *, times: int = 1) -> None:
        nonlocal text
        assert text.count(what) == times, f"{text.count(what)} times in nginx.conf: {what}"
        text = text.replace(what, by)

    hosts = re.findall(r"server (10\.0\.0\.\d+:5000) ", text)
    assert len(hosts) == len(ports)
    for shipped, port in zip(hosts, ports, strict=True):
        replace(f"server {shipped} ", f"server 127.0.0.1:{port} ")
    replace("listen 80;", f"listen 127.0.0.1:{http};")
    replace("        listen 443 ssl http2;", f"        listen 127.0.0.1:{https} ssl http2;")
    replace("/etc/ssl/speech-emotion/fullchain.pem", str(chain))
    replace("/etc/ssl/speech-emotion/privkey.pem", str(key))
    replace("/srv/speech-emotion", str(ROOT))
    replace("/run/nginx.pid", str(folder / "pid"))
    replace("/var/log/nginx/error.log", str(folder / "error.log"))
    replace("user www-data;", f"user {pwd.getpwuid(os.getuid()).pw_name};")
    replace("/dev/shm/nginx-", f"{folder}/", times=2)
    # Built in, and writable for root alone.
    unused = [f"{name}_temp_path {folder}/{name};" for name in ("fastcgi", "uwsgi", "scgi")]
    replace("http {\n", "http {\n" + "\n".join(unused) + "\n")
    return text


@contextlib.contextmanager
def run_nginx(hosts: list[Host], folder: Path) -> Iterator[str]:
    """Run nginx with the shipped configuration in front of hosts; yield its address."""
    http, https = free_port(), free_port()
    folder.mkdir(parents=True, exist_ok=True)
    config = folder / "nginx.conf"
    config.write_text(adapted(folder, [host.port for host in hosts], http=http, https=https))
    assert NGINX
    log = folder / "error.log"
    command = [NGINX, "-p", str(folder), "-e", str(log), "-c", str(config), "-g", "daemon off;"]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    url = f"https://127.0.0.1:{https}"
    try:
        until(lambda: answers(https), f"nginx answers; its log: {log}")
        yield url
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(10)


def answers(port: int) -> bool:
    """Return whether somebody listens on a port of this machine."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Redis:
    """A real redis-server on a port of its own, which keeps nothing."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, empty; nothing where it runs."""
        if self._process and self._process.poll() is None:
            return
        assert REDIS
        words = f"--bind 127.0.0.1 --port {self.port} --appendonly no --dir {self._folder}"
        command = [REDIS, *words.split(), "--save", ""]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        until(self._answers, "redis-server answers")

    def kill(self) -> None:
        """End it without a word."""
        assert self._process
        self._process.kill()
        self._process.wait()

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=2) as connection:
                connection.sendall(b"PING\r\n")
                return connection.recv(16).startswith(b"+PONG")
        except OSError:
            return False


@contextlib.contextmanager
def run_redis(folder: Path) -> Iterator[Redis]:
    """Run a redis-server; end it at the end."""
    redis = Redis(folder)
    redis.start()
    try:
        yield redis
    finally:
        redis.kill()


class Speaker:
    """Somebody who speaks into the page: sends a recording as fast as it is said, and comes back.

    As the page does: a connection that is lost is made again, through the same address, and a new
    recording begins there; and so it does where it is told `draining`, unless it `stays`.

    Attributes
    ----------
    sessions : list of str
        Of each recording, in order.
    began, lost : list of float
        When a recording began, and when a connection was lost; of time.monotonic.
    problems : list
        What the server said.
    predictions : int
        How many came, all in all.
    gap_s : float
        The longest time between two predictions of one recording.
    """

    def __init__(
        self, url: str, recording: Recording, *, address: str = "", stays: bool = False
    ) -> None:
        self.url = url
        self.address = address
        self.stays = stays
        self.sessions: list[str] = []
        self.began: list[float] = []
        self.lost: list[float] = []
        self.problems: list[dict[str, Any]] = []
        self.predictions = 0
        self.gap_s = 0.0
        self.summary: dict[str, Any] | None = None
        self.first_seq: list[int] = []
        self._recording = recording
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._speak, daemon=True)

    def __enter__(self) -> Speaker:
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()

    def stop(self) -> dict[str, Any] | None:
        """End the recording; return its summary."""
        self._stopping.set()
        self._thread.join(30)
        return self.summary

    def _speak(self) -> None:
        while not self._stopping.is_set():
            with (
                contextlib.suppress(socketio.exceptions.SocketIOError, OSError),
                LiveClient(self.url, address=self.address) as client,
            ):
                self._record(client)
            if not self._stopping.is_set():
                self.lost.append(time.monotonic())
                self._stopping.wait(COMES_BACK_S)

    def _record(self, client: LiveClient) -> None:
        """Record on one connection until it is lost, or the recording is to end."""
        client.io.on("prediction", self._heard(), namespace="/live")
        client.io.on("problem", self.problems.append, namespace="/live")
        told = len(self.problems)
        answer = client.start(self._recording.mime_type)
        if not answer["ok"]:
            self.problems.append(answer["error"])
            return
        began = time.monotonic()
        self.began.append(began)
        self.sessions.append(answer["session"])
        for chunk in self._recording.chunks:
            wait_s = began + chunk.at_s - time.monotonic()
            if self._stopping.wait(max(wait_s, 0)):
                break
            if not client.io.connected:
                return
            if not self.stays and any(p["code"] == "draining" for p in self.problems[told:]):
                return
            client.send(chunk.data)
        self.summary = client.stop()

    def _heard(self) -> Callable[[dict[str, Any]], None]:
        last: list[float] = []

        def hear(prediction: dict[str, Any]) -> None:
            now = time.monotonic()
            if last:
                self.gap_s = max(self.gap_s, now - last[-1])
            else:
                self.first_seq.append(prediction["seq"])
            last[:] = [now]
            self.predictions += 1

        return hear


class Watcher:
    """Somebody who opened the link of a shared view.

    Attributes
    ----------
    predictions, states, ended : list
        What came, in order; what was there before stands in front of the predictions.
    """

    def __init__(self, url: str, view: str) -> None:
        self.predictions: list[dict[str, Any]] = []
        self.states: list[dict[str, Any]] = []
        self.ended: list[dict[str, Any]] = []
        self._url, self._view = url, view

    def __enter__(self) -> Watcher:
        self._io = socketio.Client(reconnection=False, ssl_verify=False)
        later: list[dict[str, Any]] = []
        for event, kept in (("prediction", later), ("state", self.states), ("ended", self.ended)):
            self._io.on(event, kept.append, namespace="/watch")
        self._io.connect(self._url, namespaces=["/watch"], transports=["websocket"])
        self.answer = self._io.call("watch", {"view": self._view}, namespace="/watch", timeout=10)
        later[:0] = self.answer.get("predictions", [])
        self.predictions = later
        return self

    def __exit__(self, *exc: object) -> None:
        self._io.disconnect()


@contextlib.contextmanager
def speakers(url: str, recording: Recording, count: int) -> Iterator[list[Speaker]]:
    """Have so many speak at once, each from an address of their own, each of them begun."""
    everybody = [
        Speaker(url, recording, address=f"127.1.0.{number}") for number in range(1, count + 1)
    ]
    with contextlib.ExitStack() as stack:
        stack.callback(all_at_once, [one.stop for one in everybody])
        for one in everybody:
            stack.enter_context(one)
        until(lambda: all(one.predictions for one in everybody), "everybody is heard")
        yield everybody


def on(host: Host, everybody: list[Speaker]) -> list[Speaker]:
    """Return those whose newest recording began on a host."""
    there = set(host.sessions())
    return [one for one in everybody if one.sessions and one.sessions[-1] in there]


def fetch(url: str, body: bytes | None = None, **headers: str) -> tuple[int, Message, bytes]:
    """Fetch something, or post a body; return the status, the headers and what came."""
    import ssl

    named = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(url, body, named)
    trusting = ssl._create_unverified_context()
    try:
        with urllib.request.urlopen(request, timeout=30, context=trusting) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read()
