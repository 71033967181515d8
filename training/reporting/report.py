"""One corpus's figures, for the report."""

from __future__ import annotations

from typing import Any

import numpy as np

from models.labels import EMOTIONS
from training.corpora import CORPORA
from training.evaluation.calibration import calibrate, probabilities_at
from training.evaluation.outcomes import Outcome, truth_of
from training.evaluation.scores import confusion, expected_calibration_error, recalls, uar
from training.signal.store import Store


def figures(store: Store, outcomes: list[Outcome], corpus: str) -> dict[str, Any]:
    """Return one corpus's figures over the splits that test it.

    The temperature and the threshold of a split come from the other splits' test speakers, so
    that no test speaker chose them. A single split has none to choose from and is not calibrated.
    """
    parts = []
    for outcome in outcomes:
        found = [
            k for k, i in enumerate(outcome.split.test) if store.utterances[i].corpus == corpus
        ]
        if found:
            parts.append((outcome, np.array(found)))
    if not parts:
        return {}
    splits: list[dict[str, Any]] = []
    pooled: dict[str, list[np.ndarray]] = {"truth": [], "cold": [], "warm": [], "sex": []}
    calibrated: list[np.ndarray] = []
    confident: list[np.ndarray] = []
    for outcome, rows in parts:
        members = [outcome.split.test[k] for k in rows]
        truth = truth_of(store, np.array(members))
        cold, warm = outcome.cold[rows], outcome.warm[rows]
        others = [(o, r) for o, r in parts if o is not outcome]
        if others:
            decision = calibrate(
                np.concatenate([truth_of(store, np.array(o.split.test)[r]) for o, r in others]),
                np.concatenate([o.cold[r] for o, r in others]),
            )
            probabilities = probabilities_at(cold, decision.temperature)
            calibrated.append(probabilities)
            confident.append(probabilities.max(axis=1) >= decision.unsure_below)
        splits.append(
            {
                "split": outcome.split.name,
                "n": len(rows),
                "speakers": sorted({store.utterances[i].speaker for i in members}),
                "uar": _r(uar(truth, cold.argmax(axis=1))),
                "uar_warm": _r(uar(truth, warm.argmax(axis=1))),
                "confusion": confusion(truth, cold.argmax(axis=1), len(EMOTIONS)).tolist(),
                "no_speech_found": int((~outcome.heard[rows]).sum()),
            }
        )
        pooled["truth"].append(truth)
        pooled["cold"].append(cold)
        pooled["warm"].append(warm)
        pooled["sex"].append(np.array([store.utterances[i].sex for i in members]))
    truth, cold, warm, sex = (np.concatenate(pooled[k]) for k in ("truth", "cold", "warm", "sex"))
    counts = confusion(truth, cold.argmax(axis=1), len(EMOTIONS))
    result: dict[str, Any] = {
        "n": len(truth),
        "uar_mean": _r(np.mean([s["uar"] for s in splits])),
        "uar_sd": _r(np.std([s["uar"] for s in splits])),
        "uar_warm_mean": _r(np.mean([s["uar_warm"] for s in splits])),
        "uar_warm_sd": _r(np.std([s["uar_warm"] for s in splits])),
        "recall": {e: _r(v) for e, v in zip(EMOTIONS, recalls(counts), strict=True)},
        "confusion": counts.tolist(),
        "by_sex": {
            s: _r(uar(truth[sex == s], cold[sex == s].argmax(axis=1)))
            for s in ("F", "M")
            if (sex == s).any()
        },
        "splits": splits,
    }
    borrowed = CORPORA[corpus].stands_for if corpus in CORPORA else {}
    own = np.array(
        [
            store.utterances[outcome.split.test[k]].original not in borrowed
            for outcome, rows in parts
            for k in rows
        ]
    )
    if own.any() and not own.all():
        # JL's "anxious" stands for fearful; the figure without such labels stands beside the other.
        result["uar_without_stand_ins"] = _r(uar(truth[own], cold[own].argmax(axis=1)))
    if calibrated:
        probabilities, sure = np.concatenate(calibrated), np.concatenate(confident)
        result["ece"] = _r(expected_calibration_error(truth, probabilities))
        result["coverage"] = _r(sure.mean())
        if sure.any():
            result["uar_when_sure"] = _r(uar(truth[sure], cold[sure].argmax(axis=1)))
    return result


def _r(value: Any) -> float | None:
    number = float(value)
    return None if np.isnan(number) else round(number, 4)
