"""The HTTP API, /api/v1."""

from __future__ import annotations

import json
import logging
import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import PurePosixPath, PureWindowsPath
from typing import NamedTuple

from flask import Blueprint, Response, current_app, jsonify, request
from werkzeug.datastructures import FileStorage, MultiDict
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge
from werkzeug.wsgi import get_input_stream

from models import SAMPLE_RATE, Speaker
from models.enrolment import MOST_CLIPS
from webapp import addresses, protocol
from webapp.addresses import Addresses
from webapp.audio import AudioError
from webapp.buckets import Buckets
from webapp.logs import tell
from webapp.meter import NOT_SOUND, Meter
from webapp.openapi import description
from webapp.predictions import Clip, Predictor
from webapp.protocol import Json, ProtocolError
from webapp.samples import Library
from webapp.settings import Settings
from webapp.uploads import Gate, TooLarge

STATUS = {
    "no_file": 400,
    "bad_message": 400,
    "too_large": 413,
    "unsupported_media": 415,
    "empty": 422,
    "undecodable": 422,
    "too_long": 422,
    "too_short": 422,
    "too_many": 422,
    "no_voice": 422,
    "same_clip": 422,
    "unsupported": 501,
    "rate_limited": 429,
    "busy": 429,
}
NAMES = {
    404: "not_found",
    405: "method_not_allowed",
    408: "timeout",
    413: "too_large",
    500: "internal",
}
READ_ON_BYTES = (
    64 << 20
)  # of a refused body, so that a client that is still sending gets to read why

log = logging.getLogger(__name__)


class Api:
    """The routes, bound to what they work with."""

    def __init__(
        self,
        predictor: Predictor,
        gate: Gate,
        library: Library,
        settings: Settings,
        *,
        about: Json,
        meter: Meter,
    ) -> None:
        self._about = json.dumps(about)
        self._predictor = predictor
        self._gate = gate
        self._library = library
        self._settings = settings
        self._meter = meter
        self._whose = Addresses(settings.trusted_proxies)
        each_minute = settings.max_uploads_per_minute
        self._rates = Buckets(per_s=each_minute / 60, burst=each_minute)
        self.blueprint = Blueprint("api", __name__, url_prefix="/api/v1")
        self.blueprint.post("/predictions")(self.predictions)
        self.blueprint.post("/speakers")(self.speakers)
        self.blueprint.get("/samples")(self.samples)
        self.blueprint.get("/model")(self.model)
        self.blueprint.get("/openapi.json")(self.openapi)

    def predictions(self) -> Response:
        """Judge the file of a form, against the speaker of the form if it names one."""
        return self._answered(self._prediction)

    def speakers(self) -> Response:
        """Return the profile of a speaker from labelled clips; the server keeps neither."""
        return self._answered(self._enrolment)

    def _answered(self, answer_to: Callable[[], _Answer]) -> Response:
        try:
            answer = answer_to()
        except (ProtocolError, AudioError) as error:
            self._refused(error.code)
            raise
        except RequestEntityTooLarge:
            self._refused("too_large")
            raise
        self._meter.judged(audio_s=answer.audio_s, cpu_s=answer.cpu_s)
        return Response(answer.body, mimetype="application/json")

    def samples(self) -> Response:
        """List the sample clips."""
        return jsonify(self._gate.work(self._library.listing, request.script_root))

    def model(self) -> Response:
        """Tell what the model is, what it learnt from and how often it is right."""
        response = Response(self._about, mimetype="application/json")
        response.add_etag()
        response.make_conditional(request)
        return response

    def openapi(self) -> Response:
        """Describe this API."""
        return jsonify(
            description(self._predictor.labels, self._settings, server=request.script_root or "/")
        )

    def _prediction(self) -> _Answer:
        with self._admitted() as files:
            upload = files.get("file")
            if upload is None:
                raise ProtocolError(
                    "no_file", 'Send a file in the field "file" of a multipart form.'
                )
            data = self._read(upload)
            speaker = self._predictor.known(request.form.get("speaker") or None)
            with self._gate.decoding():
                clip = self._gate.wait_for(self._predictor.decode, data)
                return self._gate.work(self._judge, clip, _name(upload.filename), speaker)

    def _enrolment(self) -> _Answer:
        with self._admitted() as files:
            uploads = [
                (emotion, place, upload)
                for emotion, own in files.lists()
                for place, upload in enumerate(own)
            ]
            if not uploads:
                raise ProtocolError(
                    "no_file", 'Send files in fields named by emotion, such as "happy".'
                )
            if len(uploads) > MOST_CLIPS:
                raise ProtocolError("too_many", f"There are more than {MOST_CLIPS} clips.")
            with self._gate.decoding():
                clips: dict[str, list[Clip]] = {}
                for emotion, place, upload in uploads:
                    clips.setdefault(emotion, []).append(self._decoded(emotion, place, upload))
                return self._gate.work(self._enrol, clips)

    def _decoded(self, emotion: str, place: int, upload: FileStorage) -> Clip:
        """Return a decoded clip; its error names the clip."""
        try:
            return self._gate.wait_for(self._predictor.decode, self._read(upload))
        except (ProtocolError, AudioError) as error:
            raise ProtocolError(
                error.code,
                f"Clip {place + 1} of {emotion}: {error.message}",
                about={"emotion": emotion, "clip": place},
            ) from error

    @contextmanager
    def _admitted(self) -> Iterator[MultiDict[str, FileStorage]]:
        """Hold a place for the request and yield the files of its form."""
        self._count_upload()
        limit = self._settings.max_upload_mb
        if (request.content_length or 0) > (
            current_app.config["MAX_CONTENT_LENGTH"] or limit << 20
        ):
            raise TooLarge(f"The request is larger than the {limit} MB")
        with self._gate.admit():
            try:
                files = request.files
            except TooLarge:
                raise
            except RequestEntityTooLarge as error:  # a body without a length
                raise TooLarge(f"The request is larger than the {limit} MB") from error
            except OSError as error:
                raise ProtocolError("no_file", "The file did not arrive.") from error
            yield files

    def _read(self, upload: FileStorage) -> bytes:
        """Return the bytes of a file."""
        limit = self._settings.max_upload_mb << 20
        data = upload.stream.read()
        if len(data) > limit:
            raise TooLarge(f"The file is larger than the {limit >> 20} MB")
        if not data:
            raise ProtocolError("empty", "The file is empty.")
        return data

    def _count_upload(self) -> None:
        """Refuse an address that has sent too many files, before this one is read."""
        key = addresses.key(self._whose.of(request.environ))
        wait_s = self._rates.take(key, time.monotonic())
        if wait_s:
            raise ProtocolError(
                "rate_limited",
                "Too many files came from your address; please try again later.",
                retry_after_s=wait_s,
            )

    def _refused(self, reason: str) -> None:
        self._meter.upload_refused(reason)
        if reason in NOT_SOUND:
            tell(log, "decode_failed", "A file could not be decoded.", door="upload", kind=reason)
        tell(log, "upload_refused", "A file was not judged.", reason=reason)

    def _judge(self, clip: Clip, name: str, speaker: Speaker | None) -> _Answer:
        began = time.thread_time()
        answer = self._predictor.judge(clip, file=name, speaker=speaker)
        body = json.dumps(answer)
        return _Answer(body, answer["duration_s"], clip.cpu_s + time.thread_time() - began)

    def _enrol(self, clips: dict[str, list[Clip]]) -> _Answer:
        began = time.thread_time()
        samples = {emotion: [clip.samples for clip in own] for emotion, own in clips.items()}
        body = json.dumps(self._predictor.enrol(samples))
        seconds = sum(len(s) for own in samples.values() for s in own) / SAMPLE_RATE
        cpu_s = sum(clip.cpu_s for own in clips.values() for clip in own)
        return _Answer(body, seconds, cpu_s + time.thread_time() - began)


class _Answer(NamedTuple):
    """An answer's body, the seconds of sound that it is about, and the seconds of CPU it took."""

    body: str
    audio_s: float
    cpu_s: float


def refused(error: ProtocolError | AudioError) -> Response:
    """Answer what cannot be done as the contract says."""
    response = jsonify(error=protocol.error_object(error))
    response.status_code = STATUS.get(error.code, 400)
    retry_after_s = getattr(error, "retry_after_s", None)
    if retry_after_s:
        response.headers["Retry-After"] = str(math.ceil(retry_after_s))
    return response


def failed(error: HTTPException) -> Response:
    """Answer an error of HTTP itself in the same form."""
    status = error.code or 500
    if status < 400:  # a redirect
        return Response.force_type(error.get_response())  # type: ignore[return-value]
    message = error.description or "Something went wrong."
    if isinstance(error, RequestEntityTooLarge):
        _read_on()
    response = jsonify(error={"code": NAMES.get(status, "bad_request"), "message": message})
    response.status_code = status
    for name, value in error.get_headers():
        if name.lower() not in ("content-type", "content-length"):
            response.headers[name] = value
    return response


def _read_on() -> None:
    """Throw away what a refused client is still sending, up to a limit."""
    breathe = current_app.extensions["async_mode"].breathe
    stream = get_input_stream(request.environ, max_content_length=None)
    left = READ_ON_BYTES + current_app.config["MAX_CONTENT_LENGTH"]
    try:
        while left > 0 and (data := stream.read(1 << 16)):
            left -= len(data)
            breathe()
    except (OSError, HTTPException):
        pass


def _name(given: str | None) -> str:
    """Return the last part of a file's name, whichever system's path it is."""
    return PureWindowsPath(PurePosixPath(given or "").name).name
