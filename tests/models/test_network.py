"""The network judges moments of the spans with speech, and what is known of the speaker."""

import keras
import numpy as np
import pytest

from models.features import FeatureSettings
from models.network import NetworkSettings, build_perceptron, serving_network, width_of
from models.normalisation import CONTEXT

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
