"""Several channels to one: the mean, the loudest channel, or the sum of the channels that speak.

The mean of all channels fails for common recordings: channels of opposite polarity cancel, two
microphones at different distances form a comb filter, and five silent channels of 5.1 take 15.6 dB
from a voice in the centre.
"""

from __future__ import annotations

import math

import numpy as np

from webapp.audio.resample import NO_SAMPLES, Samples

FRAME_S = 0.02
"""Length of one analysis frame; the choice can change once per frame."""

OPENING_S = 0.5
"""Sound at the beginning that is held back until the first choice; nothing is held back later."""

OPENING_VOICE = 0.1
"""Share of the opening's energy above the noise floor that counts as speech."""

DEAD = 1e-5
"""A channel whose noise is below this share of the loudest channel's is not connected (-50 dB)."""

MEAN_LOSS = 10 ** (-0.7 / 10)
"""Share of the loudest channel's energy (-0.7 dB) below which the mean is left."""

MEAN_RETURN = 10 ** (-0.5 / 10)
"""The mean is chosen again above this share; the difference prevents flicker."""

LOUDER = 10 ** (1.5 / 10)
"""Another channel becomes the loudest when its energy is higher by this factor (1.5 dB)."""

DOMINANT = 4.0
"""One channel speaks alone in a frame where its energy is this many times any other's (6 dB)."""

SPEAKER_SHARE = 0.005
"""A channel has a speaker of its own if its lone frames hold this share of the energy (-23 dB).

A second speaker of equal level is added within 0.1 s, one who is 13 dB softer within 0.7 s.
"""

MEMORY_S = 10.0
"""Time constant of the energies, in seconds of sound above the noise floor."""

FLOOR_BLOCK_S = 0.5
FLOOR_BLOCKS = 3
"""The noise floor is the least frame energy of the last three blocks of 0.5 s."""

FLOOR_FACTOR = 3.0
"""Steady noise has frames above its least one; energy below this multiple is taken for noise."""

SETTLED_S = 1.0
"""Sound above the noise floor, in seconds, after which a mean that was never left is final."""

_ANALYSIS_RATE = 8_000

Choice = tuple[int, ...]
"""The channels that are summed; empty for the mean of all."""


class Downmix:
    """Choose per recording how its channels become one.

    The choice follows the energy in the voice band (a boxcar decimation to about 8 kHz, then a
    first difference: about 0.5 to 4 kHz), less each channel's noise floor, with a memory of
    `MEMORY_S`:

    * the mean, while it loses at most 0.7 dB of the loudest channel's energy;
    * else the sum of the channels that dominate at different times (the two parties of a call);
    * else the loudest channel.

    The first choice follows from the first `OPENING_S`, which are held back for it; every later
    choice depends on the frames before it only, and nothing is held back. So a live stream and an
    uploaded file give the same samples. A change is cross-faded over one frame.

    Parameters
    ----------
    channels
        Channels of the input, at least 1.
    rate
        Sampling rate of the input, Hz.
    """

    def __init__(self, channels: int, *, rate: int) -> None:
        self.channels = channels
        self.rate = rate
        self._frame = max(1, round(rate * FRAME_S))
        self._factor = max(1, min(self._frame, round(rate / _ANALYSIS_RATE)))
        self._groups = self._frame // self._factor
        self._decay = math.exp(-FRAME_S / MEMORY_S)
        self._pending: Samples = np.zeros((0, channels), np.float32)  # of the unfinished frame
        self._last = np.zeros(channels + 1)  # last decimated samples, for the difference
        self._energy = [0.0] * (channels + 1)  # of each channel, then of the mean
        self._alone = [0.0] * channels  # energy of the frames in which one channel dominates
        self._floor = [0.0] * (channels + 1)
        self._least = [math.inf] * (channels + 1)  # of the block under way
        self._blocks: list[list[float]] = []  # least energies of the blocks before
        self._frames = 0
        self._loudest = 0
        self._choice: Choice = ()
        self._before: Choice = ()  # the choice of the previous frame
        self._opened = False
        self._opening: list[Samples] = []
        self._opening_frames = round(OPENING_S / FRAME_S)
        self._held = 0
        self._undisputed = 0  # frames above the noise floor that kept the mean

    @property
    def choice(self) -> Choice:
        """Channels that are summed now; empty for the mean of all."""
        return self._choice

    @property
    def settled(self) -> bool:
        """Return whether the mean lost no voice in the first `SETTLED_S` seconds of sound."""
        return self._undisputed * FRAME_S >= SETTLED_S

    def push(self, samples: Samples) -> Samples:
        """Mix the next samples.

        Parameters
        ----------
        samples
            float32, shape (n, channels).

        Returns
        -------
        numpy.ndarray
            float32, shape (n,). The result does not depend on how the samples were cut.
        """
        if self.channels == 1:
            return np.ascontiguousarray(samples[:, 0])
        if self._opened:
            return self._continue(samples)
        self._opening.append(samples.copy())
        self._held += len(samples)
        if self._held < self._opening_frames * self._frame:
            return NO_SAMPLES
        return self._open()

    def flush(self) -> Samples:
        """End the recording and return the samples that were held back."""
        return NO_SAMPLES if self._opened or not self._opening else self._open()

    def _open(self) -> Samples:
        """Make the first choice from the first `OPENING_S` of sound, and mix it."""
        samples = np.concatenate(self._opening)
        self._opening, self._opened = [], True
        count = min(len(samples) // self._frame, self._opening_frames)
        energies = self._measure(samples[: count * self._frame])
        if energies:
            self._floor = [FLOOR_FACTOR * min(column) for column in zip(*energies, strict=True)]
            for frame in energies:
                self._accumulate(frame)
            self._choose()
            sums = [sum(column) for column in zip(*energies, strict=True)]
            if max(self._energy) < OPENING_VOICE * max(sums):
                self._choose_noise(sums)
            self._before = self._choice
        head = samples[: count * self._frame]
        out = np.empty(len(head), np.float32)
        self._mix(head, out, at=0, choice=self._choice)
        return np.concatenate((out, self._continue(samples[len(head) :])))

    def _continue(self, samples: Samples) -> Samples:
        if not len(samples):
            return NO_SAMPLES
        begun = len(self._pending)
        joined = np.concatenate((self._pending, samples)) if begun else samples
        whole = len(joined) // self._frame
        energies = self._measure(joined[: whole * self._frame]) if whole else []
        out = np.empty(len(joined) - begun, np.float32)
        start = 0  # of the run of frames that share one choice
        for index in range(whole + 1):
            fading = self._choice != self._before
            end = min((index + 1) * self._frame, len(joined))
            if fading:
                self._fade(joined[index * self._frame : end], out, at=index * self._frame - begun)
                start = end
            if index == whole:
                break
            self._before = self._choice
            self._decide(energies[index])
            if self._choice != self._before:
                self._mix(joined[start:end], out, at=start - begun, choice=self._before)
                start = end
        self._mix(joined[start:], out, at=start - begun, choice=self._before)
        self._pending = joined[whole * self._frame :].copy()
        return out

    def _measure(self, samples: Samples) -> list[list[float]]:
        """Return the voice-band energy of each channel and of the mean, for each whole frame."""
        frames = samples.reshape(-1, self._frame, self.channels)
        used = frames[:, : self._groups * self._factor].reshape(-1, self._factor, self.channels)
        low = np.zeros((self.channels + 1, len(used) + 1))
        low[:, 0] = self._last
        for channel in range(self.channels):
            for offset in range(self._factor):
                low[channel, 1:] += used[:, offset, channel]
            low[self.channels, 1:] += low[channel, 1:] / self.channels
        self._last = low[:, -1].copy()
        bands = np.square(np.diff(low)).reshape(self.channels + 1, -1, self._groups)
        # Rounding hides that the order of a sum depends on how many frames are summed at once.
        energies: list[list[float]] = bands.sum(axis=2).astype(np.float32).T.tolist()
        return energies

    def _decide(self, energies: list[float]) -> None:
        """Update the energies by one frame and choose for the next."""
        if self._accumulate(energies):
            self._choose()

    def _accumulate(self, energies: list[float]) -> bool:
        """Add a frame's energies; False if none of them is above the noise floor."""
        voice = [max(0.0, e - f) for e, f in zip(energies, self._floor, strict=True)]
        self._follow_floor(energies)
        if not any(voice):
            return False
        self._energy = [
            self._decay * old + new for old, new in zip(self._energy, voice, strict=True)
        ]
        self._alone = [self._decay * old for old in self._alone]
        *_, second, first = sorted(range(self.channels), key=voice.__getitem__)
        if voice[first] > DOMINANT * voice[second]:
            self._alone[first] += voice[first]
        return True

    def _choose(self) -> None:
        """Choose by the energies so far."""
        *energies, mean = self._energy
        loudest = max(range(self.channels), key=energies.__getitem__)
        if energies[loudest] > LOUDER * energies[self._loudest]:
            self._loudest = loudest
        if mean >= (MEAN_RETURN if self._choice else MEAN_LOSS) * energies[loudest]:
            self._choice = ()
            self._undisputed += 1
            return
        self._undisputed = 0
        needed = SPEAKER_SHARE * sum(energies)
        speakers = tuple(c for c in range(self.channels) if self._alone[c] > needed)
        self._choice = speakers if len(speakers) > 1 else (self._loudest,)

    def _choose_noise(self, sums: list[float]) -> None:
        """Choose while nobody speaks: the mean, or the channel with the least noise of its own."""
        *energies, mean = sums
        loudest = max(energies)
        if mean >= MEAN_LOSS * loudest:
            self._choice = ()
            return
        alive = [c for c in range(self.channels) if energies[c] > DEAD * loudest]
        quietest = min(alive, key=energies.__getitem__)
        first = next(c for c in alive if energies[c] <= LOUDER * energies[quietest])
        self._choice, self._loudest = (first,), first

    def _follow_floor(self, energies: list[float]) -> None:
        self._least = [min(pair) for pair in zip(self._least, energies, strict=True)]
        self._frames += 1
        if self._frames * FRAME_S < FLOOR_BLOCK_S:
            return
        self._blocks = [*self._blocks[1 - FLOOR_BLOCKS :], self._least]
        self._floor = [FLOOR_FACTOR * min(column) for column in zip(*self._blocks, strict=True)]
        self._least = [math.inf] * len(energies)
        self._frames = 0

    def _mix(self, samples: Samples, out: Samples, *, at: int, choice: Choice) -> None:
        """Write the mix of `samples` into `out` from index `at`; samples before 0 were written."""
        if at < 0:
            samples, at = samples[-at:], 0
        if len(samples):
            out[at : at + len(samples)] = _sum(samples, choice)

    def _fade(self, samples: Samples, out: Samples, *, at: int) -> None:
        """Write one frame, or its beginning, that fades from the choice before to the present."""
        ramp = np.arange(1, len(samples) + 1, dtype=np.float32) / np.float32(self._frame)
        old, new = _sum(samples, self._before), _sum(samples, self._choice)
        mixed = old + (new - old) * ramp
        skip = max(0, -at)
        out[at + skip : at + len(samples)] = mixed[skip:]


def _sum(samples: Samples, choice: Choice) -> Samples:
    """Sum the chosen channels of float32 samples, shape (n, channels); the mean for none."""
    chosen = choice or range(samples.shape[1])
    total = samples[:, chosen[0]]
    for channel in chosen[1:]:
        total = total + samples[:, channel]
    return total if choice else total / np.float32(len(chosen))
