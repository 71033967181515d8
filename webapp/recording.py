"""One recording: its decoder, its stream of judgements, its budget of audio. Knows no messages."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from models import SAMPLE_RATE, Judgement, RecognitionStream, Recognizer, Speaker, Window
from webapp import protocol
from webapp.audio import AudioError, open_stream
from webapp.pace import Care, Pace
from webapp.protocol import Json, Message, ProtocolError, Start
from webapp.settings import Settings

Samples = npt.NDArray[np.float32]

SPARE_S = 0.06  # a packet that only just does not fit would be the one that completes a window
MOST_WAITING = 256  # packets that are decoded together: a second holds 50, or 400 of the shortest
AT_MOST = {Care.NEWEST: 1, Care.NONE: 0, Care.WAIT: 0}


@dataclass(slots=True)
class Tally:
    """What recordings took since somebody last read it and set it back to zero.

    Plain numbers: Prometheus's counters, each behind a lock and in a file that workers share, would
    cost a chunk more than parsing it does.

    Attributes
    ----------
    chunks : int
        Events `audio`, wrong ones too.
    audio_s : float
        Seconds of sound that were decoded.
    skipped : int
        Windows that were not judged.
    decode_s, recognise_s : float
        CPU seconds of decoding, and of features, network and timeline; 0 where nobody counts.
    """

    chunks: int = 0
    audio_s: float = 0.0
    skipped: int = 0
    decode_s: float = 0.0
    recognise_s: float = 0.0


def _no_clock() -> float:
    return 0.0


def _continued(speaker: Speaker) -> Speaker:
    """Return the profile to which a calibration adds its speech.

    A stream adds no speech to a neutral profile, so the profile is not neutral until the
    calibration ends (`protocol.calibration`).

    Raises
    ------
    ProtocolError
        `bad_message`: the profile is no calibration. Taught clips were compared with the profile's
        mean, so a calibration, which moves the mean, would falsify them.
    """
    if speaker.taught is not None:
        raise ProtocolError(
            "bad_message",
            "A taught profile cannot be calibrated; "
            "start without a speaker, or without calibrate to use the profile.",
        )
    if not speaker.neutral:
        raise ProtocolError("bad_message", "Only the profile of a calibration can be continued.")
    return replace(speaker, neutral=False)


class Recording:
    """What one recording holds.

    Parameters
    ----------
    recognizer : Recognizer
    settings : Settings
    request : Start
    clock : callable
        Seconds, monotonic.
    tally : Tally
        To what this recording adds what it took.
    pace : Pace
        Tells what of it there is time for.

    Raises
    ------
    webapp.audio.AudioError
        `unsupported_media`.
    ProtocolError
        `bad_message`: a speaker that is not from this recogniser, or one that this recording
        cannot calibrate further.
    """

    def __init__(
        self,
        recognizer: Recognizer,
        settings: Settings,
        request: Start,
        clock: Callable[[], float],
        tally: Tally,
        pace: Pace,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._cpu = time.thread_time if settings.metrics else _no_clock
        self._tally = tally
        self._decoder = open_stream(request.mime_type, charge=self._charge)
        self._recognizer = recognizer
        self._features = recognizer.card.features
        speaker = protocol.parse_speaker(request.speaker, recognizer)
        if speaker is not None and request.calibrate:
            speaker = _continued(speaker)
        self._stream: RecognitionStream = recognizer.stream(
            step_s=settings.prediction_step_s,
            speaker=speaker,
            keep_frames=request.mfcc,
        )
        self._calibrates = request.calibrate
        self._frame_events = 0
        self._charged_s = 0.0
        self._began = self.touched = clock()
        self._pace = pace
        self.wants_frames = request.mfcc
        self.audio_s = 0.0  # decoded
        self.seen = 0  # windows that became predictions
        self.skipped = 0  # windows that did not

    def touch(self) -> None:
        """Note that the client is there."""
        self.touched = self._clock()

    def hear(self, chunk: bytes) -> list[Window]:
        """Return the windows that a chunk completed, as far as there is time to judge them.

        A chunk that completes none waits undecoded for the next. Among hundreds of sessions each
        visit to one finds its state gone from the caches: one visit a window instead of one a chunk
        saves a twentieth of all CPU time (200 clients, a window each half second).
        """
        now = self.touched = self._clock()
        began = self._cpu()
        self._decoder.read(chunk)
        care = self._pace.care(now, self._charged_s)
        if care is Care.LOST:
            # The newest is kept as it came: enough for a window, as soon as one may be judged.
            if lost_s := self._decoder.skip(keep_s=self._stream.lacking_s + SPARE_S):
                self._lose(lost_s)
            return []
        waits = care is Care.WAIT or self._decoder.waiting_s < self._stream.lacking_s
        if waits and self._decoder.waiting < MOST_WAITING:
            self._tally.decode_s += self._cpu() - began
            return []
        windows = self._push(
            self._decoder.decode(), began, at_most=None if care is Care.ALL else AT_MOST[care]
        )
        if windows:
            self._pace.judged(now)
        return windows

    def drain(self) -> list[Window]:
        """Return the windows of what waited, and of what the decoder still held back."""
        windows = self._push(self._decoder.decode(), self._cpu())
        return windows + self._push(self._decoder.finish(), self._cpu())

    def cut(self) -> list[Window]:
        """Return the windows of the sound before a pause, and begin a new stretch.

        A pause takes no time of the recording: a recorder whose timestamps count the pause does not
        add silence (see `AudioStream.resume`).
        """
        windows = self._push(self._decoder.decode(), self._cpu())
        self._decoder.resume()
        self._pace.begin(self._clock(), self._charged_s)
        last = self._stream.cut()
        return windows + self._saw([] if last is None else [last])

    def judge(self) -> Judgement:
        """Return what the whole recording sounds like, as far as it can be read."""
        with contextlib.suppress(AudioError):
            self._stream.push(self._decoder.decode())
        return self._stream.finish()

    def calibration(self) -> Json:
        """Return what the summary tells of the voice: nothing unless it was asked for."""
        if not self._calibrates:
            return {}
        return protocol.calibration(self._stream.speaker, self._recognizer)

    def frames(self) -> Message:
        """Return the MFCC frames since the last time."""
        new = self._stream.take_frames()
        start_s = self._stream.heard_s - len(new) / self._features.frames_per_second
        self._frame_events += 1
        return protocol.frames(
            seq=self._frame_events - 1,
            start_s=start_s,
            count=new.shape[0],
            coefficients=new.shape[1],
            data=new.tobytes(),
        )

    def _push(self, samples: Samples, began: float, *, at_most: int | None = None) -> list[Window]:
        decoded = self._cpu()
        windows = self._stream.push(samples, at_most=at_most)
        if at_most is not None:
            self._count_skipped()
        seconds = len(samples) / SAMPLE_RATE
        self.audio_s += seconds
        tally = self._tally
        tally.audio_s += seconds
        tally.decode_s += decoded - began
        tally.recognise_s += self._cpu() - decoded
        return self._saw(windows)

    def _saw(self, windows: list[Window]) -> list[Window]:
        self.seen += len(windows)
        return windows

    def _lose(self, seconds: float) -> None:
        self._stream.lose(seconds)
        self._count_skipped()

    def _count_skipped(self) -> None:
        self._tally.skipped += self._stream.skipped - self.skipped
        self.skipped = self._stream.skipped

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
