"""Which pages may open a WebSocket: those whose Origin is this server's own address."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

MOST_LOGGED = 50  # different Origins; anybody can send any

log = logging.getLogger(__name__)


def parse(text: str) -> tuple[str, ...]:
    """Return the origins of a list separated by commas or spaces.

    Raises
    ------
    ValueError
        One of them is not of the form `https://host` or `https://host:port`.
    """
    found = tuple(part.lower().removesuffix("/") for part in text.replace(",", " ").split())
    for origin in found:
        parts = urlsplit(origin)
        if parts.scheme not in ("http", "https") or origin != f"{parts.scheme}://{parts.netloc}":
            raise ValueError(f"{origin!r} is no origin such as https://example.org")
        if not parts.hostname or "@" in parts.netloc or (parts.port or 1) < 1:
            raise ValueError(f"{origin!r} names no host")
    return found


class Origins:
    """Engine.IO's `cors_allowed_origins`: decides, and logs each Origin that it refuses.

    A page of the same origin is allowed, as Engine.IO allows it by default: its Origin equals the
    request's scheme and Host, or those that a proxy forwards.

    Parameters
    ----------
    allowed : iterable of str
        Origins that are allowed besides (`ALLOWED_ORIGINS`).
    """

    def __init__(self, allowed: Iterable[str] = ()) -> None:
        self._allowed = frozenset(allowed)
        self._logged: set[str] = set()

    def __call__(self, origin: str | None, environ: Mapping[str, Any]) -> bool:
        """Return whether a page of this origin may connect."""
        if not origin:  # no browser
            return True
        if origin in self._allowed or origin in _own(environ):
            return True
        if origin not in self._logged and len(self._logged) < MOST_LOGGED:
            self._logged.add(origin)
            log.warning(
                "A page at %r was refused a live connection: the server takes its own address for "
                "%r. Let the proxy pass the browser's Host and scheme (nginx: proxy_set_header "
                "Host $http_host; proxy_set_header X-Forwarded-Proto $scheme;), or name the "
                "page's origin in ALLOWED_ORIGINS.",
                origin[:200],
                sorted(_own(environ))[-1][:200],
                extra={"event": "origin_refused", "fields": {"origin": origin[:200]}},
            )
        return False


def _own(environ: Mapping[str, Any]) -> set[str]:
    """Return the origins of this server, as the request and its proxy name them."""
    scheme, host = environ.get("wsgi.url_scheme"), environ.get("HTTP_HOST")
    forwarded_scheme = _first(environ.get("HTTP_X_FORWARDED_PROTO", scheme))
    forwarded_host = _first(environ.get("HTTP_X_FORWARDED_HOST", host))
    return {f"{scheme}://{host}", f"{forwarded_scheme}://{forwarded_host}"}


def _first(value: object) -> str:
    return str(value).split(",")[0].strip()
