"""Small corpora of synthetic voices: the sample clips, faster and slower for other speakers."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import soundfile
import soxr

from training.corpora.manifest import Utterance

RATE = 16000


def synthetic_corpora(root: Path, folder: Path, *, speeds: tuple[float, ...]) -> list[Utterance]:
    """Two corpora in `folder`, a sentence each; every speed makes a woman and a man of them."""
    listed = json.loads((root / "samples" / "synthetic" / "samples.json").read_text())
    utterances = []
    for clip in listed:
        emotion, voice, sentence = Path(clip["file"]).stem.split("-")
        samples, rate = soundfile.read(root / "samples" / "synthetic" / clip["file"])
        corpus = {"home": "ravdess", "letter": "nemo"}[sentence]
        for k, speed in enumerate(speeds):
            speaker = f"{corpus}_{voice}{k}"
            path = folder / corpus / f"{speaker}-{emotion}.flac"
            path.parent.mkdir(parents=True, exist_ok=True)
            heard = np.asarray(soxr.resample(samples, rate * speed, RATE), np.float32)
            soundfile.write(path, heard, RATE)
            sex = "F" if voice == "woman" else "M"
            utterances.append(
                Utterance(path, corpus, speaker, sex, emotion, emotion, len(heard) / RATE)
            )
    return utterances
