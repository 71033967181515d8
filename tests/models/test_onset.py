"""The origin of the frame grid moves with the speech."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.features import FeatureExtractor
from models.onset import LEAD, grid_origin

HOP, PERIOD = 160, 4000
EXTRACTOR = FeatureExtractor()


def speech(seed=0):
    """Return a second: 0.4 s of room noise, then a voice that begins softly and rises."""
    rng = np.random.default_rng(seed)
    t = np.arange(16000) / 16000
    voice = sum(np.sin(2 * np.pi * 120 * k * t) / k for k in range(1, 15))
    rise = np.clip((t - 0.4) / 0.1, 0, 1)
    return (0.1 * voice * rise + 1e-4 * rng.standard_normal(len(t))).astype(np.float32)


def origin_of(samples):
    level = EXTRACTOR.frames(samples).level
    return grid_origin(samples, level, first=0, hop=HOP, period=PERIOD)


def test_the_grid_begins_before_the_speech_and_less_than_a_period_and_the_lead_before():
    origin = origin_of(speech())
    assert 0.4 * 16000 - PERIOD - 2 * LEAD < origin < 0.45 * 16000


@given(st.integers(0, 4000), st.booleans())
def test_sound_in_front_moves_the_origin_by_its_length(count, digital):
    front = np.zeros(count) if digital else 1e-4 * np.random.default_rng(1).standard_normal(count)
    moved = origin_of(np.concatenate([front.astype(np.float32), speech()]))
    difference = (moved - count - origin_of(speech())) % PERIOD
    assert min(difference, PERIOD - difference) <= 16  # a millisecond


@given(st.floats(-50, 20))
def test_a_gain_does_not_move_the_origin(gain_db):
    assert origin_of(speech() * np.float32(10 ** (gain_db / 20))) == origin_of(speech())


@pytest.mark.parametrize("count", [0, 100, 800])
def test_a_recording_that_begins_within_speech_has_an_origin_before_its_first_sample(count):
    origin = origin_of(speech()[8000 - count :])
    assert -PERIOD - LEAD <= origin <= 0


def test_digital_silence_has_an_origin():
    assert isinstance(origin_of(np.zeros(16000, np.float32)), int)
