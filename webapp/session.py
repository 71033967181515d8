"""One person's recordings over one connection: bytes in, messages out. Knows no socket."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from models import Recognizer, Window
from webapp import protocol
from webapp.audio import AudioError
from webapp.load import Load
from webapp.pace import Pace
from webapp.protocol import Json, Message, ProtocolError, Start
from webapp.recording import Recording, Tally
from webapp.settings import Settings

SKIPPED_EACH_S = 1.0  # so often it is told at most that windows were skipped


class State(Enum):
    """Where a `LiveSession` is."""

    NEW = "new"
    RECORDING = "recording"
    PAUSED = "paused"
    STOPPED = "stopped"


@dataclass(frozen=True)
class Ended:
    """What is told of a recording that has ended.

    Attributes
    ----------
    session : str
        Its id.
    reason : str
        "stopped", "disconnected", "internal" or the code of the problem that ended it.
    audio_s : float
        Seconds of sound that were decoded.
    windows : int
        How many were judged.
    """

    session: str
    reason: str
    audio_s: float
    windows: int


def _tell_nobody(ended: Ended) -> None:
    pass


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
    tally : Tally, optional
        To what the recordings add what they took.
    ended : callable, optional
        Is told, once, of each recording that has ended.
    load : Load, optional
        Tells whether the server has time for every window.
    more_came : callable, optional
        Tells whether more of this client's has come than was worked on.
    """

    def __init__(
        self,
        recognizer: Recognizer,
        settings: Settings,
        *,
        clock: Callable[[], float] = time.monotonic,
        tally: Tally | None = None,
        ended: Callable[[Ended], None] = _tell_nobody,
        load: Load | None = None,
        more_came: Callable[[], bool] = bool,
    ) -> None:
        self.state = State.NEW
        self.id = ""
        self._recognizer = recognizer
        self._settings = settings
        self._clock = clock
        self._tally = Tally() if tally is None else tally
        self._ended = ended
        self._load = load or Load.at_leisure()
        self._more_came = more_came
        self._model = protocol.model_info(recognizer.card.name, recognizer.card.version)
        self._recording: Recording | None = None
        self._told_skipped = 0  # windows of the recording
        self._told_at = float("-inf")
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
            not from this recogniser, or that this recording cannot calibrate further.
        """
        if self._recording:
            raise ProtocolError("out_of_order", "The recording has already started.")
        try:
            self._recording = Recording(
                self._recognizer,
                self._settings,
                request,
                self._clock,
                self._tally,
                Pace(self._load, self._clock(), more_came=self._more_came),
            )
        except AudioError as error:
            raise ProtocolError(error.code, error.message) from error
        self._unclaimed = None
        self._told_skipped = 0
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
            messages = self._predictions(recording, recording.hear(chunk))
        except (AudioError, ProtocolError) as error:
            return self.end(_as_protocol_error(error))
        if recording.skipped > self._told_skipped:
            now = self._clock()
            if now - self._told_at >= SKIPPED_EACH_S:
                self._told_at = now
                messages += self._skipped(recording)
        return messages

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
        """Go on after a pause; return the predictions of what was left before it.

        Or the problem that ended the recording: what was left could not be decoded.

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
        try:
            return self._predictions(self._recording, self._recording.cut())
        except AudioError as error:
            return self.end(_as_protocol_error(error))

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
        reason = "stopped"
        try:
            messages += self._predictions(recording, recording.drain())
        except (AudioError, ProtocolError) as error:
            messages.append(protocol.problem(_as_protocol_error(error)))
            reason = error.code
        last, summary = self._finish(recording, reason)
        return messages + last, summary

    def end(self, error: ProtocolError) -> list[Message]:
        """End the recording, if there is one, because of a problem; return the messages."""
        if self._recording is None:
            return [protocol.problem(error)]
        messages, self._unclaimed = self._finish(self._recording, error.code)
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

    def close(self, reason: str = "disconnected") -> None:
        """Let go of everything: the connection is gone, or something broke."""
        if self._recording is not None:
            self._ended(Ended(self.id, reason, self._recording.audio_s, self._recording.seen))
        self._recording = self._unclaimed = None
        self.state = State.STOPPED

    def _finish(self, recording: Recording, reason: str) -> tuple[list[Message], Json]:
        judgement = recording.judge()
        self._recording = None
        self.state = State.STOPPED
        self._ended(Ended(self.id, reason, recording.audio_s, len(judgement.windows)))
        labels = self._recognizer.labels
        rest = judgement.windows[recording.seen :]
        messages = [protocol.prediction(window, labels) for window in rest]
        messages += self._skipped(recording)
        summary = protocol.summary(judgement, labels, self._model)
        return messages, summary | recording.calibration()

    def _predictions(self, recording: Recording, windows: list[Window]) -> list[Message]:
        messages = [protocol.prediction(window, self._recognizer.labels) for window in windows]
        if windows and recording.wants_frames:
            messages.append(recording.frames())
        return messages

    def _skipped(self, recording: Recording) -> list[Message]:
        """Return what is to be told of skipped windows since the last time."""
        windows = recording.skipped - self._told_skipped
        self._told_skipped = recording.skipped
        return [protocol.skipped(windows)] if windows else []


def _as_protocol_error(error: AudioError | ProtocolError) -> ProtocolError:
    return error if isinstance(error, ProtocolError) else ProtocolError(error.code, error.message)
