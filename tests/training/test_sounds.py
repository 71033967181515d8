"""Sounds without speech to train on: heard once, of training's hours, and audible ones alone."""

import numpy as np
import pytest
import soundfile

from models.activity import VoiceActivity
from models.features import FeatureSettings, extractor
from tests.training.test_negatives import corpus
from training import sounds as module
from training.negatives import held_out_noise, made_sounds, recorded_noise
from training.sounds import load_sounds
from training.statistics import LEAST_FRAMES
from training.store import RATE

COLUMNS = FeatureSettings().columns
HOURS = [f"unknown-background-safe-none-20190612{hour:02}0527.ogg" for hour in range(8, 20)]


def hiss(seconds=2.0, seed=0):
    """A second of quiet, then noise: the voice activity takes it for speech."""
    rng = np.random.default_rng(seed)
    noise = 0.1 * rng.standard_normal(int(seconds * RATE))
    return np.concatenate([1e-4 * rng.standard_normal(RATE), noise]).astype(np.float32)


@pytest.fixture
def recorded(tmp_path):
    folder = tmp_path / "corpora"
    folder.mkdir()
    corpus(folder, *HOURS)
    for k, name in enumerate(HOURS):
        path = folder / "emospeech" / name
        soundfile.write(path, hiss(seed=k), RATE, format="OGG", subtype="VORBIS")
    return folder


def test_a_sound_is_heard_as_any_recording_is(tmp_path, monkeypatch):
    samples = hiss()
    monkeypatch.setattr(module, "made_sounds", lambda *_: [samples])
    (sound,) = load_sounds(tmp_path, cache=tmp_path / "cache")
    frames = extractor(FeatureSettings()).frames(samples)
    np.testing.assert_array_equal(sound.columns, frames.columns.astype(np.float16))
    np.testing.assert_array_equal(sound.speech, VoiceActivity().push(frames.level))
    assert not sound.recorded


def test_every_sound_keeps_its_own_frames(tmp_path):
    made = load_sounds(tmp_path, cache=tmp_path / "cache", count=12)
    assert made
    for sound in made:
        assert sound.columns.shape == (len(sound.speech), COLUMNS)
        assert sound.columns.dtype == np.float16
        assert sound.speech.dtype == bool
    lengths = [1 + (len(s) - 512) // 160 for s in made_sounds(np.random.default_rng(1), 12)]
    assert {len(sound.speech) for sound in made} <= set(lengths)


def test_what_the_voice_activity_leaves_out_is_left_out(tmp_path, monkeypatch):
    silence = np.zeros(3 * RATE, np.float32)
    click = np.where(np.arange(3 * RATE) == RATE, 0.5, 0.0).astype(np.float32)
    monkeypatch.setattr(module, "made_sounds", lambda *_: [silence, hiss(), click])
    kept = load_sounds(tmp_path, cache=tmp_path / "cache")
    assert len(kept) == 1
    assert kept[0].speech.sum() >= LEAST_FRAMES


def test_a_second_call_hears_nothing_again(tmp_path, recorded, monkeypatch):
    first = load_sounds(recorded, cache=tmp_path / "cache", count=4)

    def never(*_arguments):
        raise AssertionError("it was heard before")

    monkeypatch.setattr(module, "made_sounds", never)
    monkeypatch.setattr(module, "read_audio", never)
    second = load_sounds(recorded, cache=tmp_path / "cache", count=4)
    assert len(first) == len(second)
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(one.columns, other.columns)
        np.testing.assert_array_equal(one.speech, other.speech)
        assert one.recorded == other.recorded


def test_another_number_of_sounds_or_another_recording_is_heard_anew(tmp_path, recorded):
    cache = tmp_path / "cache"
    load_sounds(recorded, cache=cache, count=2)
    load_sounds(recorded, cache=cache, count=3)
    load_sounds(tmp_path / "nowhere", cache=cache, count=3)
    assert len(list(cache.glob("sounds-*.npz"))) == 3
    assert not list(cache.glob("*.partial*"))


def test_recordings_are_of_the_hours_for_training_alone(tmp_path, recorded, monkeypatch):
    read = []
    original = module.read_audio

    def listen(path):
        read.append(path)
        return original(path)

    monkeypatch.setattr(module, "read_audio", listen)
    sounds = load_sounds(recorded, cache=tmp_path / "cache", count=2)
    assert held_out_noise(recorded)
    assert read == recorded_noise(recorded)
    assert sum(sound.recorded for sound in sounds) == len(read) > 0
