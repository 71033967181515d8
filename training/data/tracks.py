"""Tracks: what a stream heard of a recording, kept so that many networks can judge it.

Decoding, features and encoder take most of a recording's time and do not depend on the network. A
track holds their result in spans. `play` lets the served recogniser judge it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.features import BLOCK, Floats, Frames
from models.labels import EMOTIONS
from models.recognizer import DEFAULT_STEP_S, RecognitionStream, Recognizer
from models.spans import SPAN, Spans, summed
from models.speaker import Speaker
from models.timeline import Judgement, Window


@dataclass(frozen=True)
class Track:
    """Spans of a recording, on the grid that the stream fixed.

    Attributes
    ----------
    mean : ndarray, shape (spans, columns), float16
        Mean over the frames with speech; NaN where there are none, or none is voiced.
    count : ndarray, shape (spans, 2), uint8
        Frames with speech, and voiced ones.
    """

    mean: npt.NDArray[np.float16]
    count: npt.NDArray[np.uint8]

    @property
    def frames(self) -> int:
        """Number of frames with speech."""
        return int(self.count[:, 0].sum())

    def counts(self, pitch: int) -> Floats:
        """Return the frames that each mean is of, shape (spans, columns)."""
        counts = np.repeat(self.count[:, :1], self.mean.shape[1], axis=1).astype(np.float32)
        counts[:, pitch] = self.count[:, 1]
        return counts

    def filled(self, pitch: int) -> Floats:
        """Return the means as the recogniser holds them: unvoiced spans keep the last pitch."""
        filled = np.nan_to_num(self.mean.astype(np.float32), nan=0.0)
        voiced = np.flatnonzero(self.count[:, 1])
        if len(voiced):
            last = np.searchsorted(voiced, np.arange(len(filled)), side="right") - 1
            filled[:, pitch] = filled[voiced[np.maximum(last, 0)], pitch]
        return filled

    def speaker(self, pitch: int) -> Speaker:
        """Return what the track tells of its speaker."""
        counts = self.counts(pitch)
        mean = np.nan_to_num(self.mean.astype(np.float64))
        return Speaker((mean * counts).sum(axis=0), counts.sum(axis=0).astype(np.int64))


class _Recorder(RecognitionStream):
    """A stream that keeps the features it would judge, and judges nothing."""

    def __init__(self, recognizer: Recognizer) -> None:
        super().__init__(recognizer, step_s=DEFAULT_STEP_S, speaker=None, keep_frames=False)
        self.blocks: list[Frames] = []
        self.speaks = False  # until speech fixes the grid, the stream judges nothing

    def _hear(self, block: Frames) -> None:
        if len(block):
            self.blocks.append(block)
        super()._hear(block)

    def _align(self) -> Floats:
        self.blocks.clear()  # the stream hears these samples again
        self.speaks = True
        return super()._align()

    def _judge(self, end_s: float) -> Window:
        return Window(0, 0.0, end_s, "silence", None, (1 / len(EMOTIONS),) * len(EMOTIONS))


def record(recognizer: Recognizer, samples: Floats) -> Track:
    """Return the track of a recording, shape (n,) at 16 kHz."""
    stream = _Recorder(recognizer)
    stream.push(samples)
    stream.cut()
    width, pitch = recognizer.card.features.columns, recognizer.card.features.pitch_column
    means, counts = [np.zeros((0, width), np.float16)], [np.zeros((0, 2), np.uint8)]
    for block in stream.blocks:
        spans = summed(block.columns, block.speech, span=SPAN)
        means.append(spans.mean.astype(np.float16))
        counts.append(spans.count[:, [0, pitch]].astype(np.uint8) * np.uint8(stream.speaks))
    return Track(np.concatenate(means), np.concatenate(counts))


def play(recognizer: Recognizer, track: Track, *, speaker: Speaker | None = None) -> Judgement:
    """Return the judgement of a track, as the served recogniser gives it."""
    stream = recognizer.stream(speaker=speaker)
    pitch, block = recognizer.card.features.pitch_column, BLOCK // SPAN
    counts, mean = track.counts(pitch), track.mean.astype(np.float32)
    total = np.nan_to_num(mean) * counts
    for begin in range(0, len(mean), block):
        part = slice(begin, begin + block)
        stream.hear(Spans(total[part], counts[part], track.count[part, 0] > 0))
    return stream.finish()


def joined(tracks: Sequence[Track]) -> Track:
    """Return tracks one after the other, as one stream."""
    return Track(
        np.concatenate([track.mean for track in tracks]),
        np.concatenate([track.count for track in tracks]),
    )
