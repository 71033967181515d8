"""The network with weights of eight bits: how much smaller and faster, and what it costs.

Dynamic-range quantisation: weights are int8, activations are quantised as they come and sums kept
in floating point (Jacob et al. 2018 has the arithmetic). With activations of fixed range too, the
attentive pooling, which tells frames with speech from others by adding ten thousand, has no
precision left (EXPERIMENTS.md).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np

from training.fit import export
from training.networks import SERVED
from training.outcomes import Outcome, Trained, judge, truth_of
from training.scores import uar
from training.shelf import Shelf
from training.speed import window_ms
from training.store import Store


def trained_model(weights: bytes, networks: Path) -> keras.Model | None:
    """Return the Keras network that `weights` were exported from, if training left it.

    Parameters
    ----------
    weights : bytes
        As exported in floating point.
    networks : Path
        Folder of `training.networks`: a folder a network.
    """
    for exported in sorted(networks.glob("*/network.tflite")):
        served = exported.with_name(SERVED)
        if served.is_file() and exported.read_bytes() == weights:
            return keras.models.load_model(served)
    return None


def quantised(trained: Trained, *, networks: Path, shelf: Shelf) -> Trained | None:
    """Return the network with weights of eight bits, or None where its state is gone."""
    model: keras.Model | None = None

    def make() -> dict[str, np.ndarray]:
        return {"int8": np.frombuffer(export(model, int8=True), np.uint8)}

    key = ["int8", hashlib.sha256(trained.weights).hexdigest()]
    if not shelf.has(key):
        model = trained_model(trained.weights, networks)
        if model is None:
            return None
    return replace(trained, weights=shelf.fetch(key, make)["int8"].tobytes())


def int8_cost(
    store: Store,
    trained: Trained,
    outcome: Outcome,
    *,
    networks: Path,
    shelf: Shelf,
    timed: Callable[[Trained], dict[str, Any]] = window_ms,
) -> dict[str, Any]:
    """Return size, speed and the UAR lost by eight bits on a fold; empty where they cannot be had.

    Parameters
    ----------
    store : Store
    trained : Trained
        Of a speaker fold.
    outcome : Outcome
        What it says of the fold's test speakers.
    networks : Path
        Folder of the trained networks.
    timed : callable
        Returns the quartiles of a window's milliseconds.

    Returns
    -------
    dict
        `uar_cost` is the mean over the corpora; `unchanged` the share of clips judged the same.
    """
    small = quantised(trained, networks=networks, shelf=shelf)
    if small is None:
        return {}
    truth = truth_of(store, trained.split.test)
    corpora = np.array([store.utterances[i].corpus for i in trained.split.test])
    decided = outcome.cold.argmax(axis=1)
    other = judge(store, small, shelf=shelf).cold.argmax(axis=1)
    cost = {
        corpus: round(uar(truth[own], decided[own]) - uar(truth[own], other[own]), 4)
        for corpus in dict.fromkeys(corpora.tolist())
        for own in [corpora == corpus]
    }
    return {
        "protocol": f"int8 weights, {trained.split.name}, nothing known of the speakers.",
        "weights_bytes": len(small.weights),
        "window_ms": timed(small),
        "n": len(truth),
        "uar_cost": round(float(np.mean(list(cost.values()))), 4),
        "by_corpus": cost,
        "unchanged": round(float((decided == other).mean()), 4),
    }
