"""An encoder's steps: 20 ms each, twelve in a block of frames, whose last, odd frame it leaves out.

Longer steps are cheaper, but a pupil learns much less of its teacher at 50 ms (EXPERIMENTS.md).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from models.features import BLOCK, Floats

STEP = 2
"""Frames that an encoder hears at a time."""

STEPS = BLOCK // STEP
"""Steps in a block."""

_FRAMES = np.array([STEP] * (STEPS - 1) + [BLOCK - STEP * (STEPS - 1)])


def steps_of(columns: Floats) -> Floats:
    """Return what is heard at each step, shape (..., blocks * STEPS, STEP * width).

    Parameters
    ----------
    columns : ndarray, shape (..., frames, width)
        Whole blocks; what is left of a last one is not heard.
    """
    *several, frames, width = columns.shape
    blocks = frames // BLOCK
    whole = columns[..., : blocks * BLOCK, :].reshape(*several, blocks, BLOCK, width)
    heard = whole[..., : STEPS * STEP, :]
    return np.ascontiguousarray(heard).reshape(*several, blocks * STEPS, STEP * width)


def ends_of(frames: int) -> npt.NDArray[np.int64]:
    """Return the last frame of each step that ends within so many frames."""
    step = np.arange(-(-frames // BLOCK) * STEPS)
    ends = BLOCK * (step // STEPS) + STEP * (step % STEPS) + STEP - 1
    return ends[ends < frames]


def by_frame(said: Floats) -> Floats:
    """Return the states of a block's frames, shape (BLOCK, states), from those of its steps."""
    return np.repeat(said, _FRAMES, axis=0)
