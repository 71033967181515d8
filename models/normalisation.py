"""A voice is judged against itself: the running mean of the speaker's own frames.

What a microphone, a room and a throat add to every column of a person's frames (the MFCCs, pitch
and voicing) is a constant; what an emotion does is a departure from it. The mean is estimated by
empirical Bayes (Efron & Morris 1973): the training speakers' mean and the speaker's own, weighted
by how much speech has been heard::

    mean = (strength * prior + sum of speech frames) / (strength + number of speech frames)

A frame counts for what is known of it: for the pitch, voiced frames alone do. With nothing heard
the mean is the prior ("cold"), with every frame it moves ("warming"), and after ten seconds of
ordinary speech it is nearly the speaker's own ("calibrated"). `strength` is a count of frames for
each column: small where speakers and microphones differ much and a few frames say more than the
prior (level, spectral tilt).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from models.features import Floats

LEVEL_COLUMN = 0
"""The first MFCC follows the recording's gain. The prior says nothing about that gain, so it has no
weight in this column once any speech has been heard."""

CONTEXT = 2
"""Numbers that tell the network how much of the speaker is known, and whether it was neutral."""

FADING = 1500.0
"""Frames with speech after which half of the speaker's departure from the prior is hidden from the
network. It tells a stranger's voice from the average voice; of a voice that is known well, only the
window's departure from the voice's own mean matters."""

LEAST = 1e-4
"""Probabilities come rounded to four digits; a logarithm needs something."""


@dataclass(frozen=True)
class Normalisation:
    """The training speakers' statistics.

    Attributes
    ----------
    mean, scale, strength : ndarray, shape (columns,)
        Prior mean of a speaker, standard deviation of a speaker's frames, and the weight of the
        prior in frames.
    """

    mean: Floats
    scale: Floats
    strength: Floats

    def to_json(self) -> dict[str, Any]:
        """Return the statistics as lists of numbers."""
        return {
            key: [round(float(value), 6) for value in getattr(self, key)]
            for key in ("mean", "scale", "strength")
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Normalisation:
        """Return the statistics that `to_json` wrote.

        Raises
        ------
        KeyError, TypeError, ValueError
            `data` is something else.
        """
        return cls(*(np.array(data[key], np.float32) for key in ("mean", "scale", "strength")))

    def relative(self, columns: npt.NDArray[np.floating], mean: Floats) -> Floats:
        """Return frames less a mean, in training standard deviations; NaN becomes 0."""
        normalised = np.asarray((columns - mean) / self.scale, np.float32)
        normalised[np.isnan(normalised)] = 0.0
        return normalised


def estimate(
    prior: Normalisation,
    total: npt.NDArray[np.floating],
    counts: npt.NDArray[np.number],
    neutral: npt.NDArray[np.bool_] | bool,
) -> tuple[Floats, Floats]:
    """Return the means of speakers, and what is known of each as the network takes it.

    Parameters
    ----------
    prior : Normalisation
    total, counts : ndarray, shape (..., columns)
        Sums of the columns of each speaker's frames with speech, and the numbers of frames.
    neutral : ndarray of bool, shape (...)
        Whether all of that speech was neutral.

    Returns
    -------
    ndarray, shape (..., columns)
        The means: prior and speech, weighted by strength and number of frames. The level has no
        prior once there is any speech.
    ndarray, shape (..., columns + CONTEXT)
        Each mean's departure from the prior in training standard deviations, less the more speech
        is known (`FADING`), without the level; the logarithm of the number of frames; and 1 where
        the speech was neutral, else 0.
    """
    frames = counts[..., LEVEL_COLUMN]
    mean = np.asarray((prior.strength * prior.mean + total) / (prior.strength + counts), np.float32)
    mean[..., LEVEL_COLUMN] = np.where(
        frames > 0, total[..., LEVEL_COLUMN] / np.maximum(frames, 1), prior.mean[LEVEL_COLUMN]
    )
    columns = mean.shape[-1]
    known = np.empty((*mean.shape[:-1], columns + CONTEXT), np.float32)
    known[..., :columns] = (mean - prior.mean) / prior.scale
    known[..., :columns] *= (FADING / (FADING + frames))[..., np.newaxis]
    known[..., LEVEL_COLUMN] = 0.0
    known[..., columns] = np.log1p(frames / 100)
    known[..., columns + 1] = neutral
    return mean, known
