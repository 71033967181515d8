"""The sub-path under which a proxy publishes the application, such as `/emotion`.

The page itself uses relative addresses and needs none of this. `SCRIPT_NAME` serves what must be
absolute (addresses in the API's answers, redirects), and proxies that pass the path on unchanged.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import quote

from werkzeug.utils import redirect

from webapp.addresses import Addresses

WsgiApp = Callable[[dict[str, Any], Any], Iterable[bytes]]
SEGMENTS = re.compile(r"(?:/[A-Za-z0-9._~-]+)+")  # RFC 3986's unreserved characters, no percent
MAX_LENGTH = 200

log = logging.getLogger(__name__)


def parse(text: str) -> str:
    """Return a sub-path without its last slash; the empty string for the root.

    Raises
    ------
    ValueError
        The text is no path of unreserved characters, has a `.` or `..` in it, or is longer than
        200 characters.

    Examples
    --------
    >>> parse("/emotion/"), parse("/tools/emotion"), parse("/")
    ('/emotion', '/tools/emotion', '')
    """
    path = text.strip().removesuffix("/")
    if not path:
        return ""
    dots = {".", ".."} & set(path.split("/"))
    if len(path) > MAX_LENGTH or dots or not SEGMENTS.fullmatch(path):
        raise ValueError(f"{text[:MAX_LENGTH]!r} is not a path such as /emotion")
    return path


class Prefix:
    """WSGI middleware that sets `SCRIPT_NAME`, as werkzeug's `ProxyFix(x_prefix=1)` does.

    `ProxyFix` believes the header of every peer and accepts every value. This middleware believes
    `X-Forwarded-Prefix` of trusted proxies only, and accepts only what `parse` accepts. It works
    with proxies that remove the sub-path from the request and with those that keep it.

    Parameters
    ----------
    app : WSGI application
    default : str
        The sub-path of requests without a believed header (`URL_PREFIX`).
    addresses : Addresses
        Knows the trusted proxies.
    """

    def __init__(self, app: WsgiApp, *, default: str, addresses: Addresses) -> None:
        self._app = app
        self._default = default
        self._addresses = addresses
        self._warned = False

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Handle a request under its sub-path."""
        prefix = self._of(environ)
        path = str(environ.get("PATH_INFO", ""))
        environ["SCRIPT_NAME"] = prefix
        if prefix and path == prefix:  # relative addresses need the slash at the end
            query = environ.get("QUERY_STRING", "")
            target = f"{quote(prefix)}/{f'?{query}' if query else ''}"
            return redirect(target, 308)(environ, start_response)
        if prefix and path.startswith(f"{prefix}/"):
            environ["PATH_INFO"] = path[len(prefix) :]
        return self._app(environ, start_response)

    def _of(self, environ: dict[str, Any]) -> str:
        header = str(environ.get("HTTP_X_FORWARDED_PREFIX", ""))
        if not header or not self._addresses.is_proxied(environ):
            return self._default
        try:
            return parse(header)
        except ValueError as error:
            if not self._warned:  # once: the proxy sends the same value with each request
                self._warned = True
                log.warning("X-Forwarded-Prefix of a trusted proxy is ignored: %s.", error)
            return self._default
