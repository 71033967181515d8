"""Uploads: their forms, held in memory only, and how many of them are worked on at once."""

from __future__ import annotations

import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import IO, Any, TypeVar

from flask import Request, current_app
from werkzeug.datastructures import FileStorage, Headers, MultiDict
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.formparser import FormDataParser
from werkzeug.sansio.multipart import Data, Epilogue, Field, File, MultipartDecoder, NeedData, State

from webapp.async_mode import AsyncMode
from webapp.protocol import ProtocolError

Result = TypeVar("Result")

RETRY_S = 5.0

_PIECE = 64 * 1024
"""Bytes of a form that are parsed at once."""

_DECODINGS = 2
"""Files that are decoded, or that wait decoded for their turn, at once: each may have ten minutes
of samples (38 MB). The second one goes on while the first one is slow to decode."""


class TooLarge(RequestEntityTooLarge):
    """A request of which a part exceeds a limit.

    Parameters
    ----------
    what
        The part and its limit: "The file is larger than the 95 MB".
    """

    def __init__(self, what: str) -> None:
        super().__init__(f"{what} that this server accepts.")


class _Headers(MultipartDecoder):
    """werkzeug's decoder, which also accepts headers that are not UTF-8.

    werkzeug decodes the headers of a part strictly as UTF-8, treats the exception like any
    malformed form, and returns an empty form without a word. Browsers and command line tools of
    older systems send a file's name in the encoding of the page or of the system.
    """

    def _parse_headers(self, data: bytes | bytearray) -> Headers:
        try:
            return super()._parse_headers(data)
        except UnicodeDecodeError:
            text = bytes(data).decode("cp1252", "replace")  # Latin-1 and its usual superset
            return super()._parse_headers(text.encode())


class FormParser(FormDataParser):
    """Parses multipart forms; each limit that a form exceeds is named in the error.

    A part with a file name is a file. So is a part without one whose content type is not text:
    some clients send recordings that have no name.
    """

    def parse(
        self,
        stream: IO[bytes],
        mimetype: str,
        content_length: int | None,  # noqa: ARG002 - werkzeug's signature
        options: dict[str, str] | None = None,
    ) -> tuple[IO[bytes], MultiDict[str, str], MultiDict[str, FileStorage]]:
        """Return the stream, the fields and the files of a form; both are empty for other types.

        Raises
        ------
        TooLarge
            A field or a header is too long, or there are too many parts.
        ProtocolError
            `no_file`: the body is not the form that its header announces.
        """
        fields: list[tuple[str, str]] = []
        files: list[tuple[str, FileStorage]] = []
        if mimetype == "multipart/form-data":
            try:
                self._parse_parts(stream, (options or {}).get("boundary", ""), fields, files)
            except ValueError as error:
                raise ProtocolError(
                    "no_file", f"The multipart form is damaged or cut off: {error}."
                ) from error
        return stream, MultiDict(fields), MultiDict(files)

    def _parse_parts(
        self,
        stream: IO[bytes],
        boundary: str,
        fields: list[tuple[str, str]],
        files: list[tuple[str, FileStorage]],
    ) -> None:
        if not boundary:
            raise ValueError("its header names no boundary")
        decoder = _Headers(boundary.encode("latin-1"), self.max_form_memory_size)
        part: Field | File | None = None
        content: IO[bytes] = BytesIO()
        size = 0
        while decoder.state not in (State.EPILOGUE, State.COMPLETE):
            data = stream.read(_PIECE)
            try:
                decoder.receive_data(data or None)
            except RequestEntityTooLarge:
                limit = self.max_form_memory_size
                raise TooLarge(f"The headers of a part are longer than the {limit} bytes") from None
            while not isinstance(event := decoder.next_event(), NeedData):
                if isinstance(event, Epilogue):
                    break
                if isinstance(event, Field | File):
                    if len(fields) + len(files) == self.max_form_parts:
                        raise TooLarge(f"The form has more than the {self.max_form_parts} parts")
                    part, size = _as_file(event), 0
                    content = BytesIO()
                    if isinstance(part, File):
                        content = self.stream_factory(None, None, part.filename)
                elif isinstance(event, Data) and part is not None:
                    size += len(event.data)
                    limit = self.max_form_memory_size
                    if isinstance(part, Field) and limit is not None and size > limit:
                        raise TooLarge(
                            f"The form field {part.name!r:.40} is larger than the {limit} bytes"
                        )
                    content.write(event.data)
                    if event.more_data:
                        continue
                    content.seek(0)
                    if isinstance(part, File):
                        file = FileStorage(content, part.filename, part.name, headers=part.headers)
                        files.append((part.name, file))
                    else:
                        fields.append((part.name, content.read().decode("utf-8", "replace")))
        while stream.read(_PIECE):  # bytes behind the last boundary are no part of the form
            pass


def _as_file(part: Field | File) -> Field | File:
    """Return a part without a file name as a file if its content type says that it is not text."""
    kind = part.headers.get("content-type", "text/plain").lower()
    if isinstance(part, File) or kind.startswith(("text/", "multipart/", "application/json")):
        return part
    return File(name=part.name, filename="", headers=part.headers)


class MemoryRequest(Request):
    """A request whose files stay in memory; werkzeug would write those over 500 KB to the disk."""

    form_data_parser_class = FormParser

    def _get_file_stream(
        self,
        total_content_length: int | None,  # noqa: ARG002
        content_type: str | None,  # noqa: ARG002
        filename: str | None = None,  # noqa: ARG002
        content_length: int | None = None,  # noqa: ARG002
    ) -> IO[bytes]:
        return _MemoryFile(current_app.extensions["async_mode"].breathe)


class _MemoryFile(BytesIO):
    """A file in memory whose writing lets others run: a fast client may send 95 MB on end."""

    def __init__(self, breathe: Callable[[], None]) -> None:
        super().__init__()
        self._breathe = breathe

    def write(self, data: Any) -> int:
        self._breathe()
        return super().write(data)


class Gate:
    """Admits a bounded number of uploads and judges one at a time, away from the event loop."""

    def __init__(self, mode: AsyncMode, *, places: int) -> None:
        self._mode = mode
        self._places = threading.BoundedSemaphore(places)
        self._turn = threading.Lock()
        self._decodings = threading.BoundedSemaphore(_DECODINGS)
        self._spent_s = 0.0
        self._clock = 0  # of the thread that works for an upload now; 0: there is none
        self._began_s = 0.0

    @contextmanager
    def admit(self) -> Iterator[None]:
        """Hold one of the places, to be taken before the body is read.

        Raises
        ------
        ProtocolError
            `busy`: there is none.
        """
        if not self._places.acquire(blocking=False):
            raise ProtocolError(
                "busy",
                "Too many files are being judged; please try again soon.",
                retry_after_s=RETRY_S,
            )
        try:
            yield
        finally:
            self._places.release()

    @contextmanager
    def decoding(self) -> Iterator[None]:
        """Wait until fewer than `_DECODINGS` files are being decoded and judged."""
        with self._decodings:
            yield

    def wait_for(self, function: Callable[..., Result], *args: object) -> Result:
        """Call a function that mostly waits, without a turn, while others' streams go on."""
        return self._offload(function, *args)

    def work(self, function: Callable[..., Result], *args: object) -> Result:
        """Wait for one's turn and call the function while others' streams go on."""
        with self._turn:
            result: Result = self._offload(self._measured, function, *args)
        return result

    def _offload(self, function: Callable[..., Result], *args: object) -> Result:
        """Call a function in another thread.

        eventlet's thread pool stores a raised exception in a frame of the exception's own
        traceback. This reference cycle, with the file among the arguments, would stay in memory
        until the next garbage collection. Clearing the frames frees the file at once.
        """
        try:
            result: Result = self._mode.offload(function, *args)
        except Exception as error:
            traceback.clear_frames(error.__traceback__)
            raise
        return result

    @property
    def spent_s(self) -> float:
        """CPU seconds of all that was worked on so far; of what still goes on only with threads."""
        clock = self._clock
        if not clock:
            return self._spent_s
        try:
            return self._spent_s + time.clock_gettime(clock) - self._began_s
        except OSError:  # the thread has just ended
            return self._spent_s

    def _measured(self, function: Callable[..., Result], *args: object) -> Result:
        self._began_s = time.thread_time()
        if self._mode.name == "threading" and hasattr(time, "pthread_getcpuclockid"):  # no macOS
            self._clock = time.pthread_getcpuclockid(threading.get_ident())
        try:
            return function(*args)
        finally:
            self._clock = 0
            self._spent_s += time.thread_time() - self._began_s
