"""Makes small recordings for the tests of corpora, as the original releases have them."""

from __future__ import annotations

import zlib
from pathlib import Path

import numpy as np
import soundfile

RATE = 48_000


def voice(seed: int | str, *, seconds: float = 0.7, peak: float = 0.3) -> np.ndarray:
    """A buzz with a little noise, another one for each seed; shape (n,), float32."""
    number = zlib.crc32(seed.encode()) if isinstance(seed, str) else seed
    rng = np.random.default_rng(number)
    t = np.arange(round(seconds * RATE)) / RATE
    buzz = sum(np.sin(2 * np.pi * k * (100 + number % 97) * t) / k for k in range(1, 6))
    sound = buzz + 0.1 * rng.standard_normal(len(t))
    return (peak * sound / np.abs(sound).max()).astype(np.float32)


def record(path: Path, samples: np.ndarray | None = None) -> Path:
    """Write a 48 kHz, 16-bit file; each name has another sound unless one is given."""
    path.parent.mkdir(parents=True, exist_ok=True)
    sound = voice(path.as_posix()) if samples is None else samples
    soundfile.write(path, sound, RATE)
    return path


def layout(folder: Path, *names: str) -> Path:
    """Lay out a corpus's folder with recordings of these names."""
    for name in names:
        record(folder / name)
    return folder
