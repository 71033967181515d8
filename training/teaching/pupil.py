"""The pupil: a small recurrent network that hears a frame once and says what its teacher holds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf
from keras import layers

from models.features import FeatureSettings, Floats
from training.store import Store
from training.teaching.teacher import EACH, UNITS

PAIR = 2
"""Frames that are heard together: the pupil makes a step each 20 ms."""
_LEAST_DEVIATION = 0.02
_WAITS = EACH // PAIR


@dataclass(frozen=True)
class PupilSettings:
    """Size of the pupil, and how it is taught.

    Attributes
    ----------
    units : int
        Of its first layer, and of each of two layers of gated recurrent units.
    steps, batch : int
        Batches, and clips in each.
    frames : int
        Of a clip, from its beginning; a multiple of `EACH`.
    learning_rate, weight_decay : float
        The peak of a cosine with a twentieth of warm-up.
    clean : float
        Share of the clips that are heard as recorded; the others in the store's other versions.
    microphone : tuple of float
        Standard deviations of a random microphone in the first MFCC and in the others, in those of
        the frames; seven in ten clips have one.
    """

    units: int = 160
    steps: int = 2000
    batch: int = 40
    frames: int = 200
    learning_rate: float = 2e-3
    weight_decay: float = 0.01
    clean: float = 0.35
    microphone: tuple[float, float] = (0.5, 0.25)


class Lessons:
    """What a pupil hears and is to say, for some utterances of a store.

    What is to be said of a clip in another acoustic version is what the teacher holds of the
    recording itself; where a version is faster, of the same moment.

    Parameters
    ----------
    store : Store
    members : ndarray of int
        The utterances that may be heard. Their emotions are not looked at.
    states : list of ndarray, shape (frames // EACH, UNITS)
        The teacher's, of each utterance of the store.
    """

    def __init__(
        self,
        store: Store,
        members: npt.NDArray[np.int64],
        states: list[Floats],
        *,
        settings: PupilSettings,
        seed: int,
        features: FeatureSettings | None = None,
    ) -> None:
        self.settings = settings
        self._mfcc = (features or FeatureSettings()).n_mfcc
        self._store = store
        self._states = states
        self._seed = seed
        self._members = members[[len(states[i]) > 0 for i in members]]
        corpora = np.array([store.utterances[i].corpus for i in self._members])
        sizes = {corpus: int((corpora == corpus).sum()) for corpus in corpora}
        shares = np.array([sizes[corpus] ** -0.5 for corpus in corpora])
        self._shares = shares / shares.sum()
        some = self._members[:: max(1, len(self._members) // 2000)]
        heard = np.concatenate([self._raw(i, 0) for i in some]).astype(np.float32)
        held = np.concatenate([states[i] for i in some]).astype(np.float32)
        self.mean, self.deviation = heard.mean(axis=0), heard.std(axis=0)
        self.held_mean, self.held_deviation = held.mean(axis=0), held.std(axis=0) + _LEAST_DEVIATION

    def heard(self, index: int, version: int) -> Floats:
        """Return a clip as the pupil hears it: normalised MFCCs, shape (frames, n_mfcc)."""
        return np.asarray((self._raw(index, version) - self.mean) / self.deviation, np.float32)

    def batches(self) -> Iterator[tuple[Floats, Floats, Floats]]:
        """Yield what is heard, what is to be said, and where: the last is 0 past a clip's end.

        Shapes (batch, frames / PAIR, PAIR * n_mfcc), (batch, frames / EACH, UNITS) and (batch,
        frames / EACH).
        """
        rng = np.random.default_rng(self._seed)
        settings, width = self.settings, self._mfcc
        steps = settings.frames // EACH
        for _ in range(settings.steps):
            inputs = np.zeros((settings.batch, settings.frames, width), np.float32)
            said = np.zeros((settings.batch, steps, UNITS), np.float32)
            there = np.zeros((settings.batch, steps), np.float32)
            chosen = rng.choice(self._members, settings.batch, p=self._shares)
            for row, index in enumerate(chosen):
                versions = len(self._store.columns[index])
                spoiled = versions > 1 and rng.random() >= settings.clean
                version = int(rng.integers(1, versions)) if spoiled else 0
                clip = self.heard(index, version)[: settings.frames]
                if rng.random() < 0.7:
                    first, others = settings.microphone
                    spread = np.full(width, others)
                    spread[0] = first
                    clip = clip + (spread * rng.standard_normal(width)).astype(np.float32)
                inputs[row, : len(clip)] = clip
                held = self._states[index]
                pace = len(self._raw(index, 0)) / len(self._raw(index, version))
                moments = (np.arange(len(clip) // EACH) * EACH + EACH - 1) * pace // EACH
                same = np.minimum(moments.astype(int), len(held) - 1)
                said[row, : len(same)] = (held[same] - self.held_mean) / self.held_deviation
                there[row, : len(same)] = 1.0
            yield inputs.reshape(settings.batch, -1, PAIR * width), said, there

    def _raw(self, index: int, version: int) -> npt.NDArray[np.float16]:
        return self._store.columns[index][version][:, : self._mfcc]


def build_pupil(settings: PupilSettings, *, width: int) -> keras.Model:
    """Return a network from (batch, steps, PAIR * width) to (batch, steps, UNITS).

    Gated recurrent units: Cho et al. 2014, with the reset gate after the product, as cuDNN has it.
    """
    inputs = keras.Input((None, PAIR * width))
    x = layers.Dense(settings.units, activation="relu")(inputs)
    for _ in range(2):
        x = layers.GRU(settings.units, return_sequences=True)(x)
    return keras.Model(inputs, layers.Dense(UNITS)(x))


def teach(
    lessons: Lessons, *, width: int, seed: int, tell: Callable[[int, float], None]
) -> keras.Model:
    """Return a pupil that had all lessons.

    Parameters
    ----------
    lessons : Lessons
    width : int
        MFCCs of a frame.
    seed : int
    tell : callable
        Is told now and then how many batches there were, and the mean squared error of the last.
    """
    settings = lessons.settings
    keras.utils.set_random_seed(seed)
    pupil = build_pupil(settings, width=width)
    warm = max(1, settings.steps // 20)
    schedule = keras.optimizers.schedules.CosineDecay(
        0.0,
        max(1, settings.steps - warm),
        warmup_target=settings.learning_rate,
        warmup_steps=warm,
    )
    optimizer = keras.optimizers.AdamW(schedule, weight_decay=settings.weight_decay, clipnorm=1.0)
    optimizer.build(pupil.trainable_variables)

    def step(inputs: tf.Tensor, said: tf.Tensor, there: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            heard = pupil(inputs, training=True)[:, _WAITS - 1 :: _WAITS]
            error = tf.reduce_mean(tf.square(heard - said), axis=2)
            loss = tf.reduce_sum(error * there) / tf.maximum(tf.reduce_sum(there), 1.0)
        found = tape.gradient(loss, pupil.trainable_variables)
        optimizer.apply(found, pupil.trainable_variables)
        return loss

    compiled: Callable[..., Any] = tf.function(step)
    errors = []
    for number, (inputs, said, there) in enumerate(lessons.batches(), 1):
        errors.append(float(compiled(inputs, said, there)))
        if number % 100 == 0 or number == settings.steps:
            tell(number, float(np.mean(errors)))
            errors.clear()
    return pupil
