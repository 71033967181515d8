"""The figure that the field likes to quote: a random split, the same voices on both sides."""

from __future__ import annotations

from typing import Any

import numpy as np

from training.data.splits import Split
from training.evaluation.outcomes import Outcome, truth_of
from training.evaluation.scores import uar
from training.signal.store import Store

CORPUS = "ravdess"
TEST_SHARE = 0.2
ORIGINAL = 0.89
"""Of the original project: a random split of RAVDESS whose test set also chose the epoch."""


def random_split(store: Store, *, seed: int) -> Split | None:
    """Return a random 80/20 split of RAVDESS's clips, or None where it is missing.

    It leaks on purpose: every actor is on both sides. Nothing but this one figure may use it.
    """
    members = np.array([i for i, u in enumerate(store.utterances) if u.corpus == CORPUS], int)
    if len(members) < 10:
        return None
    mixed = np.random.default_rng(seed).permutation(members)
    count = round(TEST_SHARE * len(mixed))
    test, train = (tuple(sorted(int(i) for i in part)) for part in np.split(mixed, [count]))
    return Split("random-ravdess", train, test)


def inflated(store: Store, outcome: Outcome, *, honest: float | None) -> dict[str, Any]:
    """Return the figures of the random split, labelled as what they are.

    Parameters
    ----------
    store : Store
    outcome : Outcome
        Of the random split.
    honest : float, optional
        UAR on RAVDESS's unseen actors, for comparison.
    """
    truth = truth_of(store, outcome.split.test)
    decided = outcome.cold.argmax(axis=1)
    return {
        "label": "INFLATED: the test voices are the training voices",
        "protocol": "RAVDESS alone, one random 80/20 split of its clips; says nothing about a new "
        "voice.",
        "n": len(truth),
        "splits": 1,
        "accuracy": round(float((decided == truth).mean()), 4),
        "uar": round(uar(truth, decided), 4),
        "original_project": ORIGINAL,
        "honest_uar": honest,
    }
