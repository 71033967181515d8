"""Sounds that are no speech, to train on: made here, and recorded where the corpus is there.

The evaluation has sounds of its own, made by other recipes (`training.signal.nonspeech`); nothing
here is tuned to them. Each family below is wide: a sound draws its spectrum, its times and its
strengths anew, so that a network learns to recognise a voice and not a list of sounds.
"""

from __future__ import annotations

import csv
import hashlib
from pathlib import Path

import numpy as np
from scipy.signal import fftconvolve

from models.features import Floats
from training.corpora.manifest import FILE, ManifestError
from training.signal.noises import FAMILIES, RATE, Doubles, Rng, coloured, loudest

CORPUS = "emospeech"
"""Its recordings labelled "none" hold no speech."""
SHORTEST_S, LONGEST_S = 3.0, 5.0
QUIETEST_DB, LOUDEST_DB = -50.0, -10.0
"""RMS of a sound's loudest tenth of a second, below full scale."""


def made_sounds(rng: Rng, count: int) -> list[Floats]:
    """Return sounds without speech, each of a family drawn anew.

    Parameters
    ----------
    rng : Generator
        The same state makes the same sounds.
    count : int

    Returns
    -------
    list of ndarray, shape (n,)
        16 kHz, three to five seconds; the loudest tenth of a second between -50 and -10 dB, or
        quieter where the peaks of so loud a sound would leave full scale.
    """
    return [_made(rng) for _ in range(count)]


def recorded_noise(folder: Path) -> list[Path]:
    """Return recordings without speech to train on: two thirds of what `background` finds."""
    return [path for path in background(folder) if not held_out(path)]


def held_out_noise(folder: Path) -> list[Path]:
    """Return recordings without speech that only the evaluation may use."""
    return [path for path in background(folder) if held_out(path)]


def held_out(path: Path) -> bool:
    """Return whether a recording of EmoSpeech's is kept for the evaluation.

    A hash deals whole hours, by the time in the name: recordings made minutes apart
    are of one room.
    """
    hour = path.stem.rpartition("-")[2][:10]
    return hashlib.sha256(hour.encode()).digest()[0] % 3 == 0


def background(folder: Path) -> list[Path]:
    """Return EmoSpeech's recordings without speech, in their manifest's order.

    Those of screams are left out: a scream is a voice.

    Parameters
    ----------
    folder : Path
        Of all the corpora; without EmoSpeech's manifest nothing is found.

    Raises
    ------
    ManifestError
        The manifest names a recording that is not there.
    """
    manifest = folder / CORPUS / FILE
    if not manifest.is_file():
        return []
    with manifest.open(newline="", encoding="utf-8") as lines:
        rows = [row for row in csv.DictReader(lines) if row.get("emotion") == "none"]
    paths = [
        folder / row["path"] for row in rows if not (row.get("sentence") or "").endswith("/scream")
    ]
    for path in paths:
        if not path.is_file():
            raise ManifestError(f"{manifest}: {path} is missing")
    return paths


def _made(rng: Rng) -> Floats:
    # A multiple of 160 has small prime factors, and a quick Fourier transform.
    length = round(rng.uniform(SHORTEST_S, LONGEST_S) * 100) * RATE // 100
    wave = FAMILIES[int(rng.integers(len(FAMILIES)))](rng, length)
    if rng.random() < 0.3:  # of two families at once
        other = FAMILIES[int(rng.integers(len(FAMILIES)))](rng, length)
        wave = wave / loudest(wave) + 10 ** (rng.uniform(-20, 0) / 20) * other / loudest(other)
    if rng.random() < 0.5:  # it begins: what has always been there is taken for the room's own
        start = round(rng.uniform(0.2, 0.4) * length)
        wave = np.concatenate([np.zeros(start), wave[: length - start]])
    if rng.random() < 0.3:  # in a room
        wave = fftconvolve(wave, _room(rng))[:length]
    # Over the hiss of a microphone, which is often not heard.
    hiss = coloured(rng, length)
    wave = wave / loudest(wave) + 10 ** (rng.uniform(-70, -15) / 20) * hiss / loudest(hiss)
    wave = wave / loudest(wave) * 10 ** (rng.uniform(QUIETEST_DB, LOUDEST_DB) / 20)
    return np.asarray(wave / max(1.0, float(np.abs(wave).max())), np.float32)


def _room(rng: Rng) -> Doubles:
    count = round(rng.uniform(0.05, 0.8) * RATE)
    tail = rng.standard_normal(count) * np.exp(-6.9 * np.arange(count) / count)
    tail *= np.sqrt(rng.uniform(0.1, 2.0) / np.sum(tail**2))
    tail[0] = 1.0
    return tail
