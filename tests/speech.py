"""Real speech for the microphone: a clip that the model is sure of, and what it says of it."""

from __future__ import annotations

import csv
import functools
import json
import os
import subprocess
import sys
import wave
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

ROOT = Path(__file__).resolve().parents[1]
CANDIDATES = 40
RATE = 48_000


@dataclass(frozen=True)
class Speech:
    """A clip with a clear winner: what `flask predict` says of it, and a WAV for the microphone."""

    path: Path
    judgement: dict[str, Any]
    wav: Path
    seconds: float


def clearest(wav: Path) -> Speech:
    """Take the clearest of some real clips where this machine has them, else of the samples."""
    path, judgement = _clearest()
    # The recorder begins a moment after the microphone; the first syllable shall not fall into it.
    seconds = write_wav(path, wav, before_s=0.5)
    return Speech(path, judgement, wav, seconds)


def write_wav(source: Path, target: Path, *, before_s: float = 0.0, after_s: float = 0.0) -> float:
    """Write any audio file as the WAV that a microphone is to play; return its seconds."""
    with av.open(str(source)) as container:
        resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE)
        blocks = [
            block.to_ndarray()[0]
            for frame in [*container.decode(audio=0), None]
            for block in resampler.resample(frame)
        ]
    silence = [np.zeros(int(RATE * seconds), np.int16) for seconds in (before_s, after_s)]
    samples = np.concatenate([silence[0], *blocks, silence[1]])
    with wave.open(str(target), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes(samples.astype("<i2").tobytes())
    return float(Fraction(len(samples), RATE))


def predict(*paths: Path) -> list[tuple[Path, dict[str, Any]]]:
    """Return each file with what `flask --app webapp predict` says of it."""
    command = [sys.executable, "-m", "flask", "--app", "webapp", "predict", *map(str, paths)]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return list(zip(paths, map(json.loads, answer.stdout.splitlines()), strict=True))


@functools.cache
def _clearest() -> tuple[Path, dict[str, Any]]:
    clips = _real_clips() or sorted((ROOT / "samples" / "synthetic").glob("*.flac"))
    return max(predict(*clips), key=lambda item: _margin(item[1]))


def _real_clips() -> list[Path]:
    folder = Path(os.environ.get("CORPORA_DIR", ROOT.parent / "shared" / "data"))
    manifest = folder / "ravdess" / "manifest.csv"
    if not manifest.is_file():
        return []
    with manifest.open(newline="") as rows:
        strong = [
            folder / row["path"]
            for row in csv.DictReader(rows)
            if row["emotion"] in ("neutral", "happy", "sad", "angry", "fearful")
            and row["take"] == "1"
        ]
    return sorted(strong)[:: max(1, len(strong) // CANDIDATES)]


def acted(emotion: str) -> list[Path]:
    """Return some clips of one speaker with an emotion: real ones where this machine has them."""
    folder = Path(os.environ.get("CORPORA_DIR", ROOT.parent / "shared" / "data")) / "ravdess"
    number = {"neutral": "01", "happy": "03", "sad": "04", "angry": "05", "fearful": "06"}[emotion]
    strength = "01" if emotion == "neutral" else "02"
    real = sorted((folder / "Actor_08").glob(f"03-01-{number}-{strength}-*.flac"))
    return real or sorted((ROOT / "samples" / "synthetic").glob(f"{emotion}-woman-*.flac"))


def _margin(judgement: dict[str, Any]) -> float:
    first, second = sorted(judgement["probabilities"].values(), reverse=True)[:2]
    spoken = any(window["state"] != "silence" for window in judgement["timeline"])
    return float(first - second) if spoken else -1.0
