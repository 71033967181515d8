"""The network hears speech alone, and judges its course or its moments."""

import keras
import numpy as np
import pytest

from models.network import NetworkSettings, build_network

COURSE = NetworkSettings(channels=(8, 8), kernels=(5, 3), strides=(2, 2), attention=4)
MOMENTS = NetworkSettings(channels=(), kernels=(), strides=(), lag=1, hidden=6)
FRAMES, COLUMNS, OUTPUTS = 60, 9, 3


def built(settings):
    keras.utils.set_random_seed(1)
    return build_network(frames=FRAMES, columns=COLUMNS, outputs=OUTPUTS, settings=settings)


@pytest.fixture(scope="module", params=[COURSE, MOMENTS], ids=["course", "moments"])
def core(request):
    return built(request.param)


def windows(count, seed=0):
    rng = np.random.default_rng(seed)
    made = rng.standard_normal((count, FRAMES, COLUMNS + 1)).astype(np.float32)
    made[..., -1] = rng.random((count, FRAMES)) < 0.7
    return made


def said(model, given):
    return np.concatenate([model(one[None], training=False).numpy() for one in given])


def test_frames_without_speech_say_nothing(core):
    given = windows(3)
    other = given.copy()
    silent = given[..., -1] == 0
    other[silent, :-1] = 9.0
    np.testing.assert_array_equal(said(core, other), said(core, given))
    other[~silent, :-1] += 1.0
    assert np.abs(said(core, other) - said(core, given)).max() > 0.01


def test_a_window_without_any_speech_is_judged_with_numbers_too(core):
    assert np.isfinite(said(core, np.zeros((1, FRAMES, COLUMNS + 1), np.float32))).all()


def test_a_wild_value_counts_for_no_more_than_five_deviations(core):
    given = windows(2)
    wild, wilder = given.copy(), given.copy()
    wild[:, 10, 2], wilder[:, 10, 2] = 5.0, 500.0
    np.testing.assert_array_equal(said(core, wild), said(core, wilder))


def test_every_window_of_a_batch_is_judged_on_its_own(core):
    given = windows(4)
    together = core(given, training=False).numpy()
    np.testing.assert_allclose(together, said(core, given), atol=1e-5)


@pytest.mark.parametrize(("settings", "tells"), [(COURSE, True), (MOMENTS, False)])
def test_only_the_course_tells_an_order_from_another(settings, tells):
    core, given = built(settings), windows(3)
    given[..., -1] = 1.0
    moved = np.abs(said(core, given[:, ::-1]) - said(core, given)).max()
    assert moved > 1e-3 if tells else moved < 1e-5
