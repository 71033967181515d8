"""Training examples: a window of an utterance, and what a session knows of the speaker by then."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from models.features import FeatureSettings, Floats
from models.labels import EMOTIONS
from models.normalisation import Normalisation, estimate
from training.manifest import Utterance
from training.sounds import Sound
from training.store import Store
from training.tracks import Track
from training.windows import Windows, in_bands, windows_of

NO_VOICE = -1
"""The target of a sound that is no speech."""
LEAST_FRAMES = 30
"""Frames with speech that an utterance needs to be drawn."""
MOST_CLIPS = 40
"""Utterances that a session knows at most."""
NOTHING, NEUTRAL, ONE, MIXED = range(4)
"""What a session knows of the speaker: nothing, neutral speech, one emotion, or a mixture."""

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class ExampleSettings:
    """How training examples are drawn.

    Attributes
    ----------
    count : int
    shares : dict
        Weight of an utterance of a corpus, against `default_share` for corpora not named; a corpus
        of the weight 0 is not drawn.
    ordinary : float
        Share of ordinary speech, of all examples; each of its kinds weighs alike.
    sounds : float
        Share of sounds without speech.
    sessions : tuple of float
        Shares of the sessions that know nothing, neutral speech, one emotion, or a mixture.
    same : float
        Share of the sessions of one emotion in which the window has that emotion too.
    clean : float
        Share of the examples that are drawn from the recording itself for sure.
    """

    count: int = 120_000
    shares: dict[str, float] = field(
        default_factory=lambda: {
            "ravdess": 2.5,
            "jl": 1.0,
            "nemo": 0.4,
            "cremad": 0.3,
            "emospeech": 0.0,
            "javanese": 0.6,
            "emovo": 1.0,
            "aesdd": 1.0,
            "banglaser": 0.6,
        }
    )
    default_share: float = 0.5
    ordinary: float = 0.15
    sounds: float = 0.08
    sessions: tuple[float, float, float, float] = (0.3, 0.1, 0.15, 0.45)
    same: float = 0.7
    clean: float = 0.5

    def to_json(self) -> dict[str, Any]:
        """Return the settings as a JSON object."""
        return asdict(self)


@dataclass(frozen=True)
class Material:
    """All that examples are drawn from.

    Attributes
    ----------
    utterances : list of Utterance
    windows : list of list of Windows
        `windows[i][v]`: of utterance i in version v.
    total, count : ndarray, shape (utterances, versions, columns), (utterances, versions, 2)
        Sums of each utterance's columns, and the numbers of its frames with speech and of its
        voiced frames.
    sounds : list of (str, Windows)
        Kind and windows of sounds without speech.
    features : FeatureSettings
    """

    utterances: list[Utterance]
    windows: list[list[Windows]]
    total: Floats
    count: Floats
    sounds: list[tuple[str, Windows]]
    features: FeatureSettings


def material_of(store: Store, sounds: Sequence[Sound], features: FeatureSettings) -> Material:
    """Return the windows of a store and of sounds without speech."""
    pitch = features.pitch_column
    speakers = [[track.speaker(pitch) for track in own] for own in store.tracks]
    return Material(
        store.utterances,
        [[windows_of(track, features) for track in own] for own in store.tracks],
        np.array([[s.total for s in own] for own in speakers], np.float32),
        np.array([[s.counts[[0, pitch]] for s in own] for own in speakers], np.float32),
        [(s.kind, w) for s in sounds for w in [windows_of(s.track, features)] if len(w)],
        features,
    )


class Examples:
    """Draws examples from the utterances `members` of a material.

    Attributes
    ----------
    probability : ndarray, shape (utterances,)
        Of each utterance of the material to be drawn.

    Parameters
    ----------
    material : Material
    members : sequence of int
    sounds : sequence of Windows
        Of sounds without speech.
    normalisation : Normalisation
        Its mean and strength are the prior of a speaker.
    settings : ExampleSettings
    """

    def __init__(
        self,
        material: Material,
        members: Sequence[int],
        sounds: Sequence[Windows],
        *,
        normalisation: Normalisation,
        settings: ExampleSettings,
    ) -> None:
        self._material = material
        self._sounds = sounds
        self._settings = settings
        self._normalisation = normalisation
        self._emotion = np.array([EMOTIONS.index(u.emotion) for u in material.utterances])
        usable = [
            i
            for i in members
            if material.count[i, 0, 0] >= LEAST_FRAMES and all(map(len, material.windows[i]))
        ]
        self.probability = _weights(material.utterances, usable, settings)
        self._of_speaker: dict[str, dict[int, list[int]]] = {}
        for i in usable:
            by_emotion = self._of_speaker.setdefault(material.utterances[i].speaker, {})
            by_emotion.setdefault(int(self._emotion[i]), []).append(i)
        self._speakers = list(self._of_speaker)

    def draw(self, rng: np.random.Generator, count: int) -> tuple[Floats, Ints]:
        """Return vectors of moments, shape (count, width), and targets, shape (count,).

        A target is a position in `EMOTIONS`, or `NO_VOICE`.
        """
        material, settings = self._material, self._settings
        utterances = rng.choice(len(self.probability), count, p=self.probability)
        versions = rng.integers(material.count.shape[1], size=count)
        versions[rng.random(count) < settings.clean] = 0
        sessions = rng.choice(4, count, p=settings.sessions)
        sounds = round(settings.sounds * count) if self._sounds else 0
        targets = self._emotion[utterances].copy()
        targets[:sounds] = NO_VOICE
        moments, own, heard, before, known = [], [], [], [], []
        neutral = np.zeros(count, np.bool_)
        for row, (i, version) in enumerate(zip(utterances, versions, strict=True)):
            if row < sounds:
                windows = self._sounds[int(rng.integers(len(self._sounds)))]
            else:
                windows = material.windows[i][version]
            at = int(rng.integers(len(windows)))
            moments.append(windows.moments[at])
            own.append(windows.total[at])
            heard.append(windows.count[at])
            others = self._session(int(i), int(sessions[row]), rng)
            neutral[row] = bool(others) and sessions[row] == NEUTRAL
            before.append(material.total[others, version].sum(axis=0))
            known.append(material.count[others, version].sum(axis=0))
        total, frames = np.array(before), np.array(known)
        # A calibrated session keeps the mean of the neutral speech; others follow the stream.
        follows = ~neutral[:, np.newaxis]
        total += follows * np.array(own)
        frames += follows * np.array(heard)
        return self._vectors(np.array(moments, np.float32), total, frames, neutral), targets

    def _vectors(
        self, moments: Floats, total: Floats, frames: Floats, neutral: npt.NDArray[np.bool_]
    ) -> Floats:
        features = self._material.features
        counts = np.repeat(frames[:, :1], total.shape[1], axis=1)
        counts[:, features.pitch_column] = frames[:, 1]
        mean, known = estimate(self._normalisation, total, counts, neutral)
        columns = features.columns
        width = moments.shape[1] // 3
        moments[:, :width] -= in_bands(mean, features)
        beside = known[:, :columns] * self._normalisation.scale
        return np.concatenate(
            [moments, in_bands(beside, features), known[:, columns:]], axis=1, dtype=np.float32
        )

    def _session(self, utterance: int, session: int, rng: np.random.Generator) -> list[int]:
        """Return the utterances that a session heard before the window, without its own."""
        if session == NOTHING:
            return []
        speaker = self._material.utterances[utterance].speaker
        own = self._of_speaker.get(speaker)
        if own is None:  # a sound: it interrupts anybody's session
            own = self._of_speaker[self._speakers[int(rng.integers(len(self._speakers)))]]
        emotions = list(own)
        if session == MIXED:
            count = min(MOST_CLIPS, int(rng.geometric(0.06)))
            chosen = [own[emotions[k % len(emotions)]] for k in range(count)]
        else:
            emotion = emotions[int(rng.integers(len(emotions)))]
            if session == NEUTRAL:
                emotion = EMOTIONS.index("neutral")
            elif rng.random() < self._settings.same:
                emotion = int(self._emotion[utterance])
            chosen = [own.get(emotion, [])] * int(rng.integers(1, 8))
        drawn = {pool[int(rng.integers(len(pool)))] for pool in chosen if pool}
        return sorted(drawn - {utterance})


def _weights(
    utterances: list[Utterance], usable: list[int], settings: ExampleSettings
) -> npt.NDArray[np.float64]:
    """Return the probability of each utterance to be drawn, shape (utterances,).

    Within a corpus, speakers weigh alike, and so do a speaker's emotions; within ordinary speech,
    kinds weigh alike, and so do the recordings of a kind.
    """
    weights = np.zeros(len(utterances))
    acted: dict[str, dict[str, dict[str, list[int]]]] = {}
    ordinary: dict[str, list[int]] = {}
    for i in usable:
        u = utterances[i]
        if u.kind:
            ordinary.setdefault(u.kind, []).append(i)
        else:
            by_emotion = acted.setdefault(u.corpus, {}).setdefault(u.speaker, {})
            by_emotion.setdefault(u.emotion, []).append(i)
    for corpus, speakers in acted.items():
        size = sum(len(own) for emotions in speakers.values() for own in emotions.values())
        share = settings.shares.get(corpus, settings.default_share) * size / len(speakers)
        for emotions in speakers.values():
            for own in emotions.values():
                weights[own] = share / len(emotions) / len(own)
    if ordinary and weights.any():
        weights *= (1 - settings.ordinary) / weights.sum()
    for own in ordinary.values():
        weights[own] = settings.ordinary / len(ordinary) / len(own)
    return np.asarray(weights / weights.sum(), np.float64)


def estimate_normalisation(
    material: Material, members: Sequence[int], tracks: list[list[Track]], *, strength: float
) -> Normalisation:
    """Return the prior of a speaker's mean, and the scale of each column.

    Every speaker of the training utterances counts alike.

    Parameters
    ----------
    material : Material
    members : sequence of int
    tracks : list of list of Track
        Of the material's utterances.
    strength : float
        Weight of the prior in frames.
    """
    pitch = material.features.pitch_column
    of_speaker: dict[str, list[int]] = {}
    for i in members:
        if material.count[i, 0].min() >= LEAST_FRAMES // 3:
            of_speaker.setdefault(material.utterances[i].speaker, []).append(i)
    means, scales = [], []
    for own in of_speaker.values():
        total, frames = material.total[own, 0].sum(axis=0), material.count[own, 0].sum(axis=0)
        counts = np.full(len(total), frames[0])
        counts[pitch] = frames[1]
        means.append(total / counts)
        some = [tracks[i][0] for i in own[:: max(1, len(own) // 4)]]
        spans = np.concatenate([t.mean[t.count[:, 0] > 0] for t in some]).astype(np.float32)
        scales.append(np.nanmean(np.square(spans - means[-1]), axis=0))
    return Normalisation(
        np.asarray(np.mean(np.array(means), axis=0), np.float32),
        np.asarray(np.sqrt(np.mean(np.array(scales), axis=0)), np.float32),
        np.full(material.features.columns, strength, np.float32),
    )
