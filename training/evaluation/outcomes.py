"""Outputs of a network for recordings that are not in its training, before any decision.

The served recogniser judges each track (`training.data.tracks`). The module keeps the arguments of
the timeline, so that any decision can be applied later without running the network again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from models.bundle import Card, Decision, Weights
from models.labels import EMOTIONS
from models.normalisation import LEAST
from models.recognizer import RecognitionStream, Recognizer
from models.runtime import Logits, Network
from models.speaker import Speaker
from models.timeline import Judgement, Timeline, Window
from training.data.cache import Arrays, Cache, digest_of
from training.data.splits import Split
from training.data.tracks import Track, play
from training.fitting.network import Components
from training.fitting.networks import RAW
from training.signal.store import Store

Doubles = npt.NDArray[np.float64]
START, END, STEP, WEIGHT, VOICE = range(5)
"""Columns of a course; the logits of the labels follow. VOICE is NaN in silence."""
_WIDTH = 5 + len(EMOTIONS)


@dataclass(frozen=True)
class Trained:
    """A split, and the network that was trained on its training side.

    Attributes
    ----------
    split : Split
    card : Card
    weights : Weights
    components : Components, optional
        Those that the network returns.
    """

    split: Split
    card: Card
    weights: Weights
    components: Components | None = None

    def recognizer(self) -> Recognizer:
        """Return the recogniser that serves the network."""
        return Recognizer(self.card, Network(self.card, self.weights))

    @property
    def digest(self) -> str:
        """Digest of the network and its normalisation, to be part of a cache key."""
        normalisation = self.card.normalisation
        return digest_of(self.weights.network, normalisation.mean, normalisation.strength)


class _Noted(Timeline):
    """A timeline that keeps the arguments that it is called with."""

    def __init__(self, labels: tuple[str, ...], network: _Overheard) -> None:
        super().__init__(labels, RAW)
        self._network = network
        self.rows: list[list[float]] = []

    def silence(self, start_s: float, end_s: float, *, other_sound: bool = False) -> Window:
        nothing = [np.nan] * (1 + len(EMOTIONS))
        self.rows.append([start_s, end_s, 0.0, 0.0, *nothing])
        return super().silence(start_s, end_s, other_sound=other_sound)

    def speech(
        self, start_s: float, end_s: float, *, logits: Doubles, step_s: float, weight: float
    ) -> Window:
        row = [start_s, end_s, step_s, weight, self._network.voice, *logits.tolist()]
        self.rows.append(row)
        return super().speech(start_s, end_s, logits=logits, step_s=step_s, weight=weight)


class _Overheard(Network):
    """A network that keeps the voice logit of the last window."""

    voice = 0.0

    def logits(
        self, columns: npt.NDArray[np.float32], speech: npt.NDArray[np.bool_], known: np.ndarray
    ) -> Logits:
        said = super().logits(columns, speech, known)
        self.voice = said.voice
        return said


class _Listener(Recognizer):
    """A recogniser whose streams keep what their timeline is called with."""

    def __init__(self, trained: Trained) -> None:
        card = replace(trained.card, decision=RAW)
        self._overheard = _Overheard(card, trained.weights)
        super().__init__(card, self._overheard)
        self.noted = _Noted(card.labels, self._overheard)

    def stream(self, **options: object) -> RecognitionStream:
        stream = super().stream(**options)  # type: ignore[arg-type]
        self.noted = stream._timeline = _Noted(self.card.labels, self._overheard)
        return stream


def courses(
    trained: Trained, jobs: Iterable[tuple[Track, Speaker | None]]
) -> list[npt.NDArray[np.float64]]:
    """Return the course of each track: its windows before any decision.

    Parameters
    ----------
    trained : Trained
    jobs : iterable of (Track, Speaker or None)
        Each track, and what the stream knows of the speaker at its beginning.

    Returns
    -------
    list of ndarray, shape (windows, 5 + labels)
    """
    listener = _Listener(trained)
    found = []
    for track, speaker in jobs:
        play(listener, track, speaker=speaker)
        found.append(np.array(listener.noted.rows, np.float64).reshape(-1, _WIDTH))
    return found


def decided(course: Doubles, decision: Decision) -> Judgement:
    """Return the judgement of a course as the served timeline makes it with a decision."""
    timeline = Timeline(EMOTIONS, decision)
    for start, end, step, weight, voice, *logits in course.tolist():
        if not voice >= decision.voice_above:
            # NaN: the voice activity detector found no sound of a voice, so no logit exists.
            timeline.silence(start, end, other_sound=not np.isnan(voice))
            continue
        timeline.speech(start, end, logits=np.array(logits), step_s=step, weight=weight)
    return timeline.judgement(course[-1, END] if len(course) else 0.0)


def adapted(course: Doubles, logits: Doubles, decision: Decision) -> Doubles:
    """Return a course with adapted logits; the timeline divides them by the temperature."""
    changed = course.copy()
    rows = np.flatnonzero(~np.isnan(course[:, VOICE]))[: len(logits)]
    changed[rows, VOICE + 1 :] = logits * decision.temperature
    return changed


def clip_logs(course: Doubles) -> Doubles:
    """Return the log of a clip's mean probabilities at temperature 1, shape (labels,)."""
    spoken = course[~np.isnan(course[:, VOICE])]
    if not len(spoken):
        return np.full(len(EMOTIONS), -np.log(len(EMOTIONS)))
    logits = spoken[:, VOICE + 1 :]
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    probabilities = powers / powers.sum(axis=1, keepdims=True)
    mean = np.average(probabilities, axis=0, weights=spoken[:, WEIGHT])
    return np.asarray(np.log(np.maximum(mean, LEAST)))


def scaled(logs: Doubles, decision: Decision) -> Doubles:
    """Return log probabilities with a decision's temperature and prior, shape (..., labels)."""
    logits = logs / decision.temperature + np.array(decision.prior or np.zeros(logs.shape[-1]))
    logits = logits - logits.max(axis=-1, keepdims=True)
    return np.asarray(logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True)))


@dataclass(frozen=True)
class Outcome:
    """Outputs of a split's network for its test utterances.

    Attributes
    ----------
    split : Split
    cold, warm : ndarray, shape (tests, labels)
        Log probabilities of each clip at temperature 1: nothing known of the speaker, and the mean
        of the speaker's other test clips known.
    heard : ndarray of bool, shape (tests,)
        Whether each clip has a window with speech.
    voice : ndarray, shape (windows,)
        Voice logits of the windows with speech, nothing known of the speaker.
    clip : ndarray of int, shape (windows,)
        Test utterance of each of those windows.
    courses : list of ndarray
        Course of each test utterance, nothing known of the speaker.
    """

    split: Split
    cold: Doubles
    warm: Doubles
    heard: npt.NDArray[np.bool_]
    voice: Doubles = field(default_factory=lambda: np.zeros(0))
    clip: npt.NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    courses: list[Doubles] = field(default_factory=list)

    def shown(self, decision: Decision) -> Outcome:
        """Return the outcome with the log probabilities of a decision's temperature and prior."""
        return replace(self, cold=scaled(self.cold, decision), warm=scaled(self.warm, decision))

    def without(self, store: Store, speakers: Collection[str]) -> Outcome:
        """Return the outcome of the test utterances of all other speakers."""
        test = self.split.test
        kept = [k for k, i in enumerate(test) if store.utterances[i].speaker not in speakers]
        windows = np.isin(self.clip, kept)
        return Outcome(
            replace(self.split, test=tuple(test[k] for k in kept)),
            self.cold[kept],
            self.warm[kept],
            self.heard[kept],
            self.voice[windows],
            np.searchsorted(kept, self.clip[windows]),
            [self.courses[k] for k in kept] if self.courses else [],
        )


def truth_of(store: Store, members: tuple[int, ...] | np.ndarray) -> np.ndarray:
    """Return the emotions of utterances as positions in `EMOTIONS`, shape (n,)."""
    return np.array([EMOTIONS.index(store.utterances[i].emotion) for i in members], np.int64)


def of_speakers(store: Store, members: Iterable[int]) -> dict[str, list[int]]:
    """Return the utterances of each speaker."""
    found: dict[str, list[int]] = {}
    for i in members:
        found.setdefault(store.utterances[i].speaker, []).append(i)
    return found


def judge(store: Store, trained: Trained, *, cache: Cache) -> Outcome:
    """Return what the recogniser, as served, says of the split's test utterances."""
    names = [store.utterances[i].path.name for i in trained.split.test]
    found = cache.fetch(_judged, store, trained, key=[trained.digest, names])
    cold, warm = unpacked(found, "nothing"), unpacked(found, "all")
    spoken = [~np.isnan(course[:, VOICE]) for course in cold]
    voices = [course[own, VOICE] for course, own in zip(cold, spoken, strict=True)]
    return Outcome(
        trained.split,
        np.array([clip_logs(course) for course in cold]),
        np.array([clip_logs(course) for course in warm]),
        np.array([bool(own.any()) for own in spoken]),
        np.concatenate(voices),
        np.repeat(np.arange(len(cold)), [len(own) for own in voices]),
        cold,
    )


def _judged(store: Store, trained: Trained) -> Arrays:
    test, pitch = trained.split.test, trained.card.features.pitch_column
    parts = {i: store.tracks[i][0].speaker(pitch) for i in test}
    known: dict[int, Speaker] = {}
    for own in of_speakers(store, test).values():
        everything = Speaker()
        for i in own:
            everything = everything.joined(parts[i])
        known |= {i: everything.without(parts[i]) for i in own}
    tracks = [store.tracks[i][0] for i in test]
    return {
        **packed(courses(trained, ((track, None) for track in tracks)), "nothing"),
        **packed(courses(trained, zip(tracks, map(known.get, test), strict=True)), "all"),
    }


def packed(found: list[Doubles], name: str) -> Arrays:
    """Return courses as arrays."""
    return {
        f"{name}/lengths": np.array([len(course) for course in found]),
        f"{name}/rows": np.concatenate([np.zeros((0, _WIDTH)), *found]).astype(np.float32),
    }


def unpacked(arrays: Arrays, name: str) -> list[Doubles]:
    """Return the courses that `packed` packed."""
    ends = np.cumsum(arrays[f"{name}/lengths"])
    # The last piece holds what comes after the last course: nothing.
    return np.split(arrays[f"{name}/rows"].astype(np.float64), ends)[:-1]
