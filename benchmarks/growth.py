"""Whether ten times the sessions on ten times the workers cost the same each.

Ten workers would need ten cores to show ten times the capacity. What a session costs can be shown
on any machine: the CPU time of one worker with n sessions, of ten workers with 10 n, and of three
hosts behind nginx with n each, all sharing one core.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks import machine
from benchmarks.generator import PACE, Pace
from benchmarks.latency import Cores, Level, measure_level, worker
from benchmarks.script import Script
from tests.servers import free_port, is_ready

TIMES = 10
HOSTS = 3
START_S = 10.0

# As deploy/nginx.conf, without what names one's own hosts: no stickiness, the least busy first.
NGINX = """
worker_processes 1;
pid {folder}/pid;
error_log stderr error;
daemon off;
events {{ worker_connections 4096; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  map $http_upgrade $connection_upgrade {{ default upgrade; '' close; }}
  upstream hosts {{ least_conn; {servers} }}
  server {{
    listen 127.0.0.1:{port};
    location / {{
      proxy_pass http://hosts;
      proxy_http_version 1.1;
      proxy_set_header Host $http_host;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $connection_upgrade;
      proxy_buffering off;
    }}
  }}
}}
"""


@dataclass(frozen=True)
class Growth:
    """One way to grow.

    Attributes
    ----------
    name : str
    workers : int
        Among them the clients are spread.
    level : Level
        Cost of the workers.
    proxy_cpu_s : float
        What nginx used beside them.
    """

    name: str
    workers: int
    level: Level
    proxy_cpu_s: float = 0.0

    @property
    def proxy_ms(self) -> float:
        """Milliseconds of nginx for a second of one session's audio."""
        return 1000 * self.proxy_cpu_s / (self.level.load.recording * self.level.load.seconds)


def measure(
    script: Script,
    cores: Cores,
    *,
    clients: int,
    seconds: float,
    times: int = TIMES,
    pace: Pace = PACE,
) -> list[Growth]:
    """Measure one worker, many workers, and where there is an nginx three hosts behind it."""
    found = []
    for workers in (1, times):
        with worker(cores, workers=workers) as (server, pids):
            level = measure_level(
                server.url,
                pids,
                script,
                cores,
                clients=workers * clients,
                seconds=seconds,
                pace=pace,
            )
        name = "one worker" if workers == 1 else f"{workers} workers of one gunicorn"
        found.append(Growth(name, workers, level))
    if shutil.which("nginx") or Path("/usr/sbin/nginx").exists():
        found.append(_hosts(script, cores, clients=clients, seconds=seconds, pace=pace))
    return found


def _hosts(
    script: Script, cores: Cores, *, clients: int, seconds: float, pace: Pace = PACE
) -> Growth:
    with ExitStack() as stack:
        hosts = [stack.enter_context(worker(cores)) for _ in range(HOSTS)]
        with machine.on_cores([] if cores.worker is None else [cores.worker]):
            url, master = stack.enter_context(_nginx([server.url for server, _ in hosts]))
        spent: list[float] = []

        def mark() -> None:
            children = Path(f"/proc/{master}/task/{master}/children").read_text().split()
            spent.append(sum(machine.cpu_s(int(pid)) for pid in children))

        level = measure_level(
            url,
            [pid for _, pids in hosts for pid in pids],
            script,
            cores,
            clients=HOSTS * clients,
            seconds=seconds,
            on_begin=mark,
            on_end=mark,
            pace=pace,
        )
    return Growth(f"{HOSTS} hosts behind nginx", HOSTS, level, spent[1] - spent[0])


@contextmanager
def _nginx(urls: list[str]) -> Iterator[tuple[str, int]]:
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        servers = " ".join(f"server {url.removeprefix('http://')};" for url in urls)
        settings = Path(folder) / "nginx.conf"
        settings.write_text(
            NGINX.format(folder=folder, servers=servers, port=port), encoding="utf-8"
        )
        program = shutil.which("nginx") or "/usr/sbin/nginx"
        process = subprocess.Popen([program, "-p", folder, "-c", str(settings)])
        try:
            url = f"http://127.0.0.1:{port}"
            patience_s = time.monotonic() + START_S
            while not is_ready(url):
                if process.poll() is not None or time.monotonic() > patience_s:
                    raise RuntimeError("nginx did not become ready")
                time.sleep(0.05)
            yield url, process.pid
        finally:
            process.terminate()
            process.wait(10)
