"""Spans: a few frames averaged, for networks that need no hundred of them a second.

What an encoder holds lasts (`models.encoder`), and a network that hears its states judges spans. A
speaker's mean and deviations are linear in the columns: it is all the same whether frames are
normalised or their averages, and what is averaged once, when it is heard, need not be averaged in
every window that it is part of.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.features import Floats

Bools = npt.NDArray[np.bool_]

SPAN = 5
"""Frames: 50 ms, a good part of a syllable."""


@dataclass(frozen=True)
class Spans:
    """Sums of consecutive frames.

    Attributes
    ----------
    total : ndarray of float32, shape (spans, columns)
        Of what is there: of frames with speech, the pitch's of voiced ones.
    count : ndarray of float32, shape (spans, columns)
        Number of the frames that each sum is of.
    spoken : ndarray of bool, shape (spans,)
        Whether a span holds any speech.
    """

    total: Floats
    count: Floats
    spoken: Bools

    @property
    def mean(self) -> Floats:
        """The average of what is there, shape (spans, columns); NaN where nothing is."""
        with np.errstate(invalid="ignore"):  # none of none
            return np.asarray(self.total / self.count, np.float32)


def summed(columns: npt.NDArray[np.floating], speech: Bools, *, span: int = SPAN) -> Spans:
    """Return the sums of each `span` frames; a last span may have fewer.

    Parameters
    ----------
    columns : ndarray, shape (frames, columns)
        What is not a finite number is not there.
    speech : ndarray of bool, shape (frames,)
    span : int
        Frames that are added.
    """
    missing = -len(columns) % span
    if missing:
        columns = np.pad(columns, ((0, missing), (0, 0)))
        speech = np.pad(speech, (0, missing))
    spoken = speech.reshape(-1, span)
    several = columns.reshape(len(spoken), span, columns.shape[1]).astype(np.float32)
    there = np.isfinite(several)
    np.copyto(several, 0.0, where=~there)
    # A small product a span, so that a span's sums do not depend on those beside it; sums with
    # `where` take twice as long.
    weight = spoken[:, np.newaxis].astype(np.float32)
    total, count = weight @ several, weight @ there.astype(np.float32)
    return Spans(total[:, 0], count[:, 0], np.asarray(spoken.any(axis=1), np.bool_))


def averaged(
    columns: npt.NDArray[np.floating], speech: Bools, *, span: int = SPAN
) -> tuple[Floats, Bools]:
    """Return the average of each `span` frames, and which spans hold any speech.

    Parameters, and what is averaged, are those of `summed`.

    Returns
    -------
    ndarray of float32, shape (spans, columns), and ndarray of bool, shape (spans,)
    """
    spans = summed(columns, speech, span=span)
    return spans.mean, spans.spoken
