"""What one network is fitted to, and what came of it: from the cache where it is there."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np

import models.network
from models.features import FeatureSettings, Floats
from models.labels import EMOTIONS
from models.network import build_network
from models.normalisation import Normalisation
from training import batches as batching
from training import crops as cropping
from training import fit as fitting
from training import statistics, warps
from training.batches import Batches
from training.crops import Crops
from training.fit import FitSettings, Progress, fit
from training.negatives import CORPUS as BACKGROUND
from training.shelf import code_digest
from training.sounds import Sound
from training.statistics import Sums, band_matrix, estimate_normalisation
from training.store import Store

WINDOW = 300
"""Frames of the window that is judged: three seconds."""
FITTED = "fitted.keras"
"""A network that is fitted, for training's windows."""
STATISTICS = "statistics.npz"
"""How it hears: the training speakers' statistics and the bands; written last."""


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
            Of the first columns, as they are served.
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

    def normalisation(self, beside: Normalisation | None = None) -> Normalisation:
        """Return what is known of the members' voices, with the digits that a card keeps."""
        drawn = self.settings.batches.crops
        own = estimate_normalisation(
            self.store,
            np.array(self.members),
            Sums(self.store),
            gain_db=drawn.gain_db,
            ripple_db=drawn.ripple_db,
        )
        if beside:
            own = _joined(beside, own)
        return Normalisation.from_json(own.to_json())

    def _fit(
        self,
        sounds: list[Sound],
        folder: Path,
        tell: Callable[[Progress], None],
        beside: Normalisation | None,
    ) -> None:
        store, chosen, settings = self.store, np.array(self.members), self.settings
        normalisation = self.normalisation(beside)
        bands = band_matrix(store, chosen, normalisation, settings=self.features)
        crops = Crops(
            sums=Sums(store),
            normalisation=normalisation,
            bands=bands,
            settings=settings.batches.crops,
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
        return name_of(
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

    def core(self) -> keras.Model:
        """Return the network for the window that is judged.

        That is longer than what it learnt from: nothing in the network depends on the length.
        """
        core = build_network(
            frames=WINDOW // self.lesson.store.span,
            columns=self.bands.shape[1],
            outputs=len(EMOTIONS) + 1,
            settings=self.lesson.settings.network,
        )
        kept = keras.models.load_model(self.folder / FITTED, compile=False)
        core.set_weights(kept.get_weights())
        return core


def _joined(own: Normalisation, wider: Normalisation) -> Normalisation:
    """Return the statistics of the columns that `own` has, and of the others from `wider`."""

    def both(name: str) -> Floats:
        first, second = getattr(own, name), getattr(wider, name)
        return np.concatenate([first, second[len(first) :]])

    return Normalisation(both("mean"), both("scale"), both("strength"))


def name_of(what: list[object]) -> str:
    """Return a folder's name: a digest of what makes its content what it is."""
    return hashlib.sha256(json.dumps(what).encode()).hexdigest()[:16]


def _digest(sounds: list[Sound]) -> str:
    digest = hashlib.sha256()
    for sound in sounds:
        digest.update(sound.columns.tobytes() + sound.speech.tobytes())
    return digest.hexdigest()


def _code() -> str:
    """Return a digest of the source of all that makes a network out of features."""
    return code_digest(models.network, batching, cropping, fitting, statistics, warps)
