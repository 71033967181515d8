"""Sounds without speech to train on: made ones, rooms, and recordings by kind."""

import csv

import numpy as np
import pytest
import soundfile

from tests.training.signal.test_negatives import corpus
from tests.training.untrained import untrained
from training.data.cache import Cache
from training.signal import sounds as module
from training.signal.negatives import recorded_noise
from training.signal.sounds import GROUPS, MADE, ROOM, left_out, load_sounds, recorded_sounds
from training.signal.store import RATE

HOURS = [f"unknown-background-safe-none-20190612{hour:02}0527.ogg" for hour in range(8, 20)]


def hiss(seed=0):
    """Return a second of quiet, then noise in which the voice activity finds speech."""
    rng = np.random.default_rng(seed)
    loud = 0.1 * rng.standard_normal(2 * RATE)
    return np.concatenate([1e-4 * rng.standard_normal(RATE), loud]).astype(np.float32)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "made_sounds", lambda *_: [hiss(7), hiss(8)])
    folder = tmp_path / "corpora"
    folder.mkdir()
    corpus(folder, *HOURS)
    for k, name in enumerate(HOURS):
        path = folder / "emospeech" / name
        soundfile.write(path, hiss(k), RATE, format="OGG", subtype="VORBIS")
    (folder / "sounds").mkdir()
    with (folder / "sounds" / "manifest.csv").open("w", newline="") as lines:
        rows = csv.writer(lines)
        rows.writerow(("path", "kind"))
        for kind in ("cough", "dog bark"):
            path = f"sounds/{kind}.flac"
            soundfile.write(folder / path, hiss(len(kind)), RATE)
            rows.writerow((path, kind))
    return folder


def test_made_sounds_rooms_and_recordings_are_loaded_by_kind(folder, tmp_path):
    recognizer = untrained().recognizer()
    found = load_sounds(folder, recognizer, cache=Cache(tmp_path / "cache"))
    kinds = [sound.kind for sound in found]
    rooms = len(recorded_noise(folder))
    assert kinds == [MADE] * 2 + [ROOM] * rooms + ["cough", "dog bark"]
    assert all(sound.track.frames > 100 for sound in found)


def test_without_the_corpora_there_are_made_sounds_alone(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "made_sounds", lambda *_: [hiss()])
    recognizer = untrained().recognizer()
    (sound,) = load_sounds(tmp_path, recognizer, cache=Cache(tmp_path / "cache"))
    assert sound.kind == MADE
    assert recorded_sounds(tmp_path) == []


def test_every_recorded_kind_is_left_out_by_one_group_and_the_made_ones_by_none():
    kinds = ["cough", "music", "rain", "dog bark", MADE, ROOM]
    groups = [left_out(kinds, group) for group in range(GROUPS)]
    assert set().union(*groups) == {"cough", "music", "rain", "dog bark"}
    assert sum(map(len, groups)) == 4
    assert left_out(kinds, GROUPS) == groups[0]
