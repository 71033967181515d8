"""What the server's tests share: an application in this process, a gunicorn, things to send."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from flask import Flask
from flask.testing import FlaskClient

from benchmarks.recording import Recording, load, prolong
from models import SAMPLE_RATE
from tests.servers import Server, serve
from webapp import create_app
from webapp.audio import decode_file
from webapp.extensions import socketio
from webapp.settings import ASYNC_MODES, Settings


@dataclass(frozen=True)
class Recorded:
    """What a browser's recorder sent, chunk by chunk."""

    mime_type: str
    chunks: list[bytes]

    @property
    def data(self) -> bytes:
        return b"".join(self.chunks)


@pytest.fixture(scope="session")
def recordings(root: Path) -> dict[str, Recorded]:
    """Every recording of tests/fixtures/mediarecorder by its name."""
    found = {}
    for path in sorted((root / "tests/fixtures/mediarecorder").glob("*.json")):
        about = json.loads(path.read_text())
        data = path.with_suffix(".bin").read_bytes()
        chunks = [data[c["offset"] : c["offset"] + c["length"]] for c in about["chunks"]]
        found[path.stem] = Recorded(about["mime"], chunks)
    assert found
    return found


@pytest.fixture(scope="session")
def speech(recordings: dict[str, Recorded]) -> Recorded:
    """Somebody who speaks, as Chromium recorded it."""
    return recordings["sel_speech_250"]


@pytest.fixture(scope="session")
def long_speech() -> Recording:
    """Somebody who speaks for 14 s, in Chromium's slices of 120 ms, with when each was made."""
    return prolong(load(), seconds=14)


@pytest.fixture(scope="session")
def speech_wav(speech: Recorded) -> bytes:
    """The same as a WAV file, 16 bit at 16 kHz."""
    return wav(np.concatenate(list(decode_file(speech.data))))


def wav(samples: Any, rate: int = SAMPLE_RATE) -> bytes:
    """Return a 16 bit WAV file of mono samples."""
    file = BytesIO()
    soundfile.write(file, samples, rate, format="WAV", subtype="PCM_16")
    return file.getvalue()


@pytest.fixture(scope="session")
def make_wav() -> Callable[..., bytes]:
    """A function that makes a WAV file of samples."""
    return wav


@pytest.fixture
def make_app() -> Callable[..., Flask]:
    """A function that makes an application with some settings."""
    return lambda **settings: create_app(Settings(**settings))


@pytest.fixture(scope="session")
def app() -> Flask:
    """The application with the default settings."""
    return create_app(Settings())


@pytest.fixture
def http(app: Flask) -> FlaskClient:
    """A client of its HTTP API."""
    return app.test_client()


class Live:
    """Flask-SocketIO's test client on /live, in a few words."""

    def __init__(self, app: Flask) -> None:
        self._client = socketio.test_client(app, namespace="/live")
        self.received: list[tuple[str, Any]] = []

    def emit(self, event: str, *data: object) -> Any:
        """Send an event and return its acknowledgement."""
        answer = self._client.emit(event, *data, namespace="/live", callback=True)
        for message in self._client.get_received("/live"):
            self.received.append((message["name"], message["args"][0]))
        return answer

    def of(self, event: str) -> list[Any]:
        """Return what came of one kind."""
        return [data for name, data in self.received if name == event]

    @property
    def connected(self) -> bool:
        return self._client.is_connected("/live")

    def disconnect(self) -> None:
        self._client.disconnect("/live")


@pytest.fixture
def connect(make_app: Callable[..., Flask]) -> Callable[..., Live]:
    """A function that makes an application with some settings and connects to it.

    socketio is one for the process and serves the newest application, so clients of
    one test that are to share an application name it: `connect(app=...)`.
    """

    def make(app: Flask | None = None, **settings: Any) -> Live:
        return Live(app or make_app(**settings))

    return make


@pytest.fixture(
    scope="session",
    params=[
        ASYNC_MODES[0],
        *(pytest.param(name, marks=pytest.mark.slow) for name in ASYNC_MODES[1:]),
    ],
)
def mode(request: pytest.FixtureRequest) -> str:
    """Each way of serving many people at once, in turn."""
    return str(request.param)


@pytest.fixture(scope="session")
def server(mode: str) -> Iterator[Server]:
    """A real gunicorn with the default settings, but for its way of serving."""
    with serve({"ASYNC_MODE": mode}) as running:
        yield running
