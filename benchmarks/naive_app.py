"""The naive recipe as a server: this project's sockets, and `benchmarks.naive` behind them.

So it is spared what a first server's sockets would cost on top.
"""

from __future__ import annotations

from typing import Any

from benchmarks.naive import Naive
from benchmarks.recording import echoed
from webapp import create_app
from webapp.extensions import socketio
from webapp.live import NAMESPACE
from webapp.settings import Settings

STEP_S = Settings.from_environment().prediction_step_s

app = create_app()
_naive = Naive()
_heard: dict[str, list[bytes]] = {}


def _disconnect(sid: str, reason: object = None) -> None:  # noqa: ARG001
    _heard.pop(sid, None)


def _start(sid: str, request: object) -> dict[str, Any]:  # noqa: ARG001
    _heard[sid] = []
    return {"ok": True, "session": sid}


def _audio(sid: str, chunk: bytes) -> None:
    heard = _heard[sid]
    before = echoed(len(heard), step_s=STEP_S)
    heard.append(chunk)
    if (now := echoed(len(heard), step_s=STEP_S)) > before:
        probabilities = _naive.judge(b"".join(heard))
        prediction = {
            "seq": before,
            "start_s": max(0.0, now * STEP_S - 3.0),
            "end_s": now * STEP_S,
            "state": "speech",
            "emotion": max(probabilities, key=probabilities.__getitem__),
            "probabilities": probabilities,
        }
        socketio.server.emit("prediction", prediction, to=sid, namespace=NAMESPACE)


def _stop(sid: str) -> dict[str, Any]:
    return {"chunks": len(_heard[sid])}


for _event, _handler in (
    ("disconnect", _disconnect),
    ("start", _start),
    ("audio", _audio),
    ("stop", _stop),
):
    socketio.server.on(_event, _handler, namespace=NAMESPACE)
