"""The profile of one speaker, and its text form that the speaker can keep.

A profile has three levels: unknown (nothing), known (the mean of the speaker's frames, from speech
without labels or from a neutral calibration) and taught (class means from a few labelled clips).
The text of a profile is base64url of::

    version, digest of the features, flags, frames, voiced frames | mean of each column, float32
    | digest of the population, statistics of the taught clips (only if taught)
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
from models.normalisation import Normalisation, estimate
from models.teaching import Taught

MOST_TEXT_FRAMES = 3000
"""Frames that the text of a profile counts for at most: half a minute. A session that starts with
the profile follows the live voice within a minute."""

ENOUGH_FRAMES = 600
"""Six seconds of speech, about what ten seconds of talking hold: by then the speaker's own mean
outweighs the prior."""

_TEXT_VERSION = 4  # 3 had no taught clips
_HEAD = struct.Struct("<B6sBHH")
_DIGEST = 6  # bytes
_NEUTRAL, _TAUGHT = 1, 2  # flags
_WIDEST = 2500.0  # beyond any MFCC: 8 times 300 dB


class SpeakerError(ValueError):
    """A text that is no speaker of this model; the message is for people."""


@dataclass(frozen=True)
class TaughtBy:
    """Which population a text's taught clips belong to.

    Attributes
    ----------
    digest : str
        SHA-256 of the bundle's population; empty if the bundle has none.
    labels, size : int
        Number of emotions, and length of a vector.
    """

    digest: str = ""
    labels: int = 0
    size: int = 0

    @property
    def mark(self) -> bytes:
        """The part of the digest that a text carries."""
        return bytes.fromhex(self.digest)[:_DIGEST]


@dataclass(frozen=True)
class Speaker:
    """The profile of one voice. Immutable: adding frames returns a new profile.

    Attributes
    ----------
    total : ndarray, shape (columns,), float64
        Sum of the speech frames' columns.
    counts : ndarray, shape (columns,), int64
        Number of the frames that each sum is of: pitch has the voiced ones only.
    neutral : bool
        All of the speech was neutral: a calibration. The mean is then that of the neutral voice.
    taught : Taught, optional
        Statistics of labelled clips.
    """

    total: Any = field(default_factory=lambda: np.zeros(1))
    counts: Any = field(default_factory=lambda: np.zeros(1, np.int64))
    neutral: bool = False
    taught: Taught | None = None

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
        return replace(self, total=total, counts=counts)

    def to_text(self, settings: FeatureSettings, population: TaughtBy | None = None) -> str:
        """Return the profile as a text that the speaker can keep: base64url.

        The text holds means and counts, no sound and no words. It works only with the same features
        and, where clips were taught, with the same population.

        Parameters
        ----------
        settings : FeatureSettings
            The features of which the mean is.
        population : TaughtBy, optional
            Of the bundle; without it the text leaves out taught clips.

        Raises
        ------
        ValueError
            Nothing has been heard.
        """
        if not self.count:
            raise ValueError("Nothing has been heard of this speaker.")
        kept = self.portable()
        voiced = int(kept.counts[settings.pitch_column])
        taught = kept.taught if population else None
        flags = _NEUTRAL * kept.neutral | _TAUGHT * (taught is not None)
        head = _HEAD.pack(_TEXT_VERSION, _digest(settings), flags, kept.count, voiced)
        content = head + np.asarray(kept.total / np.maximum(kept.counts, 1), "<f4").tobytes()
        if taught is not None and population is not None:
            content += population.mark + taught.to_bytes()
        return base64.urlsafe_b64encode(content).decode().rstrip("=")

    @classmethod
    def from_text(
        cls, text: str, settings: FeatureSettings, population: TaughtBy | None = None
    ) -> Speaker:
        """Return the speaker that `to_text` wrote down; the text may come from anybody.

        Parameters
        ----------
        text : str
        settings : FeatureSettings
            The features of the recogniser that is to judge the speaker.
        population : TaughtBy, optional
            Of the recogniser's bundle.

        Raises
        ------
        SpeakerError
            It is no such text, or one for another model.
        """
        try:
            raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        except ValueError:
            raise SpeakerError("The speaker is not a profile of this program.") from None
        # Of all the spellings of the same bytes only the one that is written is read.
        if base64.urlsafe_b64encode(raw).decode().rstrip("=") != text or len(raw) < _HEAD.size:
            raise SpeakerError("The speaker is not a profile of this program.")
        version, digest, flags, count, voiced = _HEAD.unpack_from(raw)
        rest = raw[_HEAD.size + 4 * settings.columns :]
        if (
            version != _TEXT_VERSION
            or digest != _digest(settings)
            or len(raw) < _HEAD.size + 4 * settings.columns
            or bool(rest) != bool(flags & _TAUGHT)
        ):
            raise SpeakerError("The profile is for another model; please make a new one.")
        mean = np.frombuffer(raw, "<f4", settings.columns, _HEAD.size).astype(np.float64)
        pitch = mean[settings.pitch_column]
        # Written so that what is not a number fails as well.
        if not (
            1 <= count <= MOST_TEXT_FRAMES
            and flags <= _NEUTRAL | _TAUGHT
            and (0 < voiced <= count or voiced == pitch == 0)
            and (np.abs(mean) <= _WIDEST).all()
        ):
            raise SpeakerError("The profile's numbers cannot be those of a voice.")
        counts = np.full(settings.columns, count, np.int64)
        counts[settings.pitch_column] = voiced
        speaker = cls(mean * counts, counts, neutral=bool(flags & _NEUTRAL))
        return replace(speaker, taught=_taught(rest, population)) if rest else speaker


def _taught(content: bytes, population: TaughtBy | None) -> Taught:
    """Return the taught clips of a text.

    Raises
    ------
    SpeakerError
        They are those of another population, or no statistics at all.
    """
    if population is None or content[:_DIGEST] != population.mark or not population.digest:
        raise SpeakerError("The profile was taught to another model; please teach this one.")
    try:
        return Taught.from_bytes(content[_DIGEST:], labels=population.labels, size=population.size)
    except ValueError:
        raise SpeakerError("The profile's numbers cannot be those of a voice.") from None


def _digest(settings: FeatureSettings) -> bytes:
    """Return what tells one definition of the features from another."""
    text = json.dumps(settings.to_json(), sort_keys=True)
    return hashlib.sha256(text.encode()).digest()[:6]
