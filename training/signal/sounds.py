"""Sounds without speech: made ones, rooms, and recordings of animals, machines and music."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from models.features import Floats
from models.recognizer import Recognizer
from training.corpora.manifest import FILE
from training.data.cache import Arrays, Cache
from training.data.tracks import Track, record
from training.signal.negatives import made_sounds, recorded_noise
from training.signal.store import packed, read_audio, unpacked

COUNT = 750
"""Made sounds."""
SEED = 1
CORPUS = "sounds"
MADE, ROOM = "made", "room"
GROUPS = 3
"""Groups of kinds; an evaluation network trains on two of them and is tested on the third."""


@dataclass(frozen=True)
class Sound:
    """A sound without speech.

    Attributes
    ----------
    kind : str
        "made", "room", or a kind of the corpus of sounds such as "cough".
    track : Track
    """

    kind: str
    track: Track


def load_sounds(folder: Path, recognizer: Recognizer, *, cache: Cache) -> list[Sound]:
    """Return the sounds to train on, from the cache.

    Parameters
    ----------
    folder : Path
        Of all the corpora. Rooms need EmoSpeech, the other recordings the corpus of sounds.
    """
    features = recognizer.card.features.to_json()
    made = unpacked(cache.fetch(_made, recognizer, key=["made", COUNT, SEED, features]))
    found = [Sound(MADE, track) for track in made]
    listed = [(ROOM, path) for path in recorded_noise(folder)] + recorded_sounds(folder)
    if listed:
        paths = [path for _, path in listed]
        names = [[path.name, path.stat().st_size] for path in paths]
        tracks = unpacked(cache.fetch(_recorded, paths, recognizer, key=[names, features]))
        found += [Sound(kind, track) for (kind, _), track in zip(listed, tracks, strict=True)]
    return found


def recorded_sounds(folder: Path) -> list[tuple[str, Path]]:
    """Return kind and path of each recording of the corpus of sounds; none without the corpus."""
    manifest = folder / CORPUS / FILE
    if not manifest.is_file():
        return []
    with manifest.open(newline="", encoding="utf-8") as lines:
        return [(row["kind"], folder / row["path"]) for row in csv.DictReader(lines)]


def left_out(kinds: list[str], group: int) -> set[str]:
    """Return the kinds of recordings that a group leaves out of training."""
    recorded = sorted(set(kinds) - {MADE, ROOM})
    return {kind for k, kind in enumerate(recorded) if k % GROUPS == group % GROUPS}


def _made(recognizer: Recognizer) -> Arrays:
    waves: list[Floats] = made_sounds(np.random.default_rng(SEED), COUNT)
    return packed([record(recognizer, wave) for wave in waves])


def _recorded(paths: list[Path], recognizer: Recognizer) -> Arrays:
    return packed([record(recognizer, read_audio(path)) for path in paths])
