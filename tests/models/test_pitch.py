"""The pitch of a voice is found, whatever carried it; what is no voice has none."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import butter, lfilter, sosfilt

from models.features import FeatureExtractor
from models.pitch import HIGHEST_HZ, LEAST_VOICING, LOWEST_HZ

EXTRACTOR = FeatureExtractor()
RATE = 16000


def pulses(hz, *, seconds=1.0):
    """A pulse train without aliasing: all its harmonics, equally strong."""
    t = np.arange(int(seconds * RATE)) / RATE
    harmonics = np.arange(1, int(RATE / 2 / hz))
    return 0.02 * np.cos(2 * np.pi * hz * t[:, None] * harmonics).sum(axis=1)


def vowel(hz):
    """A pulse train through the formants of an "ah"."""
    sound = pulses(hz)
    for formant, width in ((700, 80), (1200, 90), (2600, 120)):
        radius = np.exp(-np.pi * width / RATE)
        sound = lfilter(
            [1], [1, -2 * radius * np.cos(2 * np.pi * formant / RATE), radius**2], sound
        )
    return 0.1 * sound / np.abs(sound).max()


def telephone(sound):
    return sosfilt(butter(4, (300, 3400), "bandpass", fs=RATE, output="sos"), sound)


def noise(seconds=5.0, *, seed=0):
    return 0.1 * np.random.default_rng(seed).standard_normal(int(seconds * RATE))


def found(sound):
    """Return the pitch in Hz, and the voicing, of each frame."""
    pitch, voicing = EXTRACTOR.frames(sound.astype(np.float32)).pitch.T
    return 100 * 2.0**pitch, voicing


@pytest.mark.parametrize("hz", [85, 100, 150, 217, 330, 480])
@pytest.mark.parametrize("sound", [pulses, vowel], ids=["pulses", "vowel"])
def test_the_pitch_of_a_voice_is_found_within_one_percent(sound, hz):
    heard, voicing = found(sound(hz)[RATE // 10 :])
    np.testing.assert_allclose(heard, hz, rtol=0.01)
    assert voicing.min() > 0.65  # 85 Hz: a frame holds fewer than three periods


def test_the_pitch_of_a_pure_tone_is_found():
    t = np.arange(RATE) / RATE
    np.testing.assert_allclose(found(0.1 * np.sin(2 * np.pi * 200 * t))[0], 200, rtol=0.01)


@pytest.mark.parametrize("hz", [100, 150, 240])
def test_a_telephone_that_takes_the_fundamental_away_leaves_the_pitch(hz):
    heard, _ = found(telephone(vowel(hz))[RATE // 10 :])
    np.testing.assert_allclose(heard, hz, rtol=0.01)


@pytest.mark.parametrize("gain", [1e-3, 1e-1, 10])
def test_the_pitch_does_not_depend_on_the_level(gain):
    sound = vowel(150)
    np.testing.assert_allclose(found(gain * sound)[0], found(sound)[0], rtol=1e-4)


def test_a_rising_voice_rises():
    t = np.arange(RATE) / RATE
    phase = 2 * np.pi * (120 * t + 40 * t**2)  # 120 Hz, a second later 200 Hz
    heard, _ = found(0.02 * np.cos(phase[:, None] * np.arange(1, 20)).sum(axis=1))
    assert (np.diff(heard) > 0).mean() > 0.95
    np.testing.assert_allclose(heard[[0, -1]], [120 + 80 * 0.016, 200 - 80 * 0.016], rtol=0.02)


def test_noise_has_no_pitch():
    heard, voicing = found(noise())
    assert np.isnan(heard).mean() > 0.97
    assert voicing.mean() < 0.4


@pytest.mark.parametrize("sound", [np.zeros(RATE), np.full(RATE, 0.5)], ids=["silence", "offset"])
def test_what_does_not_sound_has_no_pitch(sound):
    heard, _ = found(sound)
    assert np.isnan(heard).all()


def test_a_voice_in_noise_is_less_voiced_than_a_clear_one():
    clear = vowel(150)
    noisy = clear + clear.std() * noise(1.0) / 0.1
    assert found(noisy)[1].mean() < found(clear)[1].mean() - 0.1


@settings(deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(0, 1), st.floats(60, 600))
def test_whatever_sounds_is_voiced_within_the_range_or_has_no_pitch(seed, share, hz):
    t = np.arange(RATE // 4) / RATE
    heard, voicing = found(
        (1 - share) * noise(0.25, seed=seed) + share * np.sin(2 * np.pi * hz * t)
    )
    assert ((voicing >= 0) & (voicing <= 1)).all()
    np.testing.assert_array_equal(np.isnan(heard), voicing <= LEAST_VOICING)
    known = heard[~np.isnan(heard)]
    assert ((known > 0.99 * LOWEST_HZ) & (known < 1.02 * HIGHEST_HZ)).all()


def spelled_out(finder, power):
    """The same steps with numpy's own clip, take_along_axis and masks."""
    repetition = power[:, finder._bins] @ finder.matrix
    repetition /= np.maximum(repetition[:, :1], 1e-12)
    best = (repetition[:, 2:-1] - finder._cost).argmax(axis=1)
    before, peak, after = np.take_along_axis(repetition, best[:, None] + (1, 2, 3), axis=1).T
    curve = np.minimum(before - 2 * peak + after, -1e-6)
    offset = np.clip(0.5 * (before - after) / curve, -0.5, 0.5)
    found = np.empty((len(power), 2), np.float32)
    found[:, 0] = finder._octaves - np.log2(finder._lags[best] + offset)
    np.clip(peak, 0.0, 1.0, out=found[:, 1])
    found[found[:, 1] <= LEAST_VOICING, 0] = np.nan
    return found


@pytest.mark.parametrize(
    "sound", [vowel(140), noise(1.0), np.zeros(RATE), 1e-9 * noise(1.0), vowel(300) + noise(1.0)]
)
def test_the_quick_steps_give_the_bits_of_those_that_are_spelled_out(sound):
    windows = np.lib.stride_tricks.sliding_window_view(sound.astype(np.float32), 512)[::160]
    power = np.abs(np.fft.rfft(windows * EXTRACTOR._window)).astype(np.float32) ** 2
    finder = EXTRACTOR._pitch
    assert finder.block(power).tobytes() == spelled_out(finder, power).tobytes()
