"""Spans: a few frames averaged, for networks that need no hundred of them a second.

What an encoder holds lasts (`models.encoder`), and a network that hears its states judges spans. A
speaker's mean and deviations are linear in the columns: it is all the same whether frames are
normalised or their averages, and what is averaged once, when it is heard, need not be averaged in
every window that it is part of.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from models.features import Floats

Bools = npt.NDArray[np.bool_]

SPAN = 5
"""Frames: 50 ms, a good part of a syllable."""


def averaged(
    columns: npt.NDArray[np.floating], speech: Bools, *, span: int = SPAN
) -> tuple[Floats, Bools]:
    """Return the spans of consecutive frames, and which of them hold any speech.

    A column's average is that of what is there: of frames with speech, the pitch's of voiced ones;
    where nothing is, it is not a number. A last span may have fewer frames.

    Parameters
    ----------
    columns : ndarray, shape (frames, columns)
    speech : ndarray of bool, shape (frames,)
    span : int
        Frames that are averaged.

    Returns
    -------
    ndarray of float32, shape (spans, columns), and ndarray of bool, shape (spans,)
    """
    missing = -len(columns) % span
    if missing:
        columns = np.pad(columns, ((0, missing), (0, 0)))
        speech = np.pad(speech, (0, missing))
    spoken = speech.reshape(-1, span)
    several = columns.reshape(len(spoken), span, columns.shape[1])
    there = np.isfinite(several) & spoken[:, :, np.newaxis]
    count = there.sum(axis=1)
    total = several.sum(axis=1, dtype=np.float32, where=there)
    mean = np.divide(total, count, out=np.full_like(total, np.nan), where=count > 0)
    return mean, np.asarray(spoken.any(axis=1), np.bool_)
