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
from collections.abc import Sequence
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

LEAST = 1e-4
"""Probabilities come rounded to four digits; a logarithm needs something."""

_TEXT_VERSION = 2  # 1 had no pitch
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
        normalised = np.asarray((columns - speaker.mean(self)) / self.scale, np.float32)
        normalised[np.isnan(normalised)] = 0.0
        return normalised


@dataclass(frozen=True)
class Speaker:
    """What has been heard of one voice. Immutable: adding frames gives a new one.

    Attributes
    ----------
    total : ndarray, shape (columns,), float64
        Sum of the speech frames' columns.
    counts : ndarray, shape (columns,), int64
        Number of the frames that each sum is of: pitch has the voiced ones only.
    leaning : ndarray, shape (labels,), float64
        Sum over utterances of their log probabilities, each less its mean over the labels.
    utterances : int
        Number of those utterances.
    """

    total: Any = field(default_factory=lambda: np.zeros(1))
    counts: Any = field(default_factory=lambda: np.zeros(1, np.int64))
    leaning: Any = field(default_factory=lambda: np.zeros(1))
    utterances: int = 0

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

    def judged(self, probabilities: Sequence[float] | npt.NDArray[np.float64]) -> Speaker:
        """Return the speaker after one more utterance that sounded so, shape (labels,)."""
        logs = np.log(np.maximum(np.asarray(probabilities, np.float64), LEAST))
        return replace(
            self,
            leaning=self.leaning + logs - logs.mean(),
            utterances=self.utterances + 1,
        )

    def without(self, other: Speaker) -> Speaker:
        """Return the speaker without what `other`, a part of it, has heard."""
        return Speaker(
            self.total - other.total,
            self.counts - other.counts,
            self.leaning - other.leaning,
            self.utterances - other.utterances,
        )

    def joined(self, other: Speaker) -> Speaker:
        """Return the speaker after what `other` has heard as well."""
        return Speaker(
            self.total + other.total,
            self.counts + other.counts,
            self.leaning + other.leaning,
            self.utterances + other.utterances,
        )

    def bias(self, strength: float) -> npt.NDArray[np.float64]:
        """Return what this voice adds to the log probabilities of each label whatever it feels.

        A voice whose every utterance sounds angry has an angry voice. The estimate shrinks towards
        none, as that of the mean does: after `strength` utterances half of it is believed.

        Returns
        -------
        ndarray, shape (labels,); shape (1,), zero, if no utterance has been judged
        """
        return np.asarray(self.leaning / (strength + self.utterances), np.float64)

    def mean(self, prior: Normalisation) -> Floats:
        """Return the estimate of the speaker's mean, shape (columns,)."""
        strength = prior.strength.copy()
        if self.counts[LEVEL_COLUMN]:
            strength[LEVEL_COLUMN] = 0.0
        weighted = strength * prior.mean + self.total
        return np.asarray(weighted / (strength + self.counts), np.float32)

    @property
    def suffices(self) -> bool:
        """Whether enough has been heard for a session to begin calibrated."""
        return self.count >= ENOUGH_FRAMES

    def portable(self) -> Speaker:
        """Return the speaker as its text tells it: the mean, for `MOST_TEXT_FRAMES` at most."""
        share = min(1.0, MOST_TEXT_FRAMES / max(1, self.count))
        counts = np.rint(self.counts * share).astype(np.int64)
        return Speaker(self.total * (counts / np.maximum(self.counts, 1)), counts)

    def to_text(self, settings: FeatureSettings) -> str:
        """Return the speaker as a short text that the voice's owner can keep: base64url.

        It holds the mean and the numbers of frames, no sound and no words, and is of use only with
        the same features. What utterances sounded like is left out: a calibration is one kind of
        speech, and says nothing about the others.

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
        return cls(mean * counts, counts)


def _digest(settings: FeatureSettings) -> bytes:
    """Return what tells one definition of the features from another."""
    text = json.dumps(settings.to_json(), sort_keys=True)
    return hashlib.sha256(text.encode()).digest()[:6]
