"""An encoder, from the cache where it is there."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import keras
import numpy as np

from models.encoder import Encoder
from models.features import FeatureSettings, Floats
from training.data.digest import code_digest
from training.fitting.export import flatbuffer
from training.fitting.fit import Progress
from training.teaching.lessons import Lessons, Prompts
from training.teaching.pupil import PupilSettings, serving_pupil, teach

TAUGHT = "encoder.keras"
EXACT = "encoder.tflite"
SMALL = "encoder.int8.tflite"


@dataclass(frozen=True)
class Taught:
    """An encoder.

    Attributes
    ----------
    settings : PupilSettings
    features : FeatureSettings
        With its states.
    exact, small : bytes
        In floating point, and with weights of eight bits: the latter is served.
    microphone : callable
        Draws what a microphone adds to each MFCC, shape (n_mfcc,).
    """

    settings: PupilSettings
    features: FeatureSettings
    exact: bytes
    small: bytes
    microphone: Callable[[np.random.Generator], Floats]

    def encoder(self) -> Encoder:
        """Return the encoder at work, as it is served."""
        return Encoder(self.small, self.features)


def train_encoder(
    store: Prompts,
    held: list[Floats],
    *,
    settings: PupilSettings,
    seed: int,
    cache: Path,
    tell: Callable[[Progress], None],
) -> Taught:
    """Return an encoder that heard all of a store, without its labels.

    Parameters
    ----------
    store : Prompts
    held : list of ndarray, shape (steps, UNITS)
        What the teacher holds of each utterance as it is.
    settings : PupilSettings
    seed : int
    cache : Path
        A folder an encoder, named by all that makes it what it is.
    tell : callable
        Is told of every hundred batches.
    """
    features = FeatureSettings()
    known = [f"{u.path.name}/{u.speaker}/{u.duration_s}" for u in store.utterances]
    code = code_digest(Lessons, teach, serving_pupil)
    key = json.dumps([settings.to_json(), seed, known, features.to_json(), code])
    folder = cache / hashlib.sha256(key.encode()).hexdigest()[:16]
    lessons = Lessons(store, held, settings=settings, seed=seed, mfcc=features.n_mfcc)
    if not (folder / SMALL).is_file():
        began = time.monotonic()
        done: list[int] = []

        def progress(number: int, error: float) -> None:
            done.append(number)
            pace = (time.monotonic() - began) / (100 * len(done))
            left = pace * (settings.steps - number)
            tell(Progress(number, settings.steps, error, left, "encoder's batch"))

        pupil = teach(
            lessons.batch,
            settings=settings,
            width=features.n_mfcc,
            seed=seed,
            checkpoint=folder / "checkpoint",
            tell=progress,
        )
        served = serving_pupil(
            pupil,
            settings=settings,
            mean=lessons.mean,
            deviation=lessons.deviation,
            components=lessons.components,
        )
        for name, int8 in ((EXACT, False), (SMALL, True)):
            partial = folder / f"{name}.partial"
            partial.write_bytes(flatbuffer(served, int8=int8))
            partial.replace(folder / name)
        keras.backend.clear_session()
    small = (folder / SMALL).read_bytes()
    digest = hashlib.sha256(small).hexdigest()
    return Taught(
        settings,
        replace(features, states=settings.states, encoder=digest),
        (folder / EXACT).read_bytes(),
        small,
        lambda rng: lessons.microphone(rng) * lessons.deviation,
    )
