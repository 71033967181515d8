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
from training.corpora.manifest import Utterance
from training.data.tracks import Track
from training.data.windows import Windows, in_bands, windows_of
from training.signal.augmentation import TIMED
from training.signal.sounds import Sound
from training.signal.store import Store

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
    versions : tuple of float
        Shares of the acoustic versions (`training.signal.augmentation`); the first is the
        recording itself.
    women : float
        Weight of a woman's neutral speech, against a man's; of an unknown sex, the mean of both.
        Without it women get more false alarms than men.
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
    sounds: float = 0.12
    sessions: tuple[float, float, float, float] = (0.3, 0.1, 0.15, 0.45)
    same: float = 0.7
    versions: tuple[float, ...] = (0.4, 0.1, 0.1, 0.15, 0.15, 0.1)
    women: float = 1.8

    def to_json(self) -> dict[str, Any]:
        """Return the settings as a JSON object."""
        return asdict(self)


@dataclass(frozen=True)
class Drawn:
    """Examples of one draw.

    Attributes
    ----------
    vectors : ndarray, shape (count, width)
        Moments of each window, and what the session knows of the speaker.
    disturbed : ndarray, shape (count, width)
        The same windows and sessions in another acoustic version with the recording's tempo.
    paired : ndarray of bool, shape (count,)
        Whether there is such another version; else both vectors are the same.
    targets : ndarray of int, shape (count,)
        Positions in `EMOTIONS`, or `NO_VOICE`.
    """

    vectors: Floats
    disturbed: Floats
    paired: npt.NDArray[np.bool_]
    targets: Ints


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

    def draw(self, rng: np.random.Generator, count: int) -> Drawn:
        """Return `count` examples; the first of them are sounds without speech."""
        settings = self._settings
        several = self._material.count.shape[1]
        shares = np.array(settings.versions[:several])
        utterances = rng.choice(len(self.probability), count, p=self.probability)
        versions = rng.choice(several, count, p=shares / shares.sum())
        others = _other_versions(versions, several, rng)
        sessions = rng.choice(4, count, p=settings.sessions)
        sounds = round(settings.sounds * count) if self._sounds else 0
        targets = self._emotion[utterances].copy()
        targets[:sounds] = NO_VOICE
        before = [
            self._session(int(i), int(session), rng)
            for i, session in zip(utterances, sessions, strict=True)
        ]
        neutral = np.array([bool(b) for b in before]) & (sessions == NEUTRAL)
        chosen = [self._sounds[int(k)] for k in rng.integers(len(self._sounds), size=sounds)]
        places = rng.random(count)
        vectors, disturbed = (
            self._view(utterances, own, places, chosen, before, neutral)
            for own in (versions, others)
        )
        paired = (versions != others) & (targets != NO_VOICE)
        return Drawn(vectors, disturbed, paired, targets)

    def _view(
        self,
        utterances: Ints,
        versions: Ints,
        places: npt.NDArray[np.float64],
        sounds: list[Windows],
        before: list[list[int]],
        neutral: npt.NDArray[np.bool_],
    ) -> Floats:
        """Return the vectors of examples in given versions, shape (count, width).

        Parameters
        ----------
        places : ndarray, shape (count,)
            Position of each window in its recording, from 0 to 1.
        sounds : list of Windows
            Sounds without speech that the first examples take instead of utterances.
        before : list of list of int
            Utterances that each session knows.
        neutral : ndarray of bool, shape (count,)
        """
        material = self._material
        moments, total, frames = [], [], []
        rows = zip(utterances, versions, places, before, strict=True)
        for row, (i, version, place, others) in enumerate(rows):
            windows = sounds[row] if row < len(sounds) else material.windows[i][version]
            at = min(int(place * len(windows)), len(windows) - 1)
            moments.append(windows.moments[at])
            # A calibrated session keeps the mean of the neutral speech; others follow the stream.
            own = 0.0 if neutral[row] else 1.0
            total.append(material.total[others, version].sum(axis=0) + own * windows.total[at])
            frames.append(material.count[others, version].sum(axis=0) + own * windows.count[at])
        return self._vectors(
            np.array(moments, np.float32), np.array(total), np.array(frames), neutral
        )

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
    weights *= [_by_sex(u, settings.women) for u in utterances]
    if ordinary and weights.any():
        weights *= (1 - settings.ordinary) / weights.sum()
    for own in ordinary.values():
        shares = np.array([_by_sex(utterances[i], settings.women) for i in own])
        weights[own] = settings.ordinary / len(ordinary) * shares / shares.sum()
    return np.asarray(weights / weights.sum(), np.float64)


def _by_sex(utterance: Utterance, women: float) -> float:
    """Return the weight of an utterance for its speaker's sex: other than 1 for neutral speech."""
    if utterance.emotion != EMOTIONS[0]:
        return 1.0
    return {"F": women, "M": 1.0}.get(utterance.sex, (1.0 + women) / 2)


def _other_versions(versions: Ints, several: int, rng: np.random.Generator) -> Ints:
    """Return another version with the same tempo for each one that has the recording's tempo."""
    timed = np.array([v for v in (0, *TIMED) if v < several])
    others = versions.copy()
    kept = np.isin(versions, timed)
    step = rng.integers(1, max(2, len(timed)), size=int(kept.sum()))
    others[kept] = timed[(np.searchsorted(timed, versions[kept]) + step) % len(timed)]
    return others


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
