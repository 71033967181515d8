"""Speech level of a stream: a slow, causal gain in front of the encoder.

A gain of g dB adds g to every mel band in dB, so it adds `sqrt(n_mels) * g` to the first MFCC and
changes no other (the DCT is orthonormal). `Level` measures the mean power of the stream's speech so
far and gives the gain to `REFERENCE_DB`. Loudness changes within a stream remain; the loudness of
the recording does not.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

REFERENCE_DB = -20.0
"""Level of speech to which the encoder hears every recording, on the scale of `Frames.level`.

The mean power of speech is -27 to -9 dB in eight corpora. The mean UAR of version 1.4.0 over them
was 0.628 with -20 dB, 0.626 with -14 dB and 0.616 with -8 dB.
"""

MOST_DB = 50.0
"""Bound of the gain. Speech that is softer or louder keeps the rest of the difference."""

ABOVE_MEL_DB = 28.0
"""Mean power of speech above its mean mel band in dB, in the training corpora."""

MEMORY = 1000
"""Speech frames that the estimate remembers (10 s). More frames make it slower."""


class Level:
    """Mean power of the speech of one stream.

    Parameters
    ----------
    mel_db : float
        Mean over earlier speech of the mel bands in dB. A known speaker thus has one gain in all
        recordings, which keeps the loudness of each recording.
    count : int
        Frames of that speech.
    """

    def __init__(self, mel_db: float = 0.0, count: int = 0) -> None:
        self._count = min(count, MEMORY)
        self._power = self._count * 10 ** ((mel_db + ABOVE_MEL_DB) / 10)

    @property
    def gain_db(self) -> float:
        """Gain to the reference level in dB; 0 before the first speech."""
        if not self._count:
            return 0.0
        level_db = 10 * math.log10(self._power / self._count)
        return min(max(REFERENCE_DB - level_db, -MOST_DB), MOST_DB)

    def add(self, level: Floats) -> None:
        """Add the level of speech frames in dB, shape (frames,)."""
        self._power += float(np.power(10.0, level.astype(np.float64) / 10).sum())
        self._count += len(level)
        if self._count > MEMORY:
            self._power *= MEMORY / self._count
            self._count = MEMORY

    def normalise(self, mfcc: Floats, *, n_mels: int) -> Floats:
        """Return MFCCs at the reference level, shape (frames, n_mfcc).

        Parameters
        ----------
        mfcc : ndarray of float32, shape (frames, n_mfcc)
        n_mels : int
            Mel bands that the MFCCs were computed from.
        """
        normalised = mfcc.copy()
        normalised[:, 0] += np.float32(math.sqrt(n_mels) * self.gain_db)
        return normalised
