"""Fetches a corpus's archive from its official site: goes on where it was cut, checks, tells."""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import json
import re
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

from tqdm import tqdm

from training.corpora.corpus import Archive

_BLOCK = 256 * 1024
_TIMEOUT_S = 30.0
_TRIES = 5  # in a row without a single byte gained
_CONTENT_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+)$")


class FetchError(Exception):
    """The archive cannot be had; the message is a sentence for people."""


class _CutError(Exception):
    """The connection broke off; going on may help."""


def fetch(archive: Archive, folder: Path, *, pause_s: float = 1.0) -> Path:
    """Fetch an archive into a folder, and return its path.

    What has come so far stays beside it as `.part` when the connection breaks off, and is gone on
    with the next time; the archive itself appears whole and checked, or not at all.

    Parameters
    ----------
    pause_s : float
        Seconds to wait after a try without a byte gained; longer after each further one.

    Raises
    ------
    FetchError
        The site cannot be reached, refuses, breaks off again and again, or sends another file than
        the one whose checksum is known.
    """
    path = folder / archive.file
    if path.is_file():
        return path
    if urllib.parse.urlsplit(archive.url).scheme not in ("http", "https"):
        raise FetchError(f"{archive.url} is not an http or https address.")
    part = _Part(path.with_name(f".{path.name}.part"))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _receive_all(archive, part, pause_s)
        _check(archive, part)
        part.path.replace(path)
        part.forget()
    except OSError as error:
        raise FetchError(f"{path} cannot be written: {error.strerror}.") from error
    finally:
        with contextlib.suppress(OSError):
            folder.rmdir()  # only where it is empty: an empty corpus is an error in training
    return path


def _receive_all(archive: Archive, part: _Part, pause_s: float) -> None:
    failures = 0
    while True:
        before = part.size()
        try:
            _receive(archive, part)
            return
        except _CutError as error:
            failures = 0 if part.size() > before else failures + 1
            if failures == _TRIES:
                come = f"; {part.size() / 1e6:.1f} MB are here" if part.size() else ""
                raise FetchError(
                    f"{archive.url} breaks off ({error}){come}; run it again to go on."
                ) from error
            time.sleep(pause_s * failures)


class _Part:
    """What has come so far, and which version of the server's file it is a part of."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._notes = path.with_name(f"{path.name}.json")

    def size(self) -> int:
        return self.path.stat().st_size if self.path.is_file() else 0

    def version(self, url: str) -> str | None:
        """Return the tag or date of the version, for an If-Range header."""
        try:
            notes = json.loads(self._notes.read_text(encoding="utf-8"))
            return str(notes["version"]) if notes["url"] == url and notes["version"] else None
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def start(self, url: str, version: str | None) -> None:
        """Begin anew."""
        self.path.write_bytes(b"")
        self._notes.write_text(json.dumps({"url": url, "version": version}), encoding="utf-8")

    def forget(self) -> None:
        self.path.unlink(missing_ok=True)
        self._notes.unlink(missing_ok=True)


def _receive(archive: Archive, part: _Part) -> None:
    """Ask for what is missing, and write it down as it comes."""
    have, version = part.size(), part.version(archive.url)
    headers = {"Accept-Encoding": "identity", "User-Agent": "speech-emotion-recognition corpora"}
    # Without a version, only a checksum could tell whether the rest belongs to the beginning.
    if have and (version or archive.md5):
        headers["Range"] = f"bytes={have}-"
        if version:
            headers["If-Range"] = version
    answer = _open(archive.url, headers, part)
    if answer is None:
        return  # all of it has come
    with answer:
        start, total = _place(answer, have)
        if start == 0:
            tag = answer.headers.get("ETag")
            strong = tag if tag and not tag.startswith("W/") else None
            part.start(archive.url, strong or answer.headers.get("Last-Modified"))
        _write(answer, part, start, total, archive.file)


def _open(url: str, headers: dict[str, str], part: _Part) -> http.client.HTTPResponse | None:
    """Return the server's answer; None if it says that nothing is missing."""
    request = urllib.request.Request(url, headers=headers)  # noqa: S310 - http(s), it was checked
    try:
        answer = urllib.request.urlopen(request, timeout=_TIMEOUT_S)  # noqa: S310 - the same
    except urllib.error.HTTPError as error:
        if error.code == http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE and "Range" in headers:
            if error.headers.get("Content-Range") == f"bytes */{part.size()}":
                return None
            part.forget()
            raise _CutError("another file is there by now") from error
        if error.code >= 500:
            raise _CutError(f"{error.code} {error.reason}") from error
        raise FetchError(f"{url} answers {error.code} {error.reason}.") from error
    except urllib.error.URLError as error:
        raise FetchError(
            f"{url} cannot be reached ({error.reason}): is there a network, and is it up?"
        ) from error
    except (OSError, http.client.HTTPException) as error:
        raise _CutError(str(error) or type(error).__name__) from error
    assert isinstance(answer, http.client.HTTPResponse)
    return answer


def _place(answer: http.client.HTTPResponse, have: int) -> tuple[int, int | None]:
    """Return where the answer's bytes begin in the file, and the file's length if it is told."""
    if answer.status == http.HTTPStatus.PARTIAL_CONTENT:
        found = _CONTENT_RANGE.match(answer.headers.get("Content-Range") or "")
        if not found or int(found[1]) != have:
            raise FetchError(f"{answer.url} sends other bytes than those asked for.")
        return have, int(found[3])
    length = answer.headers.get("Content-Length")
    return 0, int(length) if length and length.isdigit() else None


def _write(
    answer: http.client.HTTPResponse, part: _Part, start: int, total: int | None, name: str
) -> None:
    have = start
    with (
        part.path.open("r+b") as file,
        tqdm(desc=name, initial=start, total=total, unit="B", unit_scale=True, disable=None) as bar,
    ):
        file.seek(start)
        file.truncate()
        while True:
            try:
                block = answer.read(_BLOCK)
            except (OSError, http.client.HTTPException) as error:
                raise _CutError(str(error) or type(error).__name__) from error
            if not block:
                break
            file.write(block)
            have += len(block)
            bar.update(len(block))
    if total is not None and have < total:
        raise _CutError(f"{have} of {total} bytes came")


def _check(archive: Archive, part: _Part) -> None:
    with part.path.open("rb") as file:
        digest = hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
    if archive.md5 and digest != archive.md5:
        size = part.size()
        part.forget()
        raise FetchError(
            f"{archive.url} sent another file than expected ({size} bytes, MD5 {digest} instead of "
            f"{archive.md5}); nothing is kept of it."
        )
