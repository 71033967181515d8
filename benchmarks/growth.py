"""Whether ten times the sessions on ten times the workers cost the same each.

Ten workers would need ten cores to show ten times the capacity. What a session costs can be shown
on any machine: the CPU time of one worker with n sessions, of ten workers with 10 n, and of three
hosts behind nginx with n each, all workers sharing one core.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from benchmarks import machine
from benchmarks.generator import PACE, Pace
from benchmarks.latency import Cores, Level, measure_level, worker
from benchmarks.script import Script
from tests.servers import free_port, is_ready

TIMES = 10
HOSTS = 3
ROUNDS = 3  # so much do a shared machine's seconds differ: each way is measured anew in each
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


@dataclass
class Growth:
    """One way to grow.

    Attributes
    ----------
    name : str
    workers : int
        Among them the clients are spread.
    levels : list of Level
        Cost of the workers, in each round.
    proxy_cpu_s : float
        What nginx used beside them, in all rounds.
    """

    name: str
    workers: int
    levels: list[Level] = field(default_factory=list)
    proxy_cpu_s: float = 0.0

    @property
    def level(self) -> Level:
        """The round in the middle by cost."""
        return sorted(self.levels, key=lambda level: level.cpu_ms)[len(self.levels) // 2]

    @property
    def proxy_ms(self) -> float:
        """Milliseconds of nginx for a second of one session's audio."""
        audio_s = sum(level.load.recording * level.load.seconds for level in self.levels)
        return 1000 * self.proxy_cpu_s / audio_s

    def beside(self, other: Growth) -> float:
        """Return how much more a session costs than in another way, in the middle of the rounds."""
        rounds = zip(self.levels, other.levels, strict=True)
        return median(mine.cpu_ms / its.cpu_ms - 1 for mine, its in rounds)


def measure(
    script: Script,
    cores: Cores,
    *,
    clients: int,
    seconds: float,
    times: int = TIMES,
    rounds: int = ROUNDS,
    pace: Pace = PACE,
) -> list[Growth]:
    """Measure one worker, many workers, and where there is an nginx three hosts behind it.

    One after the other, and that several times, so that each is compared with what was measured
    in the same minute.
    """
    one, many = Growth("one worker", 1), Growth(f"{times} workers of one gunicorn", times)
    behind = Growth(f"{HOSTS} hosts behind nginx", HOSTS)
    proxied = bool(shutil.which("nginx")) or Path("/usr/sbin/nginx").exists()
    for _ in range(rounds):
        for grown in (one, many):
            with worker(cores, workers=grown.workers) as (server, pids):
                level = measure_level(
                    server.url,
                    pids,
                    script,
                    cores,
                    clients=grown.workers * clients,
                    seconds=seconds,
                    pace=pace,
                )
            grown.levels.append(level)
        if proxied:
            _hosts(behind, script, cores, clients=clients, seconds=seconds, pace=pace)
    return [one, many, behind] if proxied else [one, many]


def _hosts(
    behind: Growth, script: Script, cores: Cores, *, clients: int, seconds: float, pace: Pace
) -> None:
    with ExitStack() as stack:
        hosts = [stack.enter_context(worker(cores)) for _ in range(HOSTS)]
        # In front of hosts nginx has a machine of its own, and does not empty their caches.
        with machine.on_cores([] if cores.generator is None else [cores.generator]):
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
    behind.levels.append(level)
    behind.proxy_cpu_s += spent[1] - spent[0]


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
