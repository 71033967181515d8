"""Requests with sound files, as every route that takes files admits and reads them."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from os import SEEK_END
from pathlib import PurePosixPath, PureWindowsPath

from flask import current_app, request
from werkzeug.datastructures import FileStorage
from werkzeug.exceptions import RequestEntityTooLarge

from webapp import addresses
from webapp.addresses import Addresses
from webapp.audio import AudioError
from webapp.buckets import Buckets
from webapp.logs import tell
from webapp.meter import NOT_SOUND, Meter
from webapp.protocol import ProtocolError
from webapp.settings import Settings
from webapp.uploads import Gate, TooLarge

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class SentFile:
    """A file of a form.

    Attributes
    ----------
    field : str
        Name of its field.
    name : str
        Last part of the file's name, whichever system's path it is; may be empty.
    """

    field: str
    name: str
    _storage: FileStorage

    @property
    def size(self) -> int:
        """Number of bytes."""
        return self._storage.stream.seek(0, SEEK_END)

    def read(self) -> bytes:
        """Return the file's bytes.

        Raises
        ------
        ProtocolError
            `empty`.
        """
        self._storage.stream.seek(0)
        data = self._storage.stream.read()
        if not data:
            raise ProtocolError("empty", "The file is empty.")
        return data


@dataclass(frozen=True)
class Form:
    """A form that was read.

    Attributes
    ----------
    fields : dict
        The first text of each field.
    files : tuple of SentFile
        In the order of the form.
    """

    fields: dict[str, str]
    files: tuple[SentFile, ...]


class FormReader:
    """Admits the requests of a route that takes files, and reads their forms.

    Parameters
    ----------
    gate : Gate
        Has a place for each request that is admitted.
    settings : Settings
    meter : Meter
        Counts the requests that are refused.
    each_minute : int
        Requests of one address in a minute.
    """

    def __init__(self, gate: Gate, settings: Settings, meter: Meter, *, each_minute: int) -> None:
        self._gate = gate
        self._limit = settings.max_upload_mb << 20
        self._meter = meter
        self._whose = Addresses(settings.trusted_proxies)
        self._rates = Buckets(per_s=each_minute / 60, burst=each_minute)

    @contextmanager
    def admit(self) -> Iterator[Form]:
        """Hold a place of the gate, and yield the form of the current request.

        Errors are counted and logged, those of the caller's own work as well.

        Raises
        ------
        ProtocolError
            `rate_limited`, `busy`, or `no_file`: the form did not arrive whole.
        TooLarge
            The request or its files exceed a limit.
        """
        try:
            self._count()
            if (request.content_length or 0) > (
                current_app.config["MAX_CONTENT_LENGTH"] or self._limit
            ):
                raise self._too_large("The request is")
            with self._gate.admit():
                yield self._read()
        except (ProtocolError, AudioError) as error:
            self._refused(error.code)
            raise
        except RequestEntityTooLarge:
            self._refused("too_large")
            raise

    def _count(self) -> None:
        """Refuse an address that has sent too many requests, before this one is read."""
        key = addresses.key(self._whose.of(request.environ))
        wait_s = self._rates.take(key, time.monotonic())
        if wait_s:
            raise ProtocolError(
                "rate_limited",
                "Too many files came from your address; please try again later.",
                retry_after_s=wait_s,
            )

    def _read(self) -> Form:
        try:
            sent = [
                SentFile(field, _last(storage.filename), storage)
                for field, several in request.files.lists()
                for storage in several
            ]
            fields = request.form.to_dict()
        except TooLarge:
            raise
        except RequestEntityTooLarge as error:  # a body without a length
            raise self._too_large("The request is") from error
        except OSError as error:
            raise ProtocolError("no_file", "The file did not arrive.") from error
        if sum(file.size for file in sent) > self._limit:
            raise self._too_large("The file is" if len(sent) == 1 else "The files together are")
        return Form(fields, tuple(sent))

    def _too_large(self, what: str) -> TooLarge:
        return TooLarge(f"{what} larger than the {self._limit >> 20} MB")

    def _refused(self, reason: str) -> None:
        self._meter.upload_refused(reason)
        if reason in NOT_SOUND:
            tell(log, "decode_failed", "A file could not be decoded.", door="upload", kind=reason)
        tell(log, "upload_refused", "An upload was refused.", reason=reason)


def _last(given: str | None) -> str:
    """Return the last part of a file's name, whichever system's path it is."""
    return PureWindowsPath(PurePosixPath(given or "").name).name
