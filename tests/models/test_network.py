"""The network hears speech alone, and is served with the matrix that training put before it."""

import keras
import numpy as np
import pytest

from models.network import NetworkSettings, build_network, serving_network

SETTINGS = NetworkSettings(channels=(8, 8), kernels=(5, 3), strides=(2, 2), attention=4)
FRAMES, COLUMNS, SERVED, OUTPUTS = 60, 9, 6, 3


@pytest.fixture(scope="module")
def core():
    keras.utils.set_random_seed(1)
    return build_network(frames=FRAMES, columns=COLUMNS, outputs=OUTPUTS, settings=SETTINGS)


def windows(count, columns, seed=0):
    rng = np.random.default_rng(seed)
    made = rng.standard_normal((count, FRAMES, columns + 1)).astype(np.float32)
    made[..., -1] = rng.random((count, FRAMES)) < 0.7
    return made


def said(model, given):
    """The mean of the judgements of each window, whether the model gives that or each of them."""
    outputs = [model(one[None], training=False).numpy().reshape(-1, OUTPUTS) for one in given]
    return np.array([judgements.mean(axis=0) for judgements in outputs])


def test_what_is_served_is_the_core_of_columns_times_the_matrix(core):
    bands = np.random.default_rng(1).standard_normal((SERVED, COLUMNS)).astype(np.float32)
    served = serving_network(core, bands=bands)
    assert served.input_shape == (1, FRAMES, SERVED + 1)
    assert served.output_shape == (1, OUTPUTS)
    given = windows(5, SERVED)
    turned = np.concatenate([given[..., :-1] @ bands, given[..., -1:]], axis=-1)
    np.testing.assert_allclose(said(served, given), said(core, turned), atol=1e-5)


def test_the_served_network_survives_a_file(core, tmp_path):
    bands = np.random.default_rng(1).standard_normal((SERVED, COLUMNS)).astype(np.float32)
    served = serving_network(core, bands=bands)
    served.save(tmp_path / "network.keras")
    again = keras.models.load_model(tmp_path / "network.keras")
    given = windows(3, SERVED)
    np.testing.assert_array_equal(said(again, given), said(served, given))


def test_frames_without_speech_say_nothing(core):
    given = windows(3, COLUMNS)
    other = given.copy()
    silent = given[..., -1] == 0
    other[silent, :-1] = 9.0
    np.testing.assert_array_equal(said(core, other), said(core, given))
    other[~silent, :-1] += 1.0
    assert np.abs(said(core, other) - said(core, given)).max() > 0.01


def test_a_window_without_any_speech_is_judged_with_numbers_too(core):
    assert np.isfinite(said(core, np.zeros((1, FRAMES, COLUMNS + 1), np.float32))).all()


def test_a_wild_value_counts_for_no_more_than_five_deviations(core):
    given = windows(2, COLUMNS)
    wild, wilder = given.copy(), given.copy()
    wild[:, 10, 2], wilder[:, 10, 2] = 5.0, 500.0
    np.testing.assert_array_equal(said(core, wild), said(core, wilder))


def test_every_window_of_a_batch_is_judged_on_its_own(core):
    given = windows(4, COLUMNS)
    together = core(given, training=False).numpy()
    np.testing.assert_allclose(together.mean(axis=1), said(core, given), atol=1e-5)


TWICE = NetworkSettings(channels=(8,), kernels=(3,), strides=(1,), lag=1, attention=4, hidden=6)


@pytest.fixture(scope="module")
def twice():
    keras.utils.set_random_seed(2)
    return build_network(frames=FRAMES, columns=COLUMNS, outputs=OUTPUTS, settings=TWICE)


def each(model, given):
    """Both judgements of each window, shape (2, windows, outputs)."""
    return model(given, training=False).numpy().swapaxes(0, 1)


def test_course_and_moments_are_judged_apart_and_served_as_their_mean(twice):
    given = windows(3, COLUMNS)
    by_course, by_moments = each(twice, given)
    assert np.abs(by_course - by_moments).max() > 0.01
    served = serving_network(twice, bands=np.eye(COLUMNS, dtype=np.float32), states=4)
    np.testing.assert_allclose(said(served, given), (by_course + by_moments) / 2, atol=1e-5)


def test_only_the_course_tells_an_order_from_another(twice):
    given = windows(3, COLUMNS)
    given[..., -1] = 1.0
    moved = np.abs(each(twice, given[:, ::-1]) - each(twice, given)).max(axis=(1, 2))
    assert moved[0] > 1e-3 > 1e-5 > moved[1]


def test_the_states_pass_the_matrix_as_they_are(twice):
    states = 4
    bands = np.eye(COLUMNS, dtype=np.float32)
    bands[: COLUMNS - states, : COLUMNS - states] *= 2.0
    given = windows(3, COLUMNS)
    turned = given.copy()
    turned[..., : COLUMNS - states] *= 2.0
    served = serving_network(twice, bands=bands, states=states)
    np.testing.assert_allclose(said(served, given), said(twice, turned), atol=1e-5)


def test_of_a_span_what_is_there_is_averaged(twice):
    span, pitch = 5, 2
    served = serving_network(twice, bands=np.eye(COLUMNS, dtype=np.float32), span=span)
    assert served.input_shape == (1, FRAMES * span, COLUMNS + 1)
    rng = np.random.default_rng(3)
    frames = rng.standard_normal((3, FRAMES * span, COLUMNS + 1)).astype(np.float32)
    frames[..., -1] = rng.random(frames.shape[:2]) < 0.6
    frames[:, :span, -1] = 0.0  # a span without any speech
    frames[rng.random(frames.shape[:2]) < 0.3, pitch] = 0.0  # frames that are not voiced
    spans = np.zeros((3, FRAMES, COLUMNS + 1), np.float32)
    for row, index in np.ndindex(3, FRAMES):
        own = frames[row, span * index : span * (index + 1)]
        spoken = own[own[:, -1] > 0]
        for column, values in enumerate(spoken.T):
            there = values[values != 0]
            spans[row, index, column] = there.mean() if len(there) else 0.0
    assert not spans[:, 0].any()
    np.testing.assert_allclose(said(served, frames), said(twice, spans), atol=1e-5)
