"""Moments of every window of a recording, for training.

The served network computes the same moments (`training.fitting.network`).

The moments do not depend on what is known of the speaker but for their mean, from which the
speaker's mean is subtracted. Training therefore computes them once.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.features import BLOCK, FeatureSettings, Floats, dct_matrix
from models.recognizer import LEAST_SPEECH, RECENT
from models.spans import SPAN
from training.data.tracks import Track

Doubles = npt.NDArray[np.float64]
WINDOW = 300
"""Frames of the window that is judged: three seconds."""


@dataclass(frozen=True)
class Windows:
    """Windows of one recording, one every 0.25 s in which there is enough speech.

    Attributes
    ----------
    moments : ndarray, shape (windows, 3 * width), float16
        Mean, deviation and movement of each column, where `width` columns are mel bands, pitch,
        voicing and states.
    total, count : ndarray, shape (windows, columns), (windows, 2), float32
        Sums of the columns from the recording's beginning to the window's end, and the numbers of
        frames with speech and of voiced frames.
    speech : ndarray, shape (windows,)
        Frames with speech within the window.
    """

    moments: npt.NDArray[np.float16]
    total: Floats
    count: Floats
    speech: Floats

    def __len__(self) -> int:
        """Return the number of windows."""
        return len(self.moments)


def in_bands(columns: npt.NDArray[np.floating], features: FeatureSettings) -> Floats:
    """Return columns with mel bands in dB in place of the MFCCs, shape (..., width)."""
    mfcc = features.n_mfcc
    bands = columns[..., :mfcc] @ dct_matrix(features.n_mels, mfcc).T
    return np.concatenate([bands, columns[..., mfcc:]], axis=-1, dtype=np.float32)


def windows_of(track: Track, features: FeatureSettings) -> Windows:
    """Return the windows of one recording.

    Parameters
    ----------
    track : Track
    features : FeatureSettings
    """
    spans, pitch = len(track.mean), features.pitch_column
    own = track.filled(pitch)
    heard = np.concatenate([np.zeros((1, 2)), np.cumsum(track.count, axis=0, dtype=np.float64)])
    total = _cumulated(own * track.counts(pitch))
    block = BLOCK // SPAN
    ends = np.unique(np.append(np.arange(block, spans + 1, block), spans)).astype(int)
    recent = heard[ends, 0] - heard[np.maximum(0, ends - RECENT // SPAN), 0]
    ends = ends[(recent >= LEAST_SPEECH) & (ends > 0)]
    starts = np.maximum(0, ends - WINDOW // SPAN)
    spoken = (track.count[:, 0] > 0)[:, np.newaxis].astype(np.float64)
    x = in_bands(own, features).astype(np.float64) * spoken
    both = spoken[1:] * spoken[:-1]
    moved = np.square(x[1:] - x[:-1]) * both

    def within(values: Doubles, first: npt.NDArray[np.int64]) -> Doubles:
        sums = _cumulated(values)
        return np.asarray(sums[ends] - sums[first])

    count = np.maximum(within(spoken, starts), 1.0)
    mean = within(x, starts) / count
    variance = np.maximum(within(np.square(x), starts) / count - np.square(mean), 0.0)
    after = np.minimum(starts + 1, ends)
    nothing = np.zeros((1, x.shape[1]))
    moved, both = np.concatenate([nothing, moved]), np.concatenate([np.zeros((1, 1)), both])
    movement = within(moved, after) / np.maximum(within(both, after), 1.0)
    moments = np.concatenate([mean, np.sqrt(variance), np.sqrt(movement)], axis=1)
    return Windows(
        moments.astype(np.float16),
        total[ends].astype(np.float32),
        heard[ends].astype(np.float32),
        np.asarray(heard[ends, 0] - heard[starts, 0], np.float32),
    )


def _cumulated(values: npt.NDArray[np.floating]) -> Doubles:
    nothing = np.zeros((1, values.shape[1]))
    return np.concatenate([nothing, np.cumsum(values, axis=0, dtype=np.float64)])
