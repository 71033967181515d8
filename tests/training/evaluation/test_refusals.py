"""Sounds that are no speech are counted where they are judged no emotion, each kind alike."""

import numpy as np
import pytest

from models.bundle import Decision
from tests.training.signal.test_negatives import corpus
from tests.training.untrained import untrained
from training.data.cache import Cache
from training.data.tracks import record
from training.evaluation import refusals
from training.evaluation.refusals import nonspeech, refused
from training.signal.nonspeech import KINDS, ROOMS, Sound, sounds
from training.signal.sounds import Sound as Recorded


@pytest.fixture
def few(monkeypatch):
    """Keep one made sound of each kind."""
    kept = {sound.kind: sound for sound in sounds(seed=1)}
    monkeypatch.setattr(refusals, "made", lambda seed: list(kept.values()))
    return kept


@pytest.fixture
def share(tmp_path, few):
    def measure(recorded=(), **decision):
        trained = untrained()
        found = refused(
            trained,
            Decision(**decision),
            trained.recognizer(),
            recorded,
            seed=1,
            cache=Cache(tmp_path),
        )
        return nonspeech([found])

    return measure


def test_windows_that_show_no_emotion_are_counted(share):
    strict, lax = share(unsure_below=1.01), share(unsure_below=0.0)
    assert strict["all"]["mean"] == 1.0
    assert lax["all"]["mean"] < 1.0
    assert set(lax["kinds"]) == set(KINDS)
    assert lax["left_out_kinds"] == []


def test_what_does_not_sound_like_a_voice_is_refused(share):
    assert share(unsure_below=0.0, voice_above=1e9)["all"]["mean"] == 1.0


def test_recordings_of_a_kind_are_counted_as_that_kind(share, few):
    recognizer = untrained().recognizer()
    cough = Recorded("cough", record(recognizer, few["knocks"].samples))
    told = share([cough], unsure_below=0.0)
    assert told["kinds"]["cough"] == told["kinds"]["knocks"]
    assert told["left_out_kinds"] == ["cough"]


def found_of(kinds, refused_windows):
    return {
        "kinds": kinds,
        "windows": np.full(len(kinds), 4),
        "refused": refused_windows,
        "clips": refused_windows < 4,
        "named": refused_windows < 4,
        "emotional": refused_windows < 2,
    }


def test_every_kind_counts_alike_however_many_sounds_it_has():
    kinds = np.array(["a", *["b"] * 9])
    told = nonspeech([found_of(kinds, np.where(kinds == "a", 4, 0))])
    assert told["all"]["mean"] == 0.5
    assert told["kinds"]["a"]["mean"] == 1.0
    assert told["clips_with_a_false_emotion"]["b"]["mean"] == 1.0
    assert told["n"] == 40


def test_the_answer_to_an_upload_is_counted_for_recorded_sounds_of_held_out_kinds_alone():
    kinds = np.array(["typing", "cough", *["rain"] * 3])
    told = nonspeech([found_of(kinds, np.array([0, 0, 4, 4, 3]))])["uploads"]
    assert told["by_kind"] == {
        "cough": {"n": 1, "emotional": 1.0, "named": 1.0},
        "rain": {"n": 3, "emotional": 0.0, "named": 0.3333},
    }
    assert (told["n"], told["emotional"], told["named"]) == (4, 0.5, 0.6667)
    assert nonspeech([found_of(kinds[:1], np.array([0]))])["uploads"] == {}


def test_an_uploaded_sound_that_is_refused_is_not_given_an_emotion(share, few):
    recognizer = untrained().recognizer()
    cough = Recorded("cough", record(recognizer, few["music"].samples))
    assert share([cough], voice_above=1e9)["uploads"]["named"] == 0.0
    assert share([cough], unsure_below=0.0)["uploads"]["named"] == 1.0


def test_networks_may_have_been_tested_on_different_kinds():
    one = found_of(np.array(["a", "b"]), np.array([4, 0]))
    other = found_of(np.array(["a", "c"]), np.array([0, 4]))
    told = nonspeech([one, other])
    assert told["kinds"]["a"]["values"] == [1.0, 0.0]
    assert told["kinds"]["c"]["values"] == [1.0]


def test_recorded_rooms_are_judged_where_there_are_some(tmp_path, monkeypatch):
    names = [f"unknown-background-safe-none-2019063{h}000000.ogg" for h in range(10, 40)]
    folder = corpus(tmp_path, *names)
    silence = Sound(ROOMS, np.zeros(16000, np.float32))
    monkeypatch.setattr(refusals, "rooms", lambda folder: [silence] * 3)
    monkeypatch.setattr(refusals, "made", lambda seed: [])
    trained = untrained()
    found = refused(
        trained,
        Decision(),
        trained.recognizer(),
        [],
        seed=1,
        cache=Cache(tmp_path),
        corpora=folder,
    )
    assert found["kinds"].tolist() == [ROOMS] * 3
    assert "3 recordings of rooms" in nonspeech([found])["protocol"]
