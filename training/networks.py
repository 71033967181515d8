"""One network for some of the utterances, from the cache where it is there."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from models.bundle import Card, Decision
from models.features import FeatureSettings
from models.labels import EMOTIONS
from training.batches import Batches, Sums, estimate_normalisation
from training.fit import FitSettings, Progress, export, fit
from training.store import Store

NAME = "ser-cnn-mfcc"
RAW = Decision(temperature=1.0, unsure_below=0.0, smoothing=0.0)
"""The decision while a network is judged: nothing is scaled, withheld or smoothed."""


def train_network(
    store: Store,
    members: tuple[int, ...],
    *,
    settings: FitSettings,
    seed: int,
    cache: Path,
    tell: Callable[[Progress], None],
) -> tuple[Card, bytes]:
    """Return the card and weights of a network trained on `members`, cached."""
    key = json.dumps(
        [
            settings.to_json(),
            seed,
            [f"{store.utterances[i].path.name}/{store.utterances[i].speaker}" for i in members],
        ]
    )
    folder = cache / hashlib.sha256(key.encode()).hexdigest()[:16]
    chosen = np.array(members)
    sums = Sums(store)
    normalisation = estimate_normalisation(
        store, chosen, sums, channel_db=settings.batches.channel_db
    )
    weights_path = folder / "network.tflite"
    if not weights_path.is_file():
        batches = Batches(
            store,
            chosen,
            sums=sums,
            normalisation=normalisation,
            settings=settings.batches,
            seed=seed,
        )
        model = fit(batches, settings=settings, seed=seed, checkpoint=folder, tell=tell)
        partial = folder / "network.partial"
        partial.write_bytes(export(model))
        partial.replace(weights_path)
    card = Card(NAME, "", EMOTIONS, FeatureSettings(), normalisation, decision=RAW)
    return replace(card, window_frames=settings.batches.frames), weights_path.read_bytes()
