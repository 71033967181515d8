"""One person's recordings over one connection: bytes in, messages out. Knows no socket."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from enum import Enum

from models import Judgement, RecognitionStream, Recognizer, Window
from webapp import protocol
from webapp.audio import AudioError, open_stream
from webapp.protocol import Json, Message, ProtocolError, Start
from webapp.settings import Settings


class State(Enum):
    """Where a `LiveSession` is."""

    NEW = "new"
    RECORDING = "recording"
    PAUSED = "paused"
    STOPPED = "stopped"


class LiveSession:
    """A small state machine; one for each connection, any number of recordings one after the other.

    ::

        new --start--> recording <--resume-- paused
                        |  |  ^ ---pause--->   |
                        |  |  |                |
                        |  |  +---start---+    |
                        |  |              |    |
                        |  +----stop---> stopped <---stop, problem
                        +------problem----^

    A recording that a problem ended (undecodable, too fast, too long, idle) is stopped as well.
    What had been heard of it until then is still the answer to a `stop`, and chunks that were
    already under way are ignored: the client has been told. Audio that comes while paused was
    recorded before the pause, so the timeline is cut when the recording resumes.

    Parameters
    ----------
    recognizer : Recognizer
        Shared between sessions; only used from within the methods.
    settings : Settings
        The limits.
    clock : callable
        Seconds, monotonic.
    """

    def __init__(
        self,
        recognizer: Recognizer,
        settings: Settings,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.state = State.NEW
        self.id = ""
        self._recognizer = recognizer
        self._settings = settings
        self._clock = clock
        self._model = protocol.model_info(recognizer.card.name, recognizer.card.version)
        self._recording: _Recording | None = None
        self._unclaimed: Json | None = None  # the summary of a recording that a problem ended

    @property
    def active(self) -> bool:
        """Whether a recording is under way."""
        return self._recording is not None

    def start(self, request: Start) -> Json:
        """Begin a recording; return the acknowledgement.

        Raises
        ------
        ProtocolError
            `out_of_order`, the decoder's `unsupported_media`, or `bad_message`: a speaker that is
            not from this recogniser.
        """
        if self._recording:
            raise ProtocolError("out_of_order", "The recording has already started.")
        try:
            self._recording = _Recording(self._recognizer, self._settings, request, self._clock)
        except AudioError as error:
            raise ProtocolError(error.code, error.message) from error
        self._unclaimed = None
        self.state = State.RECORDING
        self.id = secrets.token_urlsafe(9)
        return {
            "ok": True,
            "session": self.id,
            "labels": list(self._recognizer.labels),
            "limits": {
                "max_session_s": self._settings.max_session_s,
                "idle_s": self._settings.idle_s,
            },
            "model": self._model,
        }

    def audio(self, chunk: bytes) -> list[Message]:
        """Hear a chunk; return the predictions, or the problem that ended the recording.

        Raises
        ------
        ProtocolError
            `out_of_order`: there is no recording.
        """
        recording = self._recording
        if recording is None:
            if self._unclaimed is not None:
                return []
            raise ProtocolError("out_of_order", "Audio came before start.")
        try:
            return self._predictions(recording, recording.hear(chunk))
        except (AudioError, ProtocolError) as error:
            return self.end(_as_protocol_error(error))

    def pause(self) -> None:
        """Stop the clock.

        Raises
        ------
        ProtocolError
            `out_of_order`: not recording.
        """
        if self._recording is None or self.state is not State.RECORDING:
            raise ProtocolError(
                "out_of_order", f"A recording that is {self.state.value} cannot be paused."
            )
        self._recording.touch()
        self.state = State.PAUSED

    def resume(self) -> list[Message]:
        """Go on after a pause; return the prediction of what was left before it.

        Raises
        ------
        ProtocolError
            `out_of_order`: not paused.
        """
        if self._recording is None or self.state is not State.PAUSED:
            raise ProtocolError(
                "out_of_order", f"A recording that is {self.state.value} cannot be resumed."
            )
        self._recording.touch()
        self.state = State.RECORDING
        return self._predictions(self._recording, self._recording.cut())

    def stop(self) -> tuple[list[Message], Json]:
        """End the recording; return the last messages and the summary.

        Raises
        ------
        ProtocolError
            `out_of_order`: there is no recording.
        """
        if self._unclaimed is not None:
            summary, self._unclaimed = self._unclaimed, None
            return [], summary
        recording = self._recording
        if recording is None:
            raise ProtocolError("out_of_order", "There is no recording to stop.")
        messages: list[Message] = []
        try:
            messages += self._predictions(recording, recording.drain())
        except (AudioError, ProtocolError) as error:
            messages.append(protocol.problem(_as_protocol_error(error)))
        last, summary = self._finish(recording)
        return messages + last, summary

    def end(self, error: ProtocolError) -> list[Message]:
        """End the recording, if there is one, because of a problem; return the messages."""
        if self._recording is None:
            return [protocol.problem(error)]
        messages, self._unclaimed = self._finish(self._recording)
        return [*messages, protocol.problem(error)]

    def expire(self) -> list[Message]:
        """End the recording if nothing has come for too long."""
        if self._recording is None:
            return []
        paused = self.state is State.PAUSED
        limit_s = self._settings.max_pause_s if paused else self._settings.idle_s
        if self._clock() - self._recording.touched < limit_s:
            return []
        what = "The recording was paused" if paused else "No audio came"
        return self.end(
            ProtocolError("idle", f"{what} for {limit_s:g} seconds, so the recording was ended.")
        )

    def close(self) -> None:
        """Let go of everything: the connection is gone."""
        self._recording = self._unclaimed = None
        self.state = State.STOPPED

    def _finish(self, recording: _Recording) -> tuple[list[Message], Json]:
        self._recording = None
        self.state = State.STOPPED
        judgement = recording.judge()
        labels = self._recognizer.labels
        rest = judgement.windows[recording.seen :]
        messages = [protocol.prediction(window, labels) for window in rest]
        summary = protocol.summary(judgement, labels, self._model)
        return messages, summary | recording.calibration()

    def _predictions(self, recording: _Recording, windows: list[Window]) -> list[Message]:
        messages = [protocol.prediction(window, self._recognizer.labels) for window in windows]
        if windows and recording.wants_frames:
            messages.append(recording.frames())
        return messages


class _Recording:
    """What one recording holds: its decoder, its stream and its budget of audio."""

    def __init__(
        self, recognizer: Recognizer, settings: Settings, request: Start, clock: Callable[[], float]
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._decoder = open_stream(request.mime_type, charge=self._charge)
        self._features = recognizer.card.features
        self._stream: RecognitionStream = recognizer.stream(
            step_s=settings.prediction_step_s,
            speaker=protocol.parse_speaker(request.speaker, self._features),
            keep_frames=request.mfcc,
        )
        self._calibrates = request.calibrate
        self._frames_sent = 0
        self._frame_events = 0
        self._charged_s = 0.0
        self._began = self.touched = clock()
        self.wants_frames = request.mfcc
        self.seen = 0  # windows that became predictions

    def touch(self) -> None:
        """Note that the client is there."""
        self.touched = self._clock()

    def hear(self, chunk: bytes) -> list[Window]:
        self.touch()
        return self._push(self._decoder.push(chunk))

    def drain(self) -> list[Window]:
        """Return the windows of what the decoder still held back."""
        return self._push(self._decoder.finish())

    def cut(self) -> list[Window]:
        window = self._stream.cut()
        return self._saw([] if window is None else [window])

    def judge(self) -> Judgement:
        return self._stream.finish()

    def calibration(self) -> Json:
        """Return what the summary tells of the voice: nothing unless it was asked for."""
        if not self._calibrates:
            return {}
        return protocol.calibration(self._stream.speaker, self._features)

    def frames(self) -> Message:
        new = self._stream.take_frames()
        start_s = self._frames_sent / self._features.frames_per_second
        self._frames_sent += len(new)
        self._frame_events += 1
        return protocol.frames(
            seq=self._frame_events - 1,
            start_s=start_s,
            count=new.shape[0],
            coefficients=new.shape[1],
            data=new.tobytes(),
        )

    def _push(self, samples: object) -> list[Window]:
        return self._saw(self._stream.push(samples))  # type: ignore[arg-type]

    def _saw(self, windows: list[Window]) -> list[Window]:
        if windows:
            self.seen = windows[-1].seq + 1
        return windows

    def _charge(self, seconds: float) -> None:
        """Refuse audio beyond the budget undecoded: 72 KB of Opus can claim 16 minutes."""
        self._charged_s += seconds
        if self._charged_s > self._settings.max_session_s:
            raise ProtocolError(
                "too_long",
                f"A recording may last {self._settings.max_session_s:g} seconds; it was ended.",
            )
        elapsed_s = self._clock() - self._began
        excess_s = (
            self._charged_s - elapsed_s * self._settings.live_rate - self._settings.live_burst_s
        )
        if excess_s > 0:
            raise ProtocolError(
                "too_fast",
                "Audio came much faster than it can have been recorded; files go to the upload.",
                retry_after_s=max(1.0, round(excess_s / self._settings.live_rate, 1)),
            )


def _as_protocol_error(error: AudioError | ProtocolError) -> ProtocolError:
    return error if isinstance(error, ProtocolError) else ProtocolError(error.code, error.message)
