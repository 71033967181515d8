"""The pupil: a small recurrent network that hears a frame once and says what its teacher holds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from models.features import Floats
from models.steps import STEP, STEPS, ends_of
from training.teaching.teacher import UNITS

BOUND = 5.0
"""Standard deviations beyond which an MFCC is heard as this: a click moves nothing for long."""


@dataclass(frozen=True)
class PupilSettings:
    """Size of the pupil, and how it is taught.

    Attributes
    ----------
    units : int
        Of its first layer, and of each of two layers of gated recurrent units.
    states : int
        Principal components of what the teacher holds that are said.
    steps, batch : int
        Batches, and clips in each.
    frames : int
        Of a clip, from its beginning; whole blocks.
    learning_rate, weight_decay : float
        The peak of a cosine with a twentieth of warm-up.
    carried : float
        Share of the clips that follow upon another, whatever that was: a stream never begins anew.
    clean : float
        Share of the clips that are heard as recorded; the others in the store's other versions.
    microphone : tuple of float
        Standard deviations of a random microphone in the first MFCC and in the others, in those of
        the frames; seven in ten clips have one.
    """

    units: int = 160
    states: int = 128
    steps: int = 2000
    batch: int = 40
    frames: int = 200
    learning_rate: float = 2e-3
    weight_decay: float = 0.01
    carried: float = 0.5
    clean: float = 0.35
    microphone: tuple[float, float] = (0.5, 0.25)

    def to_json(self) -> dict[str, Any]:
        """Return the settings as a JSON object."""
        return asdict(self)


Batch = tuple[Floats, Floats, Floats]
"""What is heard, what is to be said, and where: the last is 0 past a clip's end."""


def build_pupil(settings: PupilSettings, *, width: int, batch: int, steps: int) -> keras.Model:
    """Return a network that makes so many steps for so many clips side by side.

    Parameters
    ----------
    settings : PupilSettings
    width : int
        MFCCs of a frame.
    batch, steps : int

    Returns
    -------
    Model
        From what is heard, (batch, steps, STEP * width), and what is held, (batch, 2 * units), to
        what is said, (batch, steps, UNITS), and what is held then.

    Notes
    -----
    Gated recurrent units: Cho et al. 2014, with the reset gate after the product, as cuDNN has it.
    """
    heard = keras.Input(batch_shape=(batch, steps, STEP * width))
    held = keras.Input(batch_shape=(batch, 2 * settings.units))
    x = layers.Dense(settings.units, activation="relu", name="heard")(heard)
    holds = []
    for number in range(2):
        # Unrolled it takes little more than half the time.
        layer = layers.GRU(
            settings.units,
            return_sequences=True,
            return_state=True,
            unroll=True,
            name=f"layer{number}",
        )
        own = slice(number * settings.units, (number + 1) * settings.units)
        x, last = layer(x, initial_state=held[:, own])
        holds.append(last)
    said = layers.Dense(UNITS, name="said")(x)
    return keras.Model([heard, held], [said, layers.Concatenate()(holds)])


def teach(
    batches: Callable[[int], Batch],
    *,
    settings: PupilSettings,
    width: int,
    seed: int,
    checkpoint: Path | None = None,
    tell: Callable[[int, float], None],
) -> keras.Model:
    """Return a pupil that had all lessons.

    Parameters
    ----------
    batches : callable
        Returns the lessons of a batch's number: shapes (batch, steps, STEP * width), (batch, steps,
        UNITS) and (batch, steps).
    settings : PupilSettings
    width : int
        MFCCs of a frame.
    seed : int
    checkpoint : Path, optional
        A folder where the state is kept; an interrupted teaching goes on from there.
    tell : callable
        Is told now and then how many batches there were, and the mean squared error of the last.
    """
    keras.utils.set_random_seed(seed)
    steps = len(ends_of(settings.frames))
    pupil = build_pupil(settings, width=width, batch=settings.batch, steps=steps)
    warm = max(1, settings.steps // 20)
    schedule = keras.optimizers.schedules.CosineDecay(
        0.0,
        max(1, settings.steps - warm),
        warmup_target=settings.learning_rate,
        warmup_steps=warm,
    )
    optimizer = keras.optimizers.AdamW(schedule, weight_decay=settings.weight_decay, clipnorm=1.0)
    optimizer.build(pupil.trainable_variables)
    kept = tf.train.Checkpoint(pupil=pupil, optimizer=optimizer, number=tf.Variable(0))
    manager = None
    if checkpoint:
        manager = tf.train.CheckpointManager(kept, str(checkpoint), max_to_keep=1)
        kept.restore(manager.latest_checkpoint).expect_partial()

    def gradients(
        heard: tf.Tensor, held: tf.Tensor, said: tf.Tensor, there: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor, list[tf.Tensor]]:
        with tf.GradientTape() as tape:
            says, holds = pupil([heard, held], training=True)
            error = tf.reduce_mean(tf.square(says - said), axis=2)
            loss = tf.reduce_sum(error * there) / tf.maximum(tf.reduce_sum(there), 1.0)
        return loss, holds, tape.gradient(loss, pupil.trainable_variables)

    compiled: Callable[..., Any] = tf.function(gradients)
    apply = tf.function(lambda found: optimizer.apply(found, pupil.trainable_variables))
    errors = []
    holds = np.zeros((settings.batch, 2 * settings.units), np.float32)
    for number in range(int(kept.number), settings.steps):
        rng = np.random.default_rng([seed, number, 1])
        carried = rng.random((settings.batch, 1)) < settings.carried
        held = (rng.permutation(holds) * carried).astype(np.float32)
        heard, said, there = batches(number)
        loss, after, found = compiled(heard, held, said, there)
        apply(found)
        holds = np.asarray(after)
        errors.append(float(loss))
        if (number + 1) % 100 == 0 or number + 1 == settings.steps:
            tell(number + 1, float(np.mean(errors)))
            errors.clear()
            kept.number.assign(number + 1)
            if manager:
                manager.save()
    return pupil


def serving_pupil(
    pupil: keras.Model,
    *,
    settings: PupilSettings,
    mean: Floats,
    deviation: Floats,
    components: Floats,
) -> keras.Model:
    """Return the pupil as it is served: a block of one stream, plain MFCCs in, components out.

    Parameters
    ----------
    mean, deviation : ndarray, shape (n_mfcc,)
        Of the MFCCs that it was taught.
    components : ndarray, shape (UNITS, states)
        What is said is what the pupil says times this.
    """
    core = build_pupil(settings, width=len(mean), batch=1, steps=STEPS)
    core.set_weights(pupil.get_weights())
    heard = keras.Input(batch_shape=(1, STEPS, STEP * len(mean)), name="heard")
    held = keras.Input(batch_shape=(1, 2 * settings.units), name="held")
    scaled = (heard - np.tile(mean, STEP)) / np.tile(deviation, STEP)
    scaled = keras.ops.clip(scaled, -BOUND, BOUND)
    inner = keras.Model(core.inputs, [core.get_layer("said").input, core.outputs[1]])
    x, holds = inner([scaled, held])
    kernel, bias = core.get_layer("said").get_weights()
    said = layers.Dense(components.shape[1], name="components")
    served = keras.Model([heard, held], [said(x), holds])
    said.set_weights([kernel @ components, bias @ components])
    return served
