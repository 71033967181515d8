"""A training window is a served window, of a voice that may come through another throat."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from models.normalisation import Speaker
from models.spans import SPAN, averaged
from tests.training.stores import BANDS, FEATURES, PITCH, PLAIN, crops_of, imagined_store
from training import crops as module
from training.crops import LEAST_LEFT, CropSettings, crop

SPEECH = st.integers(1, 900).flatmap(lambda n: arrays(bool, n))
EVERYTHING = CropSettings()
LOUD = 60.0  # dB: a microphone's gain


@pytest.fixture(scope="module")
def store():
    return imagined_store({"own": 4})


def window_of(crops, store, index=0, *, disguise=None, others=None, seed=0):
    rng = np.random.default_rng(seed)
    disguise = disguise or crops.disguise(rng, clean=1.0)
    window = np.zeros((300, BANDS + 1), np.float32)
    version = disguise.version
    columns, speech = store.columns[index][version], store.speech[index][version]
    crops.fill(window, columns, speech, disguise=disguise, others=others, rng=rng)
    return window


def mean_of(window):
    return window[window[:, -1] > 0, :-1].mean(axis=0)


@given(SPEECH, st.integers(0, 2**32))
def test_a_crop_ends_in_or_soon_after_speech(speech, seed):
    begin, end = crop(speech, np.random.default_rng(seed), frames=300, least=100)
    assert 0 <= begin < end <= len(speech)
    assert end - begin <= 300
    if speech.any():
        first, last = np.flatnonzero(speech)[[0, -1]]
        assert first < end <= last + 1 + 20
        assert speech[:end].any()


@given(SPEECH, st.integers(0, 2**32))
def test_a_crop_is_a_second_long_or_begins_with_the_recording(speech, seed):
    begin, end = crop(speech, np.random.default_rng(seed), frames=300, least=100)
    assert begin == 0 or end - begin >= 100


def test_a_crop_without_disguise_is_what_is_served(store, monkeypatch):
    monkeypatch.setattr(module, "crop", lambda *_, **__: (20, 145))
    crops = crops_of(store)
    window = window_of(crops, store)
    columns, speech = store.columns[0][0][20:145].astype(np.float32), store.speech[0][0][20:145]
    # As `RecognitionStream` does it, and then the matrix that the served network begins with.
    heard = Speaker().hear(columns[speech])
    served = crops._normalisation.apply(columns, heard) @ crops._bands
    np.testing.assert_allclose(window[:125, :-1], served, atol=1e-5)
    np.testing.assert_array_equal(window[:125, -1], speech)
    assert not window[125:].any()


def in_spans(store):
    """The store's spans instead of its frames."""
    pairs = [
        [averaged(*version) for version in zip(columns, speech, strict=True)]
        for columns, speech in zip(store.columns, store.speech, strict=True)
    ]
    return replace(
        store,
        columns=[[columns for columns, _ in own] for own in pairs],
        speech=[[speech for _, speech in own] for own in pairs],
        span=SPAN,
    )


def test_a_crop_of_spans_is_the_average_of_what_is_served(store, monkeypatch):
    begin, end = 20, 145
    monkeypatch.setattr(module, "crop", lambda *_, **__: (begin // SPAN, end // SPAN))
    spans = in_spans(store)
    crops = crops_of(spans)
    assert crops.frames == 300 // SPAN
    disguise = crops.disguise(np.random.default_rng(0), clean=1.0)
    window = np.zeros((crops.frames, BANDS + 1), np.float32)
    options = {"disguise": disguise, "others": None, "rng": np.random.default_rng(0)}
    crops.fill(window, spans.columns[0][0], spans.speech[0][0], **options)
    heard = spans.columns[0][0][begin // SPAN : end // SPAN].astype(np.float32)
    speech = store.speech[0][0][begin:end]
    speaker = Speaker().hear(np.repeat(heard[speech[::SPAN]], SPAN, axis=0))
    columns = store.columns[0][0][begin:end].astype(np.float32)
    served = crops._normalisation.apply(columns, speaker) @ crops._bands
    there = np.where(speech[:, np.newaxis] & (served != 0), served, np.nan)
    spoken = speech.reshape(-1, SPAN).any(axis=1)
    expected = np.nanmean(there.reshape(len(spoken), SPAN, -1)[spoken], axis=1)
    count = len(spoken)
    np.testing.assert_array_equal(window[:count, -1], spoken)
    np.testing.assert_allclose(window[:count, :-1][spoken], expected, atol=0.03)  # float16 stored
    assert not window[:count, :-1][~spoken].any()
    assert not window[count:].any()


def test_whatever_is_drawn_is_finite_and_within_the_window(store):
    crops = crops_of(store, EVERYTHING)
    known = np.arange(5)
    for seed in range(40):
        disguise = crops.disguise(np.random.default_rng(seed), clean=0.5)
        others = crops.known(known, disguise) if seed % 2 else None
        window = window_of(crops, store, seed, disguise=disguise, others=others, seed=seed)
        assert np.isfinite(window).all()
        assert set(np.unique(window[:, -1])) <= {0.0, 1.0}


def test_knowing_the_speaker_keeps_what_sets_an_utterance_apart(store):
    crops = crops_of(store)
    plain = crops.disguise(np.random.default_rng(0), clean=1.0)
    others = crops.known(np.arange(10), plain)  # all of this speaker's
    cold = [mean_of(window_of(crops, store, i)) for i in range(10)]
    known = [mean_of(window_of(crops, store, i, others=others)) for i in range(10)]
    assert np.std(known, axis=0).mean() > 3 * np.std(cold, axis=0).mean()


def test_a_microphones_gain_vanishes_whether_the_speaker_is_known_or_not(store):
    crops = crops_of(store)
    plain = crops.disguise(np.random.default_rng(0), clean=1.0)
    channel = np.zeros(FEATURES.columns, np.float32)
    channel[0] = 8 * LOUD
    louder = replace(plain, channel=channel)

    def moved(know):
        both = [
            window_of(
                crops,
                store,
                disguise=disguise,
                others=crops.known(np.arange(10), disguise) if know else None,
            )
            for disguise in (plain, louder)
        ]
        return np.abs(mean_of(both[1]) - mean_of(both[0])).max()

    # The prior has no weight in the first MFCC, so the crop's own speech already removes the gain.
    assert moved(know=True) < 1e-4
    assert moved(know=False) < 1e-4


def test_disguising_frames_and_then_averaging_gives_the_disguised_speaker(store):
    crops = crops_of(store, EVERYTHING)
    members = np.array([0, 3, 7])
    for seed in range(12):
        disguise = crops.disguise(np.random.default_rng(seed), clean=0.5)
        speaker = Speaker()
        for i in members:
            raw = store.columns[i][disguise.version].astype(np.float64)
            speech = store.speech[i][disguise.version]
            # A frame without pitch has none in disguise either, and keeps the rest.
            voiced = np.isfinite(raw)
            values = np.nan_to_num(raw) @ disguise.matrix + disguise.shift + disguise.channel
            speaker = speaker.hear(np.where(voiced, values, np.nan)[speech])
        known = crops.known(members, disguise)
        np.testing.assert_array_equal(known.counts, speaker.counts)
        np.testing.assert_allclose(known.total, speaker.total, rtol=1e-5, atol=0.1)


def test_the_frames_are_disguised_as_their_speaker_is(store):
    # What is known of a voice is taken away from it: nothing is left of any disguise but the
    # prior's share, so that a prior without strength sees none.
    crops = crops_of(store, replace(PLAIN, gain_db=6.0, ripple_db=4.0, pitch=0.2))
    weak = replace(crops._normalisation, strength=np.full(FEATURES.columns, 1e-3, np.float32))
    crops._normalisation = weak
    plain = crops.disguise(np.random.default_rng(0), clean=1.0)
    plain = replace(plain, shift=0 * plain.shift, channel=0 * plain.channel)
    expected = window_of(crops, store, disguise=plain, others=crops.known(np.arange(10), plain))
    for seed in range(5):
        disguise = crops.disguise(np.random.default_rng(seed), clean=1.0)
        others = crops.known(np.arange(10), disguise)
        window = window_of(crops, store, disguise=disguise, others=others)
        np.testing.assert_allclose(window, expected, atol=2e-3)


def test_a_disguise_is_of_the_kinds_that_are_asked_for(store):
    rng = np.random.default_rng(0)
    for _ in range(20):
        none = crops_of(store).disguise(rng, clean=1.0)
        assert none.version == 0
        np.testing.assert_array_equal(none.matrix, np.eye(FEATURES.columns))
        assert not none.shift.any()
        assert not none.channel.any()
    crops = crops_of(store, EVERYTHING)
    drawn = [crops.disguise(rng, clean=0.0) for _ in range(60)]
    assert {disguise.version for disguise in drawn} == {0, 1}
    warped = np.mean([(d.matrix != np.eye(FEATURES.columns)).any() for d in drawn])
    assert 0.5 < warped < 0.9


def test_a_throat_leaves_the_voicing_and_a_microphone_the_pitch_alone(store):
    crops = crops_of(store, EVERYTHING)
    for seed in range(20):
        disguise = crops.disguise(np.random.default_rng(seed), clean=0.5)
        rest = disguise.matrix.copy()
        rest[:PITCH, :PITCH] = np.eye(PITCH)
        np.testing.assert_array_equal(rest, np.eye(FEATURES.columns))
        assert np.flatnonzero(disguise.shift).tolist() == [PITCH]
        assert disguise.channel[PITCH] == 0


def test_a_hastened_crop_is_shorter_and_a_slowed_one_longer(store, monkeypatch):
    monkeypatch.setattr(module, "crop", lambda *_, **__: (40, 140))
    crops = crops_of(store, replace(PLAIN, tempo=0.12))
    lengths = {int(window_of(crops, store, seed=k)[:, -1].sum()) for k in range(60)}
    assert min(lengths) < 92
    assert max(lengths) > 108
    assert lengths <= set(range(88, 113))
    monkeypatch.setattr(module, "crop", lambda *_, **__: (40, 42))
    assert window_of(crops, store)[:, -1].sum() == LEAST_LEFT


def test_what_is_masked_in_time_is_no_speech_either(store, monkeypatch):
    monkeypatch.setattr(module, "crop", lambda *_, **__: (40, 140))
    crops = crops_of(store, replace(PLAIN, time_mask=25, noise=0.1))
    lost = []
    for seed in range(30):
        window = window_of(crops, store, seed=seed)[:100]
        masked = window[:, -1] == 0
        assert not window[masked].any()
        assert window[~masked, :-1].all(axis=1).all()
        lost.append(masked.sum())
    assert 0 < max(lost) <= 50


def test_a_band_mask_takes_a_few_neighbours_and_never_pitch_or_voicing(store):
    crops = crops_of(store, replace(PLAIN, band_mask=5, noise=0.1))
    widths = []
    for seed in range(60):
        gone = np.flatnonzero((window_of(crops, store, seed=seed)[:, :-1] == 0).all(axis=0))
        assert (np.diff(gone) == 1).all()
        assert not len(gone) or gone[-1] < BANDS - 2
        widths.append(len(gone))
    assert 0 < max(widths) <= 5
    assert widths.count(0) > 30
