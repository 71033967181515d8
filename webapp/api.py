"""The HTTP API, /api/v1."""

from __future__ import annotations

import json
import math
import time
from typing import NamedTuple

from flask import Blueprint, Response, current_app, jsonify, request
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge
from werkzeug.wsgi import get_input_stream

from models import Speaker
from webapp import protocol
from webapp.audio import AudioError
from webapp.forms import FormReader
from webapp.meter import Meter
from webapp.openapi import description
from webapp.predictions import Clip, Predictor
from webapp.protocol import Json, ProtocolError
from webapp.samples import Library
from webapp.settings import Settings
from webapp.uploads import Gate

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
        self._reader = FormReader(
            gate, settings, meter, each_minute=settings.max_uploads_per_minute
        )
        self.blueprint = Blueprint("api", __name__, url_prefix="/api/v1")
        self.blueprint.post("/predictions")(self.predictions)
        self.blueprint.get("/samples")(self.samples)
        self.blueprint.get("/model")(self.model)
        self.blueprint.get("/openapi.json")(self.openapi)

    def predictions(self) -> Response:
        """Judge the file of a form, against the speaker of the form if it names one."""
        with self._reader.admit() as form:
            file = next((file for file in form.files if file.field == "file"), None)
            if file is None:
                raise ProtocolError(
                    "no_file", 'Send a file in the field "file" of a multipart form.'
                )
            data = file.read()
            speaker = self._predictor.known(form.fields.get("speaker") or None)
            with self._gate.decoding():
                clip = self._gate.wait_for(self._predictor.decode, data)
                answer = self._gate.work(self._judge, clip, file.name, speaker)
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

    def _judge(self, clip: Clip, name: str, speaker: Speaker | None) -> _Answer:
        began = time.thread_time()
        answer = self._predictor.judge(clip, file=name, speaker=speaker)
        body = json.dumps(answer)
        return _Answer(body, answer["duration_s"], clip.cpu_s + time.thread_time() - began)


class _Answer(NamedTuple):
    """What a file was answered, how many seconds it lasts, and how many of CPU it took."""

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
