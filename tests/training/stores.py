"""Imagined prompts of imagined voices: no recording is read."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from models.features import FeatureSettings
from models.labels import EMOTIONS
from models.steps import ends_of
from training.corpora.manifest import Utterance
from training.teaching.lessons import Prompts
from training.teaching.teacher import UNITS

FEATURES = FeatureSettings()
PITCH = FEATURES.pitch_column


def imagined_store(
    corpora: dict[str, int], *, takes: int = 10, versions: int = 2, seed: int = 0
) -> Prompts:
    """Speakers of each corpus, far apart from each other; every fourth frame has no pitch."""
    rng = np.random.default_rng(seed)
    made = Prompts()
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
                mean = own + departures[take]
                made.columns.append([frames_of(rng, frames, mean) for _ in range(versions)])
    return made


def frames_of(rng: np.random.Generator, frames: int, mean: np.ndarray) -> np.ndarray:
    """Return frames about a mean, shape (frames, columns), as a store has them."""
    columns = mean + rng.normal(0, 2, (frames, FEATURES.columns))
    columns[::4, PITCH] = np.nan
    return columns.astype(np.float16)


def imagined_held(store: Prompts) -> list[np.ndarray]:
    """Return what a teacher might hold of a store: what follows from what is heard."""
    matrix = np.random.default_rng(4).standard_normal((FEATURES.n_mfcc, UNITS)) / 50
    return [
        np.tanh(own[0][ends_of(len(own[0])), : FEATURES.n_mfcc].astype(np.float32) @ matrix).astype(
            np.float32
        )
        for own in store.columns
    ]
