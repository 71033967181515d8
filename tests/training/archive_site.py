"""A web server with one file, that can cut, refuse or change it: for the tests of fetching."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Site:
    """What the server has and how it behaves."""

    data: bytes
    tag: str | None = '"1"'
    modified: str | None = None
    ranges: bool = True
    length: bool = True
    cuts: list[int] = field(default_factory=list)
    """After how many bytes each of the next answers breaks off."""
    statuses: list[int] = field(default_factory=list)
    """What the next answers say instead of the file."""
    stall: threading.Event = field(default_factory=threading.Event)
    """While it is set, an answer that breaks off does not end."""
    port: int = 0
    asked: list[tuple[str | None, str | None]] = field(default_factory=list)
    """Range and If-Range of each request."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/corpus.zip"


@contextmanager
def serving(site: Site) -> Iterator[Site]:
    """Serve the site on a port of its own."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer(self, site)

        def log_message(self, *arguments: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        site.port = server.server_address[1]
        try:
            yield site
        finally:
            server.shutdown()
            thread.join()


def answer(handler: BaseHTTPRequestHandler, site: Site) -> None:
    asked, condition = handler.headers.get("Range"), handler.headers.get("If-Range")
    site.asked.append((asked, condition))
    if site.statuses:
        handler.send_error(site.statuses.pop(0))
        return
    start = 0
    same = condition is None or condition in (site.tag, site.modified)
    if asked and site.ranges and same:
        start = int(re.fullmatch(r"bytes=(\d+)-", asked)[1])  # type: ignore[index]
        if start >= len(site.data):
            handler.send_response(416)
            handler.send_header("Content-Range", f"bytes */{len(site.data)}")
            handler.end_headers()
            return
    body = site.data[start:]
    handler.send_response(206 if start else 200)
    if start:
        total = len(site.data)
        handler.send_header("Content-Range", f"bytes {start}-{total - 1}/{total}")
    if site.tag:
        handler.send_header("ETag", site.tag)
    if site.modified:
        handler.send_header("Last-Modified", site.modified)
    if site.length:
        handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body[: site.cuts.pop(0)] if site.cuts else body)
    while site.stall.is_set():
        time.sleep(0.02)
