"""The network judges moments of the spans with speech, and what is known of the speaker."""

import keras
import numpy as np
import pytest

from models.features import FeatureSettings
from models.normalisation import CONTEXT
from training.fitting.network import (
    Components,
    NetworkSettings,
    build_perceptron,
    moments_of,
    moments_width,
    serving_network,
    width_of,
)

FEATURES = FeatureSettings(states=3)
SPANS, COLUMNS, OUTPUTS = 60, FEATURES.columns, 4


@pytest.fixture(scope="module")
def network():
    keras.utils.set_random_seed(1)
    width = width_of(FEATURES)
    rng = np.random.default_rng(0)
    return serving_network(
        [
            build_perceptron(
                width=width, outputs=OUTPUTS, settings=NetworkSettings(hidden=(6,), dropout=0.0)
            )
            for _ in range(2)
        ],
        mean=rng.standard_normal(width).astype(np.float32),
        deviation=np.full(width, 2.0, np.float32),
        scale=rng.uniform(0.5, 2.0, COLUMNS).astype(np.float32),
        features=FEATURES,
        spans=SPANS,
    )


def windows(count, seed=0):
    rng = np.random.default_rng(seed)
    made = rng.standard_normal((count, SPANS, COLUMNS + 1)).astype(np.float32)
    made[..., -1] = rng.random((count, SPANS)) < 0.7
    return made


def said(network, given, known=None):
    known = np.zeros((1, COLUMNS + CONTEXT), np.float32) if known is None else known
    return np.concatenate([network([one[None], known], training=False).numpy() for one in given])


def test_spans_without_speech_do_not_change_the_logits(network):
    given = windows(3)
    other = given.copy()
    silent = given[..., -1] == 0
    other[silent, :-1] = 9.0
    np.testing.assert_allclose(said(network, other), said(network, given), atol=1e-5)
    other[~silent, :-1] *= 2.0
    assert np.abs(said(network, other) - said(network, given)).max() > 1e-3


def test_a_window_without_speech_has_finite_logits(network):
    assert np.isfinite(said(network, np.zeros((1, SPANS, COLUMNS + 1), np.float32))).all()


def test_an_outlier_counts_for_no_more_than_five_deviations(network):
    given = windows(2)
    wild, wilder = given.copy(), given.copy()
    wild[:, :, 44], wilder[:, :, 44] = 5e3, 5e5
    np.testing.assert_array_equal(said(network, wild), said(network, wilder))


def test_the_order_of_the_spans_changes_their_movement_alone(network):
    given = windows(3)
    given[..., -1] = 1.0
    np.testing.assert_allclose(
        said(network, given[:, ::-1].copy()), said(network, given), atol=1e-4
    )
    shuffled = given[:, np.random.default_rng(0).permutation(SPANS)]
    assert np.abs(said(network, shuffled) - said(network, given)).max() > 1e-4


@pytest.mark.parametrize("column", [3, COLUMNS - 1, COLUMNS, COLUMNS + 1])
def test_what_is_known_of_the_speaker_changes_the_logits(network, column):
    known = np.zeros((1, COLUMNS + CONTEXT), np.float32)
    known[0, column] = 1.0
    given = windows(1)
    assert np.abs(said(network, given, known) - said(network, given)).max() > 1e-5


def test_the_components_beside_the_logits_are_those_of_the_moments():
    width, rng = width_of(FEATURES), np.random.default_rng(4)
    scale = rng.uniform(0.5, 2.0, COLUMNS).astype(np.float32)
    given = windows(4)
    moments = np.array(
        [moments_of(w[:, :-1], w[:, -1] > 0, scale=scale, features=FEATURES) for w in given]
    )
    assert moments.shape == (4, moments_width(FEATURES))
    spread = moments + rng.normal(0, 1, (200, 4, moments.shape[1])).astype(np.float32)
    components = Components.of(spread.reshape(-1, moments.shape[1]), count=6)
    network = serving_network(
        [build_perceptron(width=width, outputs=OUTPUTS)],
        mean=np.zeros(width, np.float32),
        deviation=np.ones(width, np.float32),
        scale=scale,
        features=FEATURES,
        spans=SPANS,
        components=components,
    )
    found = said(network, given)
    assert found.shape == (4, OUTPUTS + 6)
    np.testing.assert_allclose(found[:, OUTPUTS:], components.of_moments(moments), atol=1e-3)


def test_components_have_unit_variance_and_no_correlation():
    rng = np.random.default_rng(5)
    moments = (rng.normal(0, 1, (2000, 8)) @ rng.normal(0, 1, (8, 12))).astype(np.float32)
    found = Components.of(moments, count=4).of_moments(moments)
    np.testing.assert_allclose(np.cov(found.T), np.eye(4), atol=0.1)


def test_fewer_windows_than_components_give_finite_components():
    moments = np.random.default_rng(6).normal(0, 1, (3, 12)).astype(np.float32)
    assert np.isfinite(Components.of(moments, count=8).of_moments(moments)).all()
