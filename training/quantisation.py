"""The network is served with weights of eight bits: how much smaller and faster, at what cost.

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

import numpy as np

from models.bundle import Weights
from training import encoders
from training.networks import EXACT, SMALL
from training.outcomes import Outcome, Trained, judge, truth_of
from training.scores import uar
from training.shelf import Shelf
from training.speed import window_ms
from training.store import Store


def in_floating_point(trained: Trained, *, networks: Path) -> Trained | None:
    """Return the network as it was before its weights were rounded; None where that is gone.

    Parameters
    ----------
    trained : Trained
    networks : Path
        Folder of `training.networks`: a folder a network.
    """
    network = _exact(networks, SMALL, EXACT, trained.weights.network)
    encoder = b""
    features = trained.card.features
    if features.states:
        encoder = _exact(networks, encoders.SMALL, encoders.EXACT, trained.weights.encoder)
        features = replace(features, encoder=hashlib.sha256(encoder).hexdigest())
    if not network or (features.states and not encoder):
        return None
    card = replace(trained.card, features=features)
    return replace(trained, card=card, weights=Weights(network, encoder))


def _exact(networks: Path, small: str, exact: str, weights: bytes) -> bytes:
    for path in sorted(networks.glob(f"*/{small}")):
        other = path.with_name(exact)
        if other.is_file() and path.read_bytes() == weights:
            return other.read_bytes()
    return b""


def eight_bits(
    store: Store,
    trained: Trained,
    outcome: Outcome,
    *,
    networks: Path,
    shelf: Shelf,
    timed: Callable[[Trained], dict[str, Any]] = window_ms,
) -> dict[str, Any]:
    """Return the network in floating point beside the one that is served; empty without the former.

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
        `uar_cost` is what eight bits cost, the mean over the corpora; `unchanged` the share of
        clips judged the same.
    """
    exact = in_floating_point(trained, networks=networks)
    if exact is None:
        return {}
    truth = truth_of(store, trained.split.test)
    corpora = np.array([store.utterances[i].corpus for i in trained.split.test])
    decided = judge(store, exact, shelf=shelf).cold.argmax(axis=1)
    served = outcome.cold.argmax(axis=1)
    cost = {
        corpus: round(uar(truth[own], decided[own]) - uar(truth[own], served[own]), 4)
        for corpus in dict.fromkeys(corpora.tolist())
        for own in [corpora == corpus]
    }
    return {
        "protocol": f"float32 weights, {trained.split.name}, nothing known of the speakers.",
        "weights_bytes": exact.weights.size,
        "window_ms": timed(exact),
        "n": len(truth),
        "uar_cost": round(float(np.mean(list(cost.values()))), 4),
        "by_corpus": cost,
        "unchanged": round(float((decided == served).mean()), 4),
    }
