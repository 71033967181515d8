"""Crops of utterances as a stream would have heard them, through an imagined throat and microphone.

What a group of utterances of one speaker shares (`Disguise`) is drawn once for all of them, so that
the speaker's own mean can take away in training what it can take away in life.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.features import FeatureSettings, Floats, dct_matrix
from models.normalisation import Normalisation, Speaker
from training.statistics import Sums, channel_spread
from training.warps import warps

Rng = np.random.Generator
Bools = npt.NDArray[np.bool_]
LEAST_LEFT = 40
"""Frames that a hastened crop keeps."""
SOON = 20
"""Frames after speech in which a window may end."""


@dataclass(frozen=True)
class CropSettings:
    """How an utterance is heard in training.

    Attributes
    ----------
    frames, least_frames : int
        Length of the network's window, and of the shortest crop.
    clean : float
        Share of the groups whose first view is the recording itself for sure.
    cold : float
        Share of the crops that know nothing of the speaker but the crop itself.
    gain_db, ripple_db : float
        Standard deviations of a random microphone's gain, whose colour is a third of that, and of
        each mel band on its own.
    warped : float
        Share of the groups with another vocal tract.
    pitch : float
        Standard deviation of a group's shift of the pitch, in octaves.
    tempo : float
        A crop is hastened or slowed by up to this share.
    time_mask, band_mask : int
        SpecAugment's longest masks, in frames and bands (Park et al. 2019).
    noise : float
        Added to every value, in standard deviations.
    """

    frames: int = 300
    least_frames: int = 100
    clean: float = 0.5
    cold: float = 0.4
    gain_db: float = 6.0
    ripple_db: float = 4.0
    warped: float = 0.7
    pitch: float = 0.2
    tempo: float = 0.12
    time_mask: int = 25
    band_mask: int = 5
    noise: float = 0.1


@dataclass(frozen=True)
class Disguise:
    """What the utterances of a group share: recording, throat and microphone.

    Attributes
    ----------
    version : int
        Of the store's acoustic versions.
    matrix : ndarray, shape (columns, columns)
        What a value becomes, before `shift` is added: another vocal tract.
    shift, channel : ndarray, shape (columns,)
        Of the voice, and of the microphone: the latter is what a stranger's mean may hold.
    """

    version: int
    matrix: Floats
    shift: Floats
    channel: Floats


class Crops:
    """Makes windows of utterances.

    Parameters
    ----------
    sums : Sums
        Of the store that the utterances are from, which may be one of spans.
    bands : ndarray, shape (columns, bands + others)
        Turns normalised columns into what the network's core sees.
    """

    def __init__(
        self,
        *,
        sums: Sums,
        normalisation: Normalisation,
        bands: Floats,
        settings: CropSettings,
        features: FeatureSettings,
    ) -> None:
        self.settings = settings
        self.width = bands.shape[1]
        self.frames = settings.frames // sums.span
        """Of a window, which are spans if the store's are."""
        self._span = sums.span
        self._sums = sums
        self._normalisation = normalisation
        self._bands = bands
        self._columns = features.columns
        self._mfcc = features.n_mfcc
        self._warps = warps(features)
        self._others = features.columns - features.n_mfcc
        self._spread = np.zeros(self._columns)
        self._spread[: self._mfcc + 2] = channel_spread(self._mfcc + 2, settings.gain_db, 0.0)
        self._ripple = dct_matrix(features.n_mels, features.n_mfcc).T * settings.ripple_db
        self._versions = sums.total.shape[1]

    def disguise(self, rng: Rng, *, clean: float) -> Disguise:
        """Return a disguise, drawn anew; `clean` is the share of the recording itself for sure."""
        settings = self.settings
        version = 0 if rng.random() < clean else int(rng.integers(self._versions))
        matrix = np.eye(self._columns, dtype=np.float32)
        if rng.random() < settings.warped:
            matrix[: self._mfcc, : self._mfcc] = self._warps[int(rng.integers(len(self._warps)))]
        shift = np.zeros(self._columns, np.float32)
        shift[self._mfcc] = settings.pitch * rng.standard_normal()
        channel = np.zeros(self._columns, np.float32)
        if rng.random() < 0.8:
            channel += self._spread * rng.standard_normal(self._columns)
            channel[: self._mfcc] += self._ripple @ rng.standard_normal(self._ripple.shape[1])
        return Disguise(version, matrix, shift, channel)

    def known(self, members: npt.NDArray[np.int64], disguise: Disguise) -> Speaker:
        """Return what utterances of one speaker tell of the voice, as it is disguised."""
        total = self._sums.total[members, disguise.version].sum(axis=0)
        counts = self._sums.count[members, disguise.version].sum(axis=0)
        total = total @ disguise.matrix + counts * (disguise.shift + disguise.channel)
        return Speaker(total, counts.astype(np.int64))

    def fill(
        self,
        window: Floats,
        columns: npt.NDArray[np.float16],
        speech: Bools,
        *,
        disguise: Disguise,
        others: Speaker | None,
        rng: Rng,
    ) -> None:
        """Write one crop into `window`, shape (frames, width + 1), which is zero.

        Parameters
        ----------
        columns : ndarray, shape (n, columns)
            An utterance's, in the disguise's version.
        speech : ndarray of bool, shape (n,)
        others : Speaker, optional
            What is known of the speaker from other utterances.
        """
        settings, span = self.settings, self._span
        least, soon = settings.least_frames // span, SOON // span
        begin, end = crop(speech, rng, frames=self.frames, least=least, soon=soon)
        chosen = np.arange(begin, end)
        if settings.tempo:
            pace = rng.uniform(1 - settings.tempo, 1 + settings.tempo)
            count = min(self.frames, max(LEAST_LEFT // span, int(len(chosen) * pace)))
            chosen = begin + np.minimum((np.arange(count) / pace).astype(int), len(chosen) - 1)
        speech = speech[chosen]
        # Not a number times nothing is not a number: the pitch, alone in its row, is added after.
        raw = columns[chosen].astype(np.float32)
        heard = raw[:, : self._mfcc] @ disguise.matrix[: self._mfcc, : self._mfcc]
        values = np.concatenate([heard, raw[:, self._mfcc :]], axis=1)
        values += disguise.shift + disguise.channel
        # The speaker as a stream would know it at the crop's end: this crop, and maybe others.
        speaker = Speaker().hear(values[speech])
        speaker = Speaker(speaker.total * span, speaker.counts * span)
        if others is not None:
            speaker = speaker.joined(others)
        count = len(values)
        normalised = self._normalisation.apply(values, speaker)
        bands = self.width - self._others
        seen = window[:count, :-1]
        seen[:, :bands] = normalised[:, : self._mfcc] @ self._bands[: self._mfcc, :bands]
        seen[:, bands:] = normalised[:, self._mfcc :]
        seen += settings.noise * rng.standard_normal(seen.shape, dtype=np.float32)
        window[:count, -1] = speech
        self._mask(window, count, rng)

    def _mask(self, window: Floats, count: int, rng: Rng) -> None:
        settings = self.settings
        for _ in range(2):
            width = int(rng.integers(settings.time_mask // self._span + 1))
            at = int(rng.integers(max(1, count - width)))
            window[at : at + width] = 0.0
        if settings.band_mask and rng.random() < 0.3:
            bands = self.width - self._others
            low = int(rng.integers(bands))
            high = min(low + int(rng.integers(1, settings.band_mask + 1)), bands)
            window[:, low:high] = 0.0


def crop(speech: Bools, rng: Rng, *, frames: int, least: int, soon: int = SOON) -> tuple[int, int]:
    """Return where a served window might begin and end: it ends in or soon after speech."""
    voiced = np.flatnonzero(speech)
    if not len(voiced):
        return 0, min(len(speech), frames)
    first, last = int(voiced[0]), int(voiced[-1]) + 1
    earliest = min(last, first + least)
    end = min(len(speech), int(rng.integers(earliest, max(earliest, last) + soon + 1)))
    length = frames if rng.random() < 0.5 else int(rng.integers(least, frames + 1))
    return max(0, end - length), end
