"""One network for some of the utterances, from the cache where it is there."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

import models.network
from models.bundle import Card, Decision, Weights
from models.features import FeatureSettings
from models.labels import EMOTIONS
from models.network import NetworkSettings, build_network, serving_network
from models.normalisation import Normalisation
from training import batches as batching
from training import crops as cropping
from training import fit as fitting
from training import statistics, warps
from training.batches import Batches
from training.crops import Crops
from training.encoders import Taught
from training.fit import FitSettings, Progress, export, fit
from training.negatives import CORPUS as BACKGROUND
from training.shelf import code_digest
from training.sounds import Sound
from training.statistics import Sums, band_matrix, estimate_normalisation
from training.store import Store

NAME = "ser-cnn-mfcc"
WITH_STATES = FitSettings(
    epochs=30,
    network=NetworkSettings(lag=1, channels=(96, 96), kernels=(5, 3), strides=(1, 1), hidden=128),
)
"""How a network is fitted that hears an encoder's states: they last, and tell it much at once."""
WINDOW = 300
"""Frames of the window that is judged: three seconds."""
RAW = Decision(temperature=1.0, unsure_below=0.0, smoothing=0.0)
"""The decision while a network is judged: nothing is scaled, withheld or smoothed."""
SERVED = "network.keras"
"""The network as it is served, in Keras."""
EXACT = "network.tflite"
"""The same for LiteRT, in floating point."""
SMALL = "network.int8.tflite"
"""The same with weights of eight bits (`training.quantisation`): what is judged and served."""
NORMALISED = "normalisation.json"
"""The training speakers' statistics; written last."""


def train_network(
    store: Store,
    members: tuple[int, ...],
    *,
    sounds: list[Sound],
    settings: FitSettings,
    seed: int,
    cache: Path,
    tell: Callable[[Progress], None],
    taught: Taught | None = None,
) -> tuple[Card, Weights]:
    """Return the card and weights (of eight bits) of a network trained on `members`, cached.

    Parameters
    ----------
    store : Store
    members : tuple of int
    sounds : list of Sound
        Without speech. The recorded ones belong to a corpus, and are heard only if some of its
        utterances are members.
    settings : FitSettings
    seed : int
    cache : Path
        A folder a network, named by all that makes it what it is: settings, seed, utterances,
        sounds and the code that trains.
    tell : callable
        Is told after each epoch.
    taught : Taught, optional
        The encoder by whose states, which the store and the sounds hold, it judges as well.
    """
    chosen = np.array(members)
    known = {store.utterances[i].corpus for i in members}
    heard = [sound for sound in sounds if not sound.recorded or BACKGROUND in known]
    features, drawn = FeatureSettings(), settings.batches.crops
    encoder = b""
    if taught:
        features, encoder = taught.features, taught.small
    key = json.dumps(
        [
            settings.to_json(),
            seed,
            [f"{store.utterances[i].path.name}/{store.utterances[i].speaker}" for i in members],
            features.to_json(),
            _digest(heard),
            _code(),
        ]
    )
    folder = cache / hashlib.sha256(key.encode()).hexdigest()[:16]
    if not (folder / NORMALISED).is_file():
        sums = Sums(store)
        normalisation = estimate_normalisation(
            store, chosen, sums, gain_db=drawn.gain_db, ripple_db=drawn.ripple_db
        )
        bands = band_matrix(store, chosen, normalisation, settings=features)
        crops = Crops(
            sums=sums, normalisation=normalisation, bands=bands, settings=drawn, features=features
        )
        batches = Batches(
            store, chosen, crops=crops, sounds=heard, settings=settings.batches, seed=seed
        )
        core = fit(batches, settings=settings, seed=seed, checkpoint=folder, tell=tell)
        # A window is longer than what it learnt from: nothing in the network depends on the length.
        whole = build_network(
            frames=WINDOW // store.span,
            columns=crops.width,
            outputs=len(EMOTIONS) + 1,
            settings=settings.network,
        )
        whole.set_weights(core.get_weights())
        served = serving_network(whole, bands=bands, states=features.states, span=store.span)
        served.save(folder / SERVED)
        _keep(folder / EXACT, export(served))
        _keep(folder / SMALL, export(served, int8=True))
        _keep(folder / NORMALISED, json.dumps(normalisation.to_json()).encode())
    normalisation = Normalisation.from_json(json.loads((folder / NORMALISED).read_text()))
    card = Card(NAME, "", EMOTIONS, features, normalisation, decision=RAW)
    weights = Weights((folder / SMALL).read_bytes(), encoder)
    return replace(card, window_frames=WINDOW), weights


def _keep(path: Path, weights: bytes) -> None:
    partial = path.with_suffix(".partial")
    partial.write_bytes(weights)
    partial.replace(path)


def _digest(sounds: list[Sound]) -> str:
    digest = hashlib.sha256()
    for sound in sounds:
        digest.update(sound.columns.tobytes() + sound.speech.tobytes())
    return digest.hexdigest()


def _code() -> str:
    """Return a digest of the source of all that makes a network out of features."""
    return code_digest(models.network, batching, cropping, fitting, statistics, warps)
