"""Speech in, the same words in another manner out: WORLD takes a voice apart and joins it again.

M. Morise, F. Yokomori and K. Ozawa (2016), WORLD: a vocoder-based high-quality speech synthesis
system for real-time applications. IEICE Transactions on Information and Systems E99-D, 1877-1884.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyworld
from numpy.typing import NDArray

from scripts import prosody
from scripts.prosody import Prosody, Span, Voice

FRAME_S = 0.005
_SILENCE_DB = -60.0


def resynthesise(
    samples: NDArray[np.float64],
    sample_rate: int,
    spans: Sequence[Span],
    *,
    rule: Prosody,
    voice: Voice,
    rng: np.random.Generator,
) -> NDArray[np.float64]:
    """Say `samples` again as the rule wants it.

    Parameters
    ----------
    samples
        Shape (n,): a sentence spoken plainly.
    spans
        What of it shall last how long (`prosody.schedule`).

    Returns
    -------
    Shape (m,), at the same sample rate, of no particular loudness.
    """
    old_pitch, moments = pyworld.harvest(samples, sample_rate, frame_period=1000 * FRAME_S)
    old_pitch = pyworld.stonemask(samples, old_pitch, moments, sample_rate)
    envelope = pyworld.cheaptrick(samples, old_pitch, moments, sample_rate)
    aperiodicity = pyworld.d4c(samples, old_pitch, moments, sample_rate)

    duration_s = sum(span.length_s for span in spans)
    times = np.arange(0.0, duration_s, FRAME_S)
    source = np.clip(prosody.time_map(spans, times) / FRAME_S, 0, len(moments) - 1)
    envelope = np.exp(_rows(np.log(envelope), source))
    aperiodicity = _rows(aperiodicity, source)
    voiced = old_pitch[np.rint(source).astype(int)] > 0

    bins = np.linspace(0.0, sample_rate / 2, envelope.shape[1])
    envelope = _move_formants(envelope, rule.formants * voice.formants)
    marks = prosody.accents(spans, rule)
    gain_db = prosody.loudness(rule, marks, times)
    gain_db = np.where(prosody.pause_mask(spans, times), _SILENCE_DB, gain_db)
    # Five frames of a Hann window: a pause begins within 25 ms and without a click.
    window = np.hanning(7)[1:-1]
    gain_db = np.convolve(np.pad(gain_db, 2, mode="edge"), window / window.sum(), mode="valid")
    envelope *= 10 ** ((gain_db[:, None] + prosody.tilt(rule, bins)[None, :]) / 10)
    aperiodicity = np.clip(prosody.breathe(aperiodicity, rule, bins), 0.0, 1.0)

    semitones = prosody.pitch(rule, marks, times, rng=rng)
    new_pitch = np.where(voiced, voice.pitch_hz * 2 ** (semitones / 12), 0.0)
    speech: NDArray[np.float64] = pyworld.synthesize(
        new_pitch,
        np.ascontiguousarray(envelope),
        np.ascontiguousarray(aperiodicity),
        sample_rate,
        1000 * FRAME_S,
    )
    return speech


def track_pitch(samples: NDArray[np.float64], sample_rate: int) -> NDArray[np.float64]:
    """Find the pitch of each voiced frame, in Hz."""
    found: NDArray[np.float64]
    found, _ = pyworld.harvest(samples, sample_rate, frame_period=1000 * FRAME_S)
    return found[found > 0]


def _rows(table: NDArray[np.float64], places: NDArray[np.float64]) -> NDArray[np.float64]:
    """Take the rows of a table at fractional places."""
    low = np.floor(places).astype(int)
    high = np.minimum(low + 1, len(table) - 1)
    share = (places - low)[:, None]
    rows: NDArray[np.float64] = table[low] * (1 - share) + table[high] * share
    return rows


def _move_formants(envelope: NDArray[np.float64], factor: float) -> NDArray[np.float64]:
    bins = np.arange(envelope.shape[1])
    moved = [np.interp(bins / factor, bins, row) for row in np.log(envelope)]
    return np.array(np.exp(moved))
