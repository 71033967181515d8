"""Steps cover the blocks of frames that they are made of, in order."""

import numpy as np
import pytest

from models.features import BLOCK
from models.steps import STEP, STEPS, by_frame, ends_of, steps_of


def test_a_step_hears_its_frames_side_by_side_and_no_frame_is_heard_twice():
    frames = np.arange(2 * BLOCK * 3, dtype=np.float32).reshape(2 * BLOCK, 3)
    heard = steps_of(frames)
    assert heard.shape == (2 * STEPS, STEP * 3)
    for step, end in enumerate(ends_of(len(frames))):
        assert np.array_equal(heard[step].reshape(STEP, 3), frames[end - STEP + 1 : end + 1])
    assert len(np.unique(heard)) == heard.size


def test_clips_side_by_side_are_each_heard_as_alone():
    clips = np.random.default_rng(0).standard_normal((4, 3 * BLOCK, 2)).astype(np.float32)
    assert np.array_equal(steps_of(clips), np.stack([steps_of(clip) for clip in clips]))


def test_what_is_no_whole_block_is_not_heard():
    frames = np.ones((2 * BLOCK - 1, 2), np.float32)
    assert np.array_equal(steps_of(frames), steps_of(frames[:BLOCK]))
    assert steps_of(frames[: BLOCK - 1]).shape == (0, STEP * 2)


@pytest.mark.parametrize("frames", [0, 1, 2, 24, 25, 26, 27, 60])
def test_a_step_ends_in_the_last_frame_that_it_heard(frames):
    ends = ends_of(frames)
    heard = ends[:, np.newaxis] - np.arange(STEP)
    unheard = set(range(frames)) - set(heard.ravel().tolist())
    assert all(frame % BLOCK == BLOCK - 1 or frame == frames - 1 for frame in unheard)


def test_a_frame_has_the_states_of_its_step():
    said = np.random.default_rng(0).standard_normal((STEPS, 4)).astype(np.float32)
    step = np.minimum(np.arange(BLOCK) // STEP, STEPS - 1)
    assert np.array_equal(by_frame(said), said[step])
