"""Sounds that are no speech, for the evaluation alone: no network is trained on any of them.

The sounds for training come from other recipes (`training.signal.negatives`). A beep of one recipe
may still resemble a beep of the other.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.signal import butter, sosfilt

from models.features import Floats
from training.signal.augmentation import coloured_noise
from training.signal.negatives import held_out_noise
from training.signal.store import read_audio

RATE = 16000
LENGTH_S = 6.0
EACH = 6
"""Sounds of a kind that is made."""
ROOMS = "rooms without speech"

Doubles = np.ndarray
LEVELS_DB = (-45.0, -36.0, -30.0, -24.0, -18.0, -12.0)
"""Of the sounds of a kind: their loudest tenth of a second, below a full-scale square wave."""


@dataclass(frozen=True)
class Sound:
    """A sound without speech.

    Attributes
    ----------
    kind : str
    samples : ndarray, shape (n,)
        16 kHz.
    """

    kind: str
    samples: Floats


def _time() -> Doubles:
    return np.arange(round(LENGTH_S * RATE)) / RATE


def _white(rng: np.random.Generator) -> Doubles:
    return rng.standard_normal(len(_time()))


def _pink(rng: np.random.Generator) -> Doubles:
    return coloured_noise(len(_time()), -1.0, rng).astype(np.float64)


def _hum(rng: np.random.Generator) -> Doubles:
    """Mains: 50 or 60 Hz and its harmonics, mostly the even ones."""
    t, mains = _time(), rng.choice([50.0, 60.0])
    strengths = rng.uniform(0.2, 1.0, 12) / np.arange(1, 13)
    strengths[1::2] *= 2
    waves = [
        a * np.sin(2 * np.pi * mains * k * t + rng.uniform(0, 2 * np.pi))
        for k, a in enumerate(strengths, start=1)
    ]
    return np.asarray(np.sum(waves, axis=0))


def _tone(rng: np.random.Generator) -> Doubles:
    """Return a steady beep, or beeps of half a second."""
    t = _time()
    wave = np.sin(2 * np.pi * rng.uniform(150, 3000) * t)
    return np.asarray(wave * (np.floor(2 * t) % 2 if rng.random() < 0.5 else 1.0))


def _sweep(rng: np.random.Generator) -> Doubles:
    """Return an exponential sweep, up or down, every one to three seconds (Farina 2000)."""
    t, period = _time(), rng.uniform(1, 3)
    low, high = rng.uniform(80, 300), rng.uniform(1500, 6000)
    phase = (t % period) / period
    if rng.random() < 0.5:
        phase = 1 - phase
    return np.asarray(np.sin(2 * np.pi * np.cumsum(low * (high / low) ** phase) / RATE))


def _placed(starts: Doubles, make: Callable[[int], Doubles]) -> Doubles:
    """Return sounds put one over the other at their starts in seconds."""
    out = np.zeros(len(_time()))
    for k, start in enumerate(starts):
        at = int(start * RATE)
        piece = make(k)[: len(out) - at]
        out[at : at + len(piece)] += piece
    return out


def _music(rng: np.random.Generator) -> Doubles:
    """Chords of plucked or held notes (Karplus & Strong's decay, in sines)."""
    root = rng.uniform(110, 262)
    minor, beat, decay = rng.random() < 0.5, rng.uniform(0.4, 1.0), rng.uniform(0.3, 2.5)
    triad = [0, 3 if minor else 4, 7, 12]
    steps = [0, 5, 7, 0, 9, 5, 7, 0]

    def chord(k: int) -> Doubles:
        t = np.arange(int(2 * beat * RATE)) / RATE
        wave = np.zeros(len(t))
        for semitone in triad:
            pitch = root * 2 ** ((steps[k % len(steps)] + semitone) / 12)
            for harmonic in range(1, 7):
                if pitch * harmonic < 7000:
                    wave += (
                        np.exp(-t * harmonic / decay)
                        * np.sin(2 * np.pi * pitch * harmonic * t)
                        / harmonic
                    )
        return np.asarray(wave * np.minimum(1, t / 0.01) * np.minimum(1, (t[-1] - t) / 0.05))

    return _placed(np.arange(0, LENGTH_S, beat), chord)


def _drums(rng: np.random.Generator) -> Doubles:
    """Bass drum, snare and hi-hat in turn."""
    beat = 60 / rng.uniform(80, 160) / 2

    def stroke(k: int) -> Doubles:
        t = np.arange(int(0.3 * RATE)) / RATE
        if k % 4 == 0:
            return np.asarray(
                np.exp(-t * 12) * np.sin(2 * np.pi * (55 * t + 6 * (1 - np.exp(-t * 30))))
            )
        noise = rng.standard_normal(len(t))
        if k % 4 == 2:
            return np.asarray(
                0.5 * np.exp(-t * 18) * noise + 0.4 * np.exp(-t * 25) * np.sin(2 * np.pi * 190 * t)
            )
        return np.asarray(0.2 * np.exp(-t * 60) * np.diff(noise, prepend=0))

    return _placed(np.arange(0, LENGTH_S, beat), stroke)


def _knocks(rng: np.random.Generator) -> Doubles:
    """On a door: groups of three, resonances that die within a twentieth of a second."""
    modes = rng.uniform(90, 900, 5)
    starts = [
        group + 0.25 * k + rng.uniform(0, 0.03) for group in (0.3, 2.2, 4.1) for k in range(3)
    ]

    def knock(_k: int) -> Doubles:
        t = np.arange(int(0.25 * RATE)) / RATE
        wave = sum(np.exp(-t * rng.uniform(40, 90)) * np.sin(2 * np.pi * f * t) for f in modes)
        return np.asarray(wave * rng.uniform(0.6, 1.0))

    return _placed(np.array(starts), knock)


def _breath(rng: np.random.Generator) -> Doubles:
    """In and out: noise through a wide, moving mouth."""
    t = _time()
    period = rng.uniform(1.5, 3.0)
    inwards = (t % period) < 0.45 * period
    envelope = np.abs(np.sin(np.pi * (t % (period / 2)) / (period / 2))) ** 1.5
    noise = rng.standard_normal(len(t))
    low = sosfilt(butter(2, (200, 1800), "bandpass", fs=RATE, output="sos"), noise)
    high = sosfilt(butter(2, (600, 4500), "bandpass", fs=RATE, output="sos"), noise)
    return np.asarray(envelope * np.where(inwards, high, low))


def _typing(rng: np.random.Generator) -> Doubles:
    """Key strokes: a click down, a softer one up."""
    gaps = rng.gamma(4.0, 0.05, 80)
    starts = np.cumsum(gaps)
    starts = starts[starts < LENGTH_S - 0.2]

    def stroke(_k: int) -> Doubles:
        t = np.arange(int(0.12 * RATE)) / RATE
        body = np.sin(2 * np.pi * rng.uniform(180, 420) * t) * np.exp(-t * 120)
        click = rng.standard_normal(len(t)) * np.exp(-t * 350)
        wave = body + click
        up = int(rng.uniform(0.05, 0.09) * RATE)
        wave[up:] += 0.4 * click[: len(t) - up]
        return np.asarray(wave * rng.uniform(0.5, 1.0))

    return _placed(starts, stroke)


KINDS: dict[str, Callable[[np.random.Generator], Doubles]] = {
    "white noise": _white,
    "pink noise": _pink,
    "mains hum": _hum,
    "tones": _tone,
    "sweeps": _sweep,
    "music": _music,
    "drums": _drums,
    "knocks": _knocks,
    "breath": _breath,
    "typing": _typing,
}


def sounds(*, seed: int = 1) -> list[Sound]:
    """Return `EACH` sounds of every kind, each at its own level; the same at every call."""
    made = []
    for kind, make in KINDS.items():
        digest = hashlib.sha256(f"{seed}/{kind}".encode()).digest()
        rng = np.random.default_rng(int.from_bytes(digest[:8], "big"))
        for k in range(EACH):
            wave = make(rng)
            blocks = wave[: len(wave) // 1600 * 1600].reshape(-1, 1600)
            loudest = float(np.sqrt(np.square(blocks).mean(axis=1).max()))
            scaled = wave / loudest * 10 ** (LEVELS_DB[k % len(LEVELS_DB)] / 20)
            made.append(Sound(kind, np.clip(scaled, -1, 1).astype(np.float32)))
    return made


def rooms(folder: Path) -> list[Sound]:
    """Return what rooms sound like when nobody speaks: recordings that no network is trained on.

    Parameters
    ----------
    folder : Path
        Of all the corpora; without EmoSpeech there are none.
    """
    return [Sound(ROOMS, read_audio(path)) for path in held_out_noise(folder)]
