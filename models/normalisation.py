"""A voice is judged against itself: the running mean of the speaker's own frames.

What a microphone, a room and a throat add to every column of a person's frames (the MFCCs, pitch
and voicing) is a constant; what an emotion does is a departure from it. The mean is estimated by
empirical Bayes (Efron & Morris 1973): the training speakers' mean and the speaker's own, weighted
by how much speech has been heard::

    mean = (strength * prior + sum of speech frames) / (strength + number of speech frames)

A frame counts for what is known of it: for the pitch, voiced frames alone do. With nothing heard
the mean is the prior ("cold"), with every frame it moves ("warming"), and after ten seconds of
ordinary speech it is nearly the speaker's own ("calibrated"). `strength` is a count of frames for
each column: small where speakers and microphones differ much and a few frames say more than the
prior (level, spectral tilt).
"""

from __future__ import annotations

import base64
import hashlib
import json
import struct
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from models.features import FeatureSettings, Floats

MOST_TEXT_FRAMES = 3000
"""What a `Speaker`'s text counts for at most, in frames: half a minute. A session that starts with
it follows the voice that it hears within a minute, whatever the text says."""

ENOUGH_FRAMES = 600
"""Six seconds of speech, about what ten seconds of talking hold: by then the speaker's own mean
outweighs the prior."""

LEVEL_COLUMN = 0
"""The first MFCC follows the recording's gain. The prior says nothing about that gain, so it has no
weight in this column once any speech has been heard."""

CONTEXT = 2
"""Numbers that tell the network how much of the speaker is known, and whether it was neutral."""

FADING = 1500.0
"""Frames with speech after which half of the speaker's departure from the prior is hidden from the
network. It tells a stranger's voice from the average voice; of a voice that is known well, only the
window's departure from the voice's own mean matters."""

LEAST = 1e-4
"""Probabilities come rounded to four digits; a logarithm needs something."""

_TEXT_VERSION = 3  # 2 had the mean of speech at any level
_HEAD = struct.Struct("<B6sHH")  # version, digest of the features' definition, frames, voiced ones
_WIDEST = 2500.0  # beyond any MFCC: 8 times 300 dB


class SpeakerError(ValueError):
    """A text that is no speaker of these features; the message says why, for people."""


@dataclass(frozen=True)
class Normalisation:
    """The training speakers' statistics.

    Attributes
    ----------
    mean, scale, strength : ndarray, shape (columns,)
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

    def apply(self, columns: npt.NDArray[np.floating], speaker: Speaker) -> Floats:
        """Return frames less the speaker's mean, in training standard deviations.

        What is not there (NaN: the pitch of a frame that is not voiced) is as the speaker's mean.

        Parameters
        ----------
        columns : ndarray, shape (frames, columns)
        speaker : Speaker

        Returns
        -------
        ndarray of float32, shape (frames, columns)
        """
        return self.relative(columns, speaker.mean(self))

    def relative(self, columns: npt.NDArray[np.floating], mean: Floats) -> Floats:
        """Return frames less a mean, in training standard deviations; NaN becomes 0."""
        normalised = np.asarray((columns - mean) / self.scale, np.float32)
        normalised[np.isnan(normalised)] = 0.0
        return normalised


def estimate(
    prior: Normalisation,
    total: npt.NDArray[np.floating],
    counts: npt.NDArray[np.number],
    neutral: npt.NDArray[np.bool_] | bool,
) -> tuple[Floats, Floats]:
    """Return the means of speakers, and what is known of each as the network takes it.

    Parameters
    ----------
    prior : Normalisation
    total, counts : ndarray, shape (..., columns)
        Sums of the columns of each speaker's frames with speech, and the numbers of frames.
    neutral : ndarray of bool, shape (...)
        Whether all of that speech was neutral.

    Returns
    -------
    ndarray, shape (..., columns)
        The means: prior and speech, weighted by strength and number of frames. The level has no
        prior once there is any speech.
    ndarray, shape (..., columns + CONTEXT)
        Each mean's departure from the prior in training standard deviations, less the more speech
        is known (`FADING`), without the level; the logarithm of the number of frames; and 1 where
        the speech was neutral, else 0.
    """
    frames = counts[..., LEVEL_COLUMN]
    mean = np.asarray((prior.strength * prior.mean + total) / (prior.strength + counts), np.float32)
    mean[..., LEVEL_COLUMN] = np.where(
        frames > 0, total[..., LEVEL_COLUMN] / np.maximum(frames, 1), prior.mean[LEVEL_COLUMN]
    )
    columns = mean.shape[-1]
    known = np.empty((*mean.shape[:-1], columns + CONTEXT), np.float32)
    known[..., :columns] = (mean - prior.mean) / prior.scale
    known[..., :columns] *= (FADING / (FADING + frames))[..., np.newaxis]
    known[..., LEVEL_COLUMN] = 0.0
    known[..., columns] = np.log1p(frames / 100)
    known[..., columns + 1] = neutral
    return mean, known


@dataclass(frozen=True)
class Speaker:
    """What has been heard of one voice. Immutable: adding frames gives a new one.

    Attributes
    ----------
    total : ndarray, shape (columns,), float64
        Sum of the speech frames' columns.
    counts : ndarray, shape (columns,), int64
        Number of the frames that each sum is of: pitch has the voiced ones only.
    neutral : bool
        All of the speech was neutral: a calibration. The mean is then that of the neutral voice.
    """

    total: Any = field(default_factory=lambda: np.zeros(1))
    counts: Any = field(default_factory=lambda: np.zeros(1, np.int64))
    neutral: bool = False

    @property
    def count(self) -> int:
        """Number of speech frames that have been heard, voiced or not."""
        return int(self.counts.max())

    def hear(self, columns: npt.NDArray[np.floating]) -> Speaker:
        """Return the speaker after more speech frames, shape (frames, columns).

        What is not a finite number is left out.
        """
        known = np.isfinite(columns)
        return replace(
            self,
            total=self.total + columns.sum(axis=0, dtype=np.float64, where=known),
            counts=self.counts + known.sum(axis=0),
        )

    def without(self, other: Speaker) -> Speaker:
        """Return the speaker without the speech of `other`, which is a part of it."""
        return replace(self, total=self.total - other.total, counts=self.counts - other.counts)

    def joined(self, other: Speaker) -> Speaker:
        """Return the speaker after the speech of `other` as well."""
        return replace(self, total=self.total + other.total, counts=self.counts + other.counts)

    def mean(self, prior: Normalisation) -> Floats:
        """Return the estimate of the speaker's mean, shape (columns,)."""
        mean, _ = self.estimate(prior)
        return mean

    def estimate(self, prior: Normalisation) -> tuple[Floats, Floats]:
        """Return the estimated mean, and what is known of the speaker as the network takes it.

        Returns
        -------
        ndarray, shape (columns,), and ndarray, shape (columns + CONTEXT,)
            See `estimate`.
        """
        columns = len(prior.mean)
        total, counts = self.total, self.counts
        if len(total) != columns:  # nothing was heard yet
            total, counts = np.zeros(columns), np.zeros(columns, np.int64)
        return estimate(prior, total, counts, self.neutral)

    @property
    def suffices(self) -> bool:
        """Whether enough has been heard for a session to begin calibrated."""
        return self.count >= ENOUGH_FRAMES

    def portable(self) -> Speaker:
        """Return the speaker as its text tells it: the mean, for `MOST_TEXT_FRAMES` at most."""
        share = min(1.0, MOST_TEXT_FRAMES / max(1, self.count))
        counts = np.rint(self.counts * share).astype(np.int64)
        total = self.total * (counts / np.maximum(self.counts, 1))
        return Speaker(total, counts, neutral=self.neutral)

    def to_text(self, settings: FeatureSettings) -> str:
        """Return the speaker as a short text that the voice's owner can keep: base64url.

        The text holds the mean and the numbers of frames, no sound and no words, and works only
        with the same features. The speech has to be neutral: `from_text` returns a neutral speaker.

        Parameters
        ----------
        settings : FeatureSettings
            The features of which the mean is.

        Raises
        ------
        ValueError
            Nothing has been heard.
        """
        if not self.count:
            raise ValueError("Nothing has been heard of this speaker.")
        kept = self.portable()
        voiced = int(kept.counts[settings.pitch_column])
        head = _HEAD.pack(_TEXT_VERSION, _digest(settings), kept.count, voiced)
        mean = np.asarray(kept.total / np.maximum(kept.counts, 1), "<f4")
        return base64.urlsafe_b64encode(head + mean.tobytes()).decode().rstrip("=")

    @classmethod
    def from_text(cls, text: str, settings: FeatureSettings) -> Speaker:
        """Return the speaker that `to_text` wrote down; the text may come from anybody.

        Parameters
        ----------
        text : str
        settings : FeatureSettings
            The features of the recogniser that is to hear the speaker.

        Raises
        ------
        SpeakerError
            It is no such text, or one for other features.
        """
        size = _HEAD.size + 4 * settings.columns
        try:
            raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        except ValueError:
            raise SpeakerError("The speaker is not a text that a calibration gave.") from None
        # Of all the spellings of the same bytes only the one that is written is read.
        if base64.urlsafe_b64encode(raw).decode().rstrip("=") != text or len(raw) < _HEAD.size:
            raise SpeakerError("The speaker is not a text that a calibration gave.")
        version, digest, count, voiced = _HEAD.unpack_from(raw)
        if version != _TEXT_VERSION or digest != _digest(settings) or len(raw) != size:
            raise SpeakerError("The speaker was calibrated for another model; please do it again.")
        mean = np.frombuffer(raw, "<f4", offset=_HEAD.size).astype(np.float64)
        pitch = mean[settings.pitch_column]
        # Written so that what is not a number fails as well.
        if not (
            1 <= count <= MOST_TEXT_FRAMES
            and (0 < voiced <= count or voiced == pitch == 0)
            and (np.abs(mean) <= _WIDEST).all()
        ):
            raise SpeakerError("The speaker's numbers cannot be those of a voice.")
        counts = np.full(settings.columns, count, np.int64)
        counts[settings.pitch_column] = voiced
        return cls(mean * counts, counts, neutral=True)


def _digest(settings: FeatureSettings) -> bytes:
    """Return what tells one definition of the features from another."""
    text = json.dumps(settings.to_json(), sort_keys=True)
    return hashlib.sha256(text.encode()).digest()[:6]
