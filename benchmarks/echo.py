"""The yardstick for what sockets cost: the server with nothing behind `audio`.

The same gunicorn, worker class, Flask-SocketIO and handlers as `webapp.wsgi:app`; only a chunk is
not decoded and not judged: for every step of audio comes the same prediction.
"""

from __future__ import annotations

from typing import Any

from benchmarks.recording import echoed
from webapp import create_app
from webapp.extensions import socketio
from webapp.live import NAMESPACE
from webapp.settings import Settings

STEP_S = Settings.from_environment().prediction_step_s

app = create_app()
_heard: dict[str, int] = {}


def _disconnect(sid: str, reason: object = None) -> None:  # noqa: ARG001
    _heard.pop(sid, None)


def _start(sid: str, request: object) -> dict[str, Any]:  # noqa: ARG001
    _heard[sid] = 0
    return {"ok": True, "session": sid}


def _audio(sid: str, chunk: bytes) -> None:  # noqa: ARG001
    before = echoed(_heard[sid], step_s=STEP_S)
    _heard[sid] += 1
    if (now := echoed(_heard[sid], step_s=STEP_S)) > before:
        end_s = now * STEP_S
        prediction = {
            "seq": before,
            "start_s": max(0.0, end_s - 3.0),
            "end_s": end_s,
            "state": "speech",
            "emotion": "neutral",
            "probabilities": {
                "neutral": 0.8123,
                "happy": 0.0512,
                "sad": 0.0731,
                "angry": 0.0312,
                "fearful": 0.0322,
            },
        }
        socketio.server.emit("prediction", prediction, to=sid, namespace=NAMESPACE)


def _stop(sid: str) -> dict[str, Any]:
    return {"chunks": _heard[sid]}


for _event, _handler in (
    ("disconnect", _disconnect),
    ("start", _start),
    ("audio", _audio),
    ("stop", _stop),
):
    socketio.server.on(_event, _handler, namespace=NAMESPACE)
