"""gunicorn's settings, all from the environment; webapp/settings.py says which there are."""

import sys
from pathlib import Path

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
    "gevent": "gevent",
    "threading": "gthread",
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
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 - the heartbeat; a disk may stall
