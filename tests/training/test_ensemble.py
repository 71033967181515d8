"""What is served hears normalised columns, and says the mean of what its members say."""

import keras
import numpy as np
import pytest

from models.network import NetworkSettings, build_network
from training.ensemble import Member, serving_network

FRAMES, SPAN, COLUMNS, OWN, OUTPUTS = 60, 5, 9, 5, 3
COURSE = NetworkSettings(channels=(8,), kernels=(3,), strides=(2,), attention=4)
MOMENTS = NetworkSettings(channels=(), kernels=(), strides=(), lag=1, hidden=6)
PITCH = 2


def built(frames, columns, settings, seed):
    keras.utils.set_random_seed(seed)
    return build_network(frames=frames, columns=columns, outputs=OUTPUTS, settings=settings)


@pytest.fixture(scope="module")
def course():
    """A network that hears every frame's own columns, as seven bands."""
    bands = np.random.default_rng(1).standard_normal((OWN, 7)).astype(np.float32)
    return Member(built(FRAMES, 7, COURSE, 1), bands)


@pytest.fixture(scope="module")
def moments():
    """A network that hears spans of the columns and of four states beside them."""
    states = COLUMNS - OWN
    bands = np.eye(COLUMNS, dtype=np.float32)
    bands[:OWN, :OWN] *= 2.0
    core = built(FRAMES // SPAN, COLUMNS, MOMENTS, 2)
    return Member(core, bands, states=states, span=SPAN)


def windows(count, seed=0):
    rng = np.random.default_rng(seed)
    made = rng.standard_normal((count, FRAMES, COLUMNS + 1)).astype(np.float32)
    made[..., -1] = rng.random((count, FRAMES)) < 0.6
    made[:, :SPAN, -1] = 0.0  # a span without any speech
    made[rng.random(made.shape[:2]) < 0.3, PITCH] = 0.0  # frames that are not voiced
    return made


def said(model, given):
    return np.concatenate([model(one[None], training=False).numpy() for one in given])


def test_a_member_hears_the_columns_that_it_knows_times_its_matrix(course):
    served = serving_network(course)
    assert served.input_shape == (1, FRAMES, OWN + 1)
    assert served.output_shape == (1, OUTPUTS)
    given = windows(5)
    turned = np.concatenate([given[..., :OWN] @ course.bands, given[..., -1:]], axis=-1)
    own = np.concatenate([given[..., :OWN], given[..., -1:]], axis=-1)
    np.testing.assert_allclose(said(served, own), said(course.core, turned), atol=1e-5)


def test_of_a_span_what_is_there_is_averaged_and_the_states_pass_the_matrix_as_they_are(moments):
    served = serving_network(moments)
    assert served.input_shape == (1, FRAMES, COLUMNS + 1)
    frames = windows(3)
    spans = np.zeros((3, FRAMES // SPAN, COLUMNS + 1), np.float32)
    for row, index in np.ndindex(*spans.shape[:2]):
        own = frames[row, SPAN * index : SPAN * (index + 1)]
        spoken = own[own[:, -1] > 0]
        for column, values in enumerate(spoken.T):
            there = values[values != 0]
            spans[row, index, column] = there.mean() if len(there) else 0.0
    spans[..., :OWN] *= 2.0
    assert not spans[:, 0].any()
    np.testing.assert_allclose(said(served, frames), said(moments.core, spans), atol=1e-5)


def test_several_members_say_their_mean(course, moments):
    both = serving_network(course, moments)
    assert both.input_shape == (1, FRAMES, COLUMNS + 1)
    given = windows(3)
    first = said(serving_network(course), np.delete(given, np.s_[OWN:COLUMNS], axis=-1))
    second = said(serving_network(moments), given)
    assert np.abs(first - second).max() > 0.01
    np.testing.assert_allclose(said(both, given), (first + second) / 2, atol=1e-5)


def test_members_that_judge_windows_of_different_lengths_are_refused(course, moments):
    longer = Member(built(2 * FRAMES, 7, COURSE, 3), course.bands)
    with pytest.raises(ValueError, match=r"\[60, 120\] frames"):
        serving_network(longer, moments)


def test_the_served_network_survives_a_file(course, moments, tmp_path):
    served = serving_network(course, moments)
    served.save(tmp_path / "network.keras")
    again = keras.models.load_model(tmp_path / "network.keras")
    given = windows(3)
    np.testing.assert_array_equal(said(again, given), said(served, given))
