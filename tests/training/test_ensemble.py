"""What is served hears normalised columns, and says the mean of what its networks say."""

import keras
import numpy as np
import pytest

from models.network import NetworkSettings, build_network
from training.ensemble import serving_network

SPANS, COLUMNS, STATES, BANDS, OUTPUTS = 60, 9, 4, 7, 3
OWN = COLUMNS - STATES
COURSE = NetworkSettings(channels=(8,), kernels=(3,), strides=(2,), attention=4)
MOMENTS = NetworkSettings(channels=(), kernels=(), strides=(), lag=1, hidden=6)
TURN = np.random.default_rng(1).standard_normal((OWN, BANDS)).astype(np.float32)


def built(columns, settings, seed, spans=SPANS):
    keras.utils.set_random_seed(seed)
    return build_network(frames=spans, columns=columns, outputs=OUTPUTS, settings=settings)


@pytest.fixture(scope="module")
def bands():
    """A matrix that makes seven bands of a span's own columns, beside four states."""
    matrix = np.zeros((COLUMNS, BANDS + STATES), np.float32)
    matrix[:OWN, :BANDS] = TURN
    matrix[OWN:, BANDS:] = np.eye(STATES)
    return matrix


@pytest.fixture(scope="module")
def cores():
    """A network that hears the course of spans, and one that hears their moments."""
    width = BANDS + STATES
    return [built(width, COURSE, 1), built(width, MOMENTS, 2)]


def windows(count, columns=COLUMNS):
    rng = np.random.default_rng(0)
    made = rng.standard_normal((count, SPANS, columns + 1)).astype(np.float32)
    made[..., -1] = rng.random((count, SPANS)) < 0.6
    return made


def said(model, given):
    return np.concatenate([model(one[None], training=False).numpy() for one in given])


def test_a_network_hears_the_columns_times_the_matrix():
    core = built(BANDS, COURSE, 1)
    served = serving_network([core], bands=TURN)
    assert served.input_shape == (1, SPANS, OWN + 1)
    assert served.output_shape == (1, OUTPUTS)
    given = windows(5, columns=OWN)
    turned = np.concatenate([given[..., :OWN] @ TURN, given[..., -1:]], axis=-1)
    np.testing.assert_allclose(said(served, given), said(core, turned), atol=1e-5)


def test_the_states_pass_the_matrix_as_they_are(cores, bands):
    served = serving_network(cores[1:], bands=bands, states=STATES)
    assert served.input_shape == (1, SPANS, COLUMNS + 1)
    given = windows(3)
    parts = [given[..., :OWN] @ TURN, given[..., OWN:]]
    turned = np.concatenate(parts, axis=-1)
    np.testing.assert_allclose(said(served, given), said(cores[1], turned), atol=1e-5)


def test_several_networks_say_their_mean(cores, bands):
    given = windows(3)
    first, second, both = (
        said(serving_network(some, bands=bands, states=STATES), given)
        for some in (cores[:1], cores[1:], cores)
    )
    assert np.abs(first - second).max() > 0.01
    np.testing.assert_allclose(both, (first + second) / 2, atol=1e-5)


def test_networks_that_judge_windows_of_different_lengths_are_refused(cores, bands):
    longer = built(BANDS + STATES, COURSE, 3, spans=2 * SPANS)
    with pytest.raises(ValueError, match=r"\(60, 12\), \(120, 12\)"):
        serving_network([longer, cores[1]], bands=bands, states=STATES)


def test_the_served_network_survives_a_file(cores, bands, tmp_path):
    served = serving_network(cores, bands=bands, states=STATES)
    served.save(tmp_path / "network.keras")
    again = keras.models.load_model(tmp_path / "network.keras")
    given = windows(3)
    np.testing.assert_array_equal(said(again, given), said(served, given))
