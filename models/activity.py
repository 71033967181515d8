"""Voice activity: which frames hold speech.

A frame is active when its level stands well above a noise floor. The floor falls at once with the
level and rises slowly (a simple minimum follower after Martin, "Noise power spectral density
estimation based on optimal smoothing and minimum statistics", 2001)::

    floor[t] = min(level[t], floor[t - 1] + RISE)
    active[t] = level[t] > max(floor[t] + MARGIN, LOWEST)
    speech[t] = active in any of the last HANGOVER frames
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from models.features import Floats

MARGIN_DB = 9.0
RISE_DB = 0.04  # a frame: 4 dB a second, so that a new, louder room is learnt within seconds
LOWEST_DB = -62.0  # below it nothing is speech, however quiet the room
HANGOVER = 20  # frames: 0.2 s bridges the closures between syllables
NO_SIGNAL_DB = -95.0  # no microphone is so quiet
LEARNING = 100  # frames: in a second, speech falls towards its room at least once
_SMOOTHING = 5  # frames


class VoiceActivity:
    """Follows the noise floor of one stream; equal whatever blocks the frames come in."""

    def __init__(self) -> None:
        self._recent = np.zeros(0, np.float64)
        self._floor = np.inf
        self._unheard = 0  # frames after digital silence until the floor is trusted again
        self._quietest = np.inf
        self._since_active = HANGOVER

    def push(self, level: Floats) -> npt.NDArray[np.bool_]:
        """Return which of the next frames hold speech.

        Parameters
        ----------
        level : ndarray, shape (frames,)
            Level of each frame in dB.

        Returns
        -------
        ndarray of bool, shape (frames,)
        """
        count = len(level)
        if not count:
            return np.zeros(0, np.bool_)
        smooth = self._smooth(level)
        floor = self._follow(level.tolist(), smooth.tolist())
        active = smooth > np.maximum(np.array(floor) + MARGIN_DB, LOWEST_DB)
        index = np.arange(count)
        last = np.maximum.accumulate(np.where(active, index, -1 - self._since_active))
        since = index - last
        self._since_active = int(min(since[-1], HANGOVER))
        return np.asarray(since < HANGOVER)

    def _follow(self, level: list[float], smooth: list[float]) -> list[float]:
        """Return the noise floor at each frame.

        Digital silence (a microphone that is opening, an edited file) is no room: the floor that
        it left is trusted no longer than it takes to hear the room.
        """
        floors = []
        for now, mean in zip(level, smooth, strict=True):
            self._floor = min(mean, self._floor + RISE_DB)
            if now < NO_SIGNAL_DB:
                self._unheard, self._quietest = LEARNING, np.inf
            elif self._unheard:
                self._unheard -= 1
                # The first means still hold frames of digital silence.
                if self._unheard < LEARNING - _SMOOTHING:
                    self._quietest = min(self._quietest, mean)
                if not self._unheard:
                    self._floor = max(self._floor, self._quietest)
            floors.append(self._floor)
        return floors

    def _smooth(self, level: Floats) -> npt.NDArray[np.float64]:
        """Return the mean of each frame and the four before it; the first repeats at the start."""
        history = (
            self._recent if len(self._recent) else np.full(_SMOOTHING - 1, level[0], np.float64)
        )
        joined = np.concatenate([history, level])
        self._recent = joined[-(_SMOOTHING - 1) :]
        # Shifted sums in a fixed order: the rounding does not depend on how the frames were cut.
        total = np.zeros(len(level))
        for shift in range(_SMOOTHING):
            total += joined[shift : shift + len(level)]
        return total / _SMOOTHING
