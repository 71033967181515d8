"""Women, men and single speakers are compared; the split that leaks stays apart from the others."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from models.bundle import save_bundle
from models.labels import EMOTIONS
from tests.training.untrained import untrained
from training.corpora.manifest import Utterance
from training.data.splits import Split
from training.evaluation.fairness import CLIPS, fairness, gini
from training.evaluation.outcomes import Outcome
from training.evaluation.random_split import inflated, random_split
from training.evaluation.speed import speed
from training.signal.store import Store


def store_of(*groups):
    """(corpus, sex, clips): every emotion in turn."""
    store = Store([], [], [])
    for corpus, sex, clips in groups:
        for k in range(clips):
            emotion = EMOTIONS[k % 5]
            path = Path(f"{corpus}{sex}{k}")
            store.utterances.append(
                Utterance(path, corpus, f"{corpus}{sex}", sex, emotion, emotion, 1.0)
            )
    return store


def outcome_of(store, wrong):
    """Everything is right but what `wrong` says."""
    truth = [EMOTIONS.index(u.emotion) for u in store.utterances]
    decided = [(t + 1) % 5 if wrong(u) else t for t, u in zip(truth, store.utterances, strict=True)]
    logits = np.log(np.full((len(truth), 5), 0.01) + 0.9 * np.eye(5)[decided])
    split = Split("speakers-0", (), tuple(range(len(truth))))
    return Outcome(split, logits, logits, np.ones(len(truth), bool))


def test_the_gap_is_womens_uar_less_mens():
    store = store_of(("nemo", "F", 50), ("nemo", "M", 50), ("ased", "F", 10), ("ased", "M", 20))
    found = fairness(
        store, [outcome_of(store, lambda u: u.speaker == "nemoM" and u.emotion == "sad")]
    )
    assert found["by_corpus"]["nemo"]["gap"] == pytest.approx(0.2)
    assert found["by_corpus"]["ased"]["gap"] == 0.0
    assert found["gap"]["mean"] == pytest.approx(0.1)
    assert found["largest_gap"] == pytest.approx(0.2)
    assert found["n"] == 130
    assert found["by_corpus"]["ased"]["n"] == {"F": 10, "M": 20}


def test_a_corpus_that_does_not_tell_sexes_or_has_one_is_left_out():
    store = store_of(("emospeech", "", 10), ("jl", "M", 10), ("nemo", "F", 5), ("nemo", "M", 5))
    assert set(fairness(store, [outcome_of(store, lambda u: False)])["by_corpus"]) == {"nemo"}
    only = store_of(("emospeech", "", 10))
    assert fairness(only, [outcome_of(only, lambda u: False)]) == {}


def test_ordinary_speech_does_not_count_as_a_corpus():
    store = store_of(("nemo", "F", 20), ("nemo", "M", 20), ("ordinary", "F", 10))
    store.utterances[40:] = [
        replace(u, kind="read", sex="FM"[k % 2]) for k, u in enumerate(store.utterances[40:])
    ]
    found = fairness(store, [outcome_of(store, lambda u: False)])
    assert set(found["by_corpus"]) == {"nemo"}
    assert found["n"] == 40


def test_each_speaker_with_enough_clips_has_a_figure():
    store = store_of(*((f"c{k}", sex, 20) for k in range(2) for sex in "FM"), ("c0", "", CLIPS - 1))
    wrong = {"c0F": ("sad", "angry", "happy"), "c0M": ("sad",), "c1F": ("sad",), "c0": ()}
    outcome = outcome_of(store, lambda u: u.emotion in wrong.get(u.speaker, ()))
    found = fairness(store, [outcome])["by_speaker"]
    assert found["speakers"] == 4
    assert (found["worst"], found["median"]) == (pytest.approx(0.4), pytest.approx(0.8))
    assert found["gini"] == pytest.approx(gini(np.array([0.4, 0.8, 0.8, 1.0])), abs=1e-4)


def test_without_a_speaker_of_enough_clips_no_speaker_has_a_figure():
    store = store_of(("nemo", "F", CLIPS - 1), ("nemo", "M", CLIPS - 1))
    assert fairness(store, [outcome_of(store, lambda u: False)])["by_speaker"] == {}


@given(arrays(float, st.integers(1, 20), elements=st.floats(0.01, 1)), st.floats(0.1, 10))
def test_the_gini_coefficient_keeps_its_bounds_and_ignores_the_scale(values, scale):
    own = gini(values)
    assert -1e-9 <= own <= 1 - 1 / len(values) + 1e-9
    assert gini(scale * values) == pytest.approx(own, abs=1e-9)
    assert gini(np.concatenate([values, values])) == pytest.approx(own, abs=1e-9)


def test_the_gini_coefficient_is_that_of_the_textbook():
    assert gini(np.array([0.5, 0.5, 0.5])) == 0.0
    assert gini(np.array([0.0, 0.0, 0.0, 1.0])) == pytest.approx(0.75)
    assert gini(np.zeros(3)) == 0.0


def test_the_random_split_is_four_to_one_of_ravdess_alone_and_leaks():
    store = store_of(("ravdess", "F", 50), ("ravdess", "M", 50), ("nemo", "F", 20))
    split = random_split(store, seed=1)
    assert len(split.test) == 20
    assert sorted(split.train + split.test) == list(range(100))
    speakers = [{store.utterances[i].speaker for i in part} for part in (split.train, split.test)]
    assert speakers[0] == speakers[1]
    assert split == random_split(store, seed=1) != random_split(store, seed=2)
    assert random_split(store_of(("nemo", "F", 20)), seed=1) is None


def test_the_leaking_figure_is_labelled_and_beside_the_original_projects():
    store = store_of(("ravdess", "F", 50))
    found = inflated(store, outcome_of(store, lambda u: u.emotion == "sad"), honest=0.6)
    assert found["label"].startswith("INFLATED")
    assert (found["accuracy"], found["uar"]) == (0.8, 0.8)
    assert (found["original_project"], found["honest_uar"]) == (0.89, 0.6)


def test_the_size_is_that_of_the_files(tmp_path):
    trained = untrained()
    found = speed(trained, runs=20)
    save_bundle(tmp_path, trained.card, trained.weights)
    files = [tmp_path / name for name in ("network.tflite", "card.json")]
    assert found["bundle_bytes"] == pytest.approx(sum(f.stat().st_size for f in files), abs=200)
    low, high = found["window_ms"]["quartiles"]
    assert 0 < low <= found["window_ms"]["median"] <= high < 100
