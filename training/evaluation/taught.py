"""The report's section on teaching: what a few labelled clips of a speaker change."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from models.bundle import Decision
from models.enrolment import clip_probabilities, separates
from models.labels import EMOTIONS
from models.teaching import COUNTS, Adaptation, Doubles, Population
from models.timeline import Window, softmax
from training.data.cache import Arrays, Cache, digest_of
from training.evaluation.ordinary import false, spoken
from training.evaluation.outcomes import Trained, adapted, clip_logs, decided, scaled
from training.evaluation.population import against, population_of
from training.evaluation.pupils import LESSONS, Judged, Lesson, Sample, Vectors, sample
from training.evaluation.scores import uar
from training.fitting.examples import Material
from training.fitting.network import Components
from training.signal.store import Store

Ints = npt.NDArray[np.int64]
NEUTRAL = Lesson("neutral", 1000, (0,))
"""The lesson of ordinary speakers: their first ten seconds, as neutral speech."""
RIGHT = tuple(
    lesson
    for lesson in LESSONS
    if lesson.count in COUNTS[1:]
    and not lesson.wrong
    and not lesson.version
    and len(lesson.labels) == len(EMOTIONS)
)
"""Lessons by which the population is estimated."""


@dataclass(frozen=True)
class Group:
    """Pupils of one split.

    Attributes
    ----------
    trained : Trained
        Network that never heard them.
    decision : Decision
        Chosen by other speakers.
    judged : list of Judged
        Lessons of the pupils in acted speech.
    ordinary : list of Judged
        Lessons of ordinary speakers: nothing, and `NEUTRAL`.
    left_out : str
        Corpus that the split leaves out; empty in the folds by speaker.
    """

    trained: Trained
    decision: Decision
    judged: list[Judged]
    ordinary: list[Judged]
    left_out: str = ""

    @property
    def components(self) -> Components:
        """Those of the network."""
        assert self.trained.components is not None
        return self.trained.components


@dataclass(frozen=True)
class Row:
    """Judgements of the tested clips of one pupil in one lesson.

    Attributes
    ----------
    corpus, sex, lesson : str
    truth, known, taught : ndarray of int, shape (clips,)
        True labels, and the labels when the mean is known and when the lesson is taught.
    windows : ndarray of int, shape (windows, 3)
        The same of the windows.
    false_known, false_taught : list of bool
        Whether each window of neutral speech shows an emotion.
    separates : bool
        Whether the lesson changes the judgement.
    doubted : list of bool
        Of each taught clip, whether it is reported as doubtful.
    wrong : list of bool
        Whether each taught clip has a wrong label.
    """

    corpus: str
    sex: str
    lesson: str
    truth: Ints
    known: Ints
    taught: Ints
    windows: Ints
    false_known: list[bool]
    false_taught: list[bool]
    separates: bool
    doubted: list[bool]
    wrong: list[bool]


def served_population(
    store: Store,
    material: Material,
    folds: Sequence[Group],
    components: Components,
    *,
    decision: Decision,
    cache: Cache,
    without: Iterable[str] = (),
) -> Population | None:
    """Return the population that the pupils of the folds give, from the cache.

    Parameters are those of `training.evaluation.population.population_of`.
    """
    left_out = sorted(without)
    digests = [group.trained.digest for group in folds]
    key = [digests, digest_of(components.mean, components.matrix), left_out, vars(decision)]
    arguments = (store, material, folds, components, decision, left_out)
    found = cache.fetch(_population, *arguments, key=key)
    content = found["population"].tobytes()
    return Population.from_bytes(content) if content else None


def _population(
    store: Store,
    material: Material,
    folds: Sequence[Group],
    components: Components,
    decision: Decision,
    without: Sequence[str],
) -> Arrays:
    groups = [(g.trained, [j for j in g.judged if j.lesson in RIGHT]) for g in folds]
    population = population_of(
        store, material, groups, components, decision=decision, without=without
    )
    content = population.to_bytes() if population else b""
    return {"population": np.frombuffer(content, np.uint8)}


def rows_of(
    store: Store, material: Material, group: Group, population: Population
) -> tuple[list[Row], list[Row]]:
    """Return the judgements of a split's pupils: of acted speech, and of ordinary speakers."""
    vectors = Vectors(material, group.trained, group.components)
    found = []
    for judged in (group.judged, group.ordinary):
        samples = (sample(store, own, vectors) for own in judged)
        found.append([_row(own, population, group.decision) for own in samples if own])
    return found[0], found[1]


def _row(own: Sample, population: Population, decision: Decision) -> Row:
    labels = len(EMOTIONS)
    neutral_only = set(own.labels.tolist()) == {0}
    if neutral_only:
        decision = decision.after_calibration(labels)
    prior = np.array(decision.prior or np.zeros(labels))
    known = scaled(np.array([clip_logs(course) for course in own.courses]), decision)
    plain = [w[:, :labels] / decision.temperature + prior for w in own.windows]
    change: Callable[[Doubles], Doubles] | None = None
    separate, doubted = True, [False] * len(own.labels)
    if own.lesson.count:
        separate, doubted = _looked_through(own, population, decision)
        taught_clips = replace(own.taught(), separates=separate)
        change = Adaptation(population, taught_clips).logits if taught_clips.adapts else None
    taught, logits = known, plain
    if change:
        logits = [change(w) + prior for w in own.windows]
        taught = np.array(
            [clip_probabilities(z, w) for z, w in zip(logits, own.weights, strict=True)]
        )
    of_window = np.repeat(own.tested, list(map(len, own.windows)))
    alarms: list[list[bool]] = [[], []]
    for truth, course, windows in zip(own.tested, own.courses, own.windows, strict=True):
        if truth == 0:
            changed = adapted(course, change(windows), decision) if change else course
            for which, one in zip(alarms, (course, changed), strict=True):
                which += [false(w) for w in _shown(one, decision)]
    return Row(
        own.pupil.corpus,
        own.pupil.sex,
        own.lesson.name,
        own.tested,
        known.argmax(axis=1),
        taught.argmax(axis=1),
        np.column_stack([of_window, *(np.concatenate(z).argmax(axis=1) for z in (plain, logits))]),
        alarms[0],
        alarms[1],
        separate,
        doubted,
        (own.labels != own.truth).tolist(),
    )


def _looked_through(
    own: Sample, population: Population, decision: Decision
) -> tuple[bool, list[bool]]:
    """Return whether the taught clips separate, and which are doubtful, as enrolment finds."""
    labels, count = len(EMOTIONS), len(own.labels)
    if count < 2:
        return True, [False] * count
    odds, logits = against(population, own)
    prior = np.array(decision.prior or np.zeros(labels))
    several = np.bincount(own.labels, minlength=labels)[own.labels] > 1
    separate = True
    if len(set(own.labels[several].tolist())) > 1:
        plain = own.vectors[:, :labels] / decision.temperature + prior
        known, taught = (
            np.array([softmax(z) for z in rows[several]]) for rows in (plain, logits + prior)
        )
        separate = separates(own.labels[several].tolist(), known, taught)
    return separate, (odds > population.doubt).tolist() if count > 2 else [False] * count


def _shown(course: Doubles, decision: Decision) -> Sequence[Window]:
    return spoken(decided(course, decision).windows)


def section(
    store: Store,
    material: Material,
    folds: Sequence[Group],
    corpora: Sequence[Group],
    *,
    cache: Cache,
) -> dict[str, Any]:
    """Return the report's section on teaching; empty without pupils.

    Parameters
    ----------
    store : Store
    material : Material
    folds : sequence of Group
        Of the folds by speaker.
    corpora : sequence of Group
        Of the splits that leave a corpus out.
    cache : Cache
        Caches the populations.
    """
    of_corpora: list[Row] = []
    ordinary: list[Row] = []
    for group in corpora:
        tested = {judged.pupil.speaker for judged in (*group.judged, *group.ordinary)}
        population = served_population(
            store,
            material,
            folds,
            group.components,
            decision=group.decision,
            cache=cache,
            without={group.left_out, *tested},
        )
        if population:
            acted, calm = rows_of(store, material, group, population)
            of_corpora += acted
            ordinary += calm
    of_folds: list[Row] = []
    for group in folds if len(folds) > 1 else []:
        others = [other for other in folds if other is not group]
        population = served_population(
            store, material, others, group.components, decision=group.decision, cache=cache
        )
        if population:
            of_folds += rows_of(store, material, group, population)[0]
    if not of_corpora and not of_folds:
        return {}
    return {
        "protocol": "A pupil teaches 1, 2, 3 or 5 clips of each emotion and is tested on clips of "
        "other sentences; networks and statistics never heard the pupil, and in the left-out "
        "corpora nobody of the corpus. Known: only the mean of the taught clips is known. UAR of "
        "clips; every corpus counts alike. Wrong: one clip has a wrong label. Few: only neutral, "
        "happy and angry are taught, all five are tested. Telephone: the taught clips come "
        "through a telephone.",
        "corpora": figures(of_corpora),
        "folds": figures(of_folds),
        "ordinary": _ordinary(ordinary),
    }


def figures(rows: Sequence[Row]) -> dict[str, Any]:
    """Return the figures of pupils in acted speech; empty without any."""
    if not rows:
        return {}
    lessons = {
        lesson.name: _lesson([row for row in rows if row.lesson == lesson.name])
        for lesson in LESSONS
    }
    gains = {name: own["gain"] for name, own in lessons.items() if own}
    least = min(
        (values["taught"] - values["known"], corpus, name)
        for name, own in lessons.items()
        for corpus, values in own.get("by_corpus", {}).items()
        if name in {lesson.name for lesson in RIGHT}
    )
    basic = [row for row in rows if row.lesson == "3"]
    return {
        "pupils": len({id(row.truth) for row in rows if row.lesson == "3"}),
        "lessons": lessons,
        "wrong_kept": {
            count: _rounded(gains[f"{count}, wrong"] / gains[count])
            for count in ("1", "3")
            if gains.get(count, 0.0) > 0
        },
        "least_gain": {"gain": _rounded(least[0]), "corpus": least[1], "clips": least[2]},
        "by_sex": {sex: _lesson([row for row in basic if row.sex == sex]) for sex in ("F", "M")},
        "false": {
            name: _rounded(np.mean(alarms))
            for name, alarms in (
                ("known", [a for row in basic for a in row.false_known]),
                ("taught", [a for row in basic for a in row.false_taught]),
            )
            if alarms
        },
        "refused": _rounded(np.mean([not row.separates for row in basic])),
        "doubts": {
            f"{count}": {
                "found": _share(d for d, w in _clips(rows, f"{count}, wrong") if w),
                "false": _share(d for d, w in _clips(rows, f"{count}") if not w),
            }
            for count in (1, 3)
        },
    }


def _clips(rows: Sequence[Row], lesson: str) -> list[tuple[bool, bool]]:
    return [
        pair
        for row in rows
        if row.lesson == lesson
        for pair in zip(row.doubted, row.wrong, strict=True)
    ]


def _share(values: Iterable[bool]) -> float | None:
    found = list(values)
    return _rounded(np.mean(found)) if found else None


def _lesson(rows: Sequence[Row]) -> dict[str, Any]:
    """Return the UAR of each corpus and their mean, when known and when taught."""
    by_corpus: dict[str, dict[str, Any]] = {}
    for corpus in dict.fromkeys(row.corpus for row in rows):
        own = [row for row in rows if row.corpus == corpus]
        truth = np.concatenate([row.truth for row in own])
        windows = np.concatenate([row.windows for row in own])
        by_corpus[corpus] = {
            "n": len(truth),
            "pupils": len(own),
            "known": _rounded(uar(truth, np.concatenate([row.known for row in own]))),
            "taught": _rounded(uar(truth, np.concatenate([row.taught for row in own]))),
            "windows_known": _rounded(uar(windows[:, 0], windows[:, 1])),
            "windows_taught": _rounded(uar(windows[:, 0], windows[:, 2])),
        }
    if not by_corpus:
        return {}
    names = ("known", "taught", "windows_known", "windows_taught")
    mean = {name: _rounded(np.mean([own[name] for own in by_corpus.values()])) for name in names}
    return {
        "n": sum(own["n"] for own in by_corpus.values()),
        **mean,
        "gain": _rounded(mean["taught"] - mean["known"]),
        "windows_gain": _rounded(mean["windows_taught"] - mean["windows_known"]),
        "by_corpus": by_corpus,
    }


def _ordinary(rows: Sequence[Row]) -> dict[str, Any]:
    """Return the false alarms of ordinary speakers: as strangers, calibrated and taught."""
    stranger = [a for row in rows if row.lesson == "0" for a in row.false_known]
    own = [row for row in rows if row.lesson == NEUTRAL.name]
    if not stranger or not own:
        return {}
    return {
        "people": len(own),
        "n": len(stranger),
        "nothing": _rounded(np.mean(stranger)),
        "calibrated": _rounded(np.mean([a for row in own for a in row.false_known])),
        "taught": _rounded(np.mean([a for row in own for a in row.false_taught])),
    }


def _rounded(value: float | np.floating) -> float:
    return round(float(value), 4)
