"""Whether the same words from the same mouth are judged the same on a worse line."""

from __future__ import annotations

from typing import Any

import numpy as np
from tqdm import tqdm

from training import disturbances
from training.disturbances import DISTURBANCES, disturb
from training.outcomes import Trained, truth_of
from training.scores import spread
from training.shelf import Arrays, Shelf, judging
from training.store import Store, read_audio

CLIPS = 8
"""At most as many test clips of an emotion, corpus and fold."""


def disturbed(store: Store, trained: Trained, *, seed: int, shelf: Shelf) -> Arrays:
    """Return what the recogniser decides about test clips, and about them disturbed.

    Returns
    -------
    dict of ndarray
        `members`, shape (n,): the utterances drawn; `decided`, shape (1 + disturbances, n): the
        label's number, -1 where no speech was heard; the clip itself first.
    """
    key = judging(
        trained.card, trained.weights, store, trained.split.test, __file__, disturbances.__file__
    )
    return shelf.fetch(["robustness", seed, *key], lambda: _disturbed(store, trained, seed))


def _disturbed(store: Store, trained: Trained, seed: int) -> Arrays:
    recognizer = trained.recognizer()
    rng = np.random.default_rng(seed)
    groups: dict[tuple[str, str], list[int]] = {}
    for i in trained.split.test:
        groups.setdefault((store.utterances[i].corpus, store.utterances[i].emotion), []).append(i)
    members = [
        int(i)
        for own in groups.values()
        for i in rng.choice(np.array(own), min(CLIPS, len(own)), replace=False)
    ]
    number = {None: -1} | {label: k for k, label in enumerate(recognizer.labels)}
    decided = np.zeros((1 + len(DISTURBANCES), len(members)), np.int64)
    progress = tqdm(members, desc=f"{trained.split.name}: disturbing", mininterval=2)
    for column, i in enumerate(progress):
        path = store.utterances[i].path
        samples = read_audio(path)
        heard = [samples, *(disturb(samples, how, clip=path.name) for how in DISTURBANCES)]
        decided[:, column] = [number[recognizer.predict(s).emotion] for s in heard]
    return {"members": np.array(members), "decided": decided}


def robustness(store: Store, found: list[Arrays]) -> dict[str, Any]:
    """Return, for each disturbance, the share of decisions unchanged and the UAR lost.

    Parameters
    ----------
    store : Store
    found : list of dict
        What `disturbed` returned for each fold.
    """
    conditions = {
        how: _condition(store, found, row) for row, how in enumerate(DISTURBANCES, start=1)
    }
    worst = min(conditions, key=lambda how: float(conditions[how]["unchanged"]["mean"]))
    return {
        "protocol": "The same clip of a speaker never heard, plain and disturbed. Drawn: at most "
        f"{CLIPS} clips of each emotion of a corpus in a fold. No clip is louder than full scale "
        'but in "12 dB louder", which has floating-point samples.',
        "n": sum(len(one["members"]) for one in found),
        "folds": len(found),
        "conditions": conditions,
        "worst": worst,
    }


def _condition(store: Store, found: list[Arrays], row: int) -> dict[str, Any]:
    unchanged, lost = [], []
    for one in found:
        truth = truth_of(store, one["members"])
        plain, other = one["decided"][0], one["decided"][row]
        unchanged.append(float((plain == other).mean()))
        lost.append(_uar(truth, plain) - _uar(truth, other))
    members = np.concatenate([one["members"] for one in found])
    decided = np.concatenate([one["decided"] for one in found], axis=1)
    truth = truth_of(store, members)
    corpora = np.array([store.utterances[i].corpus for i in members])
    return {
        "unchanged": spread(unchanged),
        "uar_lost": spread(lost),
        "by_corpus": {
            corpus: {
                "n": int(own.sum()),
                "unchanged": round(float((decided[0, own] == decided[row, own]).mean()), 4),
                "uar_lost": round(
                    _uar(truth[own], decided[0, own]) - _uar(truth[own], decided[row, own]), 4
                ),
            }
            for corpus in dict.fromkeys(corpora.tolist())
            for own in [corpora == corpus]
        },
    }


def _uar(truth: np.ndarray, decided: np.ndarray) -> float:
    """Where no speech was heard, whatever the emotion was is missed."""
    return float(np.mean([(decided[truth == t] == t).mean() for t in np.unique(truth)]))
