"""Speakers of the corpora who teach the recogniser: which clips, and how those are judged.

A pupil is a test speaker of a split: the network never heard the speaker. A lesson takes some of
the pupil's clips with their labels, and the network judges the other clips relative to the mean of
the taught ones. The sentences of the taught clips are not among the tested ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.enrolment import balanced
from models.labels import EMOTIONS
from models.normalisation import estimate
from models.speaker import Speaker
from models.teaching import Doubles, Taught, mean_vector
from training.data.cache import Arrays, Cache, digest_of
from training.data.tracks import Track
from training.data.windows import in_bands
from training.evaluation.ordinary import CALIBRATION_FRAMES
from training.evaluation.outcomes import (
    VOICE,
    WEIGHT,
    Trained,
    courses,
    of_speakers,
    packed,
    unpacked,
)
from training.fitting.examples import Material
from training.fitting.network import Components
from training.signal.store import Store

SPEAKERS = 12
"""Pupils of one corpus in a split, at most."""
TESTS = 40
"""Clips of a pupil that are tested, at most."""
MOST = 5
"""Clips of each emotion that a pupil teaches, at most."""
BASIC = 3
"""Clips of each emotion of the lesson from which the population is estimated."""
FEW = tuple(EMOTIONS.index(emotion) for emotion in ("neutral", "happy", "angry"))
"""Emotions of a lesson that leaves the others out."""
TELEPHONE = 4
"""Acoustic version of the lesson on another microphone (`training.signal.augmentation`)."""


@dataclass(frozen=True)
class Pupil:
    """A speaker who teaches.

    Attributes
    ----------
    speaker, corpus, sex : str
    taught : tuple of tuple of int
        Utterances of each label, in the order in which lessons take them.
    tests : tuple of int
        Utterances that are tested.
    """

    speaker: str
    corpus: str
    sex: str
    taught: tuple[tuple[int, ...], ...]
    tests: tuple[int, ...]


@dataclass(frozen=True)
class Lesson:
    """Which of a pupil's clips are taught.

    Attributes
    ----------
    name : str
    count : int
        Clips of each emotion.
    labels : tuple of int
        Emotions that are taught.
    wrong : bool
        Whether one clip has a wrong label.
    version : int
        Acoustic version of the taught clips.
    """

    name: str
    count: int
    labels: tuple[int, ...] = tuple(range(len(EMOTIONS)))
    wrong: bool = False
    version: int = 0


LESSONS = (
    Lesson("0", 0),
    *(Lesson(f"{count}", count) for count in (1, 2, 3, 5)),
    *(Lesson(f"{count}, wrong", count, wrong=True) for count in (1, 3)),
    *(Lesson(f"{count}, few", count, FEW) for count in (1, 3)),
    Lesson("3, telephone", 3, version=TELEPHONE),
)


def pupils(store: Store, members: Iterable[int], *, seed: int) -> list[Pupil]:
    """Return the pupils among the speakers of some utterances.

    Each teaches clips of half of the sentences, and is tested on clips of the other sentences. A
    speaker of fewer than two sentences, or of fewer than two emotions, is no pupil.
    """
    rng = np.random.default_rng(seed)
    found: list[Pupil] = []
    of_corpus: dict[str, int] = {}
    acted = [i for i in members if not store.utterances[i].kind]
    speakers = of_speakers(store, acted)
    for speaker in rng.permutation(sorted(speakers)).tolist():
        own = speakers[speaker]
        first = store.utterances[own[0]]
        if of_corpus.get(first.corpus, 0) >= SPEAKERS:
            continue
        pupil = _pupil(store, speaker, own, rng)
        if pupil:
            found.append(pupil)
            of_corpus[first.corpus] = of_corpus.get(first.corpus, 0) + 1
    return found


def ordinary_pupils(store: Store, members: Iterable[int]) -> list[Pupil]:
    """Return the speakers of ordinary speech with clips enough for a lesson in neutral speech.

    The first ten seconds of speech are taught, the other clips tested.
    """
    found = []
    for speaker, own in of_speakers(store, members).items():
        first = store.utterances[own[0]]
        heard = np.cumsum([store.tracks[i][0].frames for i in own])
        begin = int(np.searchsorted(heard, CALIBRATION_FRAMES)) + 1
        if first.kind and begin < len(own):
            taught = (tuple(own[:begin]), *((),) * (len(EMOTIONS) - 1))
            found.append(
                Pupil(speaker, first.corpus, first.sex, taught, tuple(own[begin:][:TESTS]))
            )
    return found


def _pupil(
    store: Store, speaker: str, own: Sequence[int], rng: np.random.Generator
) -> Pupil | None:
    sentences: dict[int, dict[str, list[int]]] = {}
    for i in own:
        u = store.utterances[i]
        sentences.setdefault(EMOTIONS.index(u.emotion), {}).setdefault(u.sentence, []).append(i)
    names = sorted({name for of_label in sentences.values() for name in of_label} - {""})
    if len(names) < 2 or len(sentences) < 2:
        return None
    order = {name: k for k, name in enumerate(rng.permutation(names).tolist())}
    half = {
        name
        for of_label in sentences.values()
        for name in sorted(of_label, key=order.__getitem__)[: max(1, len(of_label) // 2)]
    }
    taught: list[tuple[int, ...]] = []
    for label in range(len(EMOTIONS)):
        pool = [
            i for name, clips in sentences.get(label, {}).items() if name in half for i in clips
        ]
        taught.append(tuple(rng.permutation(pool).astype(int).tolist()[:MOST]))
    tests = [i for i in own if store.utterances[i].sentence not in half]
    labels = {store.utterances[i].emotion for i in tests}
    if len(labels) < 2 or sum(map(bool, taught)) < 2:
        return None
    tests = sorted(rng.permutation(tests).astype(int).tolist()[:TESTS])
    first = store.utterances[own[0]]
    return Pupil(speaker, first.corpus, first.sex, tuple(taught), tuple(tests))


def clips_of(pupil: Pupil, lesson: Lesson, *, seed: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return the utterances that a lesson takes, and the label that each is given."""
    clips, labels = [], []
    for label in lesson.labels:
        for i in pupil.taught[label][: lesson.count]:
            clips.append(i)
            labels.append(label)
    if lesson.wrong:
        rng = np.random.default_rng([seed, *map(ord, pupil.speaker)])
        at = int(rng.integers(len(labels)))
        others = sorted(set(labels) - {labels[at]})
        labels[at] = others[int(rng.integers(len(others)))]
    return tuple(clips), tuple(labels)


@dataclass(frozen=True)
class Judged:
    """Outputs of a network for a pupil's clips when the mean of the taught clips is known.

    Attributes
    ----------
    pupil : Pupil
    lesson : Lesson
    speaker : Speaker
        Mean of the taught clips, balanced over their emotions.
    clips, labels : tuple of int
        Utterances that are taught, and the labels that they are given.
    courses : dict of int to ndarray
        Course of each utterance, taught and tested, with speech in at least one window.
    """

    pupil: Pupil
    lesson: Lesson
    speaker: Speaker
    clips: tuple[int, ...]
    labels: tuple[int, ...]
    courses: Mapping[int, Doubles]


def judged(
    store: Store,
    trained: Trained,
    several: Sequence[Pupil],
    lessons: Sequence[Lesson],
    *,
    seed: int,
    cache: Cache,
) -> list[Judged]:
    """Return what a split's network says of the clips of pupils in some lessons."""
    plan = [[vars(pupil) for pupil in several], [vars(lesson) for lesson in lessons]]
    utterances = [u.path.name for u in store.utterances]
    key = [trained.digest, digest_of("\n".join(utterances).encode()), plan, seed]
    found = cache.fetch(_judged, store, trained, several, lessons, seed, key=key)
    every = iter(unpacked(found, "courses"))
    made = []
    for pupil, lesson in [(pupil, lesson) for pupil in several for lesson in lessons]:
        clips, labels, speaker = _known(store, trained, pupil, lesson, seed)
        courses = [next(every) for _ in (*clips, *pupil.tests)]
        spoken = {
            i: course
            for i, course in zip((*clips, *pupil.tests), courses, strict=True)
            if not np.isnan(course[:, VOICE]).all()
        }
        made.append(Judged(pupil, lesson, speaker, clips, labels, spoken))
    return made


def _known(
    store: Store, trained: Trained, pupil: Pupil, lesson: Lesson, seed: int
) -> tuple[tuple[int, ...], tuple[int, ...], Speaker]:
    """Return the utterances that are taught, their labels, and the mean that they give."""
    clips, labels = clips_of(pupil, lesson, seed=seed)
    if not clips:
        return (), (), Speaker()
    pitch = trained.card.features.pitch_column
    parts = [_track(store, i, lesson).speaker(pitch) for i in clips]
    return clips, labels, balanced(parts, labels).portable()


def _track(store: Store, utterance: int, lesson: Lesson) -> Track:
    several = store.tracks[utterance]
    return several[min(lesson.version, len(several) - 1)]


def _judged(
    store: Store,
    trained: Trained,
    several: Sequence[Pupil],
    lessons: Sequence[Lesson],
    seed: int,
) -> Arrays:
    jobs = []
    for pupil in several:
        for lesson in lessons:
            clips, _, speaker = _known(store, trained, pupil, lesson, seed)
            jobs += [(_track(store, i, lesson), speaker) for i in clips]
            jobs += [(store.tracks[i][0], speaker) for i in pupil.tests]
    return packed(courses(trained, jobs), "courses")


class Vectors:
    """Vectors of windows (`models.teaching`) in the components of one network.

    Parameters
    ----------
    material : Material
        Moments of the utterances.
    trained : Trained
        Its normalisation gives the speakers' means.
    components : Components
    """

    def __init__(self, material: Material, trained: Trained, components: Components) -> None:
        self._material = material
        self._prior = trained.card.normalisation
        self._features = trained.card.features
        self._components = components

    def of(
        self, judged: Judged, utterance: int, *, taught: bool
    ) -> tuple[Doubles, npt.NDArray[np.float64]]:
        """Return the vectors of an utterance's windows, and their weights.

        Parameters
        ----------
        judged : Judged
        utterance : int
        taught : bool
            Whether the utterance is one of those taught; they have the lesson's version.
        """
        course = judged.courses[utterance]
        course = course[~np.isnan(course[:, VOICE])]
        several = self._material.windows[utterance]
        windows = several[min(judged.lesson.version, len(several) - 1) if taught else 0]
        columns, pitch = self._features.columns, self._features.pitch_column
        counts = np.repeat(windows.count[:, :1], columns, axis=1)
        counts[:, pitch] = windows.count[:, 1]
        total = windows.total
        if judged.speaker.neutral:  # a calibrated session keeps its mean
            counts, total = 0 * counts, 0 * total
        mean, _ = estimate(
            self._prior,
            judged.speaker.total + total,
            judged.speaker.counts + counts,
            judged.speaker.neutral,
        )
        moments = windows.moments.astype(np.float32)
        moments[:, : moments.shape[1] // 3] -= in_bands(mean, self._features)
        components = self._components.of_moments(moments)
        count = min(len(course), len(components))
        logits = course[:count, VOICE + 1 :]
        logits = logits - logits.mean(axis=1, keepdims=True)
        return np.concatenate([logits, components[:count]], axis=1), course[:count, WEIGHT]


@dataclass(frozen=True)
class Sample:
    """A lesson in one network's components.

    Attributes
    ----------
    pupil : Pupil
    lesson : Lesson
    vectors : ndarray, shape (taught clips, size)
        Of the taught clips.
    labels, truth : ndarray of int
        Labels that the taught clips are given, and their true ones.
    windows : list of ndarray, shape (windows, size)
        Of the tested clips.
    weights : list of ndarray, shape (windows,)
    tested : ndarray of int
        True labels of the tested clips.
    courses : list of ndarray
        Of the tested clips.
    """

    pupil: Pupil
    lesson: Lesson
    vectors: Doubles
    labels: npt.NDArray[np.int64]
    truth: npt.NDArray[np.int64]
    windows: list[Doubles]
    weights: list[Doubles]
    tested: npt.NDArray[np.int64]
    courses: list[Doubles]

    def taught(self, rows: npt.NDArray[np.bool_] | None = None) -> Taught:
        """Return the statistics of the taught clips, or of some of them."""
        kept = slice(None) if rows is None else rows
        labels = self.labels[kept].tolist()
        return Taught.of(list(self.vectors[kept]), labels, of=len(EMOTIONS))


def sample(store: Store, judged: Judged, vectors: Vectors) -> Sample | None:
    """Return a lesson in a network's components; None if it has too little speech."""

    def truth(members: Sequence[int]) -> npt.NDArray[np.int64]:
        return np.array([EMOTIONS.index(store.utterances[i].emotion) for i in members], np.int64)

    def usable(windows: tuple[Doubles, Doubles]) -> bool:
        return bool(windows[1].sum() > 0)

    own = {
        k: windows
        for k, i in enumerate(judged.clips)
        if i in judged.courses and usable(windows := vectors.of(judged, i, taught=True))
    }
    tests = {
        i: windows
        for i in judged.pupil.tests
        if i in judged.courses and usable(windows := vectors.of(judged, i, taught=False))
    }
    if not tests or bool(own) != bool(judged.lesson.count):
        return None
    return Sample(
        judged.pupil,
        judged.lesson,
        np.array([mean_vector(*windows) for windows in own.values()]),
        np.array([judged.labels[k] for k in own], np.int64),
        truth([judged.clips[k] for k in own]),
        [windows for windows, _ in tests.values()],
        [weights for _, weights in tests.values()],
        truth(list(tests)),
        [judged.courses[i] for i in tests],
    )
