"""Another throat puts the formants elsewhere, and leaves the loudness and the axis' end alone."""

import numpy as np
import pytest

from models.features import FeatureSettings, dct_matrix, mel_centres
from training.warps import BEND_HZ, COUNT, LONGEST, SHORTEST, warp, warps

SETTINGS = FeatureSettings()
DCT = dct_matrix(SETTINGS.n_mels, SETTINGS.n_mfcc)
CENTRES = mel_centres(SETTINGS)
FACTORS = (SHORTEST, 0.93, 1.08, LONGEST)


def formant(hz, width=2.5):
    """MFCCs of one peak in the log spectrum, a few mel bands wide."""
    place = np.interp(hz, CENTRES, np.arange(SETTINGS.n_mels))
    return 30 * np.exp(-np.square((np.arange(SETTINGS.n_mels) - place) / width)) @ DCT


def peak(mfcc):
    """Frequency in Hz at which the spectrum of MFCCs is highest, between the bands."""
    fine = np.linspace(0, SETTINGS.n_mels - 1, 2000)
    bands = np.interp(fine, np.arange(SETTINGS.n_mels), mfcc @ DCT.T)
    return np.interp(fine[bands.argmax()], np.arange(SETTINGS.n_mels), CENTRES)


def test_a_factor_of_one_changes_nothing():
    np.testing.assert_allclose(warp(SETTINGS, 1.0), np.eye(SETTINGS.n_mfcc), atol=1e-5)


@pytest.mark.parametrize("factor", FACTORS)
@pytest.mark.parametrize("hz", [600.0, 1200.0, 2500.0, 3500.0])
def test_a_formant_moves_by_the_factor(hz, factor):
    moved = peak(formant(hz) @ warp(SETTINGS, factor))
    band = np.interp(hz, CENTRES, np.gradient(CENTRES))
    assert moved == pytest.approx(hz / factor, abs=band)


@pytest.mark.parametrize("factor", FACTORS)
def test_a_longer_throat_puts_every_formant_lower(factor):
    moved = [peak(formant(hz) @ warp(SETTINGS, factor)) < hz for hz in (800.0, 2000.0, 4000.0)]
    assert moved == [factor > 1] * 3


@pytest.mark.parametrize("factor", FACTORS)
def test_loudness_alone_stays_as_it_is(factor):
    flat = np.full(SETTINGS.n_mels, 7.0) @ DCT
    np.testing.assert_allclose(flat @ warp(SETTINGS, factor), flat, atol=1e-4)


@pytest.mark.parametrize("factor", FACTORS)
def test_the_highest_band_stays_where_it_is(factor):
    hiss = formant(SETTINGS.fmax)
    assert peak(hiss @ warp(SETTINGS, factor)) > 0.95 * CENTRES[-1] > BEND_HZ


@pytest.mark.parametrize("factor", [0.9, 1.1])
def test_a_warp_and_its_inverse_give_a_smooth_spectrum_back(factor):
    spectrum = formant(700.0, 5) + formant(1800.0, 5)
    again = spectrum @ warp(SETTINGS, factor) @ warp(SETTINGS, 1 / factor)
    error = np.abs((again - spectrum) @ DCT.T)[CENTRES < BEND_HZ / 1.1]
    assert error.max() < 0.05 * np.abs(spectrum @ DCT.T).max()


def test_warping_frames_and_averaging_is_warping_the_mean():
    frames = np.random.default_rng(0).normal(0, 20, (50, SETTINGS.n_mfcc))
    one = warp(SETTINGS, 1.1)
    np.testing.assert_allclose((frames @ one).mean(axis=0), frames.mean(axis=0) @ one, atol=1e-9)


def test_the_warps_are_evenly_spread_over_the_factors():
    every = warps(SETTINGS)
    assert len(every) == COUNT
    peaks = [peak(formant(2000.0) @ one) for one in every]
    np.testing.assert_allclose(peaks, 2000.0 / np.linspace(SHORTEST, LONGEST, COUNT), rtol=0.05)
