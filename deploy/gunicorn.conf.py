"""gunicorn's settings, all from the environment; webapp/settings.py says which there are."""

import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from gunicorn.glogging import Logger

from webapp.listening import refusal
from webapp.logs import JsonLines
from webapp.settings import Settings, SettingsError

try:
    settings = Settings.from_environment()
except SettingsError as error:
    sys.exit(error.message)

bind = (
    f"[{settings.host}]:{settings.port}"
    if ":" in settings.host
    else f"{settings.host}:{settings.port}"
)
workers = settings.workers
worker_class = {
    "eventlet": "webapp.eventlet_worker.EventletWorker",
    "gevent": "webapp.gevent_worker.GeventWorker",
    "threading": "webapp.thread_worker.ThreadWorker",
}[settings.async_mode]
worker_connections = 2 * settings.max_sessions + 100
# With threads each open page holds one.
threads = 1 if settings.async_mode != "threading" else min(settings.max_sessions, 200) + 20

timeout = 60  # a worker whose loop has not turned for so long is replaced
graceful_timeout = settings.graceful_s
keepalive = 5
max_requests = settings.max_requests
max_requests_jitter = settings.max_requests // 10

# Not preloaded: eventlet must patch a worker before the application is imported, and one starts in
# about a second anyway.
preload_app = False
control_socket_disable = True  # a file in somebody's home for a tool that nobody here uses
in_memory = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 - a disk may stall
worker_tmp_dir = in_memory  # the heartbeat


class JsonLogger(Logger):
    """gunicorn's own lines in the form of the application's."""

    def setup(self, cfg: Any) -> None:
        """Take gunicorn's handlers and have them write JSON."""
        super().setup(cfg)
        for handler in self.error_log.handlers:
            handler.setFormatter(JsonLines(addresses=settings.log_addresses))


if settings.log_format == "json":
    logger_class = JsonLogger


def on_starting(server: Any) -> None:
    """Stop here where there is no port to be had; gunicorn would say so eleven times."""
    if {"GUNICORN_FD", "LISTEN_FDS"} & os.environ.keys():
        return  # it comes with an open one: from its predecessor (SIGUSR2) or from systemd
    for address in server.cfg.address:
        sentence = refusal(*address) if isinstance(address, tuple) else ""
        if sentence:
            sys.exit(sentence)


# Where the workers count for each other. The hooks of this master: after a reload they are new
# functions, so the folder's name is kept in the environment, where prometheus-client looks for it.
FOLDER = "PROMETHEUS_MULTIPROC_DIR"


def when_ready(server: Any) -> None:  # noqa: ARG001 - gunicorn's names
    """Make the folder once this master listens, before there is a worker."""
    if settings.metrics:
        os.environ[FOLDER] = tempfile.mkdtemp(prefix="speech-emotion-metrics-", dir=in_memory)


def child_exit(server: Any, worker: Any) -> None:  # noqa: ARG001
    """Let a worker's recordings go with it; what it counted stays counted."""
    if settings.metrics:
        from prometheus_client.multiprocess import mark_process_dead

        mark_process_dead(worker.pid)


def on_exit(server: Any) -> None:  # noqa: ARG001
    """Leave nothing behind."""
    if settings.metrics:
        shutil.rmtree(os.environ[FOLDER], ignore_errors=True)
