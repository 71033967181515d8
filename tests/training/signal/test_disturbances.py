"""Disturbances do exactly what they say, and nothing to length or time."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.signal.disturbances import (
    DISTURBANCES,
    disturb,
    louder,
    noisy,
    opus,
    shoebox,
    telephone,
)

RATE = 16000


def babble(seconds=1.5, seed=0):
    """Something with pauses and a spectrum that falls, as speech has."""
    rng = np.random.default_rng(seed)
    t = np.arange(int(seconds * RATE)) / RATE
    wave = sum(np.sin(2 * np.pi * 130 * k * t + rng.uniform(0, 6)) / k for k in range(1, 30))
    return (0.05 * wave * np.clip(np.sin(2 * np.pi * 3 * t), 0, 1)).astype(np.float32)


def db(ratio):
    return 10 * np.log10(ratio)


@pytest.mark.parametrize("how", DISTURBANCES)
@pytest.mark.parametrize("length", [1, 100, 4000, 23456])
def test_length_and_type_stay(how, length):
    heard = disturb(babble(2)[2000 : 2000 + length], how, clip="a")
    assert heard.shape == (length,)
    assert heard.dtype == np.float32
    assert np.isfinite(heard).all()


@pytest.mark.parametrize("how", DISTURBANCES)
def test_silence_stays_finite(how):
    assert np.isfinite(disturb(np.zeros(8000, np.float32), how, clip="a")).all()


@pytest.mark.parametrize("how", DISTURBANCES)
def test_a_clip_is_always_disturbed_alike(how):
    np.testing.assert_array_equal(
        disturb(babble(), how, clip="a"), disturb(babble(), how, clip="a")
    )


@pytest.mark.parametrize("how", DISTURBANCES)
def test_nothing_comes_earlier_or_later(how):
    clip = babble()
    heard = disturb(clip, how, clip="a")
    lags = range(-80, 81)
    alike = [float(np.dot(clip[200:-200], np.roll(heard, lag)[200:-200])) for lag in lags]
    assert abs(lags[int(np.argmax(alike))]) <= 2


def test_noise_differs_between_clips():
    first, second = (disturb(babble(), "noise at 10 dB", clip=name) for name in "ab")
    assert not np.array_equal(first, second)


@given(st.floats(-10, 40), st.integers(0, 100))
@settings(max_examples=20, deadline=None)
def test_noise_has_the_signal_to_noise_ratio_asked_for(snr_db, seed):
    clip = babble(seed=seed).astype(np.float64)
    noise = noisy(clip.astype(np.float32), np.random.default_rng(seed), snr_db=snr_db) - clip
    assert db(np.sum(clip**2) / np.sum(noise**2)) == pytest.approx(snr_db, abs=0.05)


@given(st.floats(-40, 12))
@settings(max_examples=20, deadline=None)
def test_gain_is_exact(gain_db):
    clip = babble()
    loud = louder(clip, gain_db=gain_db)
    assert db(np.sum(loud**2.0) / np.sum(clip**2.0)) == pytest.approx(gain_db, abs=1e-3)
    np.testing.assert_allclose(louder(loud, gain_db=-gain_db), clip, atol=1e-6)


def test_overdriving_clips_at_full_scale():
    clip = babble() * 8
    heard = disturb(clip, "12 dB louder, clipped", clip="a")
    assert np.abs(heard).max() == 1.0
    quiet = np.abs(clip) < 0.2
    np.testing.assert_allclose(heard[quiet], louder(clip, gain_db=12)[quiet])


def level_at(samples, low, high):
    power = np.abs(np.fft.rfft(samples)) ** 2
    frequencies = np.fft.rfftfreq(len(samples), 1 / RATE)
    return db(power[(frequencies >= low) & (frequencies < high)].mean() + 1e-20)


def test_the_telephone_keeps_its_band_and_drops_the_rest():
    noise = np.random.default_rng(0).standard_normal(4 * RATE).astype(np.float32)
    heard = telephone(noise)
    assert level_at(heard, 700, 2500) == pytest.approx(level_at(noise, 700, 2500), abs=0.5)
    for low, high in ((0, 150), (4200, 8000)):
        assert level_at(heard, low, high) < level_at(noise, low, high) - 20


def test_opus_loses_something_but_not_the_voice():
    clip = babble()
    heard = opus(clip)
    assert not np.array_equal(heard, clip)
    assert np.corrcoef(clip, heard)[0, 1] > 0.9


def test_less_bandwidth_loses_more():
    clip = babble() + 0.01 * np.random.default_rng(0).standard_normal(24000).astype(np.float32)
    lost = [np.sum((opus(clip, kbit_s=rate) - clip) ** 2) for rate in (64, 24, 8)]
    assert lost == sorted(lost)


def test_the_room_begins_with_the_direct_sound_and_dies_away():
    response = shoebox()
    assert response[0] == pytest.approx(1.0)
    assert np.abs(response[1:20]).max() < 0.5
    energy = np.square(response)
    tenths = [energy[k * 1600 : (k + 1) * 1600].sum() for k in range(3)]
    assert tenths[0] > 10 * tenths[1] > 50 * tenths[2] > 0


def test_harder_walls_ring_longer():
    late = [np.square(shoebox(reflection=r)[1600:]).sum() for r in (0.5, 0.7, 0.9)]
    assert late == sorted(late)


def test_the_room_is_as_loud_as_before():
    clip = babble()
    heard = disturb(clip, "a small room", clip="a")
    assert np.sum(heard**2.0) == pytest.approx(np.sum(clip**2.0), rel=1e-3)
    assert not np.allclose(heard, clip, atol=1e-3)
