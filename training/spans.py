"""Spans: frames of a store averaged, a few at a time, as `training.ensemble.serving_network` does.

What an encoder holds lasts, and a network that hears its states has no use for a hundred of them a
second (EXPERIMENTS.md). Other throats, microphones and the speaker's mean are linear in the
columns, so that training may as well do it all to their averages.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Bools = npt.NDArray[np.bool_]

SPAN = 5
"""Frames: 50 ms, a good part of a syllable."""


def averaged(
    columns: npt.NDArray[np.float16], speech: Bools, *, span: int = SPAN
) -> tuple[npt.NDArray[np.float16], Bools]:
    """Return the spans of a clip's columns, and which of them hold any speech.

    A column's average is that of what is there: of frames with speech, the pitch's of voiced ones;
    where nothing is, it is not a number. A last span may have fewer frames.

    Parameters
    ----------
    columns : ndarray, shape (frames, columns)
    speech : ndarray of bool, shape (frames,)

    Returns
    -------
    ndarray of float16, shape (spans, columns), and ndarray of bool, shape (spans,)
    """
    missing = -len(columns) % span
    padded = np.pad(columns.astype(np.float32), ((0, missing), (0, 0)))
    spoken = np.pad(speech, (0, missing)).reshape(-1, span)
    several = padded.reshape(len(spoken), span, columns.shape[1])
    there = np.isfinite(several) & spoken[:, :, np.newaxis]
    count = there.sum(axis=1)
    total = np.where(there, several, 0.0).sum(axis=1)
    mean = np.divide(total, count, out=np.full_like(total, np.nan), where=count > 0)
    return mean.astype(np.float16), np.asarray(spoken.any(axis=1), np.bool_)
