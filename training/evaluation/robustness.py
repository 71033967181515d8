"""Whether the same words from the same mouth are judged the same on a worse line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from models.labels import EMOTIONS
from models.recognizer import Recognizer
from training.data.cache import Arrays, Cache
from training.data.tracks import record
from training.evaluation.outcomes import Trained, courses, decided, truth_of
from training.evaluation.scores import spread
from training.signal.disturbances import DISTURBANCES, disturb
from training.signal.store import Store, packed, read_audio, unpacked

CLIPS = 2
"""At most as many test clips of an emotion, corpus and fold."""


def disturbed(
    store: Store, trained: Trained, recorder: Recognizer, *, seed: int, cache: Cache
) -> Arrays:
    """Return what the recogniser decides about test clips, and about them disturbed.

    Parameters
    ----------
    store : Store
    trained : Trained
    recorder : Recognizer
        Computes the tracks of the disturbed clips.
    seed : int
    cache : Cache

    Returns
    -------
    dict of ndarray
        `members`, shape (n,): the utterances drawn; `decided`, shape (1 + disturbances, n): the
        label's number, -1 where no speech was found; the clip itself first.
    """
    rng = np.random.default_rng(seed)
    groups: dict[tuple[str, str], list[int]] = {}
    for i in trained.split.test:
        u = store.utterances[i]
        if not u.kind:
            groups.setdefault((u.corpus, u.emotion), []).append(i)
    members = sorted(
        int(i)
        for own in groups.values()
        for i in rng.choice(np.array(own), min(CLIPS, len(own)), replace=False)
    )
    clips = [store.utterances[i].path for i in members]
    key = [[path.name for path in clips], recorder.card.features.to_json()]
    tracks = unpacked(cache.fetch(_tracks, clips, recorder, key=key))
    decision = trained.card.decision
    found = courses(trained, ((track, None) for track in tracks))
    labels = {None: -1} | {label: k for k, label in enumerate(EMOTIONS)}
    said = [labels[decided(course, decision).emotion] for course in found]
    return {
        "members": np.array(members),
        "decided": np.array(said).reshape(len(members), 1 + len(DISTURBANCES)).T,
    }


def _tracks(clips: list[Path], recorder: Recognizer) -> Arrays:
    """Return the tracks of each clip, as it is and in each disturbance."""
    found = []
    for path in tqdm(clips, desc="disturbing", mininterval=5):
        samples = read_audio(path)
        heard = [samples, *(disturb(samples, how, clip=path.name) for how in DISTURBANCES)]
        found += [record(recorder, one) for one in heard]
    return packed(found)


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
