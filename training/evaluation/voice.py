"""How often real speech is refused for not sounding like a voice."""

from __future__ import annotations

from typing import Any

import numpy as np

from training.evaluation.calibration import VOICE_LOST, corpora_of, decision_for
from training.evaluation.outcomes import Outcome
from training.evaluation.scores import spread
from training.signal.store import Store


def voice(store: Store, outcomes: list[Outcome]) -> dict[str, Any]:
    """Return the share of windows of speech, and of clips, that the voice's threshold refuses.

    Parameters
    ----------
    store : Store
    outcomes : list of Outcome
        Of the speaker folds; two or more.

    Returns
    -------
    dict
        Empty where no window held speech. "refused" is of windows; "silenced" of clips, of which
        every window was refused.
    """
    thresholds, shares = [], []
    rows: list[tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]] = []
    for outcome in outcomes:
        if not len(outcome.voice):
            continue
        threshold = decision_for(store, outcomes, outcome).voice_above
        refused = outcome.voice < threshold
        heard = np.unique(outcome.clip)
        # A clip is silenced if not one of its windows passes.
        silenced = ~np.isin(heard, outcome.clip[~refused])
        corpora = corpora_of(store, outcome)
        rows.append((corpora[outcome.clip], refused, corpora[heard], silenced))
        thresholds.append(threshold)
        shares.append(refused.mean())
    if not rows:
        return {}
    of_window, refused, of_clip, silenced = (
        np.concatenate(part) for part in zip(*rows, strict=True)
    )
    return {
        "protocol": f"The threshold of a fold silences at most {VOICE_LOST:.1%} of the clips of "
        "the other folds' test speakers, nothing known of the speaker.",
        "n": len(refused),
        "folds": len(rows),
        "threshold": spread(thresholds),
        "refused": spread(shares),
        "by_corpus": {
            corpus: {
                "n": int((of_window == corpus).sum()),
                "refused": round(float(refused[of_window == corpus].mean()), 4),
                "silenced": round(float(silenced[of_clip == corpus].mean()), 4),
            }
            for corpus in dict.fromkeys(of_window.tolist())
        },
    }
