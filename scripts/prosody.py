"""How a voice sounds in each emotion: rules, and the curves of pitch, level and timbre they draw.

The directions of the rules (higher or lower, faster or slower, brighter or duller) are those on
which the literature agrees; the amounts are this project's own.

* K. R. Scherer (2003), Vocal communication of emotion: a review of research paradigms. Speech
  Communication 40, 227-256: intensity, F0 level, range and variability, high-frequency energy,
  articulation rate of each emotion.
* P. N. Juslin and P. Laukka (2003), Communication of emotions in vocal expression and music
  performance. Psychological Bulletin 129, 770-814: the same with pauses, contours, and how regular
  or irregular each is.
* F. Burkhardt and W. F. Sendlmeier (2000), Verification of acoustical correlates of emotional
  speech using formant-synthesis. ISCA Workshop on Speech and Emotion, 151-156: which of them a
  listener hears in synthetic speech (range and smiling formants, jitter and breath, tense voice).

Pure functions of numbers: no synthesiser, no files.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Curve = NDArray[np.float64]
_EDGE_HZ = 500.0  # the tilt turns the spectrum about here


@dataclass(frozen=True)
class Prosody:
    """What one emotion does to a voice; untouched, the voice is neutral.

    Attributes
    ----------
    level_st
        The mean pitch above the voice's own, in semitones.
    accent_st
        How far the pitch moves on a stressed syllable, in semitones.
    accent_s
        How long that movement lasts either side of its peak, in seconds.
    peak
        Where in its vowel the movement peaks: 0 its start, 1 its end.
    declination_st
        How far the pitch sinks from the first to the last moment.
    final_st
        How far it rises (falls, if negative) in the last quarter.
    jitter_st
        The standard deviation of the pitch's irregular movement.
    tremor_st, tremor_hz
        Depth and frequency of its trembling.
    rate
        Speed of articulation, 1 being the synthesiser's own.
    unevenness
        How much the speed wanders from syllable to syllable (standard deviation of its logarithm).
    pause_s
        Length of a pause where the sentence has room for one; 0 makes none.
    loudness_db
        Level of the speech above a neutral voice's.
    accent_db
        How much louder a stressed syllable is.
    tilt_db
        How much brighter (duller, if negative) the voice is, in dB an octave above 500 Hz.
    breath
        Share of the voice that turns into breath, from 0 to 1.
    formants
        By how much the mouth's resonances move up: 1.05 for a smile.
    """

    level_st: float = 0.0
    accent_st: float = 2.5
    accent_s: float = 0.12
    peak: float = 0.4
    declination_st: float = 2.0
    final_st: float = -2.0
    jitter_st: float = 0.12
    tremor_st: float = 0.0
    tremor_hz: float = 0.0
    rate: float = 1.0
    unevenness: float = 0.0
    pause_s: float = 0.0
    loudness_db: float = 0.0
    accent_db: float = 2.0
    tilt_db: float = 0.0
    breath: float = 0.03
    formants: float = 1.0


RULES: dict[str, Prosody] = {
    # A small movement on each accent, a fall at the end: a plain statement.
    "neutral": Prosody(),
    # High, very wide, rising at the end, bright, through a smile; somewhat faster and louder.
    "happy": Prosody(
        level_st=4.0,
        accent_st=6.5,
        accent_s=0.13,
        peak=0.7,
        declination_st=0.5,
        final_st=3.5,
        rate=1.06,
        unevenness=0.05,
        loudness_db=3.0,
        accent_db=4.0,
        tilt_db=1.2,
        formants=1.05,
    ),
    # Low, narrow, sinking, slow with pauses, soft, dull and breathy.
    "sad": Prosody(
        level_st=-2.5,
        accent_st=0.7,
        accent_s=0.2,
        peak=0.2,
        declination_st=1.5,
        final_st=-0.7,
        jitter_st=0.25,
        rate=0.74,
        unevenness=0.05,
        pause_s=0.28,
        loudness_db=-6.0,
        accent_db=0.5,
        tilt_db=-3.0,
        breath=0.35,
        formants=0.98,
    ),
    # Raised, wide, with abrupt accents early in their vowels, falling hard, fast, loud, tense.
    "angry": Prosody(
        level_st=3.0,
        accent_st=5.0,
        accent_s=0.07,
        peak=0.15,
        declination_st=3.0,
        final_st=-4.0,
        jitter_st=0.35,
        rate=1.14,
        unevenness=0.04,
        loudness_db=6.0,
        accent_db=6.0,
        tilt_db=3.0,
        breath=0.0,
        formants=1.02,
    ),
    # Very high but not wide, trembling, hurried and uneven with catches of breath, thin.
    "fearful": Prosody(
        level_st=7.5,
        accent_st=1.2,
        accent_s=0.1,
        peak=0.5,
        declination_st=0.0,
        final_st=1.0,
        jitter_st=0.4,
        tremor_st=0.8,
        tremor_hz=6.5,
        rate=1.25,
        unevenness=0.18,
        pause_s=0.13,
        loudness_db=-1.0,
        tilt_db=0.5,
        breath=0.25,
        formants=1.02,
    ),
}


@dataclass(frozen=True)
class Voice:
    """Who speaks: a synthesiser's voice, its mean pitch in Hz, and where its formants lie."""

    name: str
    synthesiser: str
    pitch_hz: float
    formants: float


VOICES = (
    Voice("woman", "en-us+f3", 195.0, 1.0),
    Voice("man", "en-us+m3", 108.0, 0.97),
)


@dataclass(frozen=True)
class Span:
    """A stretch of the synthesiser's speech, and how long it shall last: a phoneme, or a pause."""

    start_s: float
    end_s: float
    length_s: float
    vowel: bool = False
    stressed: bool = False


@dataclass(frozen=True)
class Accent:
    """A stressed vowel, in the new speech's time."""

    at_s: float
    weight: float


def schedule(
    spans: Sequence[Span], rule: Prosody, *, pauses: Sequence[int] = (), rng: np.random.Generator
) -> list[Span]:
    """Give each stretch its new length.

    Vowels take most of a change of speed, as they do in people: consonants follow it by half.

    Parameters
    ----------
    spans
        The synthesiser's phonemes, in order.
    pauses
        Indices of spans before which the sentence has room for a pause.
    """
    planned: list[Span] = []
    for i, span in enumerate(spans):
        if i in pauses and rule.pause_s:
            length = rule.pause_s * float(np.exp(rng.normal(0, rule.unevenness)))
            planned.append(Span(span.start_s, span.start_s, length))
        speed = rule.rate if span.vowel else rule.rate**0.5
        wander = float(np.exp(rng.normal(0, rule.unevenness))) if span.vowel else 1.0
        length = span.length_s / speed * wander
        planned.append(Span(span.start_s, span.end_s, length, span.vowel, span.stressed))
    return planned


def time_map(spans: Sequence[Span], times: Curve) -> Curve:
    """Find which moment of the old speech sounds at each moment of the new, in seconds."""
    new = np.concatenate([[0.0], np.cumsum([span.length_s for span in spans])])
    old = np.array([spans[0].start_s, *(span.end_s for span in spans)])
    moments: Curve = np.interp(times, new, old)
    return moments


def pause_mask(spans: Sequence[Span], times: Curve) -> NDArray[np.bool_]:
    """Tell where the pauses are that `schedule` put in."""
    mask = np.zeros(len(times), bool)
    start = 0.0
    for span in spans:
        if span.start_s == span.end_s:
            mask |= (times >= start) & (times < start + span.length_s)
        start += span.length_s
    return mask


def accents(spans: Sequence[Span], rule: Prosody) -> list[Accent]:
    """Find the stressed vowels in the new speech's time; the last, the nucleus, weighs more."""
    found: list[Accent] = []
    start = 0.0
    for span in spans:
        if span.stressed and span.vowel:
            found.append(Accent(start + rule.peak * span.length_s, 1.0))
        start += span.length_s
    if found:
        found[-1] = Accent(found[-1].at_s, 1.25)
    return found


def pitch(
    rule: Prosody, marks: Sequence[Accent], times: Curve, *, rng: np.random.Generator
) -> Curve:
    """Draw the pitch above the voice's own, in semitones; its mean is the rule's level.

    Parameters
    ----------
    times
        Shape (n,), seconds, evenly spaced from 0.

    Returns
    -------
    Shape (n,).
    """
    place = times / times[-1]
    curve = -rule.declination_st * place
    curve += rule.final_st * _smoothstep((place - 0.75) / 0.25)
    curve += rule.accent_st * _bumps(marks, times, rule.accent_s)
    curve += rule.tremor_st * np.sin(2 * np.pi * rule.tremor_hz * times)
    curve += _wander(len(times), rule.jitter_st, rng)
    return np.asarray(curve - curve.mean() + rule.level_st)


def loudness(rule: Prosody, marks: Sequence[Accent], times: Curve) -> Curve:
    """Draw the level at each moment, in dB, before the whole is brought to its loudness."""
    place = times / times[-1]
    curve = rule.accent_db * _bumps(marks, times, 1.4 * rule.accent_s)
    curve -= 2.0 * place  # breath runs out
    return curve + 2.0 * rule.tremor_st * np.sin(2 * np.pi * rule.tremor_hz * times + 1.0)


def tilt(rule: Prosody, frequencies_hz: Curve) -> Curve:
    """Draw the gain at each frequency, in dB: a line over octaves from 125 Hz to 8 kHz."""
    octaves: Curve = np.log2(np.clip(frequencies_hz, _EDGE_HZ / 4, 8000.0) / _EDGE_HZ)
    return np.asarray(rule.tilt_db * octaves)


def breathe(aperiodicity: Curve, rule: Prosody, frequencies_hz: Curve) -> Curve:
    """Turn a share of a voice into breath, more of it the higher the frequency.

    `aperiodicity` has the shape (frames, bins) and values from 0 (voice) to 1 (noise).
    """
    share = rule.breath * (0.3 + 0.7 * _smoothstep((frequencies_hz - 500.0) / 3500.0))
    return aperiodicity + (1.0 - aperiodicity) * share


def _smoothstep(x: Curve) -> Curve:
    x = np.clip(x, 0.0, 1.0)
    return x * x * (3.0 - 2.0 * x)


def _bumps(marks: Sequence[Accent], times: Curve, width_s: float) -> Curve:
    total = np.zeros(len(times))
    for mark in marks:
        total += mark.weight * np.exp(-0.5 * ((times - mark.at_s) / width_s) ** 2)
    return total


def _wander(count: int, deviation: float, rng: np.random.Generator) -> Curve:
    """Draw noise that remembers some five frames: pitch is irregular, not from frame to frame."""
    memory = 0.8
    noise = rng.normal(0.0, deviation * np.sqrt(1 - memory**2), count)
    out = np.empty(count)
    value = 0.0
    for i in range(count):
        value = memory * value + noise[i]
        out[i] = value
    return out
