"""Any sampling rate to 16 kHz, as a stream whose result does not depend on how it was cut."""

from __future__ import annotations

import numpy as np
import soxr
from numpy.typing import NDArray

from webapp.audio.errors import undecodable

SAMPLE_RATE = 16_000
MIN_RATE, MAX_RATE = 4_000, 768_000

Samples = NDArray[np.float32]
NO_SAMPLES: Samples = np.zeros(0, np.float32)
NO_SAMPLES.setflags(write=False)

_SILENCE = 1e-6
"""-120 dBFS, 30 dB below the last bit of 16: decoders return such values for digital silence."""


def is_silent(samples: Samples) -> bool:
    """Return whether no sample exceeds -120 dBFS, as in a track that records nothing."""
    return not samples.size or float(np.abs(samples).max()) < _SILENCE


class Resampler:
    """Mono float32 at `rate` becomes mono float32 at 16 kHz.

    soxr's output depends in its last bits, and in when it comes, on the blocks that it is given; so
    the input is first put into blocks of 20 ms. At 16 kHz the samples pass through untouched.
    soxr's "HQ" holds back 10-30 ms.

    Parameters
    ----------
    rate
        Sampling rate of the input, Hz.

    Raises
    ------
    AudioError
        ``undecodable`` for a rate outside 4 to 768 kHz.
    """

    def __init__(self, rate: int) -> None:
        if not MIN_RATE <= rate <= MAX_RATE:
            raise undecodable(f"A sampling rate of {rate} Hz is not read.")
        self.rate = rate
        self._block = rate // 50
        self._rest = NO_SAMPLES
        self._soxr = (
            None
            if rate == SAMPLE_RATE
            else soxr.ResampleStream(rate, SAMPLE_RATE, 1, dtype="float32", quality="HQ")
        )

    def push(self, samples: Samples) -> Samples:
        """Resample the next samples, shape (n,); the result may be empty."""
        if self._soxr is None:
            return samples
        if self._rest.size:
            samples = np.concatenate((self._rest, samples))
        whole = samples.size - samples.size % self._block
        out = [
            self._soxr.resample_chunk(samples[start : start + self._block])
            for start in range(0, whole, self._block)
        ]
        self._rest = samples[whole:].copy()
        return np.concatenate(out) if out else NO_SAMPLES

    def flush(self) -> Samples:
        """End the stream: the samples that were held back."""
        if self._soxr is None:
            return NO_SAMPLES
        tail: Samples = self._soxr.resample_chunk(self._rest, last=True)
        self._rest = NO_SAMPLES
        return tail


class FollowingResampler:
    """A `Resampler` for sound whose rate is known only once it is decoded, and might change."""

    def __init__(self) -> None:
        self._resampler: Resampler | None = None

    @property
    def rate(self) -> int | None:
        """Rate of the last samples, Hz; None before the first."""
        return None if self._resampler is None else self._resampler.rate

    def push(self, samples: Samples, *, rate: int) -> Samples:
        """Resample the next samples, shape (n,), which are at `rate` Hz."""
        tail = NO_SAMPLES
        if self._resampler is None or self._resampler.rate != rate:
            tail = self.flush()
            self._resampler = Resampler(rate)
        out = self._resampler.push(samples)
        return np.concatenate((tail, out)) if tail.size else out

    def flush(self) -> Samples:
        """End the stream: the samples that were held back."""
        return NO_SAMPLES if self._resampler is None else self._resampler.flush()
