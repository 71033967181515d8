"""A pupil learns what its teacher holds, and is served block by block as it was taught."""

from dataclasses import replace

import keras
import numpy as np
import pytest

from models.encoder import Encoder
from models.features import BLOCK, FeatureSettings
from models.steps import STEPS, ends_of, steps_of
from tests.training.stores import imagined_held, imagined_store
from training.fitting.export import flatbuffer
from training.teaching.lessons import Lessons
from training.teaching.pupil import (
    PupilSettings,
    build_pupil,
    serving_pupil,
    teach,
)

MFCC = FeatureSettings().n_mfcc
SMALL = PupilSettings(
    units=24, states=12, steps=300, batch=8, frames=100, learning_rate=1e-2, clean=0.5
)


def lessons_of(store, held, **changed):
    return Lessons(store, held, settings=replace(SMALL, **changed), seed=0, mfcc=MFCC)


def taught(lessons, **how):
    told = []
    pupil = teach(
        lessons.batch,
        settings=lessons.settings,
        width=MFCC,
        seed=0,
        tell=lambda number, error: told.append((number, error)),
        **how,
    )
    return pupil, told


def served_of(pupil, lessons):
    return serving_pupil(
        pupil,
        settings=lessons.settings,
        mean=lessons.mean,
        deviation=lessons.deviation,
        components=lessons.components,
    )


FEATURES = replace(FeatureSettings(), states=SMALL.states)


def states_of(mfcc: np.ndarray, encoder) -> np.ndarray:
    """Return the states of a clip's frames, shape (frames, states), heard from its beginning."""
    frames = len(mfcc)
    whole = np.pad(mfcc, ((0, -frames % BLOCK), (0, 0)), mode="edge") if frames else mfcc
    held = encoder.nothing()
    parts = []
    for begin in range(0, len(whole), BLOCK):
        said, held = encoder.hear(np.ascontiguousarray(whole[begin : begin + BLOCK]), held)
        parts.append(said)
    return np.concatenate(parts)[:frames] if parts else np.zeros((0, encoder.states), np.float32)


@pytest.fixture(scope="module")
def school():
    """A store, what its teacher holds, lessons on most clips of each speaker, and the pupil."""
    store = imagined_store({"a": 4})
    held = imagined_held(store)
    # Of what the teacher holds nothing of, nothing is to be said.
    heard = [own[: len(own) * (i % 10 < 8)] for i, own in enumerate(held)]
    lessons = lessons_of(store, heard)
    return store, held, lessons, *taught(lessons)


@pytest.fixture(scope="module")
def encoder(school):
    _, _, lessons, pupil, _ = school
    return Encoder(flatbuffer(served_of(pupil, lessons), int8=False), FEATURES)


def test_a_pupil_says_what_its_teacher_holds_of_clips_it_never_heard(school, encoder):
    store, held, lessons, _, _ = school
    missed = unsaid = 0.0
    for i in np.flatnonzero(np.arange(40) % 10 >= 8):
        wanted = ((held[i] - lessons.held_mean) / lessons.held_deviation) @ lessons.components
        heard = store.columns[i][0][:, :MFCC].astype(np.float32)
        said = states_of(heard, encoder)[ends_of(len(heard))]
        missed += np.mean((said[: len(wanted)] - wanted) ** 2)
        unsaid += np.mean(wanted**2)
    assert missed < 0.5 * unsaid


def test_it_is_told_how_the_lessons_go_and_the_error_falls(school):
    told = school[-1]
    assert [number for number, _ in told] == [100, 200, 300]
    assert told[-1][1] < told[0][1]


def test_what_is_served_block_by_block_is_what_was_taught_in_one_piece(school, encoder):
    store, _, lessons, pupil, _ = school
    heard = store.columns[9][0][: 4 * BLOCK, :MFCC].astype(np.float32)
    ends = ends_of(len(heard))
    whole = build_pupil(lessons.settings, width=MFCC, batch=1, steps=len(ends))
    whole.set_weights(pupil.get_weights())
    scaled = steps_of(lessons.heard(9, 0)[: len(heard)])
    said, _ = whole([scaled[np.newaxis], encoder.nothing()])
    np.testing.assert_allclose(
        states_of(heard, encoder)[ends], said.numpy()[0] @ lessons.components, atol=1e-4
    )


def test_eight_bits_are_smaller_and_say_nearly_the_same(school):
    store, held, *_ = school
    lessons = lessons_of(store, held, units=96)
    keras.utils.set_random_seed(3)
    pupil = build_pupil(lessons.settings, width=MFCC, batch=1, steps=STEPS)
    served = served_of(pupil, lessons)
    exact, small = (flatbuffer(served, int8=int8) for int8 in (False, True))
    assert len(small) < 0.5 * len(exact)
    heard = store.columns[9][0][:, :MFCC].astype(np.float32)
    said, nearly = (states_of(heard, Encoder(content, FEATURES)) for content in (exact, small))
    assert np.abs(said - nearly).mean() < 0.05 * np.abs(said).mean()


def test_a_teaching_that_was_stopped_goes_on_where_it_was(school, tmp_path):
    _, _, lessons, _, _ = school
    seen = []

    def stopped(number):
        seen.append(number)
        if number == 250 and len(seen) < 300:
            raise KeyboardInterrupt
        return lessons.batch(number)

    options = {"settings": lessons.settings, "width": MFCC, "seed": 0, "checkpoint": tmp_path}
    with pytest.raises(KeyboardInterrupt):
        teach(stopped, tell=lambda *_: None, **options)
    seen[:] = [0] * 300
    teach(stopped, tell=lambda *_: None, **options)
    assert seen[300:] == list(range(200, 300))


def test_lessons_hold_nothing_of_clips_of_which_the_teacher_holds_nothing():
    store = imagined_store({"a": 2, "b": 2})
    held = imagined_held(store)
    for index in range(20, 40):
        for columns in store.columns[index]:
            columns[:] = np.nan
        held[index] = held[index][:0]
    lessons = lessons_of(store, held)
    assert np.isfinite(lessons.components).all()
    for number in range(20):
        assert all(np.isfinite(part).all() for part in lessons.batch(number))


def test_the_same_number_is_the_same_lesson():
    store = imagined_store({"a": 1})
    one, other = (lessons_of(store, imagined_held(store)) for _ in range(2))
    one.batch(3)
    for part, same in zip(one.batch(5), other.batch(5), strict=True):
        np.testing.assert_array_equal(part, same)


def test_past_a_clips_end_nothing_is_to_be_said():
    store = imagined_store({"a": 1}, takes=2)
    for columns in store.columns:
        columns[:] = [version[:50] for version in columns]
    inputs, wanted, there = lessons_of(store, imagined_held(store)).batch(0)
    steps = len(ends_of(50))
    assert not inputs[:, steps:].any()
    assert not wanted[:, steps:].any()
    assert (there.sum(axis=1) == steps).all()


def test_of_another_version_the_same_is_to_be_said_as_far_as_it_goes():
    store = imagined_store({"a": 1}, takes=1)
    clip = store.columns[0][0]
    store.columns[0][:] = [clip, clip[: len(clip) // 3]]
    held = imagined_held(store)
    lessons = lessons_of(store, held, clean=0.0, batch=1, frames=200)
    _, wanted, there = lessons.batch(0)
    count = len(ends_of(len(clip) // 3))
    assert there.sum() == count > 20
    said = wanted[0, :count] * lessons.held_deviation + lessons.held_mean
    np.testing.assert_allclose(said, held[0][:count], atol=1e-5)


def test_the_components_are_orthonormal_and_in_the_order_of_their_variance(school):
    _, held, lessons, _, _ = school
    np.testing.assert_allclose(
        lessons.components.T @ lessons.components, np.eye(SMALL.states), atol=1e-4
    )
    all_of_it = (np.concatenate(held) - lessons.held_mean) / lessons.held_deviation
    variances = (all_of_it @ lessons.components).var(axis=0)
    assert variances[0] > variances[4] > variances[-1]
