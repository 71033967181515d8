"""The route that teaches: POST /api/v1/speakers. The server keeps neither clips nor profiles."""

from __future__ import annotations

import json
import time

from flask import Blueprint, Response

from webapp.forms import Form, FormReader
from webapp.meter import Meter
from webapp.predictions import Predictor
from webapp.protocol import ProtocolError
from webapp.settings import Settings
from webapp.teaching import Label, Teaching
from webapp.uploads import Gate

MAX_NAME_LENGTH = 100  # characters of a field's or a file's name in an error


class Speakers:
    """Makes profiles of speakers from labelled clips.

    Parameters
    ----------
    predictor : Predictor
    gate : Gate
    settings : Settings
    meter : Meter
    """

    def __init__(
        self, predictor: Predictor, gate: Gate, settings: Settings, *, meter: Meter
    ) -> None:
        self._predictor = predictor
        self._gate = gate
        self._settings = settings
        self._meter = meter
        self._reader = FormReader(
            gate, settings, meter, each_minute=settings.max_teachings_per_minute
        )
        self.blueprint = Blueprint("speakers", __name__, url_prefix="/api/v1")
        self.blueprint.post("/speakers")(self.teach)

    def teach(self) -> Response:
        """Return the profile that the clips of a form give; each field is named by an emotion."""
        with self._reader.admit() as form:
            teaching = self._teaching(form)
            with self._gate.decoding():
                for file in form.files:
                    self._gate.wait_for(teaching.decode, file.read)
                body, cpu_s = self._gate.work(_enrol, teaching)
        self._meter.taught(audio_s=teaching.audio_s, cpu_s=teaching.cpu_s + cpu_s)
        return Response(body, mimetype="application/json")

    def _teaching(self, form: Form) -> Teaching:
        for label in self._predictor.labels:
            if label in form.fields:
                raise ProtocolError("no_file", f'The field "{label}" holds a text, not a file.')
        labels = [
            Label(file.field[:MAX_NAME_LENGTH], file.name[:MAX_NAME_LENGTH]) for file in form.files
        ]
        return Teaching(self._predictor, self._settings, labels)


def _enrol(teaching: Teaching) -> tuple[str, float]:
    """Return the answer as JSON, and the CPU seconds that it took."""
    began = time.thread_time()
    body = json.dumps(teaching.enrol())
    return body, time.thread_time() - began
