"""A voice is judged against itself: the running mean of the speaker's own frames.

What a microphone, a room and a throat add to every MFCC of a person is a constant; what an emotion
does is a departure from it. The mean is estimated by empirical Bayes (Efron & Morris 1973): the
training speakers' mean and the speaker's own, weighted by how much speech has been heard::

    mean = (strength * prior + sum of speech frames) / (strength + number of speech frames)

With nothing heard it is the prior ("cold"), with every frame it moves ("warming"), and after ten
seconds of ordinary speech it is nearly the speaker's own ("calibrated"). `strength` is a count of
frames for each coefficient: small where speakers and microphones differ much and a few frames say
more than the prior (level, spectral tilt).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from models.features import Floats


@dataclass(frozen=True)
class Normalisation:
    """The training speakers' statistics.

    Attributes
    ----------
    mean, scale, strength : ndarray, shape (n_mfcc,)
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

    def apply(self, mfcc: npt.NDArray[np.floating], speaker: Speaker) -> Floats:
        """Return MFCCs less the speaker's mean, in training standard deviations.

        Parameters and result have the shape (frames, n_mfcc).
        """
        return np.asarray((mfcc - speaker.mean(self)) / self.scale, np.float32)


@dataclass(frozen=True)
class Speaker:
    """What has been heard of one voice. Immutable: adding frames gives a new one.

    Attributes
    ----------
    total : ndarray, shape (n_mfcc,), float64
        Sum of the speech frames' MFCCs.
    count : int
        Number of those frames.
    """

    total: Any = field(default_factory=lambda: np.zeros(1))
    count: int = 0

    def hear(self, mfcc: npt.NDArray[np.floating]) -> Speaker:
        """Return the speaker after more speech frames, shape (frames, n_mfcc)."""
        return replace(
            self,
            total=self.total + mfcc.sum(axis=0, dtype=np.float64),
            count=self.count + len(mfcc),
        )

    def mean(self, prior: Normalisation) -> Floats:
        """Return the estimate of the speaker's mean, shape (n_mfcc,)."""
        weighted = prior.strength * prior.mean + self.total
        return np.asarray(weighted / (prior.strength + self.count), np.float32)
