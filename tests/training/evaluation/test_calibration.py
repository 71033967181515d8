"""Confidence is calibrated on other speakers than those it is judged on."""

from pathlib import Path

import numpy as np
import pytest

from models.bundle import Decision
from models.labels import EMOTIONS
from training.corpora.manifest import Utterance
from training.data.splits import Split
from training.evaluation.calibration import (
    FALSE,
    MOST_VOICE,
    VOICE_LOST,
    calibrate,
    calibration,
    coverage_curve,
    decision_for,
    highest_voices,
    pooled_decision,
    probabilities_at,
    thresholds,
)
from training.evaluation.outcomes import Outcome
from training.evaluation.scores import expected_calibration_error, reliability, uar
from training.signal.store import Store

FOLDS, EACH = 3, 400


def experiment(exaggerations=(1.0, 1.0, 1.0), seed=0, shift=0.0):
    """Folds whose logits are honest, or exaggerated by a factor a fold; three windows a clip."""
    rng = np.random.default_rng(seed)
    store, outcomes = Store([], [], []), []
    for fold, factor in enumerate(exaggerations):
        logits = 1.5 * rng.standard_normal((EACH, 5))
        chances = probabilities_at(logits, 1.0)
        first = len(store.utterances)
        for k in range(EACH):
            emotion = EMOTIONS[rng.choice(5, p=chances[k])]
            corpus = ("ravdess", "nemo")[k % 2]
            store.utterances.append(
                Utterance(Path(f"{fold}-{k}"), corpus, f"s{fold}", "F", emotion, emotion, 1.0)
            )
        split = Split(f"speakers-{fold}", (), tuple(range(first, first + EACH)))
        logits = factor * np.log(chances)
        voice, clip = rng.normal(-5 + shift * fold, 1, 3 * EACH), np.repeat(np.arange(EACH), 3)
        outcomes.append(Outcome(split, logits, logits, np.ones(EACH, bool), voice, clip))
    return store, outcomes


def test_a_folds_temperature_does_not_depend_on_its_own_speakers():
    base = calibration(*experiment())["temperature"]["values"]
    odd = calibration(*experiment(exaggerations=(4.0, 1.0, 1.0)))["temperature"]["values"]
    assert odd[0] == base[0]
    assert odd[1] > base[1] + 0.2


def test_honest_confidence_has_little_error_and_exaggeration_is_undone():
    for factor in (1.0, 3.0):
        found = calibration(*experiment(exaggerations=(factor,) * 3))
        assert found["ece_pooled"] < 0.05
        assert found["temperature"]["mean"] == pytest.approx(factor, rel=0.15)


def test_every_clip_is_counted_once():
    found = calibration(*experiment())
    assert found["n"] == FOLDS * EACH == sum(b["n"] for b in found["bins"])
    assert sum(own["n"] for own in found["by_corpus"].values()) == found["n"]
    assert set(found["by_corpus"]) == {"ravdess", "nemo"}


def test_abstaining_leaves_about_four_fifths_and_helps():
    found = calibration(*experiment())["abstaining"]
    assert found["coverage"]["mean"] == pytest.approx(0.8, abs=0.05)
    assert found["uar_when_sure"] > found["uar_all"] + 0.02
    assert found["uar_gain"]["mean"] > 0.02


def test_the_coverage_curve_ends_at_the_uar_of_all():
    store, outcomes = experiment()
    truth = np.array([EMOTIONS.index(u.emotion) for u in store.utterances])
    probabilities = np.concatenate([probabilities_at(o.cold, 1.0) for o in outcomes])
    curve = coverage_curve(truth, probabilities)
    assert curve[-1]["coverage"] == 1.0
    assert curve[-1]["uar"] == pytest.approx(uar(truth, probabilities.argmax(axis=1)), abs=1e-4)
    assert curve[0]["uar"] > curve[-1]["uar"] + 0.1


def test_the_bundles_decision_comes_from_every_fold():
    store, outcomes = experiment(exaggerations=(2.0, 2.0, 2.0))
    decision = pooled_decision(store, outcomes)
    truth = np.array([EMOTIONS.index(u.emotion) for u in store.utterances])
    expected = calibrate(
        truth,
        np.concatenate([o.cold for o in outcomes]),
        corpora=np.array([u.corpus for u in store.utterances]),
        voice=np.concatenate([highest_voices(o) for o in outcomes]),
    )
    for name in ("temperature", "unsure_below", "voice_above"):
        assert getattr(decision, name) == getattr(expected, name)
    confidence = np.concatenate(
        [probabilities_at(o.cold, decision.temperature).max(axis=1) for o in outcomes]
    )
    assert np.mean(confidence < decision.unsure_below) == pytest.approx(0.2, abs=0.01)


def test_the_reliability_bins_say_what_the_calibration_error_sums():
    rng = np.random.default_rng(1)
    probabilities = probabilities_at(2 * rng.standard_normal((500, 5)), 1.0)
    truth = rng.integers(0, 5, 500)
    bins = reliability(truth, probabilities)
    assert sum(b["n"] for b in bins) == 500
    for b in bins:
        assert b["from"] <= b["confidence"] <= b["from"] + 0.1
    gaps = sum(b["n"] * abs(b["accuracy"] - b["confidence"]) for b in bins) / 500
    assert gaps == pytest.approx(expected_calibration_error(truth, probabilities), abs=1e-6)


def test_as_many_clips_of_real_speech_are_silenced_as_is_allowed_and_no_more():
    store, outcomes = experiment()
    threshold = pooled_decision(store, outcomes).voice_above
    lost = np.mean(np.concatenate([highest_voices(o) for o in outcomes]) < threshold)
    assert 0.6 * VOICE_LOST < lost <= VOICE_LOST


def test_what_may_be_a_voice_is_never_refused():
    store, outcomes = experiment()
    sure = [Outcome(o.split, o.cold, o.warm, o.heard, o.voice + 20, o.clip) for o in outcomes]
    assert pooled_decision(store, sure).voice_above == MOST_VOICE


def test_a_clip_is_as_much_a_voice_as_its_best_window():
    _, (outcome, *_) = experiment()
    first = np.where(np.arange(3 * EACH) % 3 == 1, 4.0, -50.0)
    clear = Outcome(outcome.split, outcome.cold, outcome.warm, outcome.heard, first, outcome.clip)
    np.testing.assert_array_equal(highest_voices(clear), np.full(EACH, 4.0))


def test_a_folds_decision_does_not_depend_on_its_own_speakers():
    store, outcomes = experiment(shift=-10.0)
    first, _, third = (decision_for(store, outcomes, o) for o in outcomes)
    assert first.voice_above < -20
    assert third.voice_above > -20
    assert decision_for(store, outcomes[:1], outcomes[0]) == pooled_decision(store, outcomes[:1])


def test_without_windows_nothing_is_refused_for_its_voice():
    store, outcomes = experiment()
    truth = np.array([EMOTIONS.index(u.emotion) for u in store.utterances[:EACH]])
    assert calibrate(truth, outcomes[0].cold).voice_above < -1e6


def test_a_large_corpus_weighs_no_more_than_a_small_one():
    store, (honest, loud, _) = experiment(exaggerations=(1.0, 4.0, 1.0))
    truth = np.array([EMOTIONS.index(u.emotion) for u in store.utterances])
    few = np.concatenate([honest.cold, loud.cold[:40]])
    many = np.concatenate([truth[:EACH], truth[EACH : EACH + 40]])
    names = np.array(["large"] * EACH + ["small"] * 40)
    alike = calibrate(many, few, corpora=names).temperature
    assert alike > calibrate(many, few).temperature + 0.2


def course_of(*probabilities):
    """Return a course of windows in which neutral has 1 - p and fearful p, all far apart."""
    rows = [
        [0.0, 100.0 * k, 100.0, 1.0, 5.0, *np.log([1 - p - 0.03, 0.01, 0.01, 0.01, p])]
        for k, p in enumerate(probabilities, start=1)
    ]
    return np.array(rows)


def neutral_outcome(*probabilities):
    path = Path("a")
    store = Store([Utterance(path, "ravdess", "a", "F", "neutral", "neutral", 1.0)])
    split = Split("a", (), (0,))
    logs = np.log(np.full((1, 5), 0.2))
    heard = np.ones(1, bool)
    return store, [
        Outcome(split, logs, logs, heard, courses=[course_of(*probabilities)]),
    ]


def test_an_emotion_needs_a_probability_that_neutral_speech_rarely_has():
    plain = Decision(smoothing=0.0)
    calm, fearful = (
        thresholds(*neutral_outcome(*[0.1] * 80, *[worst] * 20), plain) for worst in (0.3, 0.8)
    )
    assert fearful[4] > 0.75
    assert calm[4] < fearful[4]
    assert calm[:4] == fearful[:4]


def test_a_few_windows_of_neutral_speech_may_show_an_emotion():
    plain = Decision(smoothing=0.0)
    few = int(100 * FALSE)
    needed = thresholds(*neutral_outcome(*[0.1] * (100 - few), *[0.9] * few), plain)
    assert needed[4] < 0.9
