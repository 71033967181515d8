"""Figures of merit, from true and predicted labels and probabilities."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Doubles = npt.NDArray[np.float64]


def confusion(truth: Ints, decided: Ints, labels: int) -> Ints:
    """Return counts, shape (labels, labels): rows are the truth, columns the decision."""
    counts = np.zeros((labels, labels), np.int64)
    np.add.at(counts, (truth, decided), 1)
    return counts


def recalls(counts: Ints) -> Doubles:
    """Return the recall of each label that occurs; NaN for the others. Shape (labels,)."""
    totals = counts.sum(axis=1)
    return np.where(totals > 0, np.diag(counts) / np.maximum(totals, 1), np.nan)


def uar(truth: Ints, decided: Ints) -> float:
    """Return the unweighted average recall over the labels that occur (Schuller et al. 2009).

    Raises
    ------
    ValueError
        There is nothing to average.
    """
    if not len(truth):
        raise ValueError("no recordings to score")
    labels = int(max(truth.max(), decided.max())) + 1
    return float(np.nanmean(recalls(confusion(truth, decided, labels))))


def expected_calibration_error(truth: Ints, probabilities: Doubles, *, bins: int = 10) -> float:
    """Return the mean gap between confidence and accuracy (Naeini et al. 2015; Guo et al. 2017).

    Parameters
    ----------
    truth : ndarray, shape (n,)
    probabilities : ndarray, shape (n, labels)
    bins : int
        Bins of equal width over the confidence.
    """
    filled = reliability(truth, probabilities, bins=bins)
    return float(sum(b["n"] * abs(b["accuracy"] - b["confidence"]) for b in filled) / len(truth))


def reliability(truth: Ints, probabilities: Doubles, *, bins: int = 10) -> list[dict[str, Any]]:
    """Return the filled bins of a reliability diagram (DeGroot & Fienberg 1983).

    Parameters
    ----------
    truth : ndarray, shape (n,)
    probabilities : ndarray, shape (n, labels)
    bins : int
        Bins of equal width over the confidence.

    Returns
    -------
    list of dict
        From the least sure bin on: its lower edge, how many fell into it, their mean confidence
        and the share of them that is right.
    """
    confidence = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == truth
    which = np.minimum((confidence * bins).astype(int), bins - 1)
    return [
        {
            "from": b / bins,
            "n": int((which == b).sum()),
            "confidence": round(float(confidence[which == b].mean()), 6),
            "accuracy": round(float(right[which == b].mean()), 6),
        }
        for b in range(bins)
        if (which == b).any()
    ]


def spread(values: Sequence[float | np.floating]) -> dict[str, Any]:
    """Return mean and standard deviation of one value for each fold, and the values."""
    rounded = [round(float(value), 4) for value in values]
    return {
        "mean": round(float(np.mean(rounded)), 4),
        "sd": round(float(np.std(rounded)), 4),
        "values": rounded,
    }


def best_temperature(truth: Ints, logits: Doubles, *, weights: Doubles | None = None) -> float:
    """Return the temperature with the least negative log likelihood (Guo et al. 2017).

    Parameters
    ----------
    truth : ndarray, shape (n,)
    logits : ndarray, shape (n, labels)
    weights : ndarray, shape (n,), optional
        How much each counts; all alike by default.
    """

    def loss(temperature: float) -> float:
        scaled = logits / temperature
        scaled = scaled - scaled.max(axis=1, keepdims=True)
        log_sum = np.log(np.exp(scaled).sum(axis=1))
        losses = log_sum - scaled[np.arange(len(truth)), truth]
        return float(np.average(losses, weights=weights))

    grid = np.exp(np.linspace(np.log(0.3), np.log(5.0), 200))
    return float(grid[np.argmin([loss(float(t)) for t in grid])])
