"""Tracks of every utterance, as it is and in other acoustic versions, cached on disk."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import soundfile
import soxr
from tqdm import tqdm

from models.features import Floats
from models.recognizer import Recognizer
from training.corpora.manifest import Utterance
from training.data.cache import Arrays, Cache
from training.data.tracks import Track, record
from training.signal.augmentation import apply_recipe, recipe_for

RATE = 16000


@dataclass(frozen=True)
class Store:
    """Utterances and their tracks.

    Attributes
    ----------
    utterances : list of Utterance
    tracks : list of list of Track
        `tracks[i][v]`: utterance i in version v; version 0 is the recording itself.
    duplicates : list of Utterance
        Left out: they sound exactly like another one.
    """

    utterances: list[Utterance]
    tracks: list[list[Track]] = field(default_factory=list)
    duplicates: list[Utterance] = field(default_factory=list)

    def __len__(self) -> int:
        """Return the number of utterances."""
        return len(self.utterances)


def read_audio(path: Path) -> Floats:
    """Return a recording as mono samples at 16 kHz, shape (n,)."""
    samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    mono = samples.mean(axis=1)
    return np.asarray(mono if rate == RATE else soxr.resample(mono, rate, RATE), np.float32)


def load_store(
    utterances: list[Utterance], recognizer: Recognizer, *, cache: Cache, versions: int
) -> Store:
    """Return the utterances' tracks, from the cache where they are there.

    One corpus and version an entry.
    """
    store = Store([])
    seen: set[str] = set()
    features = recognizer.card.features.to_json()
    for corpus in dict.fromkeys(utterance.corpus for utterance in utterances):
        members = [utterance for utterance in utterances if utterance.corpus == corpus]
        names = [(u.path.name, u.speaker, u.path.stat().st_size) for u in members]
        kept = [
            cache.fetch(heard, members, version, recognizer, key=[corpus, version, features, names])
            for version in range(versions)
        ]
        several = map(unpacked, kept)
        digests = cache.fetch(sample_digests, members, key=[corpus, names])["digests"].tolist()
        for utterance, digest, *tracks in zip(members, digests, *several, strict=True):
            if digest in seen:
                store.duplicates.append(utterance)
                continue
            seen.add(digest)
            store.utterances.append(utterance)
            store.tracks.append(tracks)
    return store


def heard(members: Sequence[Utterance], version: int, recognizer: Recognizer) -> Arrays:
    """Return the tracks of one version of some utterances, packed."""
    tracks = []
    for u in tqdm(members, desc=f"{members[0].corpus}, version {version}", mininterval=5):
        samples = disguised(read_audio(u.path), u, version=version)
        tracks.append(record(recognizer, samples))
    return packed(tracks)


def sample_digests(members: Sequence[Utterance]) -> Arrays:
    """Return the SHA-256 of each recording's samples, by which equal recordings are found."""
    digests = [hashlib.sha256(read_audio(u.path).tobytes()).hexdigest() for u in members]
    return {"digests": np.array(digests)}


def disguised(samples: Floats, utterance: Utterance, *, version: int) -> Floats:
    """Return an utterance in an acoustic version, shape (n,), with 16 bits a sample.

    The speaker's versions share a room, a line and a microphone's gain, from very soft to clipped.
    """
    if not version:
        return samples
    changed = apply_recipe(
        samples, recipe_for(utterance.speaker, version), _rng(utterance.path.name, version)
    )
    gain_db = _rng(f"{utterance.speaker}/gain", version).uniform(-35.0, 15.0)
    clipped = np.clip(changed * 10 ** (gain_db / 20), -1.0, 1.0)
    return np.asarray(np.rint(clipped * 32767) / 32767, np.float32)


def _rng(name: str, version: int) -> np.random.Generator:
    digest = hashlib.sha256(f"{name}/{version}".encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:8], "big"))


def packed(tracks: list[Track]) -> Arrays:
    """Return tracks as arrays."""
    return {
        "lengths": np.array([len(track.mean) for track in tracks]),
        "mean": np.concatenate([track.mean for track in tracks]),
        "count": np.concatenate([track.count for track in tracks]),
    }


def unpacked(arrays: Arrays) -> list[Track]:
    """Return the tracks that `packed` packed."""
    ends = np.cumsum(arrays["lengths"])[:-1]
    pieces = zip(np.split(arrays["mean"], ends), np.split(arrays["count"], ends), strict=True)
    return [Track(mean, count) for mean, count in pieces]
