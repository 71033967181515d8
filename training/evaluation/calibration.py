"""How far a stated confidence can be believed, and what it is worth to say nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from models.bundle import Decision
from models.labels import EMOTIONS
from training.evaluation.outcomes import Outcome, decided, truth_of
from training.evaluation.scores import (
    Doubles,
    Ints,
    best_temperature,
    expected_calibration_error,
    reliability,
    spread,
    uar,
)
from training.signal.store import Store

COVERAGE = 0.8
VOICE_LOST = 0.005
"""Share of clips of real speech that may be silenced, no window of them sounding like a voice.

Clips, not windows: a window that holds a breath, a click or a room before the first word is rightly
refused, and three in a hundred of RAVDESS's do."""
PRIOR = (-0.2, 0.0, 0.0, 0.0, 0.0)
"""Shift of the logits. Ordinary speech makes neutral the most frequent emotion of the training, so
that the network expects it by itself. The shift lowers the odds of neutral to four fifths. The
thresholds below, not the prior, decide how often ordinary speech shows an emotion."""
CALIBRATED = 0.4
"""Shift of neutral's logit in a session that begins with a calibration."""
FALSE = 0.028
"""Share of the windows of neutral speech that may show one emotion."""
NEUTRAL_ABOVE = 0.25
"""Probability that neutral needs: it is the state that the display falls back to."""
MARGIN = 0.2
"""A label that is shown stays until its probability falls this far below what it needed."""
LOWEST, HIGHEST = 0.35, 0.95
"""Bounds of an emotion's threshold."""
ENOUGH_S = 1.5
"""Seconds of speech before the first emotion is shown."""
SMOOTHING = 0.92
"""Weight of the past, per 0.25 s."""
MOST_VOICE = 0.0
"""Highest threshold on the voice's logit: even odds. A higher threshold refuses synthetic speech
without formants, whose median logit is between -0.3 and 1.5 in the tests' fixtures."""
CURVE = tuple(round(0.1 * k, 1) for k in range(1, 11))


def probabilities_at(logits: Doubles, temperature: float) -> Doubles:
    """Return the probabilities of logits, shape (n, labels), divided by a temperature."""
    scaled = np.exp(logits / temperature - (logits / temperature).max(axis=1, keepdims=True))
    return np.asarray(scaled / scaled.sum(axis=1, keepdims=True))


def calibrate(
    truth: Ints, logits: Doubles, *, corpora: np.ndarray | None = None, voice: Doubles | None = None
) -> Decision:
    """Return the decision that some utterances call for.

    The temperature fits best; `unsure_below` is the confidence under which a fifth of the
    utterances fall, `voice_above` the voice logit that silences `VOICE_LOST` of the clips, but no
    more than `MOST_VOICE`.

    Parameters
    ----------
    truth : ndarray, shape (n,)
    logits : ndarray, shape (n, labels)
    corpora : ndarray of str, shape (n,), optional
        Of each utterance; every corpus then counts alike for the temperature, large or small.
    voice : ndarray, shape (clips,), optional
        The highest voice logit of each clip of real speech; without them nothing is refused.
    """
    weights = None
    if corpora is not None:
        _, which, sizes = np.unique(corpora, return_inverse=True, return_counts=True)
        weights = 1.0 / sizes[which]
    temperature = best_temperature(truth, logits, weights=weights)
    decision = Decision()
    if voice is not None and len(voice):
        # Rounded down: not a clip more than said is lost.
        lowest = min(MOST_VOICE, float(np.quantile(voice, VOICE_LOST)))
        decision = replace(decision, voice_above=float(np.floor(lowest * 1000) / 1000))
    confidence = probabilities_at(logits, temperature).max(axis=1)
    return replace(
        decision,
        temperature=round(temperature, 3),
        unsure_below=round(float(np.quantile(confidence, 1 - COVERAGE)), 3),
    )


def calibration(store: Store, outcomes: list[Outcome]) -> dict[str, Any]:
    """Return the calibration on acted speech of each fold, and the gain of abstaining.

    Each fold's temperature and threshold come from the test speakers of the other folds, every
    corpus together, as the bundle's come from those of all folds. Ordinary speech does not count:
    clips that are easily neutral would flatter the error.

    Parameters
    ----------
    store : Store
    outcomes : list of Outcome
        Of the speaker folds; two or more.
    """
    parts = []
    ordinary = {u.speaker for u in store.utterances if u.kind}
    for outcome in outcomes:
        decision = decision_for(store, outcomes, outcome)
        acted = outcome.without(store, ordinary).shown(decision)
        parts.append((acted, decision, np.exp(acted.cold)))
    truths = [truth_of(store, outcome.split.test) for outcome, _, _ in parts]
    sures = [p.max(axis=1) >= decision.unsure_below for _, decision, p in parts]
    truth = np.concatenate(truths)
    probabilities = np.concatenate([p for _, _, p in parts])
    sure = np.concatenate(sures)
    corpora = np.concatenate([corpora_of(store, o) for o, _, _ in parts])
    errors = [expected_calibration_error(t, p) for t, (_, _, p) in zip(truths, parts, strict=True)]
    gains = [
        _uar_of(t, p, s) - _uar_of(t, p, np.ones(len(t), np.bool_))
        for t, s, (_, _, p) in zip(truths, sures, parts, strict=True)
    ]
    return {
        "protocol": "Temperature and threshold of a fold come from the other folds' test speakers; "
        "every corpus counts alike for the temperature.",
        "n": len(truth),
        "folds": len(parts),
        "temperature": spread([decision.temperature for _, decision, _ in parts]),
        "ece": spread(errors),
        "ece_pooled": round(expected_calibration_error(truth, probabilities), 4),
        "bins": reliability(truth, probabilities),
        "abstaining": {
            "coverage": spread([s.mean() for s in sures]),
            "uar_gain": spread(gains),
            "uar_all": round(uar(truth, probabilities.argmax(axis=1)), 4),
            "uar_when_sure": round(_uar_of(truth, probabilities, sure), 4),
            "curve": coverage_curve(truth, probabilities),
        },
        "by_corpus": {
            corpus: _of_corpus(truth[own], probabilities[own], sure[own])
            for corpus in dict.fromkeys(corpora.tolist())
            for own in [corpora == corpus]
        },
    }


def _uar_of(truth: Ints, probabilities: Doubles, sure: np.ndarray) -> float:
    """Return the UAR of the clips judged; where none is, nothing is right."""
    return uar(truth[sure], probabilities[sure].argmax(axis=1)) if sure.any() else 0.0


def _of_corpus(truth: Ints, probabilities: Doubles, sure: np.ndarray) -> dict[str, Any]:
    decided = probabilities.argmax(axis=1)
    return {
        "n": len(truth),
        "ece": round(expected_calibration_error(truth, probabilities), 4),
        "coverage": round(float(sure.mean()), 4),
        "uar_all": round(uar(truth, decided), 4),
        "uar_when_sure": round(_uar_of(truth, probabilities, sure), 4),
        "curve": coverage_curve(truth, probabilities),
    }


def coverage_curve(truth: Ints, probabilities: Doubles) -> list[dict[str, float]]:
    """Return the UAR of the surest 10, 20 ... 100 %; shapes (n,) and (n, labels)."""
    order = np.argsort(-probabilities.max(axis=1), kind="stable")
    decided = probabilities.argmax(axis=1)
    curve = []
    for coverage in CURVE:
        surest = order[: max(1, round(coverage * len(order)))]
        curve.append({"coverage": coverage, "uar": round(uar(truth[surest], decided[surest]), 4)})
    return curve


def corpora_of(store: Store, outcome: Outcome) -> np.ndarray:
    """Return the corpus of each of a split's test utterances, shape (tests,)."""
    return np.array([store.utterances[i].corpus for i in outcome.split.test])


def highest_voices(outcome: Outcome) -> Doubles:
    """Return the highest voice logit of each test clip that has a window, shape (clips,)."""
    heard, which = np.unique(outcome.clip, return_inverse=True)
    highest = np.full(len(heard), -np.inf)
    np.maximum.at(highest, which, outcome.voice)
    return highest


def pooled_decision(store: Store, outcomes: list[Outcome]) -> Decision:
    """Return the decision that the test speakers of some splits call for: of all, the bundle's.

    Temperature, neutral's threshold and the voice's come from acted speech, the other emotions'
    thresholds from the neutral speech among it and from ordinary speech.
    """
    rows = [np.array([not store.utterances[i].kind for i in o.split.test]) for o in outcomes]
    acted = [(o, r) for o, r in zip(outcomes, rows, strict=True) if r.any()]
    decision = calibrate(
        np.concatenate([truth_of(store, o.split.test)[r] for o, r in acted]),
        np.concatenate([o.cold[r] for o, r in acted]),
        corpora=np.concatenate([corpora_of(store, o)[r] for o, r in acted]),
        voice=np.concatenate([highest_voices(o) for o in outcomes]),
    )
    decision = replace(
        decision,
        prior=PRIOR,
        calibrated=CALIBRATED,
        enough_s=ENOUGH_S,
        smoothing=SMOOTHING,
        unsure_margin=MARGIN,
    )
    return replace(decision, shown_above=thresholds(store, outcomes, decision))


def thresholds(store: Store, outcomes: Sequence[Outcome], decision: Decision) -> tuple[float, ...]:
    """Return the probability that each label needs to be shown.

    An emotion's is the lowest at which at most `FALSE` of the windows of neutral speech show it;
    ordinary speech and acted neutral speech weigh alike.
    """
    free = replace(decision, shown_above=(), unsure_below=0.0)
    found: dict[bool, list[tuple[float, ...]]] = {True: [], False: []}
    for outcome in outcomes:
        for i, course in zip(outcome.split.test, outcome.courses, strict=False):
            u = store.utterances[i]
            if u.emotion == EMOTIONS[0]:
                windows = decided(course, free).windows
                found[bool(u.kind)] += [w.probabilities for w in windows if w.emotion]
    groups = [np.array(rows) for rows in found.values() if rows]
    needed = [NEUTRAL_ABOVE]
    for label in range(1, len(EMOTIONS)):
        above = LOWEST
        while above < HIGHEST and np.mean([_shown(g, label, above) for g in groups]) > FALSE:
            above += 0.01
        needed.append(round(above, 2))
    return tuple(needed)


def _shown(probabilities: Doubles, label: int, above: float) -> float:
    """Return the share of windows that show a label at a threshold."""
    best = probabilities.argmax(axis=1) == label
    return float((best & (probabilities[:, label] >= above)).mean())


def decision_for(store: Store, outcomes: list[Outcome], outcome: Outcome) -> Decision:
    """Return the decision for the test speakers of one split, which none of them chose.

    Where there is only one split, they did.
    """
    return pooled_decision(store, [o for o in outcomes if o is not outcome] or outcomes)
