"""Whether women and men are recognised alike."""

from __future__ import annotations

from typing import Any

import numpy as np

from training.outcomes import Outcome, truth_of
from training.scores import spread, uar
from training.store import Store


def fairness(store: Store, outcomes: list[Outcome]) -> dict[str, Any]:
    """Return the UAR of women and of men, of each corpus that has both, and overall.

    Overall: the mean over those corpora, so that opposite gaps of two corpora even out; the
    largest gap of one corpus stands beside it. A fold alone has too few speakers of each.

    Parameters
    ----------
    store : Store
    outcomes : list of Outcome
        Of the speaker folds.

    Returns
    -------
    dict
        Empty where no corpus has both.
    """
    members = np.concatenate([outcome.split.test for outcome in outcomes])
    truth = truth_of(store, members)
    decided = np.concatenate([outcome.cold.argmax(axis=1) for outcome in outcomes])
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
        "protocol": "Speakers never heard, all folds together; overall is the mean over the "
        "corpora.",
        "n": sum(sum(own["n"].values()) for own in by_corpus.values()),
        "folds": len(outcomes),
        "corpora": len(by_corpus),
        **{
            which: spread([own[which] for own in by_corpus.values()])
            for which in ("women", "men", "gap")
        },
        "largest_gap": max(abs(own["gap"]) for own in by_corpus.values()),
        "by_corpus": by_corpus,
    }
