"""How equally the network recognises women and men, and single speakers."""

from __future__ import annotations

from typing import Any

import numpy as np

from training.evaluation.outcomes import Doubles, Outcome, truth_of
from training.evaluation.scores import spread, uar
from training.signal.store import Store

CLIPS = 15
"""Clips of a speaker, at least, for a figure of that speaker alone."""
EMOTIONS_OF_ONE = 3
"""Different emotions of a speaker, at least, for a figure of that speaker alone."""


def fairness(store: Store, outcomes: list[Outcome]) -> dict[str, Any]:
    """Return the UAR of women and of men, and of single speakers, in acted speech.

    Women and men: of each corpus that has both, and the mean over those corpora, in which opposite
    gaps of two corpora even out; the largest gap of one corpus stands beside it. A fold alone has
    too few speakers of each. Ordinary speech holds neutral alone and does not count.

    Parameters
    ----------
    store : Store
    outcomes : list of Outcome
        Of the speaker folds.

    Returns
    -------
    dict
        Empty where no corpus has both. `by_speaker` is empty where no speaker has enough clips.
    """
    members = np.concatenate([outcome.split.test for outcome in outcomes])
    decided = np.concatenate([outcome.cold.argmax(axis=1) for outcome in outcomes])
    acted = np.array([not store.utterances[i].kind for i in members], np.bool_)
    members, decided = members[acted], decided[acted]
    truth = truth_of(store, members)
    corpora = np.array([store.utterances[i].corpus for i in members])
    sexes = np.array([store.utterances[i].sex for i in members])
    speakers = np.array([store.utterances[i].speaker for i in members])
    by_corpus: dict[str, dict[str, Any]] = {}
    for corpus in dict.fromkeys(corpora.tolist()):
        rows = {sex: (corpora == corpus) & (sexes == sex) for sex in ("F", "M")}
        if not all(own.any() for own in rows.values()):
            continue
        women, men = (round(uar(truth[own], decided[own]), 4) for own in rows.values())
        by_corpus[corpus] = {
            "women": women,
            "men": men,
            "gap": round(women - men, 4),
            "n": {sex: int(own.sum()) for sex, own in rows.items()},
            "speakers": {sex: len(set(speakers[own])) for sex, own in rows.items()},
        }
    if not by_corpus:
        return {}
    return {
        "protocol": "Acted speech of speakers never heard, all folds together; overall is the mean "
        "over the corpora.",
        "n": sum(sum(own["n"].values()) for own in by_corpus.values()),
        "folds": len(outcomes),
        "corpora": len(by_corpus),
        **{
            which: spread([own[which] for own in by_corpus.values()])
            for which in ("women", "men", "gap")
        },
        "largest_gap": max(abs(own["gap"]) for own in by_corpus.values()),
        "by_corpus": by_corpus,
        "by_speaker": _by_speaker(speakers, truth, decided),
    }


def _by_speaker(speakers: np.ndarray, truth: np.ndarray, decided: np.ndarray) -> dict[str, Any]:
    """Return the worst, the median and the Gini coefficient of the speakers' UAR.

    Parameters
    ----------
    speakers, truth, decided : ndarray, shape (n,)
        Of each clip: the speaker, the true label and the judgement.
    """
    found = []
    for speaker in np.unique(speakers):
        own = speakers == speaker
        if own.sum() >= CLIPS and len(set(truth[own].tolist())) >= EMOTIONS_OF_ONE:
            found.append(uar(truth[own], decided[own]))
    if not found:
        return {}
    values = np.array(found)
    return {
        "protocol": f"UAR of each speaker over the emotions that the speaker has; speakers with at "
        f"least {CLIPS} clips of at least {EMOTIONS_OF_ONE} emotions. A figure of few clips "
        "is uncertain, so the worst one is partly chance.",
        "speakers": len(values),
        "worst": round(float(values.min()), 4),
        "median": round(float(np.median(values)), 4),
        "gini": round(gini(values), 4),
    }


def gini(values: Doubles) -> float:
    """Return the Gini coefficient of values (Gini 1912): 0 where all are equal.

    It is half of the mean absolute difference between two values, divided by their mean.

    Parameters
    ----------
    values : ndarray, shape (n,)
        Not negative.
    """
    mean = float(values.mean())
    if not mean:
        return 0.0
    return float(np.abs(values[:, None] - values).mean() / (2 * mean))
