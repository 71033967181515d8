"""Several hosts on this machine: real gunicorns behind a real nginx, and a real Redis."""

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

from tests.servers import ROOT, Server, free_port, serve
from webapp.settings import Settings

SHIPPED = ROOT / "deploy" / "nginx.conf"
SUBPATH = ROOT / "deploy" / "nginx-subpath.conf"
# Debian keeps them where only root's PATH leads.
PLACES = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"))
NGINX, REDIS = (shutil.which(name, path=PLACES) for name in ("nginx", "redis-server"))


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
def run_nginx(
    hosts: list[Host], folder: Path, *, change: Callable[[str], str] = lambda text: text
) -> Iterator[str]:
    """Run nginx with the shipped configuration in front of hosts; yield its address.

    Parameters
    ----------
    hosts : list of Host
    folder : Path
        For the configuration and nginx's temporary files.
    change : callable
        Returns another configuration, given the shipped one with this test's addresses.
    """
    http, https = free_port(), free_port()
    folder.mkdir(parents=True, exist_ok=True)
    config = folder / "nginx.conf"
    text = adapted(folder, [host.port for host in hosts], http=http, https=https)
    config.write_text(change(text))
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
