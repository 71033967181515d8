"""What speakers have in common: of speech alone, of training speakers alone, of what is there."""

import numpy as np
import pytest

from models.features import dct_matrix, extractor
from tests.training.stores import FEATURES, PITCH, imagined_store
from training.statistics import Sums, band_matrix, channel_spread, estimate_normalisation
from training.store import Store

MFCC = FEATURES.n_mfcc


@pytest.fixture(scope="module")
def store():
    return imagined_store({"one": 6, "two": 4})


def estimate(store, members=None, *, gain_db=0.0, ripple_db=0.0):
    chosen = np.arange(len(store)) if members is None else members
    return estimate_normalisation(store, chosen, Sums(store), gain_db=gain_db, ripple_db=ripple_db)


def moved_by(store, offset, *, where):
    """The same store, with an offset added to some of each utterance's frames."""
    made = Store(store.utterances, [], store.speech)
    for index, (versions, masks) in enumerate(zip(store.columns, store.speech, strict=True)):
        made.columns.append([columns.copy() for columns in versions])
        for columns, speech in zip(made.columns[-1], masks, strict=True):
            columns[where(index, speech)] += np.float16(offset)
    return made


def test_a_speakers_sum_is_of_the_frames_with_speech(store):
    sums = Sums(store)
    speech = store.speech[3][1]
    heard = store.columns[3][1][speech].astype(np.float64)
    assert sums.total.shape == sums.count.shape == (100, 2, FEATURES.columns)
    np.testing.assert_allclose(sums.total[3, 1, :MFCC], heard[:, :MFCC].sum(axis=0), rtol=1e-6)
    assert (sums.count[3, 1, :MFCC] == speech.sum()).all()


def test_a_frame_without_pitch_never_counts_for_the_pitch(store):
    sums = Sums(store)
    heard = store.columns[3][0][store.speech[3][0]]
    voiced = np.isfinite(heard[:, PITCH])
    assert sums.count[3, 0, PITCH] == voiced.sum() < len(heard)
    expected = heard[voiced, PITCH].astype(np.float64).mean()
    assert sums.total[3, 0, PITCH] / sums.count[3, 0, PITCH] == pytest.approx(expected, rel=1e-6)
    assert np.isfinite(sums.total).all()


def test_whatever_has_no_pitch_the_statistics_are_numbers(store):
    mute = moved_by(store, 0, where=lambda _, speech: speech)
    mute.columns[0][0][:, PITCH] = np.nan  # a whisper
    normalisation = estimate(mute)
    for statistic in (normalisation.mean, normalisation.scale, normalisation.strength):
        assert statistic.shape == (FEATURES.columns,)
        assert np.isfinite(statistic).all()
    assert (normalisation.scale > 0).all()


def test_what_is_between_the_words_changes_nothing(store):
    noisy = moved_by(store, 50, where=lambda _, speech: ~speech)
    for name in ("mean", "scale", "strength"):
        np.testing.assert_array_equal(
            getattr(estimate(noisy), name), getattr(estimate(store), name)
        )


def test_speakers_to_be_tested_on_change_nothing(store):
    members = np.arange(60)
    other = moved_by(store, 9, where=lambda index, speech: speech & (index >= 60))
    for name in ("mean", "scale", "strength"):
        np.testing.assert_array_equal(
            getattr(estimate(other, members), name), getattr(estimate(store, members), name)
        )
    own, others = (
        band_matrix(made, members, estimate(made, members), settings=FEATURES)
        for made in (store, other)
    )
    np.testing.assert_array_equal(own, others)


def test_the_prior_is_weak_where_speakers_differ_much(store):
    speakers = np.array([u.speaker for u in store.utterances])
    means = Sums(store).total.sum(axis=1) / Sums(store).count.sum(axis=1)
    near = Store(store.utterances, [], store.speech)
    for speaker, versions in zip(speakers, store.columns, strict=True):
        # Nearly the same voice; what differs is the clip.
        own = 0.9 * means[speakers == speaker].mean(axis=0)
        near.columns.append([(columns - own).astype(np.float16) for columns in versions])
    far, alike = estimate(store), estimate(near)
    assert (alike.strength > 5 * far.strength).mean() > 0.9
    assert (far.strength < 100).mean() > 0.9  # these lie far apart: a second outweighs the prior


def test_the_prior_is_weaker_where_microphones_differ_too(store):
    known, unknown = estimate(store), estimate(store, gain_db=6.0, ripple_db=4.0)
    assert (unknown.strength[:MFCC] < known.strength[:MFCC]).all()
    assert unknown.strength[PITCH] == known.strength[PITCH]
    np.testing.assert_array_equal(unknown.mean, known.mean)
    np.testing.assert_array_equal(unknown.scale, known.scale)


def test_a_gain_moves_the_first_coefficient_as_the_spread_says_and_no_pitch():
    t = np.arange(16000) / 16000
    samples = sum(np.sin(2 * np.pi * 150 * k * t) / k for k in range(1, 30))
    samples = (samples + 0.03 * np.random.default_rng(0).standard_normal(16000)).astype(np.float32)
    quiet, loud = (extractor(FEATURES).frames(k * samples).columns for k in (0.01, 0.1))
    moved = (loud - quiet).mean(axis=0)  # 20 dB
    spread = channel_spread(FEATURES.columns, 20.0, 0.0)
    assert moved[0] == pytest.approx(spread[0], rel=0.02)
    assert abs(moved[PITCH]) < 1e-3
    assert spread[PITCH] == 0


def test_a_microphones_colour_falls_off_with_the_order_and_no_microphone_moves_nothing():
    spread = channel_spread(FEATURES.columns, 6.0, 0.0)
    assert (np.diff(spread[:MFCC]) < 0).all()
    assert (channel_spread(FEATURES.columns, 6.0, 4.0)[:MFCC] >= 4.0).all()
    assert not channel_spread(FEATURES.columns, 0.0, 0.0).any()


def test_normalised_coefficients_become_mel_bands_of_unit_deviation(store):
    normalisation = estimate(store)
    matrix = band_matrix(store, np.arange(len(store)), normalisation, settings=FEATURES)
    assert matrix.shape == (FEATURES.columns, FEATURES.n_mels + 2)
    variances = []
    for versions, masks in zip(store.columns, store.speech, strict=True):
        heard = versions[0][masks[0]].astype(np.float32)
        normalised = (heard - normalisation.mean) / normalisation.scale
        variances.append((normalised[:, :MFCC] @ matrix[:MFCC, : FEATURES.n_mels]).var(axis=0))
    np.testing.assert_allclose(np.sqrt(np.mean(variances, axis=0)), 1.0, rtol=1e-3)


def test_a_sound_in_one_band_is_seen_in_that_band(store):
    normalisation = estimate(store)
    matrix = band_matrix(store, np.arange(len(store)), normalisation, settings=FEATURES)
    place = np.arange(FEATURES.n_mels)
    for band in (5, 30, 58):
        bump = np.exp(-np.square((place - band) / 3.0))
        mfcc = bump @ dct_matrix(FEATURES.n_mels, MFCC)
        seen = (mfcc / normalisation.scale[:MFCC]) @ matrix[:MFCC, : FEATURES.n_mels]
        assert abs(int(seen.argmax()) - band) <= 1


def test_pitch_and_voicing_pass_through_and_touch_no_band(store):
    matrix = band_matrix(store, np.arange(len(store)), estimate(store), settings=FEATURES)
    np.testing.assert_array_equal(matrix[MFCC:, FEATURES.n_mels :], np.eye(2))
    assert not matrix[MFCC:, : FEATURES.n_mels].any()
    assert not matrix[:MFCC, FEATURES.n_mels :].any()
