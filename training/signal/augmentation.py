"""Other microphones, rooms and lines, put onto clean recordings.

A recipe belongs to a speaker and a version, so that all of a speaker's clips in one version come
through the same imagined room and microphone: what the speaker's own mean can then take away is
what it can take away in life.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import soxr
from scipy.signal import butter, fftconvolve, sosfilt

Floats = npt.NDArray[np.float32]
RATE = 16000
TELEPHONE = 8000

VERSIONS = 6
"""Acoustic versions of each utterance; version 0 is the recording itself."""
TIMED = (TELEPHONE_LINE, NOISE, ROOM) = (3, 4, 5)
"""Versions that keep the recording's tempo: the agreement loss compares their windows with those of
version 0. Versions 1 and 2 change the tempo and the pitch too."""


@dataclass(frozen=True)
class Recipe:
    """One imagined way from a mouth to a file.

    Attributes
    ----------
    speed : float
        Plays faster (and higher) or slower: another throat and tempo.
    room_s : float
        Reverberation time (RT60); 0 is none.
    snr_db, noise_slope : float
        Stationary noise: level under the speech, and the exponent of its spectrum (0 white, -1
        pink, -2 brown).
    band : (float, float) or None
        What of the spectrum is left, in Hz.
    telephone : bool
        Whether the line runs at 8 kHz, and nothing at all is left above 4 kHz.
    """

    speed: float = 1.0
    room_s: float = 0.0
    snr_db: float = 99.0
    noise_slope: float = -1.0
    band: tuple[float, float] | None = None
    telephone: bool = False


def recipe_for(speaker: str, version: int) -> Recipe:
    """Return the recipe of one speaker's version; the same at every call."""
    if version == 0:
        return Recipe()
    digest = hashlib.sha256(f"{speaker}/{version}".encode()).digest()
    rng = np.random.default_rng(int.from_bytes(digest[:8], "big"))
    if version in TIMED:
        return _timed(version, rng)
    room_s = float(rng.uniform(0.1, 0.7)) if rng.random() < 0.5 else 0.0
    snr_db = float(rng.uniform(4, 30)) if rng.random() < 0.7 else 99.0
    line = rng.random()
    band = None
    if line < 0.3:
        band = (float(rng.uniform(150, 400)), float(rng.uniform(2900, 3800)))
    elif line < 0.5:
        band = (float(rng.uniform(50, 250)), float(rng.uniform(3500, 7500)))
    return Recipe(
        speed=float(rng.uniform(0.87, 1.15)),
        room_s=room_s,
        snr_db=snr_db,
        noise_slope=float(rng.uniform(-2, 0)),
        band=band,
        telephone=line < 0.3,
    )


def _timed(version: int, rng: np.random.Generator) -> Recipe:
    """Return the recipe of a version with the recording's own tempo."""
    slope = float(rng.uniform(-2, 0))
    if version == TELEPHONE_LINE:
        band = (float(rng.uniform(150, 400)), float(rng.uniform(2900, 3800)))
        snr_db = float(rng.uniform(15, 40)) if rng.random() < 0.5 else 99.0
        return Recipe(snr_db=snr_db, noise_slope=slope, band=band, telephone=True)
    if version == NOISE:
        return Recipe(snr_db=float(rng.uniform(3, 20)), noise_slope=slope)
    return Recipe(
        room_s=float(rng.uniform(0.1, 0.7)), snr_db=float(rng.uniform(15, 40)), noise_slope=slope
    )


def apply_recipe(samples: Floats, recipe: Recipe, rng: np.random.Generator) -> Floats:
    """Return `samples`, shape (n,) at 16 kHz, as the recipe makes them sound.

    The length follows the speed.
    """
    out = np.asarray(samples, np.float32)
    if recipe.speed != 1.0:
        out = soxr.resample(out, RATE * recipe.speed, RATE).astype(np.float32)
    if recipe.room_s:
        out = fftconvolve(out, room_response(recipe.room_s, rng))[: len(out)].astype(np.float32)
    if recipe.snr_db < 90:
        level = np.sqrt(np.mean(np.square(out)) + 1e-12)
        out = out + level * 10 ** (-recipe.snr_db / 20) * coloured_noise(
            len(out), recipe.noise_slope, rng
        )
    if recipe.band:
        rate = TELEPHONE if recipe.telephone else RATE
        narrow = soxr.resample(out, RATE, rate)
        narrow = sosfilt(butter(4, recipe.band, "bandpass", fs=rate, output="sos"), narrow)
        out = soxr.resample(narrow, rate, RATE)
    return np.asarray(out, np.float32)


def coloured_noise(length: int, slope: float, rng: np.random.Generator) -> Floats:
    """Return noise of unit power, shape (length,), whose spectrum goes as frequency ** slope."""
    spectrum = np.fft.rfft(rng.standard_normal(length))
    frequencies = np.maximum(np.fft.rfftfreq(length, 1 / RATE), 40.0)
    noise = np.fft.irfft(spectrum * frequencies ** (slope / 2), length)
    return np.asarray(noise / (noise.std() + 1e-12), np.float32)


def room_response(rt60_s: float, rng: np.random.Generator) -> Floats:
    """Return a direct sound and its tail of decaying noise (Polack's model), shape (n,)."""
    n = int(rt60_s * RATE)
    tail = rng.standard_normal(n) * np.exp(-6.9 * np.arange(n) / n)
    response = tail * np.sqrt(rng.uniform(0.1, 1.0) / np.sum(tail**2))
    response[0] = 1.0
    return np.asarray(response, np.float32)
