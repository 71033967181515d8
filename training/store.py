"""The features of every utterance, in several acoustic versions, kept on disk between runs."""

from __future__ import annotations

import hashlib
import json
import os
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile
import soxr
from tqdm import tqdm

from models.activity import VoiceActivity
from models.features import FeatureSettings, Floats, extractor
from training.augmentation import apply_recipe, recipe_for
from training.manifest import Utterance

RATE = 16000
_LAYOUT = 3  # raise it when what is stored changes


@dataclass(frozen=True)
class Store:
    """Features of utterances, side by side.

    Attributes
    ----------
    utterances : list of Utterance
    columns : list of list of ndarray
        `columns[i][v]`: utterance i, version v, shape (frames, columns), float16.
    speech : list of list of ndarray
        Which of those frames hold speech, shape (frames,), bool.
    duplicates : list of Utterance
        Left out: they sound exactly like another one.
    span : int
        Frames of sound that a frame here stands for (`models.spans`).
    """

    utterances: list[Utterance]
    columns: list[list[npt.NDArray[np.float16]]]
    speech: list[list[npt.NDArray[np.bool_]]]
    duplicates: list[Utterance] = field(default_factory=list)
    span: int = 1

    def __len__(self) -> int:
        """Return the number of utterances."""
        return len(self.utterances)


def read_audio(path: Path) -> Floats:
    """Return a recording as mono samples at 16 kHz, shape (n,)."""
    samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    mono = samples.mean(axis=1)
    return np.asarray(mono if rate == RATE else soxr.resample(mono, rate, RATE), np.float32)


def _extract(
    job: tuple[Utterance, int],
) -> list[tuple[npt.NDArray[np.float16], npt.NDArray[np.bool_]]]:
    utterance, versions = job
    samples = read_audio(utterance.path)
    seed = hashlib.sha256(utterance.path.name.encode()).digest()
    rng = np.random.default_rng(int.from_bytes(seed[:8], "big"))
    results = []
    for version in range(versions):
        heard = apply_recipe(samples, recipe_for(utterance.speaker, version), rng)
        frames = extractor(FeatureSettings()).frames(heard)
        results.append((frames.columns.astype(np.float16), VoiceActivity().push(frames.level)))
    return results


def load_store(
    utterances: list[Utterance], *, cache: Path, versions: int, jobs: int = os.cpu_count() or 1
) -> Store:
    """Return the utterances' features, from the cache where they are there.

    One corpus a file; a file is used only for exactly these utterances, versions and settings.
    """
    store = Store([], [], [])
    seen: set[bytes] = set()
    corpora = dict.fromkeys(utterance.corpus for utterance in utterances)
    for corpus in corpora:
        members = [utterance for utterance in utterances if utterance.corpus == corpus]
        key = json.dumps(
            [
                _LAYOUT,
                versions,
                FeatureSettings().to_json(),
                [(u.path.name, u.speaker, u.path.stat().st_size) for u in members],
            ]
        )
        file = cache / f"{corpus}-{hashlib.sha256(key.encode()).hexdigest()[:12]}.npz"
        if not file.is_file():
            _write(file, members, versions, jobs)
        with np.load(file) as data:
            lengths, columns, speech = data["lengths"], data["columns"], data["speech"]
        ends = np.cumsum(lengths)
        pieces = [
            (columns[end - n : end], speech[end - n : end])
            for end, n in zip(ends, lengths, strict=True)
        ]
        for index, utterance in enumerate(members):
            own = pieces[index * versions : (index + 1) * versions]
            # The same samples give the same features, bit for bit.
            sound = hashlib.sha256(own[0][0].tobytes()).digest()
            if sound in seen:
                store.duplicates.append(utterance)
                continue
            seen.add(sound)
            store.utterances.append(utterance)
            store.columns.append([piece[0] for piece in own])
            store.speech.append([piece[1] for piece in own])
    return store


def _write(file: Path, members: list[Utterance], versions: int, jobs: int) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    work = [(utterance, versions) for utterance in members]
    with ProcessPoolExecutor(jobs) as pool:
        results = list(
            tqdm(
                pool.map(_extract, work, chunksize=16),
                total=len(work),
                desc=f"features of {members[0].corpus}",
            )
        )
    flat = [piece for result in results for piece in result]
    partial = file.with_suffix(".partial.npz")
    np.savez(
        partial,
        lengths=np.array([len(columns) for columns, _ in flat]),
        columns=np.concatenate([columns for columns, _ in flat]),
        speech=np.concatenate([speech for _, speech in flat]),
    )
    partial.replace(file)
