"""Origin of the frame grid: where speech begins, whatever comes before it.

The encoder's steps, the spans and the windows lie on a grid of 0.25 s. The same speech on another
phase of the grid gives other probabilities. `grid_origin` therefore fixes the grid to an event in
the sound itself: the steepest rise of the level near the beginning of the speech. Silence in front
of the speech, a codec's delay and a gain move the event and the grid together.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

BELOW_LOUDEST_DB = 20.0
"""Speech begins with the first frame whose level is within this of the loudest frame."""

BEFORE, AFTER = 1600, 4800
"""Samples before and after that frame in which the rise is searched: 0.1 s and 0.3 s."""

LEAD = 800
"""Samples of grid before that frame, at least: 0.05 s."""

_SPAN = 320  # samples whose energies are compared: 20 ms, two periods of a low voice
_LEAST_SHARE = 0.1  # of the loudest span: rises between softer spans do not count


def grid_origin(samples: Floats, level: Floats, *, first: int, hop: int, period: int) -> int:
    """Return the sample at which the grid begins; negative where it begins before `samples`.

    Parameters
    ----------
    samples : ndarray, shape (n,)
    level : ndarray, shape (frames,)
        Level in dB of consecutive frames that hold the beginning of speech.
    first : int
        Sample at which the first of these frames begins.
    hop : int
        Samples between two frames.
    period : int
        Period of the grid in samples.
    """
    smooth = np.convolve(np.pad(level, 1, mode="edge"), np.full(3, 1 / 3), "valid")
    begin = first + hop * int(np.argmax(smooth > smooth.max() - BELOW_LOUDEST_DB))
    low, high = max(0, begin - BEFORE), min(len(samples), begin + AFTER)
    near = np.zeros(_SPAN + high - low + _SPAN)
    available = samples[max(0, low - _SPAN) : high + _SPAN]
    at = _SPAN - (low - max(0, low - _SPAN))
    near[at : at + len(available)] = np.diff(available, prepend=available[:1])
    energy = np.concatenate([[0.0], np.cumsum(near * near)])
    spans = energy[_SPAN:] - energy[:-_SPAN]
    earlier, later = spans[:-_SPAN], spans[_SPAN:]
    least = _LEAST_SHARE * later.max() + 1e-12
    event = low + int(np.argmax((later + least) / (earlier + least)))
    return event - period * -(-(event - begin + LEAD) // period)
