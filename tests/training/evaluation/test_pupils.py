"""Pupils teach some of their clips and are tested on others that no statistic has seen."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from models import RecognitionStream, Recognizer
from models.labels import EMOTIONS
from models.runtime import Network
from models.teaching import COUNTS, Adaptation, Population
from tests.training.imagined import FEATURES, imagined_speech
from tests.training.untrained import untrained, with_components
from training.data.cache import Cache
from training.data.tracks import play
from training.evaluation.population import CALM, against, calmed, population_of, statistics
from training.evaluation.pupils import (
    BASIC,
    LESSONS,
    Lesson,
    Vectors,
    clips_of,
    judged,
    ordinary_pupils,
    pupils,
    sample,
)
from training.evaluation.taught import (
    NEUTRAL,
    RIGHT,
    Group,
    figures,
    rows_of,
    section,
    served_population,
)
from training.fitting.examples import material_of
from training.fitting.network import Components, moments_width
from training.fitting.networks import RAW

SEED = 1


@pytest.fixture(scope="module")
def store():
    return imagined_speech({"ravdess": 4, "nemo": 4}, takes=40, versions=2, ordinary=4)


@pytest.fixture(scope="module")
def material(store):
    return material_of(store, [], FEATURES)


@pytest.fixture(scope="module")
def components(material):
    moments = np.concatenate([own[0].moments for own in material.windows]).astype(np.float32)
    assert moments.shape[1] == moments_width(FEATURES)
    return Components.of(moments, count=6)


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return Cache(tmp_path_factory.mktemp("cache"))


def group(store, components, cache, test, *, seed=0, left_out=""):
    trained = replace(untrained(test=tuple(test), seed=seed), components=components)
    several = pupils(store, test, seed=SEED)
    calm = ordinary_pupils(store, test)
    return Group(
        trained,
        trained.card.decision,
        judged(store, trained, several, LESSONS, seed=SEED, cache=cache),
        judged(store, trained, calm, (LESSONS[0], NEUTRAL), seed=SEED, cache=cache),
        left_out,
    )


@pytest.fixture(scope="module")
def folds(store, components, cache):
    """Return two folds: each tests half of the speakers of both corpora."""
    tests = [
        [i for i, u in enumerate(store.utterances) if int(u.speaker[-1]) % 2 == k] for k in (0, 1)
    ]
    return [group(store, components, cache, test, seed=k) for k, test in enumerate(tests)]


def test_no_sentence_is_taught_and_tested(store):
    found = pupils(store, range(len(store)), seed=SEED)
    assert len(found) == 8
    for pupil in found:
        taught = [i for own in pupil.taught for i in own]
        assert {store.utterances[i].speaker for i in (*taught, *pupil.tests)} == {pupil.speaker}
        of_taught, of_tests = (
            {store.utterances[i].sentence for i in some} for some in (taught, pupil.tests)
        )
        assert not of_taught & of_tests
        for label, own in enumerate(pupil.taught):
            assert {store.utterances[i].emotion for i in own} == {EMOTIONS[label]}


def test_a_speaker_of_one_sentence_is_no_pupil(store):
    members = [i for i, u in enumerate(store.utterances) if u.sentence == "s0"]
    assert pupils(store, members, seed=SEED) == []


def test_a_lesson_is_part_of_every_longer_one(store):
    pupil = pupils(store, range(len(store)), seed=SEED)[0]
    clips = [set(clips_of(pupil, lesson, seed=SEED)[0]) for lesson in RIGHT]
    assert all(one < other for one, other in pairwise(clips))


def test_a_wrong_lesson_has_one_wrong_label(store):
    for pupil in pupils(store, range(len(store)), seed=SEED):
        for count in (1, 3):
            clips, labels = clips_of(pupil, Lesson("", count, wrong=True), seed=SEED)
            truth = [EMOTIONS.index(store.utterances[i].emotion) for i in clips]
            assert sum(a != b for a, b in zip(labels, truth, strict=True)) == 1


def test_an_ordinary_speaker_teaches_the_first_clips_and_is_tested_on_the_rest(store):
    found = ordinary_pupils(store, range(len(store)))
    assert len(found) == 4
    for pupil in found:
        own = [i for i, u in enumerate(store.utterances) if u.speaker == pupil.speaker]
        assert pupil.taught[0] == tuple(own[: len(pupil.taught[0])])
        assert set(pupil.tests) <= set(own[len(pupil.taught[0]) :])


def test_statistics_are_those_of_the_clips_that_made_them(folds, material, store, components):
    samples = [
        sample(store, own, Vectors(material, folds[0].trained, components))
        for own in folds[0].judged
        if own.lesson.name == "3"
    ]
    assert all(samples)
    # Vectors of known speakers: offsets, departures and residuals of known variances.
    rng = np.random.default_rng(0)
    size, means = 3, np.array([[4.0 * (k == j) for j in range(3)] for k in range(5)])
    means -= means.mean(axis=0)
    made = []
    for _ in range(300):
        offset = rng.normal(0, 2.0, size)
        departures = rng.normal(0, 1.0, (5, size))
        truth = np.repeat(np.arange(5), 6)
        vectors = means[truth] + offset + departures[truth] + rng.normal(0, 0.5, (30, size))
        made.append(
            replace(
                samples[0],
                vectors=vectors,
                labels=truth,
                truth=truth,
                windows=[],
                weights=[],
                tested=np.zeros(0, np.int64),
            )
        )
    found = statistics(made)
    np.testing.assert_allclose(found.means, means, atol=0.2)
    for name, variance in (("offset", 4.0), ("between", 1.0), ("within", 0.25)):
        np.testing.assert_allclose(np.diag(getattr(found, name)), variance, rtol=0.25)


def test_no_speaker_takes_part_in_the_statistics_by_which_it_is_adapted(
    folds, material, store, components
):
    groups = [(g.trained, [j for j in g.judged if j.lesson in RIGHT]) for g in folds]
    speakers = {"nemo_0", "nemo_1", "ravdess_3"}
    without = population_of(store, material, groups, components, decision=RAW, without=speakers)
    assert without
    others = [(t, [j for j in own if j.pupil.speaker not in speakers]) for t, own in groups]
    alone = population_of(store, material, others, components, decision=RAW)
    assert alone
    assert without.to_bytes() == alone.to_bytes()
    corpus = population_of(store, material, groups, components, decision=RAW, without={"nemo"})
    rest = [(t, [j for j in own if j.pupil.corpus == "ravdess"]) for t, own in groups]
    expected = population_of(store, material, rest, components, decision=RAW)
    assert corpus
    assert expected
    assert corpus.to_bytes() == expected.to_bytes()
    assert (
        population_of(
            store, material, groups, components, decision=RAW, without={"nemo", "ravdess"}
        )
        is None
    )


def test_left_out_corpora_and_folds_are_adapted_by_others_alone(
    folds, material, store, components, cache, monkeypatch
):
    asked = []

    def noted(*arguments, **options):
        asked.append(({j.pupil.speaker for g in arguments[2] for j in g.judged}, options))
        return served_population(*arguments, **options)

    monkeypatch.setattr("training.evaluation.taught.served_population", noted)
    test = [i for i, u in enumerate(store.utterances) if u.corpus in ("nemo", "ordinary")]
    corpora = [group(store, components, cache, test, left_out="nemo")]
    report = section(store, material, folds, corpora, cache=cache)
    (_, options), *of_folds = asked
    tested = {store.utterances[i].speaker for i in test}
    assert {"nemo"} | tested <= set(options["without"])
    for own, (speakers, _) in zip(folds, of_folds, strict=True):
        assert not speakers & {j.pupil.speaker for j in own.judged}
    assert set(report["corpora"]["lessons"]) == {lesson.name for lesson in LESSONS}
    assert report["corpora"]["pupils"] == 4
    assert report["folds"]["pupils"] == 8
    assert report["ordinary"]["people"] > 0


class Keeping(Recognizer):
    """A recogniser whose streams keep the vectors of their windows."""

    last: RecognitionStream

    def stream(self, **options):
        self.last = super().stream(**options, keep_vectors=True)
        return self.last


def test_windows_have_the_vectors_that_the_served_network_returns(
    store, material, components, cache
):
    trained = with_components(components, test=tuple(range(len(store))))
    recognizer = Keeping(trained.card, Network(trained.card, trained.weights))
    pupil = pupils(store, range(len(store)), seed=SEED)[0]
    (own,) = judged(store, trained, [pupil], [LESSONS[2]], seed=SEED, cache=cache)
    vectors = Vectors(material, trained, components)
    for i in own.pupil.tests[:5]:
        play(recognizer, store.tracks[i][0], speaker=own.speaker)
        expected, weights = recognizer.last.take_vectors()
        found, own_weights = vectors.of(own, i, taught=False)
        np.testing.assert_allclose(own_weights, weights, rtol=1e-3)
        # Moments are kept in 16 bits.
        np.testing.assert_allclose(found, expected, atol=0.02 * np.abs(expected).max())


def test_teaching_clear_speakers_raises_the_figures(folds, material, store, cache):
    population = served_population(
        store, material, folds[:1], folds[1].components, decision=RAW, cache=cache
    )
    rows, _ = rows_of(store, material, folds[1], population)
    found = figures(rows)
    assert found["lessons"]["5"]["gain"] > 0.1
    assert found["lessons"]["5"]["taught"] > found["lessons"]["1"]["known"]
    assert set(found["by_sex"]) == {"F", "M"}


def test_weights_are_divided_until_teaching_shows_no_more_false_emotions(
    folds, material, store, components
):
    found = []
    for own in folds:
        vectors = Vectors(material, own.trained, components)
        samples = [s for j in own.judged if j.lesson in RIGHT and (s := sample(store, j, vectors))]
        found.append((statistics([s for s in samples if s.lesson.count == BASIC]), samples))
    sharp = replace(found[0][0], weights=np.array([[1.0, 0.0], *[[2.0, 2.0]] * 4]))
    # Where nothing is shown nothing is false, and the weights stay.
    silent = replace(RAW, shown_above=(1.1,) * 5)
    np.testing.assert_array_equal(calmed(sharp, found, silent).weights, sharp.weights)
    calm = calmed(sharp, found, replace(RAW, shown_above=(0.25, 0.4, 0.4, 0.4, 0.4)))
    assert 2.0 / calm.weights[1, 0] in CALM
    np.testing.assert_array_equal(calm.weights[0], sharp.weights[0])


def test_a_clip_is_doubted_by_the_others_and_not_by_itself(folds, material, store, components):
    groups = [(g.trained, [j for j in g.judged if j.lesson in RIGHT]) for g in folds]
    population = population_of(store, material, groups, components, decision=RAW)
    vectors = Vectors(material, folds[0].trained, components)
    basic = next(j for j in folds[0].judged if j.lesson.count == BASIC)
    own = sample(store, basic, vectors)
    assert own is not None
    right, _ = against(population, own)
    labels = own.labels.copy()
    labels[0] = (labels[0] + 1) % 5
    wrong, logits = against(population, replace(own, labels=labels))
    assert wrong[0] > right[0]
    rest = np.arange(len(labels)) > 0
    expected = Adaptation(population, own.taught(rest)).logits(own.vectors[0])
    np.testing.assert_allclose(logits[0], expected)


def test_the_population_of_a_bundle_has_positive_weights_for_every_count(
    folds, material, store, components
):
    groups = [(g.trained, [j for j in g.judged if j.lesson in RIGHT]) for g in folds]
    population = Population.from_bytes(
        population_of(store, material, groups, components, decision=RAW).to_bytes()
    )
    assert population.weights.shape == (len(COUNTS), 2)
    assert (population.weights[1:] > 0).all()
    assert population.weights[0, 1] == 0.0
