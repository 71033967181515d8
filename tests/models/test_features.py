"""The MFCCs are librosa's, and all features the same however the samples arrive."""

import librosa
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.features import BLOCK, FeatureExtractor, FeatureSettings, mel_filterbank

SETTINGS = FeatureSettings()
EXTRACTOR = FeatureExtractor(SETTINGS)


def librosa_mfcc(samples, *, floor=SETTINGS.power_floor):
    mel = librosa.feature.melspectrogram(
        y=samples,
        sr=SETTINGS.sample_rate,
        n_fft=SETTINGS.n_fft,
        hop_length=SETTINGS.hop,
        center=False,
        n_mels=SETTINGS.n_mels,
        fmin=SETTINGS.fmin,
        fmax=SETTINGS.fmax,
    )
    log_mel = librosa.power_to_db(mel, amin=floor, top_db=None)
    return librosa.feature.mfcc(S=log_mel, n_mfcc=SETTINGS.n_mfcc).T


def signal(seconds, *, seed=0, level=0.1):
    rng = np.random.default_rng(seed)
    t = np.arange(int(seconds * 16000)) / 16000
    voice = np.sin(2 * np.pi * (120 + 30 * np.sin(3 * t)) * t) * (1 + np.sin(9 * t))
    return (level * (voice + 0.1 * rng.standard_normal(len(t)))).astype(np.float32)


def cut(samples, lengths):
    pieces, start = [], 0
    for length in lengths:
        pieces.append(samples[start : start + length])
        start += length
    return [*pieces, samples[start:]]


def stream_columns(pieces):
    stream = EXTRACTOR.stream()
    blocks = [block.columns for piece in pieces for block in stream.push(piece)]
    return np.concatenate([*blocks, stream.finish().columns])


def test_the_mel_filters_are_librosas():
    theirs = librosa.filters.mel(
        sr=16000, n_fft=512, n_mels=SETTINGS.n_mels, fmin=SETTINGS.fmin, fmax=SETTINGS.fmax
    )
    np.testing.assert_allclose(mel_filterbank(SETTINGS).T, theirs, atol=1e-7)


@pytest.mark.parametrize("level", [1e-4, 0.1, 1.0])
@pytest.mark.parametrize("seconds", [0.5, 1.234, 3.0])
def test_the_mfccs_are_librosas(seconds, level):
    samples = signal(seconds, level=level)
    ours = EXTRACTOR.frames(samples).mfcc
    theirs = librosa_mfcc(samples)
    assert ours.shape == theirs.shape
    np.testing.assert_allclose(ours, theirs, atol=1e-3)


def test_the_mfccs_of_digital_silence_are_librosas():
    silence = np.zeros(16000, np.float32)
    np.testing.assert_allclose(EXTRACTOR.frames(silence).mfcc, librosa_mfcc(silence), atol=1e-3)


@pytest.mark.parametrize("floor", [1e-10, 1e-6, 1e-2])
def test_what_is_below_the_power_floor_is_the_floor_as_librosa_has_it(floor):
    samples = signal(1.0, level=1e-3)
    extractor = FeatureExtractor(FeatureSettings(power_floor=floor))
    np.testing.assert_allclose(
        extractor.frames(samples).mfcc, librosa_mfcc(samples, floor=floor), atol=1e-3
    )
    np.testing.assert_array_equal(
        extractor.frames(samples).level, EXTRACTOR.frames(samples).level
    )  # what is speech does not depend on it


def test_the_columns_are_the_mfccs_then_pitch_and_voicing():
    frames = EXTRACTOR.frames(signal(1.0))
    assert frames.columns.shape == (len(frames), SETTINGS.columns)
    assert frames.columns.dtype == np.float32
    np.testing.assert_array_equal(frames.columns[:, : SETTINGS.n_mfcc], frames.mfcc)
    np.testing.assert_array_equal(frames.columns[:, SETTINGS.n_mfcc :], frames.pitch)
    assert np.isfinite(np.delete(frames.columns, SETTINGS.pitch_column, axis=1)).all()


def test_the_mfccs_of_real_speech_are_librosas(corpora):
    import soundfile

    path = sorted((corpora / "ravdess").rglob("*.flac"))[0]
    samples, _ = soundfile.read(path, dtype="float32")
    np.testing.assert_allclose(EXTRACTOR.frames(samples).mfcc, librosa_mfcc(samples), atol=1e-3)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(16, 16000), max_size=12), st.integers(0, 40000))
def test_the_features_do_not_depend_on_how_the_samples_were_cut(lengths, count):
    samples = signal(2.5)[:count]
    np.testing.assert_array_equal(
        stream_columns(cut(samples, lengths)), EXTRACTOR.frames(samples).columns
    )


@pytest.mark.parametrize("length", [16, 160, 512, 1920, 16000])
def test_pieces_from_a_millisecond_to_a_second_give_the_same_features(length):
    samples = signal(2.2)
    pieces = cut(samples, [length] * (len(samples) // length))
    np.testing.assert_array_equal(stream_columns(pieces), EXTRACTOR.frames(samples).columns)


def test_a_loud_sound_changes_only_the_frames_that_contain_it():
    samples = signal(2.0)
    louder = samples.copy()
    louder[16000:16800] += 0.9
    before, after = EXTRACTOR.frames(samples).columns, EXTRACTOR.frames(louder).columns
    changed = np.flatnonzero(~np.isclose(before, after, atol=1e-3, equal_nan=True).all(axis=1))
    assert changed.min() >= (16000 - SETTINGS.n_fft) // SETTINGS.hop
    assert changed.max() <= 16800 // SETTINGS.hop


def test_a_block_comes_out_as_soon_as_its_last_sample_is_in():
    stream = EXTRACTOR.stream()
    span = (BLOCK - 1) * SETTINGS.hop + SETTINGS.n_fft
    assert stream.push(signal(1.0)[: span - 1]) == []
    assert len(stream.push(signal(1.0)[span - 1 : span])) == 1


def test_fewer_samples_than_one_frame_give_no_frames():
    assert EXTRACTOR.frames(np.zeros(511, np.float32)).columns.shape == (0, SETTINGS.columns)
    assert len(EXTRACTOR.frames(np.zeros(512, np.float32))) == 1
