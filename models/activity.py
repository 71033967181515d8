"""Voice activity: which frames hold speech.

A frame is active when its level stands well above a noise floor and not too far below the loudest
speech. The floor falls at once with the level and rises slowly (a simple minimum follower after
Martin, "Noise power spectral density estimation based on optimal smoothing and minimum statistics",
2001)::

    floor[t] = min(level[t], floor[t - 1] + RISE)
    peak[t] = max(level[t], peak[t - 1] - RISE)
    active[t] = level[t] > max(floor[t] + MARGIN, peak[t] - RANGE, LOWEST)
    speech[t] = active in any of the last HANGOVER frames

All but `LOWEST` is relative, so a gain changes nothing.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

MARGIN_DB = 9.0
RISE_DB = 0.04  # a frame: 4 dB a second, so that a new, louder room is learnt within seconds
RANGE_DB = 58.0  # softer sounds, this far below the loudest speech, are the room's
GATE_DB = 40.0  # digital silence proves that the room is at least this far below the speech
LOWEST_DB = -85.0  # below it nothing is speech: the rounding of 16 bits reaches -93 dB
HANGOVER = 20  # frames: 0.2 s bridges the closures between syllables
NO_SIGNAL_DB = -99.9  # digital silence has -100 dB
_SMOOTHING = 5  # frames
_EDGE = 4  # frames (of 32 ms each 10 ms) that digital silence and a sound may share
_SKIPPED = _EDGE + _SMOOTHING - 1  # frames after silence, or a codec's delay, without a true level


class VoiceActivity:
    """Follows the noise floor of one stream; equal whatever blocks the frames come in."""

    def __init__(self) -> None:
        self._recent = np.zeros(0, np.float64)  # levels of the last frames with a signal
        self._floors = [math.inf] * (_EDGE + 1)  # of the last frames
        self._edge = _SKIPPED  # frames left that the floor skips
        self._peak = NO_SIGNAL_DB  # level of the loudest speech; falls slowly
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
        sounds = level >= NO_SIGNAL_DB
        if sounds.all():
            smooth = self._smooth(level)
        else:
            smooth = np.full(count, NO_SIGNAL_DB)
            if sounds.any():
                smooth[sounds] = self._smooth(level[sounds])
        active = self._follow(smooth.tolist(), sounds.tolist())
        index = np.arange(count)
        last = np.maximum.accumulate(np.where(active, index, -1 - self._since_active))
        since = index - last
        self._since_active = int(min(since[-1], HANGOVER))
        return np.asarray(since < HANGOVER)

    def lower(self, softest_db: float) -> None:
        """Lower the noise floor so that a level of `softest_db` and all above it is speech."""
        floor = min(self._floors[-1], softest_db - MARGIN_DB)
        self._floors = [floor] * len(self._floors)

    def rewind(self) -> None:
        """Prepare for frames that overlap the last ones; the noise floor remains."""
        self._recent = np.zeros(0, np.float64)
        self._edge, self._since_active = 0, HANGOVER

    def _follow(self, smooth: list[float], sounds: list[bool]) -> npt.NDArray[np.bool_]:
        """Return which frames are active.

        Digital silence (a microphone that opens, an edited file) is no room, and the frames beside
        it overlap it and are too soft: the floor skips all of these.
        """
        active, floors = [], list(self._floors)
        floor, peak, edge = floors[-1], self._peak, self._edge
        for mean, sounding in zip(smooth, sounds, strict=True):
            peak = mean if mean > peak - RISE_DB else peak - RISE_DB
            if not sounding:
                edge = _SKIPPED
                floor = floors[-1 - _EDGE]
                if peak > LOWEST_DB:
                    floor = min(floor, peak - GATE_DB)
                floors += [floor] * _EDGE
            elif edge:
                edge -= 1
            else:
                floor = mean if mean < floor + RISE_DB else floor + RISE_DB
            floors.append(floor)
            active.append(
                sounding
                and mean > floor + MARGIN_DB
                and mean > peak - RANGE_DB
                and mean > LOWEST_DB
            )
        self._floors, self._peak, self._edge = floors[-1 - _EDGE :], peak, edge
        return np.array(active, np.bool_)

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
