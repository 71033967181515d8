"""Families of sounds that are no speech, each of them wide: nothing about a sound is fixed.

Each function draws a sound of some length in samples at 16 kHz, at any level.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from scipy.signal import fftconvolve

RATE = 16000

Doubles = npt.NDArray[np.float64]
Rng = np.random.Generator


def loudest(wave: Doubles) -> float:
    """Return the RMS of the loudest tenth of a second."""
    blocks = wave[: len(wave) // 1600 * 1600].reshape(-1, 1600)
    return float(np.sqrt(np.square(blocks).mean(axis=1).max())) + 1e-12


def _log_uniform(rng: Rng, low: float, high: float) -> float:
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def coloured(rng: Rng, length: int) -> Doubles:
    """Return steady noise of a random spectrum: a curve through random levels by the octave."""
    frequencies = np.fft.rfftfreq(length, 1 / RATE)
    octaves = np.log2(np.maximum(frequencies, 31.0) / 31.0)
    knots = np.linspace(0, 8, int(rng.integers(3, 9)))
    tilt = rng.uniform(-9, 3) * knots
    levels = np.interp(octaves, knots, tilt + rng.normal(0, rng.uniform(2, 15), len(knots)))
    spectrum = np.fft.rfft(rng.standard_normal(length)) * 10 ** (levels / 20)
    return np.asarray(np.fft.irfft(spectrum, length))


def _band(rng: Rng, length: int) -> Doubles:
    """Return steady noise of one band, from a tenth of an octave to three wide."""
    frequencies = np.maximum(np.fft.rfftfreq(length, 1 / RATE), 1.0)
    centre, width = _log_uniform(rng, 60, 7000), _log_uniform(rng, 0.1, 3.0)
    shape = np.exp(-np.square(np.log2(frequencies / centre) / width))
    return np.asarray(np.fft.irfft(np.fft.rfft(rng.standard_normal(length)) * shape, length))


def _slow(rng: Rng, length: int, rate: float, depth_db: float) -> Doubles:
    """Return an envelope that wanders: `rate` new levels a second, `depth_db` apart."""
    count = max(3, round(rate * length / RATE) + 2)
    levels = rng.normal(0, depth_db, count)
    return np.asarray(
        10 ** (np.interp(np.linspace(0, count - 1, length), np.arange(count), levels) / 20)
    )


def _times(rng: Rng, length: int, rate: float) -> npt.NDArray[np.int64]:
    """Return when things happen, in samples: at random, in step, or in groups; at least once."""
    manner = rng.random()
    seconds = length / RATE
    if manner < 0.5:
        starts = rng.uniform(0, seconds, max(1, rng.poisson(rate * seconds)))
    elif manner < 0.8:
        gap, jitter = 1 / rate, rng.uniform(0, 0.2) / rate
        starts = np.arange(rng.uniform(0, min(gap, seconds / 2)), seconds, gap)
        starts = starts + rng.uniform(0, jitter, len(starts))
    else:
        groups = rng.uniform(0, seconds * 0.9, int(rng.integers(1, 5)))
        inside = rng.exponential(0.3 / rate, (len(groups), int(rng.integers(2, 8))))
        starts = (groups[:, None] + np.cumsum(inside, axis=1)).ravel()
    starts = np.sort(starts[starts < seconds * 0.95])
    return np.asarray((starts if len(starts) else np.array([0.2])) * RATE, np.int64)


def _impulses(rng: Rng, length: int, rate: float) -> Doubles:
    out = np.zeros(length)
    starts = _times(rng, length, rate)
    np.add.at(out, starts, rng.choice([-1, 1], len(starts)) * rng.lognormal(0, 0.6, len(starts)))
    return out


def _pattern(rng: Rng, length: int) -> Doubles:
    """Return an envelope of on and off: random lengths, attacks and decays."""
    out = np.zeros(length)
    attack = round(_log_uniform(rng, 0.001, 0.2) * RATE)
    decay = _log_uniform(rng, 0.02, 1.5) * RATE
    held = _log_uniform(rng, 0.03, 1.5)
    for start in _times(rng, length, _log_uniform(rng, 0.5, 8)):
        count = min(length - start, round(held * rng.uniform(0.5, 1.5) * RATE))
        shape = np.minimum(1.0, np.arange(count) / attack) * np.exp(-np.arange(count) / decay)
        ending = min(count, 160)
        shape[count - ending :] *= np.linspace(1, 0, ending)
        piece = out[start : start + count]
        np.maximum(piece, shape * rng.uniform(0.3, 1.0), out=piece)
    return out


def _wind(rng: Rng, length: int) -> Doubles:
    """Wind, sighs, rustle, a shower: noise whose strength wanders slowly or fast."""
    return coloured(rng, length) * _slow(rng, length, _log_uniform(rng, 0.3, 25), rng.uniform(1, 9))


def _gusts(rng: Rng, length: int) -> Doubles:
    """Return several bands of noise that come and go apart from each other."""
    out = np.zeros(length)
    for _ in range(int(rng.integers(2, 5))):
        band = _band(rng, length)
        band *= _slow(rng, length, _log_uniform(rng, 0.3, 6), rng.uniform(3, 12))
        out += band / loudest(band)
    return out


def _bursts(rng: Rng, length: int) -> Doubles:
    """Return noise, of a band or wide, that is switched on and off."""
    noise = _band(rng, length) if rng.random() < 0.6 else coloured(rng, length)
    return noise * _pattern(rng, length)


def _clicks(rng: Rng, length: int) -> Doubles:
    """Return clicks, ticks and crackle: impulses through short noise of one colour."""
    count = round(_log_uniform(rng, 0.001, 0.05) * RATE)
    kernel = coloured(rng, max(count, 64))[:count] * np.exp(-5 * np.arange(count) / count)
    return np.asarray(fftconvolve(_impulses(rng, length, _log_uniform(rng, 0.5, 60)), kernel))[
        :length
    ]


def _struck(rng: Rng, length: int) -> Doubles:
    """Return things that are struck: impulses through one to twenty damped modes."""
    t = np.arange(round(1.2 * RATE)) / RATE
    modes = int(rng.integers(1, 21))
    frequencies = np.exp(rng.uniform(np.log(70), np.log(6500), modes))
    damping = _log_uniform(rng, 4, 150) * (frequencies / frequencies.min()) ** rng.uniform(0, 0.7)
    kernel = np.zeros(len(t))
    for frequency, loss in zip(frequencies, damping, strict=True):
        kernel += rng.normal() * np.exp(-t * loss) * np.sin(2 * np.pi * frequency * t)
    return np.asarray(fftconvolve(_impulses(rng, length, _log_uniform(rng, 0.4, 10)), kernel))[
        :length
    ]


def _scratches(rng: Rng, length: int) -> Doubles:
    """Return strokes over a rough thing: noise in time with a hand, grained."""
    grain = _impulses(rng, length, _log_uniform(rng, 100, 2000)) + 0.1 * rng.standard_normal(length)
    colour = np.fft.rfft(_band(rng, 2048), 4096)
    kernel = np.fft.irfft(colour)[:1024] * np.hanning(1024)
    strokes = np.abs(
        np.sin(np.cumsum(_slow(rng, length, 2, 3)) * rng.uniform(0.5, 5) * np.pi / RATE)
    )
    return np.asarray(
        fftconvolve(grain * strokes ** rng.uniform(0.5, 6), kernel)[:length]
        * _slow(rng, length, 1, 4)
    )


def _harmonics(rng: Rng, phase: Doubles, highest: float) -> Doubles:
    """Return a periodic wave of a fundamental's phase in turns: sine, square, saw or any other.

    Parameters
    ----------
    highest : float
        The fundamental's highest frequency in Hz: no partial passes 7.5 kHz.
    """
    count = int(np.clip(7500 / highest, 1, 16))
    orders = np.arange(1, count + 1)
    strengths = {
        0: (orders == 1).astype(float),
        1: (orders % 2) / orders,
        2: 1 / orders,
        3: rng.lognormal(0, 1.2, count) * orders ** -rng.uniform(0, 2),
    }[int(rng.integers(4))]
    out = np.zeros(len(phase))
    for order, strength in zip(orders, strengths, strict=True):
        if strength > 0.01 * strengths.max():
            out += strength * np.sin(2 * np.pi * ((order * phase + rng.random()) % 1.0))
    return out


def _beeps(rng: Rng, length: int) -> Doubles:
    """Return beeps, rings and sirens: pitches held for a while, on and off."""
    pitch = _log_uniform(rng, 120, 4000)
    every = round(_log_uniform(rng, 0.05, 2) * RATE)
    steps = 2 ** (
        rng.choice([0.0, rng.uniform(0.05, 1.2)]) * rng.integers(-1, 2, length // every + 1)
    )
    frequency = np.minimum(pitch * np.repeat(steps, every)[:length], 7000.0)
    if rng.random() < 0.3:  # frequency modulation (Chowning 1973)
        turns = 2 * np.pi * _log_uniform(rng, 3, 300) * np.arange(length) / RATE
        frequency = frequency * (1 + rng.uniform(0, 0.4) * np.sin(turns))
    wave = _harmonics(rng, np.cumsum(frequency) / RATE, float(frequency.max()))
    return wave * (_pattern(rng, length) if rng.random() < 0.8 else 1.0)


def _chirps(rng: Rng, length: int) -> Doubles:
    """Return chirps of one to three birds, crickets or toys: short glides with any course."""
    out = np.zeros(length)
    for _ in range(int(rng.integers(1, 4))):
        lasting = round(_log_uniform(rng, 0.02, 0.6) * RATE)
        course = np.interp(
            np.linspace(0, 1, lasting),
            np.linspace(0, 1, 4),
            rng.normal(0, rng.uniform(0.1, 0.8), 4),
        )
        frequency = np.clip(_log_uniform(rng, 400, 5000) * 2**course, 100, 7000)
        wave = _harmonics(rng, np.cumsum(frequency) / RATE, float(frequency.max()))
        wave = wave * np.hanning(lasting)
        out += fftconvolve(_impulses(rng, length, _log_uniform(rng, 0.5, 8)), wave)[:length]
    return out


def _melody(rng: Rng, length: int) -> Doubles:
    """Return one to four parts of notes from a random scale, by one instrument of random make."""
    scale = np.sort(rng.choice(np.arange(12), int(rng.integers(3, 8)), replace=False))
    root, beat = _log_uniform(rng, 60, 600), _log_uniform(rng, 0.1, 1.5)
    count = int(rng.integers(1, 13))
    strengths = rng.lognormal(0, 1.0, count) * np.arange(1, count + 1) ** -rng.uniform(0.3, 2)
    stretch = rng.choice([0.0, _log_uniform(rng, 1e-4, 0.05)])  # inharmonicity, as of strings
    vibrato, rate = rng.choice([0.0, rng.uniform(0, 0.015)]), rng.uniform(3, 8)
    attack, decay = _log_uniform(rng, 0.003, 0.3), _log_uniform(rng, 0.1, 4)
    lasting = round(min(beat * rng.uniform(0.5, 3), 2.0) * RATE)
    t = np.arange(lasting) / RATE
    shape = np.minimum(1, t / attack) * np.exp(-t / decay) * np.minimum(1, (t[-1] - t) / 0.02)
    wobble = t + vibrato / (2 * np.pi * rate) * np.sin(2 * np.pi * rate * t)
    out = np.zeros(length + lasting)
    for _ in range(int(rng.integers(1, 5))):
        octave = int(rng.integers(0, 3))
        notes: dict[int, Doubles] = {}
        for start in np.arange(0, length, round(beat * rng.choice([0.5, 1, 2]) * RATE)):
            if rng.random() < 0.2:
                continue
            degree = int(rng.choice(scale)) + 12 * octave
            if degree not in notes:
                notes[degree] = shape * _note(root * 2 ** (degree / 12), strengths, stretch, wobble)
            out[start : start + lasting] += notes[degree] * rng.uniform(0.4, 1)
    return out[:length]


def _note(pitch: float, strengths: Doubles, stretch: float, t: Doubles) -> Doubles:
    out = np.zeros(len(t))
    for order, strength in enumerate(strengths, start=1):
        frequency = pitch * order * np.sqrt(1 + stretch * order * order)
        if frequency < 7500:
            out += strength * np.sin(2 * np.pi * frequency * t + order)
    return out


def _drone(rng: Rng, length: int) -> Doubles:
    """Return fans, fridges, transformers, organs: steady partials, beating, in any relation."""
    t = np.arange(length) / RATE
    base, count = _log_uniform(rng, 30, 800), int(rng.integers(2, 16))
    orders = np.arange(1, count + 1) if rng.random() < 0.6 else rng.uniform(1, 12, count)
    out = np.zeros(length)
    for order in orders:
        frequency = base * order * (1 + rng.normal(0, 0.002))
        if frequency < 7500:
            beating = 1 + rng.uniform(0, 0.8) * np.sin(2 * np.pi * rng.uniform(0.1, 12) * t)
            out += rng.lognormal(0, 1) / order * beating * np.sin(2 * np.pi * frequency * t)
    return out * _slow(rng, length, rng.uniform(0.3, 3), rng.uniform(0, 2))


def _engine(rng: Rng, length: int) -> Doubles:
    """Return a motor: pulses whose rate drifts, through resonances, in its own noise.

    Slower than any voice's pitch: a faster one through resonances would be a vowel.
    """
    rate = _log_uniform(rng, 5, 50) * _slow(rng, length, rng.uniform(0.3, 2), rng.uniform(0, 1.5))
    turns = np.floor(np.cumsum(rate) / RATE)
    pulses = np.diff(turns, prepend=0.0) * rng.lognormal(0, 0.3, length)
    t = np.arange(round(0.15 * RATE)) / RATE
    body = sum(
        rng.normal() * np.exp(-t * rng.uniform(30, 200)) * np.sin(2 * np.pi * f * t)
        for f in np.exp(rng.uniform(np.log(50), np.log(3000), int(rng.integers(2, 7))))
    )
    wave = fftconvolve(pulses, body)[:length]
    noise = coloured(rng, length)
    return np.asarray(wave / loudest(wave) + rng.uniform(0, 0.7) * noise / loudest(noise))


def _drops(rng: Rng, length: int) -> Doubles:
    """Return drops of water: tones that rise as their bubble closes (van den Doel 2005)."""
    out = np.zeros(length)
    t = np.arange(round(0.15 * RATE)) / RATE
    for start in _times(rng, length, _log_uniform(rng, 1, 40))[:150]:
        pitch, loss = _log_uniform(rng, 300, 4000), _log_uniform(rng, 15, 120)
        phase = pitch * (t + rng.uniform(0, 0.15) * loss * t * t)
        drop = np.exp(-t * loss) * np.sin(2 * np.pi * phase) * rng.uniform(0.1, 1)
        piece = out[start : start + len(t)]
        piece += drop[: len(piece)]
    return out


def _thumps(rng: Rng, length: int) -> Doubles:
    """Return steps, bumps and handled microphones: dull blows, now and then a rumble."""
    t = np.arange(round(0.4 * RATE)) / RATE
    pitch, loss = _log_uniform(rng, 25, 160), _log_uniform(rng, 8, 60)
    tone = np.sin(2 * np.pi * pitch * t * np.exp(-t * rng.uniform(0, 4)))
    rough = np.cumsum(rng.standard_normal(len(t)))
    kernel = np.exp(-t * loss) * (tone + rng.uniform(0, 0.1) * (rough - rough.mean()))
    blows = fftconvolve(_impulses(rng, length, _log_uniform(rng, 0.4, 6)), kernel)[:length]
    return np.asarray(blows)


def _tract(rng: Rng, scale: float) -> Doubles:
    """Return the impulse response of a vocal tract: four formants, each a damped oscillation.

    Parameters
    ----------
    scale : float
        Of the formants' frequencies: 1 for a man's tract, 1.5 for an infant's.
    """
    t = np.arange(round(0.05 * RATE)) / RATE
    formants = scale * np.array([550.0, 1500.0, 2600.0, 3700.0]) * rng.lognormal(0, 0.2, 4)
    response = np.zeros(len(t))
    for frequency in np.minimum(formants, 7000.0):
        loss = np.pi * rng.uniform(60, 300)
        response += rng.uniform(0.3, 1) * np.exp(-t * loss) * np.sin(2 * np.pi * frequency * t)
    return response


def _coughs(rng: Rng, length: int) -> Doubles:
    """Return coughs and sneezes: one to four explosive bursts of breath through a vocal tract."""
    out = np.zeros(length)
    pause = rng.uniform(0.3, 0.7)
    for fit in np.arange(rng.uniform(0.1, 0.8), length / RATE, rng.uniform(1.2, 3.0)):
        for number in range(int(rng.integers(1, 5))):
            start = round((fit + pause * number * rng.uniform(0.8, 1.2)) * RATE)
            count = min(round(rng.uniform(0.15, 0.5) * RATE), length - start)
            if count <= 0:
                break
            t = np.arange(count) / RATE
            burst = np.exp(-t * rng.uniform(6, 25)) * np.minimum(1, t / rng.uniform(0.003, 0.03))
            breath = rng.standard_normal(count)
            voiced = (np.diff(np.floor(np.cumsum(rng.uniform(90, 350) + 0 * t) / RATE)) > 0) * 12.0
            wave = breath + rng.choice([0.0, rng.uniform(0.2, 1)]) * np.append(voiced, 0.0)
            out[start : start + count] += burst * wave * rng.uniform(0.5, 1)
    return np.asarray(fftconvolve(out, _tract(rng, rng.uniform(0.9, 1.4))))[:length]


def _laughs(rng: Rng, length: int) -> Doubles:
    """Return laughter: breathy syllables of one vowel with falling pitch, 3 to 7 a second."""
    out = np.zeros(length)
    rate, pitch = rng.uniform(3.5, 7), _log_uniform(rng, 140, 650)
    breath = rng.uniform(0.1, 1.5)
    for bout in np.arange(rng.uniform(0.1, 0.8), length / RATE, rng.uniform(1.2, 3.5)):
        syllables = int(rng.integers(3, 13))
        for number in range(syllables):
            start = round((bout + number / rate * rng.uniform(0.95, 1.05)) * RATE)
            count = min(round(rng.uniform(0.4, 0.8) / rate * RATE), length - start)
            if count <= 0:
                break
            course = pitch * (1 - 0.4 * number / syllables) * 2 ** rng.normal(0, 0.1)
            frequency = course * np.linspace(1.1, 0.85, count)
            pulses = np.diff(np.floor(np.cumsum(frequency) / RATE), prepend=0.0) * 12.0
            wave = pulses + breath * rng.standard_normal(count)
            out[start : start + count] += np.hanning(count) * wave * 0.9**number
    return np.asarray(fftconvolve(out, _tract(rng, rng.uniform(1.0, 1.4))))[:length]


def _cries(rng: Rng, length: int) -> Doubles:
    """Return an infant's cries, howls and wails: long tones whose pitch rises and falls."""
    out = np.zeros(length)
    pitch, rough = _log_uniform(rng, 220, 700), rng.uniform(0, 0.6)
    start = round(rng.uniform(0.0, 0.6) * RATE)
    while start < length:
        count = min(round(rng.uniform(0.3, 1.8) * RATE), length - start)
        arc = np.interp(np.linspace(0, 1, count), np.linspace(0, 1, 5), rng.normal(0, 0.25, 5))
        arc = arc + 0.3 * np.sin(np.pi * np.linspace(0, 1, count))
        frequency = pitch * 2**arc
        pulses = np.diff(np.floor(np.cumsum(frequency) / RATE), prepend=0.0) * 8.0
        edge = np.minimum(1, np.minimum(np.arange(count), np.arange(count)[::-1]) / (0.03 * RATE))
        out[start : start + count] += edge * (pulses + rough * rng.standard_normal(count))
        start += count + round(rng.uniform(0.1, 0.8) * RATE)
    return np.asarray(fftconvolve(out, _tract(rng, rng.uniform(1.1, 1.6))))[:length]


FAMILIES: tuple[Callable[[Rng, int], Doubles], ...] = (
    _wind,
    _gusts,
    _bursts,
    _clicks,
    _struck,
    _scratches,
    _beeps,
    _chirps,
    _melody,
    _drone,
    _engine,
    _drops,
    _thumps,
    _coughs,
    _laughs,
    _cries,
)
