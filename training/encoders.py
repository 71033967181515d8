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
from models.network import NetworkSettings
from models.spans import SPAN, Bools, averaged
from training.fit import FitSettings, Progress
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
BY_COURSE = FitSettings(
    epochs=30,
    network=NetworkSettings(channels=(96, 96), kernels=(5, 3), strides=(1, 1), lag=1),
)
BY_MOMENTS = FitSettings(
    epochs=40, network=NetworkSettings(channels=(), kernels=(), strides=(), lag=1)
)
"""How the networks are fitted that hear an encoder's states: one by their course, a third of a
second at a time, the other by the window's moments alone."""


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


@dataclass(frozen=True)
class States:
    """What an encoder says, in spans beside the other columns, and how networks learn from it.

    Attributes
    ----------
    taught : Taught
    store : Store
    sounds : list of Sound
    settings : tuple of FitSettings
        Of each network.
    """

    taught: Taught
    store: Store
    sounds: list[Sound]
    settings: tuple[FitSettings, ...] = (BY_COURSE, BY_MOMENTS)


def states_beside(store: Store, sounds: list[Sound], taught: Taught) -> States:
    """Return what an encoder says of a store and of sounds without speech."""
    return States(taught, with_states(store, taught), sounds_with_states(sounds, taught))


def with_states(store: Store, taught: Taught) -> Store:
    """Return a store of spans with the states of an encoder beside the other columns.

    In all versions but the recording itself a speaker has an imagined microphone, too.
    """
    encoder, columns, speech = taught.encoder(), [], []
    heard = zip(store.utterances, store.columns, store.speech, strict=True)
    bar = tqdm(heard, total=len(store), desc="what the encoder says", mininterval=2)
    for utterance, versions, masks in bar:
        own = []
        for version, (plain, spoken) in enumerate(zip(versions, masks, strict=True)):
            mfcc = plain[:, : taught.features.n_mfcc].astype(np.float32)
            if version:
                name = hashlib.sha256(f"{utterance.speaker}/{version}".encode()).digest()
                rng = np.random.default_rng(int.from_bytes(name[:8], "big"))
                mfcc += taught.microphone(rng)
            own.append(_beside(plain, mfcc, spoken, encoder))
        columns.append([spans for spans, _ in own])
        speech.append([spoken for _, spoken in own])
    return replace(store, columns=columns, speech=speech, span=SPAN)


def sounds_with_states(sounds: list[Sound], taught: Taught) -> list[Sound]:
    """Return sounds in spans with the states of an encoder beside the other columns."""
    encoder, mfcc = taught.encoder(), taught.features.n_mfcc
    widened = []
    for sound in sounds:
        heard = sound.columns[:, :mfcc].astype(np.float32)
        columns, speech = _beside(sound.columns, heard, sound.speech, encoder)
        widened.append(replace(sound, columns=columns, speech=speech))
    return widened


def _beside(
    columns: npt.NDArray[np.float16], heard: Floats, speech: Bools, encoder: Encoder
) -> tuple[npt.NDArray[np.float16], Bools]:
    states = states_of(heard, encoder).astype(np.float16)
    spans, spoken = averaged(np.concatenate([columns, states], axis=1), speech)
    return spans.astype(np.float16), spoken


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
