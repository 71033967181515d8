"""The contract's objects: what clients send, parsed; what they get, built. No socket, no Flask."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, overload

from models import Enrolment, Judgement, Recognizer, Speaker, SpeakerError, Window
from webapp.audio import AudioWarning

Json = dict[str, Any]
Message = tuple[str, Json]
"""An event's name and what it carries."""

DIGITS = 6  # of probabilities: five of them still sum to 1 within 3e-6
MAX_MIME_LENGTH = 200
MAX_SPEAKER_LENGTH = 4096
DRAIN_RETRY_S = 2.0


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
    cause : str or None
        What is full, where the code is `busy`.
    emotion : str or None
        Label of the clip that cannot be taught.
    clip : int or None
        Its position among the clips of that label.
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        retry_after_s: float | None = None,
        cause: str | None = None,
        emotion: str | None = None,
        clip: int | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.retry_after_s = retry_after_s
        self.cause = cause
        self.emotion = emotion
        self.clip = clip


@dataclass(frozen=True)
class Start:
    """What a recording says of itself.

    Attributes
    ----------
    mime_type : str
    mfcc : bool
        Whether the MFCC frames are wanted too.
    calibrate : bool
        Whether the acknowledgement of `stop` is to tell what was heard of the voice.
    speaker : str or None
        The text of a profile, from a calibration or from teaching; `parse_speaker` reads it.
    """

    mime_type: str
    mfcc: bool = False
    calibrate: bool = False
    speaker: str | None = None


def parse_start(args: Sequence[object]) -> Start:
    """Return what `start` carried.

    Raises
    ------
    ProtocolError
        `bad_message`: not one object with a text "mime_type", or another field is of a wrong type.
    """
    data = args[0] if len(args) == 1 else None
    if not isinstance(data, dict):
        raise ProtocolError(
            "bad_message", 'start carries one object, as {"mime_type": "audio/webm;codecs=opus"}.'
        )
    mime_type = data.get("mime_type")
    if not isinstance(mime_type, str) or not 0 < len(mime_type) <= MAX_MIME_LENGTH:
        raise ProtocolError("bad_message", "mime_type is not the text of a media type.")
    wishes = {name: data.get(name, False) for name in ("mfcc", "calibrate")}
    for name, wish in wishes.items():
        if not isinstance(wish, bool):
            raise ProtocolError("bad_message", f"{name} is neither true nor false.")
    speaker = data.get("speaker")
    if speaker is not None and not isinstance(speaker, str):
        raise ProtocolError("bad_message", "speaker is not a text.")
    return Start(mime_type, speaker=speaker, **wishes)


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


def parse_speaker(text: str | None, recognizer: Recognizer) -> Speaker | None:
    """Return the profile that a client sends; None if it sends none.

    Raises
    ------
    ProtocolError
        `bad_message`: not the text of a profile that this recogniser's bundle can use.
    """
    if text is None:
        return None
    if len(text) > MAX_SPEAKER_LENGTH:
        raise ProtocolError(
            "bad_message", f"The speaker is longer than {MAX_SPEAKER_LENGTH} characters."
        )
    try:
        return recognizer.from_text(text)
    except SpeakerError as error:
        raise ProtocolError("bad_message", str(error)) from error


def calibration(speaker: Speaker, recognizer: Recognizer) -> Json:
    """Return the profile of a calibration for the client to keep; the server keeps nothing.

    Parameters
    ----------
    speaker : Speaker
        The speech of the recording; all of it was neutral.
    recognizer : Recognizer

    Returns
    -------
    dict
        "speaker": the text for a later `start` or upload, None if there was no speech; "speech_s":
        how many seconds of speech it rests on; "suffices": whether that is enough.
    """
    kept = replace(speaker.portable(), neutral=True)
    return {
        "speaker": recognizer.to_text(kept) if kept.count else None,
        "speech_s": round(kept.count / recognizer.card.features.frames_per_second, 2),
        "suffices": kept.suffices,
    }


def enrolment(taught: Enrolment, recognizer: Recognizer) -> Json:
    """Return the answer to labelled clips: the profile's text and the check of the clips.

    Raises
    ------
    ValueError
        The profile holds no speech.
    """
    check = taught.check
    return {
        "speaker": recognizer.to_text(taught.speaker),
        "clips": dict(taught.clips),
        "check": check and {name: int(count) for name, count in check.to_json().items()},
        "separates": taught.speaker.taught is None or taught.speaker.taught.separates,
        "doubts": [
            {"emotion": doubt.emotion, "clip": doubt.clip, "resembles": doubt.resembles}
            for doubt in taught.doubts
        ],
    }


def model_info(name: str, version: str) -> Json:
    """Return the object that names the model of an answer."""
    return {"name": name, "version": version}


class Timeline(Sequence[Json]):
    """A judgement's windows as the contract's objects, each made when it is asked for.

    Half an hour has 7,200 of them: 1.2 MB as JSON, several times that as dictionaries.
    """

    def __init__(self, windows: Sequence[Window], labels: Sequence[str]) -> None:
        self._windows = windows
        self._labels = labels

    def __len__(self) -> int:
        """Return the number of windows."""
        return len(self._windows)

    @overload
    def __getitem__(self, index: int) -> Json: ...

    @overload
    def __getitem__(self, index: slice) -> list[Json]: ...

    def __getitem__(self, index: int | slice) -> Json | list[Json]:
        """Return the object of a window, or the list of some."""
        if isinstance(index, slice):
            return [_window(window, self._labels) for window in self._windows[index]]
        return _window(self._windows[index], self._labels)


def answer(
    judgement: Judgement,
    labels: Sequence[str],
    model: Json,
    *,
    file: str | None = None,
    warnings: Iterable[AudioWarning] = (),
) -> Json:
    """Return the answer to a whole clip; without `file`, the answer has no such field."""
    head: Json = {} if file is None else {"file": file}
    whole = summary(judgement, labels, model, warnings=warnings)
    return head | whole | {"timeline": list(whole["timeline"])}


def summary(
    judgement: Judgement,
    labels: Sequence[str],
    model: Json,
    *,
    warnings: Iterable[AudioWarning] = (),
) -> Json:
    """Return the answer to a recording, whose "timeline" is a `Timeline`: see `webapp.writing`."""
    return {
        "duration_s": round(judgement.duration_s, 3),
        "emotion": judgement.emotion,
        "probabilities": _named(labels, judgement.probabilities),
        "timeline": Timeline(judgement.windows, labels),
        "model": model,
        "warnings": [
            {"code": one.code, "message": one.message, "at_s": one.at_s} for one in warnings
        ],
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


def draining() -> ProtocolError:
    """Return the error of a server that takes no more recordings."""
    return ProtocolError(
        "draining",
        "This server is being replaced: please stop, the next recording goes to the new one.",
        retry_after_s=DRAIN_RETRY_S,
    )


def skipped(windows: int) -> Message:
    """Return the `problem` event that tells how many windows there was no time to judge."""
    error = ProtocolError("skipped", "Sound came late: some of it was not judged.")
    name, data = problem(error)
    return name, data | {"windows": windows}


def refusal(error: ProtocolError) -> Json:
    """Return the acknowledgement of an event that was refused."""
    told: Json = {"retry_after_s": error.retry_after_s}
    if error.cause is not None:
        told["cause"] = error.cause
    return {"ok": False, "error": error_object(error) | told}


def error_object(error: Any) -> Json:
    """Return `{"code", "message"}` of a `ProtocolError` or an `AudioError`.

    Where a clip cannot be taught, "emotion" and "clip" name it.
    """
    found = {"code": error.code, "message": error.message}
    where = {name: getattr(error, name, None) for name in ("emotion", "clip")}
    return found | {name: value for name, value in where.items() if value is not None}


def _window(window: Window, labels: Sequence[str]) -> Json:
    return {
        "start_s": round(window.start_s, 3),
        "end_s": round(window.end_s, 3),
        "state": window.state,
        "emotion": window.emotion,
        "probabilities": _named(labels, window.probabilities),
        "other_sound": window.other_sound,
    }


def _named(labels: Sequence[str], probabilities: Iterable[float]) -> dict[str, float]:
    return {label: round(float(p), DIGITS) for label, p in zip(labels, probabilities, strict=True)}
