"""A store of imagined speakers, and what training makes of one: no recording is read."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from models.features import FeatureSettings
from models.labels import EMOTIONS
from models.steps import ends_of
from training.batches import Batches, BatchSettings
from training.crops import Crops, CropSettings
from training.manifest import Utterance
from training.sounds import Sound
from training.statistics import Sums, band_matrix, estimate_normalisation
from training.store import Store
from training.teaching.teacher import UNITS

FEATURES = FeatureSettings()
PITCH = FEATURES.pitch_column
BANDS = FEATURES.n_mels + 2
PLAIN = CropSettings(
    clean=1.0,
    cold=1.0,
    gain_db=0.0,
    ripple_db=0.0,
    warped=0.0,
    pitch=0.0,
    tempo=0.0,
    time_mask=0,
    band_mask=0,
    noise=0.0,
)
"""Nothing is changed, and nothing is known of the speaker."""


def imagined_store(
    corpora: dict[str, int], *, takes: int = 10, versions: int = 2, seed: int = 0
) -> Store:
    """Speakers of each corpus, far apart from each other; every fourth frame has no pitch."""
    rng = np.random.default_rng(seed)
    made = Store([], [], [])
    departures = 4 * rng.standard_normal((takes, FEATURES.columns))
    for corpus, speakers in corpora.items():
        for speaker in range(speakers):
            own = 20 * rng.standard_normal(FEATURES.columns)
            for take in range(takes):
                emotion = EMOTIONS[take % 5]
                name = f"{corpus}{speaker}"
                path = Path(f"{name}-{take}.wav")
                made.utterances.append(Utterance(path, corpus, name, "F", emotion, emotion, 3.0))
                frames = int(rng.integers(150, 500))
                speech = np.ones(frames, bool)
                speech[:40] = False
                mean = own + departures[take]
                made.columns.append([frames_of(rng, frames, mean) for _ in range(versions)])
                made.speech.append([speech] * versions)
    return made


def frames_of(rng: np.random.Generator, frames: int, mean: np.ndarray) -> np.ndarray:
    """Return frames about a mean, shape (frames, columns), as a store has them."""
    columns = mean + rng.normal(0, 2, (frames, FEATURES.columns))
    columns[::4, PITCH] = np.nan
    return columns.astype(np.float16)


def imagined_sounds(count: int = 4) -> list[Sound]:
    """Return sounds without speech, half of them recorded."""
    rng = np.random.default_rng(7)
    heard = np.ones(200, bool)
    return [
        Sound(frames_of(rng, 200, np.full(FEATURES.columns, 90.0)), heard, recorded=k % 2 == 1)
        for k in range(count)
    ]


def crops_of(store: Store, settings: CropSettings = PLAIN) -> Crops:
    """Return crops that know the statistics of the whole store."""
    everything, sums = np.arange(len(store)), Sums(store)
    normalisation = estimate_normalisation(
        store, everything, sums, gain_db=settings.gain_db, ripple_db=settings.ripple_db
    )
    return Crops(
        sums=sums,
        normalisation=normalisation,
        bands=band_matrix(store, everything, normalisation, settings=FEATURES),
        settings=settings,
        features=FEATURES,
    )


def batches_of(
    store: Store,
    settings: BatchSettings,
    *,
    sounds: list[Sound] | None = None,
    members: np.ndarray | None = None,
    seed: int = 0,
) -> Batches:
    """Return batches of the store's members, all of them if none are named."""
    return Batches(
        store,
        np.arange(len(store)) if members is None else members,
        crops=crops_of(store, settings.crops),
        sounds=sounds or [],
        settings=settings,
        seed=seed,
    )


def imagined_held(store: Store) -> list[np.ndarray]:
    """Return what a teacher might hold of a store: what follows from what is heard."""
    matrix = np.random.default_rng(4).standard_normal((FEATURES.n_mfcc, UNITS)) / 50
    return [
        np.tanh(own[0][ends_of(len(own[0])), : FEATURES.n_mfcc].astype(np.float32) @ matrix).astype(
            np.float32
        )
        for own in store.columns
    ]
