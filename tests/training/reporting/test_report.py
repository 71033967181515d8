"""A corpus's figures: each split's own, and all clips together."""

from pathlib import Path

import numpy as np
import pytest

from models.labels import EMOTIONS
from training.corpora.manifest import Utterance
from training.data.splits import Split
from training.evaluation.outcomes import Outcome
from training.reporting.report import figures
from training.signal.store import Store


def experiment(*, folds=2, corpus="ravdess", original=lambda emotion: emotion):
    """Ten clips a fold, of which fold 1 gets the sad ones wrong when cold; warm, all are right."""
    store, outcomes = Store([], [], []), []
    for fold in range(folds):
        first = len(store.utterances)
        for k in range(10):
            emotion = EMOTIONS[k % 5]
            store.utterances.append(
                Utterance(
                    Path(f"{fold}-{k}"),
                    corpus,
                    f"s{fold}",
                    "FM"[fold % 2],
                    emotion,
                    original(emotion),
                    1.0,
                )
            )
        truth = np.arange(10) % 5
        cold = np.where((truth == 2) & (fold == 1), 3, truth)
        chances = [0.05 + (0.6 + 0.03 * k) * np.eye(5) for k in range(10)]
        logs = np.log([c / c.sum(axis=1, keepdims=True) for c in chances])
        rows = np.arange(10)
        heard = np.ones(10, bool)
        heard[:fold] = False
        split = Split(f"speakers-{fold}", (), tuple(range(first, first + 10)))
        outcomes.append(Outcome(split, logs[rows, cold], logs[rows, truth], heard))
    return store, outcomes


def test_the_mean_is_over_splits_and_the_confusion_over_clips():
    found = figures(*experiment(), "ravdess")
    assert [s["uar"] for s in found["splits"]] == [1.0, 0.8]
    assert found["uar_mean"] == pytest.approx(0.9)
    assert found["uar_sd"] == pytest.approx(0.1)
    assert (found["uar_warm_mean"], found["uar_warm_sd"]) == (1.0, 0.0)
    assert found["n"] == 20 == np.sum(found["confusion"])
    assert found["recall"]["sad"] == 0.5
    assert found["by_sex"] == {"F": 1.0, "M": 0.8}
    assert [s["no_speech_found"] for s in found["splits"]] == [0, 1]


def test_no_split_names_a_speaker_of_another():
    found = figures(*experiment(), "ravdess")
    speakers = [set(s["speakers"]) for s in found["splits"]]
    assert not speakers[0] & speakers[1]


def test_a_single_split_is_not_calibrated_as_there_is_nothing_to_choose_from():
    assert "ece" in figures(*experiment(), "ravdess")
    assert "ece" not in figures(*experiment(folds=1), "ravdess")


def test_where_no_clip_is_sure_enough_there_is_no_figure_of_the_sure():
    store, outcomes = experiment()
    flat = [Outcome(o.split, 0 * o.cold, o.warm, o.heard) for o in outcomes]
    assert figures(store, flat, "ravdess")["coverage"] in (0.0, 1.0)


def test_a_corpus_that_was_not_tested_has_no_figures():
    assert figures(*experiment(), "nemo") == {}


def test_labels_that_stand_for_another_are_also_left_out():
    def jl(emotion):
        return "anxious" if emotion == "fearful" else emotion

    found = figures(*experiment(corpus="jl", original=jl), "jl")
    assert found["uar_mean"] == pytest.approx(0.9)
    # Of neutral, happy, sad and angry only the sad half is wrong.
    assert found["uar_without_stand_ins"] == pytest.approx(0.875)
    assert "uar_without_stand_ins" not in figures(*experiment(), "ravdess")
