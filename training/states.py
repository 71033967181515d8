"""What an encoder says of a store and of sounds without speech, kept on disk between runs."""

from __future__ import annotations

import hashlib
import sys
from dataclasses import dataclass, replace
from itertools import chain

import numpy as np
import numpy.typing as npt
from tqdm import tqdm

import models.encoder
import models.spans
import models.steps
from models.encoder import Encoder
from models.features import BLOCK, Floats
from models.network import NetworkSettings
from models.spans import SPAN, Bools, averaged
from training.encoders import Taught
from training.fit import FitSettings
from training.shelf import Arrays, Shelf, code_digest
from training.sounds import Sound
from training.store import Store

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


def states_beside(store: Store, sounds: list[Sound], taught: Taught, *, shelf: Shelf) -> States:
    """Return what an encoder says of a store and of sounds without speech; the former is kept."""
    code = code_digest(models.encoder, models.spans, models.steps, sys.modules[__name__])
    speakers = [utterance.speaker for utterance in store.utterances]
    key = ["states", taught.features.to_json(), speakers, _digest(store), code]
    kept = shelf.fetch(key, lambda: _joined(with_states(store, taught)))
    ends = np.cumsum(kept["lengths"])[:-1]
    columns, speech = (np.split(kept[name], ends) for name in ("columns", "speech"))
    versions = len(columns) // len(store)
    own = range(0, len(columns), versions)
    widened = replace(
        store,
        columns=[columns[first : first + versions] for first in own],
        speech=[speech[first : first + versions] for first in own],
        span=SPAN,
    )
    return States(taught, widened, sounds_with_states(sounds, taught))


def _joined(store: Store) -> Arrays:
    columns = [*chain.from_iterable(store.columns)]
    speech = [*chain.from_iterable(store.speech)]
    return {
        "lengths": np.array([len(mask) for mask in speech]),
        "columns": np.concatenate(columns),
        "speech": np.concatenate(speech),
    }


def _digest(store: Store) -> str:
    digest = hashlib.sha256()
    heard, masks = chain.from_iterable(store.columns), chain.from_iterable(store.speech)
    for columns, speech in zip(heard, masks, strict=True):
        digest.update(columns.tobytes() + speech.tobytes())
    return digest.hexdigest()


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
