"""Pitch and voicing of frames, from the power spectrum that the MFCCs are made of.

A voiced frame repeats itself after one period, so its autocorrelation has a peak there, as high as
it is periodic (Boersma 1993, "Accurate short-term analysis of the fundamental frequency and the
harmonics-to-noise ratio of a sampled sound")::

    autocorrelation = inverse Fourier transform of (power * weight)
    r(lag) = autocorrelation(lag) / autocorrelation(0) / (the same of the Hann window)
    best = the lag of the highest r(lag) - OCTAVE_COST * log2(lag / shortest lag)
    pitch = log2(sample rate / best / 100 Hz), best interpolated by a parabola
    voicing = r(best), between 0 and 1

Periods are found, not partials: a telephone's voice, which has lost its lowest ones, keeps its
pitch.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

LOWEST_HZ, HIGHEST_HZ = 80.0, 500.0
BAND_HZ = (60.0, 2500.0)  # above it, breath and hiss
SLOPE_HZ = 1000.0  # the weight falls by 6 dB an octave from here: one formant shall not decide
REFERENCE_HZ = 100.0  # the pitch is 0 there
OCTAVE_COST = 0.03  # two periods match as well as one
LEAST_VOICING = 0.5  # a frame with less has no pitch
_LEAST_POWER = 1e-12  # digital silence has an autocorrelation of 0
_LEAST_CURVE = 1e-6


class PitchFinder:
    """Finds the pitch of blocks of frames. Stateless once made; shared between streams.

    Parameters
    ----------
    sample_rate : int
        In Hz.
    window : ndarray, shape (n_fft,)
        What the frames were multiplied by before their spectrum was taken.

    Attributes
    ----------
    matrix : ndarray of float32, shape (bins, 1 + lags + 2)
        Power spectrum to r(lag) times r(0): of lag 0, then of the lags of all pitches and one more
        at either end.
    """

    def __init__(self, *, sample_rate: int, window: npt.NDArray[np.floating]) -> None:
        n_fft = len(window)
        hz = np.arange(n_fft // 2 + 1) * sample_rate / n_fft
        bins = np.flatnonzero((hz >= BAND_HZ[0]) & (hz <= BAND_HZ[1]))
        self._bins = slice(int(bins[0]), int(bins[-1]) + 1)
        self._lags = np.arange(
            round(sample_rate / HIGHEST_HZ), round(sample_rate / LOWEST_HZ) + 1, dtype=np.float32
        )
        # The few lags and bins that count make a product cheaper than the transform, and what the
        # window alone does to each lag is part of it.
        lags = np.concatenate([[0], np.arange(self._lags[0] - 1, self._lags[-1] + 2)])
        weight = 1 / (1 + (hz[bins] / SLOPE_HZ) ** 2)
        matrix = weight[:, None] * np.cos(2 * np.pi * np.outer(bins, lags) / n_fft) * 2 / n_fft
        matrix /= _repetition(np.asarray(window, np.float64))[lags.astype(int)]
        self.matrix = matrix.astype(np.float32)
        self._cost = (OCTAVE_COST * np.log2(self._lags / self._lags[0])).astype(np.float32)
        self._octaves = float(np.log2(sample_rate / REFERENCE_HZ))

    def block(self, power: npt.NDArray[np.floating]) -> npt.NDArray[np.float32]:
        """Return the pitch and the voicing of a block of frames.

        Equal blocks give equal results bit for bit; blocks of another length, a rounding error off.

        Parameters
        ----------
        power : ndarray of float32, shape (frames, n_fft // 2 + 1)
            Power spectra.

        Returns
        -------
        ndarray of float32, shape (frames, 2)
            Octaves above 100 Hz, NaN where the voicing is at most `LEAST_VOICING`; and the voicing,
            from 0 (noise) to 1 (periodic).
        """
        repetition = power[:, self._bins] @ self.matrix
        repetition /= np.maximum(repetition[:, :1], _LEAST_POWER)
        best = (repetition[:, 2:-1] - self._cost).argmax(axis=1)
        # The best lag of each frame and its two neighbours. Flat indices, ufuncs and `copyto` give
        # the same bits as take_along_axis, clip and a mask do, for a third of the time.
        width = repetition.shape[1]
        place = np.arange(1, repetition.size, width) + best
        flat = repetition.ravel()
        before, peak, after = flat.take(place), flat.take(place + 1), flat.take(place + 2)
        curve = np.minimum(before - 2 * peak + after, -_LEAST_CURVE)
        offset = np.minimum(np.maximum(0.5 * (before - after) / curve, -0.5), 0.5)
        found = np.empty((len(power), 2), np.float32)
        pitch, voicing = found.T
        np.subtract(self._octaves, np.log2(self._lags.take(best) + offset), out=pitch)
        np.minimum(np.maximum(peak, 0.0), 1.0, out=voicing)
        np.copyto(pitch, np.nan, where=voicing <= LEAST_VOICING)
        return found


def _repetition(window: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the window's circular autocorrelation, shape (n_fft,), 1 at lag 0.

    The power spectrum of a frame, as it is not padded, gives a circular autocorrelation: the
    linear one, and what of it comes round from the other end.
    """
    n_fft = len(window)
    linear = np.fft.irfft(np.abs(np.fft.rfft(window, 2 * n_fft)) ** 2)[:n_fft]
    linear[1:] += linear[1:][::-1].copy()
    return np.asarray(linear / linear[0])
