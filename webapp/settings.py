"""What can be set from outside: environment variables, read here and nowhere else."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import click

from webapp import origins, prefix
from webapp.addresses import Network, networks

ASYNC_MODES = ("eventlet", "gevent", "threading")
LOG_FORMATS = ("text", "json")
SWITCH = {"1": True, "true": True, "yes": True, "on": True} | {
    "0": False,
    "false": False,
    "no": False,
    "off": False,
}
REDIS_SCHEMES = ("redis", "rediss", "unix")
REDIS_OPTIONS = {"db", "username", "password"} | {
    f"ssl_{name}" for name in ("cert_reqs", "ca_certs", "ca_path", "certfile", "keyfile")
}
LISTS_AND_PATHS: dict[str, tuple[Callable[[str], object], str]] = {
    "trusted_proxies": (networks, "addresses or networks separated by commas"),
    "url_prefix": (prefix.parse, "a path of letters, digits and . _ ~ - such as /emotion"),
    "allowed_origins": (origins.parse, "origins such as https://example.org separated by commas"),
}
STEP_UNIT_S = 0.25  # what the features' blocks last


class SettingsError(click.ClickException):
    """A setting that cannot be used, in one sentence; the command line shows the sentence alone."""


@dataclass(frozen=True)
class Settings:
    """The settings of one server; each is the environment variable of its name in capitals.

    Attributes
    ----------
    host, port : str, int
        Where gunicorn listens.
    workers : int
        Server processes: one a core.
    async_mode : {"eventlet", "gevent", "threading"}
        How a worker serves many people at once.
    samples_dir : tuple of Path
        Folders of one's own clips (in the environment separated like PATH).
    max_upload_mb : int
        The largest file that is accepted, MiB.
    max_clip_s, max_session_s : float
        The longest file and the longest recording, seconds of audio.
    max_sessions : int
        Recordings at once in each worker.
    max_load : float
        Share of its core beyond which a worker takes no more recordings; 1 is no limit.
    max_sessions_per_address : int
        Recordings at once of one address; of IPv6, of one network of 64 bits.
    max_uploads_per_minute : int
        Files that one address may send in a minute.
    max_teachings_per_minute : int
        Sets of labelled clips that one address may send in a minute; each take of a visitor who
        teaches sends the whole set again. They do not count as files.
    max_events_s : float
        Events that one connection may send a second in the long run; many more for a moment.
    trusted_proxies : tuple of Network
        Proxies whose X-Forwarded-For gives a client's address, and whose X-Forwarded-Prefix gives
        the sub-path (in the environment separated by commas).
    url_prefix : str
        The sub-path under which a proxy publishes the application, such as `/emotion`; empty for
        the root. X-Forwarded-Prefix of a trusted proxy replaces it.
    allowed_origins : tuple of str
        Origins of pages that may connect besides the server's own, such as `https://example.org`
        (in the environment separated by commas).
    max_uploads : int
        Uploads at once in each worker; one of them is judged, the others arrive or wait.
    max_chunk_kb : int
        The largest chunk of a recording, KiB.
    prediction_step_s : float
        Seconds of audio between two predictions, a multiple of 0.25.
    idle_s, max_pause_s : float
        How long a recording may send nothing, and how long it may be paused.
    live_rate, live_burst_s : float
        A recording may have sent `live_rate` seconds of audio a second, and `live_burst_s` on top.
    graceful_s : int
        How long a server that is to stop may take; all but the last 1.5 seconds of it wait for the
        recordings under way.
    max_requests : int
        HTTP requests after which a worker is replaced; 0 is never.
    metrics : bool
        Whether /metrics answers, to whoever can reach it.
    log_format : {"text", "json"}
        Sentences for people, of warnings and worse; or an object a line, of recordings as well.
    log_addresses : bool
        Whether clients' addresses may be in those objects.
    redis_url : str
        The Redis that several workers share; empty: there is none, and nothing crosses workers.
    max_watchers : int
        How many may watch one shared view at once, over all workers.
    """

    host: str = "127.0.0.1"
    port: int = 5000
    workers: int = 1
    async_mode: str = "eventlet"
    samples_dir: tuple[Path, ...] = ()
    max_upload_mb: int = 95
    max_clip_s: float = 600.0
    max_session_s: float = 1800.0
    max_sessions: int = 300
    max_load: float = 0.85
    max_sessions_per_address: int = 50
    max_uploads_per_minute: int = 60
    max_teachings_per_minute: int = 30
    max_events_s: float = 50.0
    trusted_proxies: tuple[Network, ...] = ()
    url_prefix: str = ""
    allowed_origins: tuple[str, ...] = ()
    max_uploads: int = 8
    max_chunk_kb: int = 1024
    prediction_step_s: float = 0.25
    idle_s: float = 60.0
    max_pause_s: float = 1800.0
    live_rate: float = 1.5
    live_burst_s: float = 30.0
    graceful_s: int = 8
    max_requests: int = 0
    metrics: bool = False
    log_format: str = "text"
    log_addresses: bool = False
    redis_url: str = ""
    max_watchers: int = 200

    @property
    def can_share(self) -> bool:
        """Whether who is given the link of a shared view can reach it, whatever their worker."""
        return self.workers == 1 or bool(self.redis_url)

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] | None = None) -> Settings:
        """Return the settings; a variable that is missing or empty keeps its default.

        Raises
        ------
        SettingsError
            A variable cannot be used; the sentence names it.
        """
        environ = os.environ if environ is None else environ
        given: dict[str, object] = {}
        for field in fields(cls):
            name = field.name.upper()
            text = environ.get(name, "").strip()
            if text:
                if parse := LISTS_AND_PATHS.get(field.name):
                    given[field.name] = _read(name, text, *parse)
                else:
                    given[field.name] = _parse(name, text, type(field.default))
        return cls(**given)._checked()  # type: ignore[arg-type]

    def _checked(self) -> Settings:
        if self.async_mode not in ASYNC_MODES:
            raise SettingsError(
                f"ASYNC_MODE is {self.async_mode!r}, not one of {', '.join(ASYNC_MODES)}."
            )
        if self.log_format not in LOG_FORMATS:
            raise SettingsError(
                f"LOG_FORMAT is {self.log_format!r}, not one of {', '.join(LOG_FORMATS)}."
            )
        if not 0 <= self.port <= 65535:
            raise SettingsError(f"PORT is {self.port}, not between 0 and 65535.")
        if self.redis_url:
            _check_redis(self.redis_url)
        for folder in self.samples_dir:
            if not folder.is_dir():
                raise SettingsError(f"SAMPLES_DIR names {str(folder)!r}, which is not a folder.")
        may_be_zero = {"port", "max_requests", "graceful_s"}
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, bool) or not isinstance(value, int | float):
                continue
            if field.name not in may_be_zero and value <= 0:
                raise SettingsError(f"{field.name.upper()} is {value}, not more than zero.")
        if self.max_load > 1:
            raise SettingsError(f"MAX_LOAD is {self.max_load}, not a share between 0 and 1.")
        if self.max_requests < 0 or self.graceful_s < 0:
            raise SettingsError("MAX_REQUESTS and GRACEFUL_S cannot be negative.")
        steps = self.prediction_step_s / STEP_UNIT_S
        if steps != round(steps):
            raise SettingsError(
                f"PREDICTION_STEP_S is {self.prediction_step_s}, not a multiple of {STEP_UNIT_S}."
            )
        return self


def _check_redis(url: str) -> None:
    """Refuse what redis-py would only stumble over when it connects; a password is never told."""
    form = "an address such as redis://127.0.0.1:6379/0"
    try:
        parts = urlsplit(url)
        port_is_one = parts.port is None or parts.port > 0
        options = parse_qs(parts.query, strict_parsing=bool(parts.query))
    except ValueError as error:
        raise SettingsError(f"REDIS_URL is not {form}.") from error
    if parts.scheme not in REDIS_SCHEMES or "://" not in url:
        schemes = ", ".join(f"{scheme}://" for scheme in REDIS_SCHEMES)
        raise SettingsError(f"REDIS_URL begins with none of {schemes}, so it is not {form}.")
    if parts.scheme == "unix":
        database = ""
        if not parts.path:
            raise SettingsError("REDIS_URL names no socket, as unix:///run/redis.sock does.")
    else:
        database = parts.path.strip("/")
        if not parts.hostname or not port_is_one:
            raise SettingsError(f"REDIS_URL names no host and port; it is not {form}.")
    for number in (database, *options.get("db", [])):
        if number and not number.isdecimal():
            raise SettingsError(f"REDIS_URL names a database that is no number; it is not {form}.")
    unknown = set(options) - REDIS_OPTIONS
    if unknown:
        raise SettingsError(f"REDIS_URL has an option {min(unknown)[:40]!r} that is not known.")


def _read(name: str, text: str, parse: Callable[[str], object], form: str) -> object:
    try:
        return parse(text)
    except ValueError as error:
        raise SettingsError(f"{name} is {text!r}, not {form}.") from error


def _parse(name: str, text: str, kind: Any) -> object:
    if kind is tuple:
        return tuple(Path(part) for part in text.split(os.pathsep) if part)
    if kind is str:
        return text
    if kind is bool:
        if text.lower() not in SWITCH:
            raise SettingsError(f"{name} is {text!r}, neither 1 nor 0.")
        return SWITCH[text.lower()]
    try:
        value = kind(text)
        finite = abs(value) < float("inf")  # false for nan as well
    except ValueError:
        finite = False
    if not finite:
        raise SettingsError(f"{name} is {text!r}, not a {'whole ' if kind is int else ''}number.")
    return value
