"""Imagined tracks of imagined speakers: no recording is read."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from models.features import FeatureSettings
from models.labels import EMOTIONS
from training.corpora.manifest import Utterance
from training.data.tracks import Track
from training.signal.store import Store

FEATURES = FeatureSettings()
PITCH = FEATURES.pitch_column


def track_of(rng: np.random.Generator, spans: int, mean: np.ndarray) -> Track:
    """Return a track about a mean; the first fifth is silent, and every fourth span unvoiced."""
    columns = mean + rng.normal(0, 2, (spans, FEATURES.columns))
    counts = np.full((spans, 2), 5, np.uint8)
    counts[: spans // 5] = 0
    counts[::4, 1] = 0
    columns[counts[:, 1] == 0, PITCH] = np.nan
    columns[counts[:, 0] == 0] = np.nan
    return Track(columns.astype(np.float16), counts)


def imagined_speech(
    corpora: dict[str, int],
    *,
    takes: int = 10,
    versions: int = 1,
    ordinary: int = 0,
    seed: int = 0,
) -> Store:
    """Return speakers of each corpus, each emotion in turn, and speakers of ordinary speech.

    Parameters
    ----------
    corpora : dict
        Number of speakers of each corpus.
    takes : int
        Utterances of a speaker.
    ordinary : int
        Speakers of ordinary speech, in turn from two sources.
    """
    rng = np.random.default_rng(seed)
    departures = 4 * rng.standard_normal((5, FEATURES.columns))
    store = Store([])
    speakers = [(corpus, k) for corpus, count in corpora.items() for k in range(count)]
    speakers += [("ordinary", k) for k in range(ordinary)]
    for corpus, speaker in speakers:
        own = 20 * rng.standard_normal(FEATURES.columns)
        own[PITCH] = (0.2, 1.0)[speaker % 2]
        for take in range(takes):
            label = 0 if corpus == "ordinary" else take % 5
            source = ("one", "other")[speaker % 2] if corpus == "ordinary" else corpus
            name = f"{corpus}_{speaker}"
            store.utterances.append(
                Utterance(
                    Path(source) / f"{name}-{take}.wav",
                    corpus,
                    name,
                    "FM"[speaker % 2],
                    EMOTIONS[label],
                    EMOTIONS[label],
                    3.0,
                    f"read, {source}" if corpus == "ordinary" else "",
                    sentence=f"s{take // 5}",
                )
            )
            spans = int(rng.integers(30, 90))
            mean = own + departures[label]
            mean[PITCH] = own[PITCH]
            store.tracks.append([track_of(rng, spans, mean) for _ in range(versions)])
    return store
