"""Sounds that are no speech are counted where they are judged no emotion, each kind alike."""

import numpy as np
import pytest

from models.bundle import Decision
from tests.training.test_negatives import corpus
from tests.training.untrained import untrained
from training import refusals
from training.nonspeech import KINDS, ROOMS, Sound, sounds
from training.refusals import nonspeech, refused
from training.shelf import Shelf
from training.store import Store

STORE = Store([], [], [])


@pytest.fixture
def share(tmp_path):
    def measure(**decision):
        found = refused(
            untrained(), Decision(**decision), seed=1, store=STORE, shelf=Shelf(tmp_path)
        )
        return nonspeech([found])

    return measure


def test_windows_judged_no_emotion_are_counted(share):
    strict, lax = share(unsure_below=1.01), share(unsure_below=0.0)
    assert strict["all"]["mean"] == 1.0
    assert lax["all"]["mean"] < 1.0
    assert set(lax["kinds"]) == set(KINDS)
    recognizer = untrained().recognizer()
    states = [
        window.state
        for sound in sounds(seed=1)
        if sound.kind == "knocks"
        for window in recognizer.predict(sound.samples).windows
    ]
    silent = np.mean([state == "silence" for state in states])
    assert lax["kinds"]["knocks"]["mean"] == pytest.approx(silent, abs=1e-4)


def test_what_does_not_sound_like_a_voice_is_refused(share):
    assert share(unsure_below=0.0, voice_above=1e9)["all"]["mean"] == 1.0


def test_every_kind_counts_alike_however_many_sounds_it_has():
    kinds = np.array(["a", *["b"] * 9])
    found = {"kinds": kinds, "windows": np.full(10, 4), "refused": np.where(kinds == "a", 4, 0)}
    told = nonspeech([found])
    assert told["all"]["mean"] == 0.5
    assert told["kinds"]["a"]["mean"] == 1.0
    assert told["n"] == 40


def test_recorded_rooms_are_judged_where_there_are_some(tmp_path, monkeypatch):
    names = [f"unknown-background-safe-none-2019063{h}000000.ogg" for h in range(10, 40)]
    folder = corpus(tmp_path, *names)
    silence = Sound(ROOMS, np.zeros(16000, np.float32))
    monkeypatch.setattr(refusals, "rooms", lambda folder: [silence] * 3)
    monkeypatch.setattr(refusals, "sounds", lambda seed: [])
    found = refused(
        untrained(), Decision(), seed=1, store=STORE, shelf=Shelf(tmp_path), corpora=folder
    )
    told = nonspeech([found])
    assert told["kinds"][ROOMS]["mean"] == 1.0
    assert "3 recordings of rooms" in told["protocol"]
