"""The contract's objects: what clients send, parsed; what they get, built. No socket, no Flask."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from models import Judgement, Window

Json = dict[str, Any]
Message = tuple[str, Json]
"""An event's name and what it carries."""

DIGITS = 6  # of probabilities: five of them still sum to 1 within 3e-6
MAX_MIME_LENGTH = 200


class ProtocolError(Exception):
    """What a client did cannot be done.

    Attributes
    ----------
    code : str
        One of the contract's codes.
    message : str
        A sentence for people.
    retry_after_s : float or None
        When it may work again.
    """

    def __init__(self, code: str, message: str, *, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.retry_after_s = retry_after_s


@dataclass(frozen=True)
class Start:
    """What a recording says of itself: its type, and whether the MFCC frames are wanted too."""

    mime_type: str
    mfcc: bool = False


def parse_start(args: Sequence[object]) -> Start:
    """Return what `start` carried.

    Raises
    ------
    ProtocolError
        `bad_message`: not one object with a text "mime_type".
    """
    data = args[0] if len(args) == 1 else None
    if not isinstance(data, dict):
        raise ProtocolError(
            "bad_message", 'start carries one object, as {"mime_type": "audio/webm;codecs=opus"}.'
        )
    mime_type = data.get("mime_type")
    if not isinstance(mime_type, str) or not 0 < len(mime_type) <= MAX_MIME_LENGTH:
        raise ProtocolError("bad_message", "mime_type is not the text of a media type.")
    mfcc = data.get("mfcc", False)
    if not isinstance(mfcc, bool):
        raise ProtocolError("bad_message", "mfcc is neither true nor false.")
    return Start(mime_type, mfcc)


def parse_audio(args: Sequence[object], *, max_bytes: int) -> bytes:
    """Return the bytes that `audio` carried.

    Raises
    ------
    ProtocolError
        `bad_message`: not one binary chunk. `too_large`: more than `max_bytes`.
    """
    data = args[0] if len(args) == 1 else None
    if not isinstance(data, bytes | bytearray | memoryview):
        raise ProtocolError("bad_message", "audio carries one binary chunk, not text or an object.")
    if len(data) > max_bytes:
        raise ProtocolError(
            "too_large",
            f"A chunk of {len(data)} bytes is more than the {max_bytes} that are accepted.",
        )
    return bytes(data)


def model_info(name: str, version: str) -> Json:
    """Return the object that names the model of an answer."""
    return {"name": name, "version": version}


def answer(
    judgement: Judgement, labels: Sequence[str], model: Json, *, file: str | None = None
) -> Json:
    """Return the answer to a whole clip or recording; `file` is left out where there is none."""
    head: Json = {} if file is None else {"file": file}
    return head | {
        "duration_s": round(judgement.duration_s, 3),
        "emotion": judgement.emotion,
        "probabilities": _named(labels, judgement.probabilities),
        "timeline": [_window(window, labels) for window in judgement.windows],
        "model": model,
    }


def prediction(window: Window, labels: Sequence[str]) -> Message:
    """Return the `prediction` event of a window."""
    return "prediction", {"seq": window.seq} | _window(window, labels)


def frames(*, seq: int, start_s: float, count: int, coefficients: int, data: bytes) -> Message:
    """Return the `frames` event: `count` new MFCC frames, int8, row by row, each value times 32."""
    return "frames", {
        "seq": seq,
        "start_s": round(start_s, 3),
        "frames": count,
        "coefficients": coefficients,
        "data": data,
    }


def problem(error: ProtocolError) -> Message:
    """Return the `problem` event of an error."""
    return "problem", error_object(error) | {"retry_after_s": error.retry_after_s}


def refusal(error: ProtocolError) -> Json:
    """Return the acknowledgement of an event that was refused."""
    return {"ok": False, "error": error_object(error) | {"retry_after_s": error.retry_after_s}}


def error_object(error: Any) -> Json:
    """Return `{"code", "message"}` of a `ProtocolError` or an `AudioError`."""
    return {"code": error.code, "message": error.message}


def _window(window: Window, labels: Sequence[str]) -> Json:
    return {
        "start_s": round(window.start_s, 3),
        "end_s": round(window.end_s, 3),
        "state": window.state,
        "emotion": window.emotion,
        "probabilities": _named(labels, window.probabilities),
    }


def _named(labels: Sequence[str], probabilities: Iterable[float]) -> dict[str, float]:
    return {label: round(float(p), DIGITS) for label, p in zip(labels, probabilities, strict=True)}
