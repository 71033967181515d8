"""An encoder, from the cache where it is there, and what it says of a store."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import keras
import numpy as np
import numpy.typing as npt
from tqdm import tqdm

import models.steps
from models.encoder import Encoder
from models.features import BLOCK, FeatureSettings, Floats
from training.fit import Progress
from training.flatbuffer import flatbuffer
from training.shelf import code_digest
from training.sounds import Sound
from training.store import Store
from training.teaching import lessons as teaching_lessons
from training.teaching import pupil as teaching_pupil
from training.teaching import teacher as teaching_teacher
from training.teaching.lessons import Lessons
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
    store: Store,
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
    store : Store
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
    code = code_digest(models.steps, teaching_lessons, teaching_pupil, teaching_teacher)
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


def with_states(store: Store, taught: Taught) -> Store:
    """Return a store with the states of an encoder beside each frame.

    In all versions but the recording itself a speaker has an imagined microphone, too.
    """
    encoder, columns = taught.encoder(), []
    heard = zip(store.utterances, store.columns, strict=True)
    for utterance, versions in tqdm(heard, total=len(store), desc="what the encoder says"):
        own = []
        for version, plain in enumerate(versions):
            mfcc = plain[:, : taught.features.n_mfcc].astype(np.float32)
            if version:
                name = hashlib.sha256(f"{utterance.speaker}/{version}".encode()).digest()
                rng = np.random.default_rng(int.from_bytes(name[:8], "big"))
                mfcc += taught.microphone(rng)
            own.append(_beside(plain, mfcc, encoder))
        columns.append(own)
    return replace(store, columns=columns)


def sounds_with_states(sounds: list[Sound], taught: Taught) -> list[Sound]:
    """Return sounds with the states of an encoder beside each frame."""
    encoder, mfcc = taught.encoder(), taught.features.n_mfcc
    return [
        replace(s, columns=_beside(s.columns, s.columns[:, :mfcc].astype(np.float32), encoder))
        for s in sounds
    ]


def _beside(
    columns: npt.NDArray[np.float16], heard: Floats, encoder: Encoder
) -> npt.NDArray[np.float16]:
    states = states_of(heard, encoder).astype(np.float16)
    return np.concatenate([columns, states], axis=1)


def states_of(mfcc: Floats, encoder: Encoder) -> Floats:
    """Return the states of a clip's frames, shape (frames, states), heard from its beginning."""
    frames = len(mfcc)
    whole = np.pad(mfcc, ((0, -frames % BLOCK), (0, 0)), mode="edge") if frames else mfcc
    held = encoder.nothing()
    parts = []
    for begin in range(0, len(whole), BLOCK):
        said, held = encoder.hear(np.ascontiguousarray(whole[begin : begin + BLOCK]), held)
        parts.append(said)
    return np.concatenate(parts)[:frames] if parts else np.zeros((0, encoder.states), np.float32)
