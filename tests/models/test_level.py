"""The level of a recording changes neither its speech mask nor its features at the encoder."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.activity import VoiceActivity
from models.features import FeatureExtractor, FeatureSettings
from models.level import MEMORY, MOST_DB, REFERENCE_DB, Level

SETTINGS = FeatureSettings()
EXTRACTOR = FeatureExtractor(SETTINGS)


def syllables(seconds=3.0, *, seed=0):
    """Return a voice of four syllables a second over a softer room."""
    rng = np.random.default_rng(seed)
    t = np.arange(int(seconds * 16000)) / 16000
    pitch = 2 * np.pi * (130 * t + 4 * np.sin(3 * t))
    voice = sum(np.sin(k * pitch) / k for k in range(1, 20))
    pulse = np.maximum(0.0, np.sin(2 * np.pi * 2 * t - 1)) ** 2
    return (0.1 * voice * pulse + 1e-3 * rng.standard_normal(len(t))).astype(np.float32)


def test_the_gain_is_0_before_the_first_speech():
    assert Level().gain_db == 0.0


def test_the_gain_leads_to_the_reference_level():
    level = Level()
    level.add(np.full(50, -45.0, np.float32))
    assert level.gain_db == pytest.approx(REFERENCE_DB + 45)


@pytest.mark.parametrize(("level_db", "gain_db"), [(-95.0, MOST_DB), (95.0, -MOST_DB)])
def test_the_gain_is_bounded(level_db, gain_db):
    level = Level()
    level.add(np.full(50, level_db, np.float32))
    assert level.gain_db == gain_db


def test_the_gain_follows_a_lasting_change_of_the_level():
    level = Level()
    level.add(np.full(10 * MEMORY, -20.0, np.float32))
    for _ in range(6 * MEMORY // 25):
        level.add(np.full(25, -40.0, np.float32))
    assert level.gain_db == pytest.approx(REFERENCE_DB + 40, abs=3)


def test_one_loud_second_hardly_moves_the_gain_of_a_long_session():
    level = Level()
    level.add(np.full(MEMORY, -30.0, np.float32))
    before = level.gain_db
    level.add(np.full(100, -27.0, np.float32))
    assert before - level.gain_db < 0.5


@given(st.floats(-30, 20))
def test_mfccs_at_the_reference_level_do_not_depend_on_a_gain(gain_db):
    def normalised(samples):
        frames = EXTRACTOR.frames(samples)
        level = Level()
        level.add(frames.level[frames.speech])
        return level.normalise(frames.mfcc, n_mels=SETTINGS.n_mels)[frames.speech]

    samples = syllables(1.0)
    changed = normalised(samples * np.float32(10 ** (gain_db / 20)))
    np.testing.assert_allclose(changed, normalised(samples), atol=1.0)


@given(st.floats(-40, 20))
def test_the_speech_mask_does_not_depend_on_a_gain(gain_db):
    track = EXTRACTOR.frames(syllables(2.0)).level.astype(np.float64)
    mask, changed = VoiceActivity().push(track), VoiceActivity().push(track + gain_db)
    assert mask.any()
    np.testing.assert_array_equal(changed, mask)


def test_frames_carry_the_speech_mask_of_the_voice_activity():
    frames = EXTRACTOR.frames(syllables())
    np.testing.assert_array_equal(frames.speech, VoiceActivity().push(frames.level))
