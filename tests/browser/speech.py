"""Real speech for the microphone: a clip that the model is sure of, and what it says of it."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.browser import chromium

ROOT = Path(__file__).resolve().parents[2]
CANDIDATES = 40


@dataclass(frozen=True)
class Speech:
    """A clip with a clear winner: what `flask predict` says of it, and a WAV for the microphone."""

    path: Path
    judgement: dict[str, Any]
    wav: Path
    seconds: float


def clearest(wav: Path) -> Speech:
    """Take the clearest of some real clips where this machine has them, else of the samples."""
    clips = _real_clips() or sorted((ROOT / "samples" / "synthetic").glob("*.flac"))
    path, judgement = max(predict(*clips), key=lambda item: _margin(item[1]))
    # The recorder begins a moment after the microphone; the first syllable shall not fall into it.
    seconds = chromium.write_wav(path, wav, before_s=0.5)
    return Speech(path, judgement, wav, seconds)


def predict(*paths: Path) -> list[tuple[Path, dict[str, Any]]]:
    """Return each file with what `flask --app webapp predict` says of it."""
    command = [sys.executable, "-m", "flask", "--app", "webapp", "predict", *map(str, paths)]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return list(zip(paths, map(json.loads, answer.stdout.splitlines()), strict=True))


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


def _margin(judgement: dict[str, Any]) -> float:
    first, second = sorted(judgement["probabilities"].values(), reverse=True)[:2]
    spoken = any(window["state"] != "silence" for window in judgement["timeline"])
    return float(first - second) if spoken else -1.0
