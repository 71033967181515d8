"""One network for some of the utterances, from the cache where it is there."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import keras
import numpy as np

import models.network
from models.bundle import Card, Decision, Weights
from models.features import FeatureSettings, Floats
from models.labels import EMOTIONS
from models.network import build_network
from models.normalisation import Normalisation
from training import batches as batching
from training import crops as cropping
from training import ensemble, statistics, warps
from training import fit as fitting
from training.batches import Batches
from training.crops import Crops
from training.encoders import States
from training.ensemble import Member, serving_network
from training.fit import FitSettings, Progress, export, fit
from training.negatives import CORPUS as BACKGROUND
from training.shelf import code_digest
from training.sounds import Sound
from training.statistics import Sums, band_matrix, estimate_normalisation
from training.store import Store

NAME = "ser-cnn-mfcc"
WINDOW = 300
"""Frames of the window that is judged: three seconds."""
RAW = Decision(temperature=1.0, unsure_below=0.0, smoothing=0.0)
"""The decision while a network is judged: nothing is scaled, withheld or smoothed."""
FITTED = "fitted.keras"
"""A network that is fitted, for training's windows."""
STATISTICS = "statistics.npz"
"""How it hears: the training speakers' statistics and the bands; written last."""
SERVED = "network.keras"
"""The network as it is served, in Keras."""
EXACT = "network.tflite"
"""The same for LiteRT, in floating point."""
SMALL = "network.int8.tflite"
"""The same with weights of eight bits (`training.quantisation`): what is judged and served."""


def train_network(
    store: Store,
    members: tuple[int, ...],
    *,
    sounds: list[Sound],
    settings: FitSettings,
    seed: int,
    cache: Path,
    tell: Callable[[Progress], None],
    states: States | None = None,
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
    states : States, optional
        What an encoder says of the store and the sounds. A second network is trained on that, and
        what is served is the mean of both.
    """
    lesson = Lesson(store, members, sounds, settings, FeatureSettings(), seed)
    fitted = [lesson.fitted(cache, tell)]
    features, encoder = lesson.features, b""
    if states:
        features, encoder = states.taught.features, states.taught.small
        second = Lesson(states.store, members, states.sounds, states.settings, features, seed)
        fitted.append(second.fitted(cache, tell, beside=fitted[0].normalisation))
    digest = code_digest(ensemble)
    folder = cache / _name([*(one.folder.name for one in fitted), digest])
    if not (folder / SMALL).is_file():
        folder.mkdir(parents=True, exist_ok=True)
        served = serving_network(*(one.member() for one in fitted))
        served.save(folder / SERVED)
        _keep(folder / EXACT, export(served))
        _keep(folder / SMALL, export(served, int8=True))
    normalisation = fitted[-1].normalisation
    card = Card(NAME, "", EMOTIONS, features, normalisation, decision=RAW)
    weights = Weights((folder / SMALL).read_bytes(), encoder)
    return replace(card, window_frames=WINDOW), weights


@dataclass(frozen=True)
class Lesson:
    """What one network is fitted to, and how: `train_network` has the parameters.

    Attributes
    ----------
    features : FeatureSettings
        Of the store's and the sounds' columns.
    """

    store: Store
    members: tuple[int, ...]
    sounds: list[Sound]
    settings: FitSettings
    features: FeatureSettings
    seed: int

    def fitted(
        self,
        cache: Path,
        tell: Callable[[Progress], None],
        *,
        beside: Normalisation | None = None,
    ) -> Fitted:
        """Return the network, fitted if need be.

        Parameters
        ----------
        beside : Normalisation, optional
            Of the network beside which it shall be served: the columns that both hear are
            normalised once.
        """
        known = {self.store.utterances[i].corpus for i in self.members}
        heard = [sound for sound in self.sounds if not sound.recorded or BACKGROUND in known]
        folder = cache / self._name(heard, beside)
        if not (folder / STATISTICS).is_file():
            self._fit(heard, folder, tell, beside)
        with np.load(folder / STATISTICS) as kept:
            parts = {name: kept[name] for name in kept.files}
        bands = parts.pop("bands")
        return Fitted(self, folder, bands, Normalisation(**parts))

    def _fit(
        self,
        sounds: list[Sound],
        folder: Path,
        tell: Callable[[Progress], None],
        beside: Normalisation | None,
    ) -> None:
        store, chosen, settings = self.store, np.array(self.members), self.settings
        drawn, sums = settings.batches.crops, Sums(store)
        normalisation = estimate_normalisation(
            store, chosen, sums, gain_db=drawn.gain_db, ripple_db=drawn.ripple_db
        )
        if beside:
            normalisation = _joined(beside, normalisation)
        # With the digits that a card keeps.
        normalisation = Normalisation.from_json(normalisation.to_json())
        bands = band_matrix(store, chosen, normalisation, settings=self.features)
        crops = Crops(
            sums=sums,
            normalisation=normalisation,
            bands=bands,
            settings=drawn,
            features=self.features,
        )
        batches = Batches(
            store, chosen, crops=crops, sounds=sounds, settings=settings.batches, seed=self.seed
        )
        core = fit(batches, settings=settings, seed=self.seed, checkpoint=folder, tell=tell)
        core.save(folder / FITTED)
        partial = folder / f"{STATISTICS}.partial"
        with partial.open("wb") as file:
            np.savez(file, bands=bands, **vars(normalisation))
        partial.replace(folder / STATISTICS)

    def _name(self, sounds: list[Sound], beside: Normalisation | None) -> str:
        utterances = [self.store.utterances[i] for i in self.members]
        return _name(
            [
                self.settings.to_json(),
                self.seed,
                [f"{u.path.name}/{u.speaker}" for u in utterances],
                self.features.to_json(),
                _digest(sounds),
                beside.to_json() if beside else None,
                _code(),
            ]
        )


@dataclass(frozen=True)
class Fitted:
    """A network that was fitted.

    Attributes
    ----------
    lesson : Lesson
    folder : Path
        Its name says all that makes the network what it is.
    bands : ndarray, shape (columns, core's columns)
    normalisation : Normalisation
    """

    lesson: Lesson
    folder: Path
    bands: Floats
    normalisation: Normalisation

    def member(self) -> Member:
        """Return the network for the window that is judged.

        That is longer than what it learnt from: nothing in the network depends on the length.
        """
        span = self.lesson.store.span
        core = build_network(
            frames=WINDOW // span,
            columns=self.bands.shape[1],
            outputs=len(EMOTIONS) + 1,
            settings=self.lesson.settings.network,
        )
        kept = keras.models.load_model(self.folder / FITTED, compile=False)
        core.set_weights(kept.get_weights())
        return Member(core, self.bands, self.lesson.features.states, span)


def _joined(own: Normalisation, wider: Normalisation) -> Normalisation:
    """Return the statistics of the columns that `own` has, and of the others from `wider`."""

    def both(name: str) -> Floats:
        first, second = getattr(own, name), getattr(wider, name)
        return np.concatenate([first, second[len(first) :]])

    return Normalisation(both("mean"), both("scale"), both("strength"))


def _name(what: list[object]) -> str:
    return hashlib.sha256(json.dumps(what).encode()).hexdigest()[:16]


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
