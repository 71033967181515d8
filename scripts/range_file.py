"""A file on an HTTP server, read in ranges (RFC 9110, section 14): only what is wanted is sent."""

from __future__ import annotations

import http.client
import io
import re
import urllib.error
import urllib.parse
import urllib.request
from typing import IO

_BLOCK = 64 * 1024
_TAIL = 256 * 1024  # at the first request: where an archive keeps its directory
_TIMEOUT_S = 30.0
_CONTENT_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+)$")


class RangeError(Exception):
    """The file cannot be read in ranges; the message is a sentence for people."""


class RangeFile(io.RawIOBase):
    """A seekable, read-only file whose bytes come from a server when they are wanted.

    What was read once is kept, in blocks of 64 KiB.

    Parameters
    ----------
    url
        An http or https address; redirections are followed.

    Raises
    ------
    RangeError
        The server cannot be reached, refuses, or sends other than what was asked for; also while
        reading.

    Attributes
    ----------
    size
        Length of the file in bytes.
    received
        How many bytes the server has sent so far.
    """

    def __init__(self, url: str) -> None:
        super().__init__()
        if urllib.parse.urlsplit(url).scheme not in ("http", "https"):
            raise RangeError(f"{url} is not an http or https address.")
        self._url = url
        self._tag: str | None = None
        self._at = 0
        self._blocks: dict[int, bytes] = {}
        self.size = -1
        self.received = 0
        start, data = self._request(f"-{_TAIL}")
        # The tail begins anywhere; only its whole blocks are kept.
        for block in range(-(-start // _BLOCK), -(-self.size // _BLOCK)):
            begin = block * _BLOCK - start
            self._blocks[block] = data[begin : begin + _BLOCK]

    def readable(self) -> bool:
        """Tell that it can be read."""
        return True

    def seekable(self) -> bool:
        """Tell that one may go anywhere in it."""
        return True

    def tell(self) -> int:
        """Return the place in the file, in bytes."""
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a place in the file."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self.size}[whence]
        if base + offset < 0:
            raise OSError("there is nothing before a file's start")
        self._at = base + offset
        return self._at

    def read(self, size: int | None = -1) -> bytes:
        """Read up to `size` bytes, or all that is left."""
        left = max(self.size - self._at, 0)
        size = left if size is None or size < 0 else min(size, left)
        if size == 0:
            return b""
        first, last = self._at // _BLOCK, (self._at + size - 1) // _BLOCK
        missing = [block for block in range(first, last + 1) if block not in self._blocks]
        if missing:
            self._fetch(missing[0], missing[-1])
        data = b"".join(self._blocks[block] for block in range(first, last + 1))
        begin = self._at - first * _BLOCK
        self._at += size
        return data[begin : begin + size]

    def _fetch(self, first: int, last: int) -> None:
        begin = first * _BLOCK
        end = min((last + 1) * _BLOCK, self.size) - 1
        start, data = self._request(f"{begin}-{end}")
        if start != begin or len(data) != end - begin + 1:
            raise RangeError(f"{self._url} sent other bytes than those asked for.")
        for block in range(first, last + 1):
            place = (block - first) * _BLOCK
            self._blocks[block] = data[place : place + _BLOCK]

    def _request(self, asked: str) -> tuple[int, bytes]:
        headers = {"Range": f"bytes={asked}", "Accept-Encoding": "identity"}
        headers["User-Agent"] = "speech-emotion-recognition samples"
        if self._tag:
            headers["If-Range"] = self._tag  # another file by now would come whole, and be refused
        request = urllib.request.Request(self._url, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as answer:
                start, data = self._take(answer)
        except urllib.error.HTTPError as error:
            raise RangeError(f"{self._url} answers {error.code} {error.reason}.") from error
        except (OSError, http.client.HTTPException) as error:
            reason = getattr(error, "reason", None) or error
            raise RangeError(
                f"{self._url} cannot be read ({reason}): is there a network, and is it up?"
            ) from error
        self.received += len(data)
        return start, data

    def _take(self, answer: http.client.HTTPResponse | IO[bytes]) -> tuple[int, bytes]:
        assert isinstance(answer, http.client.HTTPResponse)
        found = _CONTENT_RANGE.match(answer.headers.get("Content-Range") or "")
        if answer.status != 206 or not found:
            raise RangeError(
                f"{self._url} does not send parts of files (or the file changed meanwhile), and "
                "the whole is too large to fetch for a few clips."
            )
        start, end, size = (int(number) for number in found.groups())
        if self.size not in (-1, size):
            raise RangeError(f"{self._url} changed while it was read; please try again.")
        self.size = size
        tag = answer.headers.get("ETag", "")
        self._tag = tag if tag.startswith('"') else None  # a weak tag says nothing about bytes
        data = answer.read(end - start + 1)
        if len(data) != end - start + 1:
            raise RangeError(f"{self._url} broke off in the middle; please try again.")
        return start, data
