"""The features of sounds without speech, as training takes them, kept on disk between runs."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from models.activity import VoiceActivity
from models.features import FeatureSettings, Floats, extractor
from training import negatives, noises
from training.negatives import made_sounds, recorded_noise
from training.statistics import LEAST_FRAMES
from training.store import read_audio

COUNT = 600
SEED = 1


@dataclass(frozen=True)
class Sound:
    """A sound without speech that the voice activity takes for some.

    Attributes
    ----------
    columns : ndarray, shape (frames, columns), float16
    speech : ndarray of bool, shape (frames,)
        What the voice activity makes of it.
    recorded : bool
        One of EmoSpeech's; the others are made.
    """

    columns: npt.NDArray[np.float16]
    speech: npt.NDArray[np.bool_]
    recorded: bool


def load_sounds(folder: Path, *, cache: Path, count: int = COUNT) -> list[Sound]:
    """Return made sounds, and the recorded ones of which training may hear, from the cache.

    Those that the voice activity leaves out are of no use and left out.

    Parameters
    ----------
    folder : Path
        Of all the corpora.
    cache : Path
    count : int
        Of the made ones.
    """
    recordings = recorded_noise(folder)
    source = [Path(module.__file__ or "").read_text() for module in (negatives, noises)]
    key = json.dumps(
        [source, count, SEED, FeatureSettings().to_json(), [path.name for path in recordings]]
    )
    file = cache / f"sounds-{hashlib.sha256(key.encode()).hexdigest()[:12]}.npz"
    if not file.is_file():
        made = made_sounds(np.random.default_rng(SEED), count)
        found = [_heard(samples, recorded=False) for samples in made]
        found += [_heard(read_audio(path), recorded=True) for path in recordings]
        found = [sound for sound in found if sound.speech.sum() >= LEAST_FRAMES]
        file.parent.mkdir(parents=True, exist_ok=True)
        partial = file.with_suffix(".partial.npz")
        np.savez(
            partial,
            ends=np.cumsum([len(sound.speech) for sound in found]),
            columns=np.concatenate([sound.columns for sound in found]),
            speech=np.concatenate([sound.speech for sound in found]),
            recorded=np.array([sound.recorded for sound in found]),
        )
        partial.replace(file)
    with np.load(file) as data:
        ends = data["ends"][:-1]
        pieces = zip(
            np.split(data["columns"], ends),
            np.split(data["speech"], ends),
            data["recorded"].tolist(),
            strict=True,
        )
        return [Sound(*piece) for piece in pieces]


def _heard(samples: Floats, *, recorded: bool) -> Sound:
    frames = extractor(FeatureSettings()).frames(samples)
    return Sound(frames.columns.astype(np.float16), VoiceActivity().push(frames.level), recorded)
