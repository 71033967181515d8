"""Makes the synthetic sample clips: `make synthetic-samples`.

ESpeak NG says each sentence plainly, and WORLD says it again in each emotion's manner, by the rules
of `scripts.prosody`. The clips are synthetic: they show what the rules say about a voice, not how
people feel. The same seed makes the same clips.
"""

from __future__ import annotations

import argparse
import json
import sys
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from scripts import prosody, vocoder
from scripts.espeak import Espeak, Phone

ROOT = Path(__file__).resolve().parent.parent
SAMPLE_RATE = 16_000
NEUTRAL_DBFS = -24.0  # level of a neutral clip's speech; the rules' loudness is above or below it
PEAK = 0.9
SEED = 2003
_EDGE_S = 0.15  # near-silence before and after, as in a recording
_ROOM_DBFS = -78.0


@dataclass(frozen=True)
class Sentence:
    """What is said, and before which words (counted from 0) there is room for a pause."""

    name: str
    text: str
    pauses: tuple[int, ...]


SENTENCES = (
    Sentence("letter", "The letter is lying on the kitchen table.", (2, 4)),
    Sentence("home", "They will be home again tomorrow morning.", (3, 5)),
)


@dataclass(frozen=True)
class Measures:
    """What of a clip can be measured: the proof that the rules were heard."""

    duration_s: float
    pitch_hz: float
    pitch_range_st: float
    syllables_per_s: float
    level_dbfs: float
    bright_db: float


def main() -> int:
    """Write every clip and their list, and print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--to", type=Path, default=ROOT / "samples" / "synthetic")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument(
        "--check", action="store_true", help="write nothing; fail if a clip comes out otherwise"
    )
    options = parser.parse_args()
    if options.check:
        return check(options.to, options.seed)
    options.to.mkdir(parents=True, exist_ok=True)
    entries = []
    print(
        f"{'clip':25} {'s':>5} {'F0 Hz':>6} {'range st':>8} {'syll/s':>6} {'dBFS':>6} {'bright':>6}"
    )
    for entry, samples, measures in make_clips(options.seed):
        soundfile.write(options.to / entry["file"], samples, SAMPLE_RATE, subtype="PCM_16")
        entries.append(entry)
        print(
            f"{entry['file']:25} {measures.duration_s:5.2f} {measures.pitch_hz:6.0f}"
            f" {measures.pitch_range_st:8.1f} {measures.syllables_per_s:6.2f}"
            f" {measures.level_dbfs:6.1f} {measures.bright_db:6.1f}"
        )
    listing = json.dumps(entries, indent=2, ensure_ascii=False) + "\n"
    (options.to / "samples.json").write_text(listing, encoding="utf-8")
    return 0


def check(folder: Path, seed: int) -> int:
    """Make every clip again and compare it with the one in the folder.

    Processors add in different orders, so samples may differ by a thousandth.
    """
    listed = json.loads((folder / "samples.json").read_text(encoding="utf-8"))
    made = list(make_clips(seed))
    different = [] if [entry for entry, _, _ in made] == listed else ["samples.json"]
    for entry, samples, _ in made:
        kept, _ = soundfile.read(folder / str(entry["file"]), dtype="float32")
        if kept.shape != samples.shape or np.abs(kept - samples).max() > 1e-3:
            different.append(str(entry["file"]))
    print(f"{len(made) - len(different)} clips are the same; different: {different or 'none'}")
    return 1 if different else 0


def make_clips(seed: int) -> Iterator[tuple[dict[str, object], NDArray[np.float32], Measures]]:
    """Every clip: its entry in samples.json, its samples at 16 kHz, and its measures."""
    synthesiser = Espeak()
    for voice in prosody.VOICES:
        for sentence in SENTENCES:
            plain, phones = synthesiser.speak(sentence.text, voice=voice.synthesiser)
            spoken = _trim(phones)
            for emotion, rule in prosody.RULES.items():
                name = f"{emotion}-{voice.name}-{sentence.name}"
                rng = np.random.default_rng([seed, zlib.crc32(name.encode())])
                spans = prosody.schedule(
                    [
                        prosody.Span(p.start_s, p.end_s, p.end_s - p.start_s, p.vowel, p.stressed)
                        for p in spoken
                    ],
                    rule,
                    pauses=_room_for_pauses(spoken, sentence),
                    rng=rng,
                )
                speech = vocoder.resynthesise(
                    plain, synthesiser.sample_rate, spans, rule=rule, voice=voice, rng=rng
                )
                speech = soxr.resample(speech, synthesiser.sample_rate, SAMPLE_RATE, quality="VHQ")
                samples = _finish(speech, NEUTRAL_DBFS + rule.loudness_db, rng)
                entry = {
                    "file": f"{name}.flac",
                    "name": f"{emotion.capitalize()}, synthetic {voice.name} ({sentence.name})",
                    "emotion": emotion,
                    "voice": voice.name,
                    "text": sentence.text,
                    "duration_s": round(len(samples) / SAMPLE_RATE, 3),
                    "source": "eSpeak NG and WORLD, prosody by rule",
                    "licence": "CC0-1.0",
                    "synthetic": True,
                }
                syllables = sum(phone.vowel for phone in spoken)
                yield entry, samples, _measure(samples, syllables)


def _trim(phones: tuple[Phone, ...]) -> tuple[Phone, ...]:
    """Drop the pause at the end."""
    return tuple(phone for phone in phones if not phone.pause)


def _room_for_pauses(phones: tuple[Phone, ...], sentence: Sentence) -> list[int]:
    """Find the phonemes that begin the words before which there is room for a pause."""
    return [
        next(i for i, phone in enumerate(phones) if phone.word == word) for word in sentence.pauses
    ]


def _finish(
    speech: NDArray[np.float64], level_dbfs: float, rng: np.random.Generator
) -> NDArray[np.float32]:
    """Bring speech to its level, with faded ends in a quiet room."""
    fade = int(0.01 * SAMPLE_RATE)
    ramp = np.linspace(0.0, 1.0, fade)
    speech = speech.copy()
    speech[:fade] *= ramp
    speech[-fade:] *= ramp[::-1]
    speech *= 10 ** ((level_dbfs - _level_dbfs(speech)) / 20)
    # What would exceed the peak is bent rather than cut, as in a throat at its limit.
    knee = 0.6 * PEAK
    over = np.abs(speech) > knee
    bent = knee + (PEAK - knee) * np.tanh((np.abs(speech) - knee) / (PEAK - knee))
    speech = np.where(over, np.sign(speech) * bent, speech)
    edge = np.zeros(int(_EDGE_S * SAMPLE_RATE))
    samples = np.concatenate([edge, speech, edge])
    samples += rng.normal(0.0, 10 ** (_ROOM_DBFS / 20), len(samples))
    return samples.astype(np.float32)


def _level_dbfs(samples: NDArray[np.floating]) -> float:
    """Mean level of the frames (20 ms) that are not silent, in dB below full scale."""
    frame = SAMPLE_RATE // 50
    frames = samples[: len(samples) // frame * frame].reshape(-1, frame)
    power = (frames.astype(np.float64) ** 2).mean(axis=1)
    return float(10 * np.log10(power[power > power.max() * 1e-4].mean()))


def _measure(samples: NDArray[np.float32], syllables: int) -> Measures:
    pitch = vocoder.track_pitch(samples.astype(np.float64), SAMPLE_RATE)
    # Between tenths: a tracker's slips of an octave lie outside them.
    low_hz, middle_hz, high_hz = np.percentile(pitch, (10, 50, 90))
    spectrum = np.abs(np.fft.rfft(samples)) ** 2
    frequencies = np.fft.rfftfreq(len(samples), 1 / SAMPLE_RATE)
    high = spectrum[frequencies >= 1000].sum()
    low = spectrum[(frequencies >= 50) & (frequencies < 1000)].sum()
    duration_s = len(samples) / SAMPLE_RATE
    return Measures(
        duration_s=duration_s,
        pitch_hz=float(middle_hz),
        pitch_range_st=float(12 * np.log2(high_hz / low_hz)),
        syllables_per_s=syllables / (duration_s - 2 * _EDGE_S),
        level_dbfs=_level_dbfs(samples),
        bright_db=float(10 * np.log10(high / low)),
    )


if __name__ == "__main__":
    sys.exit(main())
