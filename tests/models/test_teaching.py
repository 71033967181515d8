"""A few labelled clips move the judgement of one speaker, and never further than they should."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.features import FeatureSettings
from models.speaker import Speaker, SpeakerError, TaughtBy
from models.teaching import COUNTS, Adaptation, Population, Taught, mean_vector, vector_of

LABELS, SIZE = 5, 7
RNG = np.random.default_rng(3)


def covariance(scale):
    root = RNG.normal(0, 1, (SIZE, SIZE))
    return scale * (np.eye(SIZE) + 0.1 * root @ root.T)


POPULATION = Population(
    RNG.normal(0, 2, (LABELS, SIZE)),
    covariance(1.0),
    covariance(0.5),
    covariance(1.5),
    np.array([[1.0, 0.0], [0.8, 0.3], [0.7, 0.4], [0.6, 0.5], [0.5, 0.6]]),
    doubt=2.0,
)
FEATURES = FeatureSettings(n_mfcc=2)
BUNDLE = TaughtBy("ab" * 32, LABELS, SIZE)


def taught(counts, *, shift=0.0):
    means = POPULATION.means + shift
    means = np.where(np.array(counts)[:, np.newaxis] > 0, means, 0.0)
    return Taught(tuple(counts), means)


def test_without_clips_the_speaker_is_the_population():
    np.testing.assert_allclose(
        POPULATION.estimate(taught([0] * LABELS)), POPULATION.means, atol=1e-9
    )


def test_many_clips_make_the_class_means_the_speakers_own():
    own = RNG.normal(0, 3, (LABELS, SIZE))
    estimated = POPULATION.estimate(Taught((10_000,) * LABELS, own))
    np.testing.assert_allclose(estimated, own, atol=0.02)


@given(st.lists(st.integers(0, 4), min_size=LABELS, max_size=LABELS))
def test_the_estimate_is_the_mode_of_the_joint_posterior(counts):
    # The same estimate by one linear system over the offset and the five departures.
    rng = np.random.default_rng(sum(counts))
    means = rng.normal(0, 2, (LABELS, SIZE))
    size = SIZE * (1 + LABELS)
    precision, pull = np.zeros((size, size)), np.zeros(size)
    precision[:SIZE, :SIZE] = np.linalg.inv(POPULATION.offset)
    for k, count in enumerate(counts):
        own = slice(SIZE * (k + 1), SIZE * (k + 2))
        precision[own, own] = np.linalg.inv(POPULATION.between)
        if count:
            weight = np.linalg.inv(POPULATION.within / count)
            for a in (slice(0, SIZE), own):
                for b in (slice(0, SIZE), own):
                    precision[a, b] += weight
                pull[a] += weight @ (means[k] - POPULATION.means[k])
    mode = np.linalg.solve(precision, pull)
    expected = POPULATION.means + mode[:SIZE] + mode[SIZE:].reshape(LABELS, SIZE)
    np.testing.assert_allclose(POPULATION.estimate(Taught(tuple(counts), means)), expected)


def test_an_emotion_without_clips_follows_the_speakers_offset():
    estimated = POPULATION.estimate(taught([5, 5, 0, 5, 0], shift=2.0))
    moved = estimated - POPULATION.means
    # The offset of the taught emotions is that of the others, as far as the clips prove it.
    np.testing.assert_allclose(moved[2], moved[4])
    assert (moved[2] > 0.5).all()
    assert (moved[2] < 2.0).all()


def test_the_weights_are_those_of_the_number_of_clips_and_lie_between_in_between():
    for count, row in zip(COUNTS, POPULATION.weights, strict=True):
        assert POPULATION.mixing([int(count)] * LABELS) == pytest.approx(tuple(row))
    network, scores = POPULATION.mixing([1, 1, 0, 1, 0])
    assert 0.8 < network < 1.0
    assert 0.0 < scores < 0.3


def test_adapted_logits_are_the_networks_and_the_discriminants_together():
    own = taught([3] * LABELS, shift=0.5)
    means = POPULATION.estimate(own)
    vector = RNG.normal(0, 2, SIZE)
    inverse = np.linalg.inv(POPULATION.within)
    distances = np.array([(vector - m) @ inverse @ (vector - m) for m in means])
    expected = 0.6 * vector[:LABELS] - 0.5 * 0.5 * distances
    found = Adaptation(POPULATION, own).logits(vector)
    # Equal but for a constant, which no probability depends on.
    np.testing.assert_allclose(found - found.mean(), expected - expected.mean(), atol=1e-9)


def test_a_clips_mean_is_that_of_its_windows_by_weight():
    windows = np.array([[1.0, 0.0], [3.0, 4.0]])
    np.testing.assert_allclose(mean_vector(windows, np.array([3.0, 1.0])), [1.5, 1.0])


def test_a_vector_does_not_depend_on_a_constant_in_the_logits():
    logits, components = RNG.normal(0, 1, LABELS), RNG.normal(0, 1, 2)
    np.testing.assert_allclose(
        vector_of(logits + 7.0, components), vector_of(logits, components), atol=1e-12
    )


def test_the_population_survives_a_round_trip_with_32_bits():
    again = Population.from_bytes(POPULATION.to_bytes())
    for name in ("means", "offset", "between", "within", "weights"):
        np.testing.assert_allclose(getattr(again, name), getattr(POPULATION, name), rtol=1e-6)
    assert again.doubt == POPULATION.doubt


@pytest.mark.parametrize("content", [b"", b"PK", POPULATION.to_bytes()[:-40]])
def test_a_damaged_population_is_refused(content):
    with pytest.raises(ValueError):
        Population.from_bytes(content)


def speaker(own):
    frames = np.full((900, FEATURES.columns), 2.0)
    return Speaker(frames.sum(axis=0), np.full(FEATURES.columns, 900), taught=own)


@given(st.lists(st.integers(0, 300), min_size=LABELS, max_size=LABELS).filter(any))
def test_a_taught_speaker_survives_a_round_trip_through_its_text(counts):
    text = speaker(taught(counts)).to_text(FEATURES, BUNDLE)
    again = Speaker.from_text(text, FEATURES, BUNDLE)
    assert again.taught is not None
    assert again.taught.counts == tuple(min(count, 255) for count in counts)
    np.testing.assert_allclose(again.taught.means, taught(counts).means, rtol=1e-3, atol=1e-3)
    assert not again.neutral
    assert again.to_text(FEATURES, BUNDLE) == text


def test_a_profile_that_does_not_separate_says_so_after_a_round_trip():
    own = Taught((1, 1, 0, 0, 0), taught([1, 1, 0, 0, 0]).means, separates=False)
    text = speaker(own).to_text(FEATURES, BUNDLE)
    again = Speaker.from_text(text, FEATURES, BUNDLE).taught
    assert again is not None
    assert not again.separates


@pytest.mark.parametrize(
    "other", [None, TaughtBy(), TaughtBy("cd" * 32, LABELS, SIZE)], ids=["none", "empty", "another"]
)
def test_a_profile_of_another_population_is_refused(other):
    text = speaker(taught([1] * LABELS)).to_text(FEATURES, BUNDLE)
    with pytest.raises(SpeakerError, match="taught to another model"):
        Speaker.from_text(text, FEATURES, other)


@pytest.mark.parametrize("value", [np.nan, np.inf, 20_000.0])
def test_forged_class_means_are_refused(value):
    means = taught([1] * LABELS).means.copy()
    means[2, 3] = value
    text = speaker(Taught((1,) * LABELS, means)).to_text(FEATURES, BUNDLE)
    with pytest.raises(SpeakerError, match="cannot be those of a voice"):
        Speaker.from_text(text, FEATURES, BUNDLE)


def test_a_text_without_a_population_leaves_the_taught_clips_out():
    text = speaker(taught([1] * LABELS)).to_text(FEATURES)
    assert Speaker.from_text(text, FEATURES).taught is None
