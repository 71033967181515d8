"""The training loop: perceptrons fitted to examples that are drawn once."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from models.features import Floats
from models.labels import EMOTIONS
from training.data.cache import Arrays
from training.fitting.examples import NO_VOICE, Drawn, Examples, ExampleSettings
from training.fitting.network import MOST, NetworkSettings, build_perceptron

OUTPUTS = len(EMOTIONS) + 1
"""The emotions' logits, and the voice's."""


@dataclass(frozen=True)
class FitSettings:
    """How a network is fitted.

    Attributes
    ----------
    networks : int
        Perceptrons whose logits are averaged.
    epochs, batch : int
    learning_rate, weight_decay : float
        Of AdamW (Loshchilov & Hutter 2019), with warm-up and cosine decay.
    label_smoothing : float
    average : float
        Momentum of the moving average of the weights, which is what the fit returns.
    noise : float
        Standard deviation of the noise that is added to each standardised value.
    voice : float
        Weight of the loss of the voice's output.
    agreement : float
        Weight of the symmetric Kullback-Leibler divergence between the emotions of two acoustic
        versions of a window (Zheng et al. 2016, stability training).
    strength : float
        Weight of the prior of a speaker's mean, in frames.
    network : NetworkSettings
    examples : ExampleSettings
    """

    networks: int = 1
    epochs: int = 8
    batch: int = 256
    learning_rate: float = 1.5e-3
    weight_decay: float = 5e-2
    label_smoothing: float = 0.1
    average: float = 0.99
    noise: float = 0.1
    voice: float = 0.5
    agreement: float = 0.4
    strength: float = 150.0
    network: NetworkSettings = field(default_factory=NetworkSettings)
    examples: ExampleSettings = field(default_factory=ExampleSettings)

    def to_json(self) -> dict[str, Any]:
        """Return the settings as a JSON object."""
        return asdict(self)


@dataclass(frozen=True)
class Progress:
    """Progress of the training after each epoch, or after each of another unit, `what`."""

    epoch: int
    epochs: int
    loss: float
    seconds_left: float
    what: str = "epoch"


def fit(
    examples: Examples, *, settings: FitSettings, seed: int, tell: Callable[[Progress], None]
) -> Arrays:
    """Return the weights of perceptrons fitted to examples.

    Returns
    -------
    dict of ndarray
        `mean` and `deviation` standardise a vector; `network/weight` are the weights of each
        perceptron in Keras's order.
    """
    rng = np.random.default_rng(seed)
    drawn = examples.draw(rng, settings.examples.count)
    mean = drawn.vectors.mean(axis=0)
    deviation = drawn.vectors.std(axis=0) + np.float32(1e-3)
    views = [
        np.clip((vectors - mean) / deviation, -MOST, MOST).astype(np.float16)
        for vectors in (drawn.vectors, drawn.disturbed)
    ]
    fitted: Arrays = {"mean": mean, "deviation": deviation}
    for number in range(settings.networks):
        keras.utils.set_random_seed(1000 * seed + number)
        model = _fit(views, drawn, rng, settings, tell)
        for k, weights in enumerate(model.get_weights()):
            fitted[f"{number}/{k}"] = weights
        keras.backend.clear_session()
    return fitted


def perceptrons(fitted: Arrays, settings: FitSettings) -> list[keras.Model]:
    """Return the perceptrons whose weights `fit` returned."""
    built = []
    for number in range(settings.networks):
        width = len(fitted["mean"])
        model = build_perceptron(width=width, outputs=OUTPUTS, settings=settings.network)
        model.set_weights([fitted[f"{number}/{k}"] for k in range(len(model.weights))])
        built.append(model)
    return built


def _fit(
    views: list[npt.NDArray[np.float16]],
    drawn: Drawn,
    rng: np.random.Generator,
    settings: FitSettings,
    tell: Callable[[Progress], None],
) -> keras.Model:
    count, width = views[0].shape
    batch = min(settings.batch, count)
    model = build_perceptron(width=width, outputs=OUTPUTS, settings=settings.network)
    steps = settings.epochs * (count // batch)
    schedule = keras.optimizers.schedules.CosineDecay(
        0.0,
        max(1, steps - steps // 10),
        warmup_target=settings.learning_rate,
        warmup_steps=max(1, steps // 10),
    )
    optimizer = keras.optimizers.AdamW(
        schedule,
        weight_decay=settings.weight_decay,
        use_ema=True,
        ema_momentum=settings.average,
        clipnorm=1.0,
    )
    optimizer.build(model.trainable_variables)

    def step(given: tf.Tensor, wanted: tf.Tensor, paired: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            first, second = tf.split(model(given, training=True), 2)
            loss = (loss_of(first, wanted, settings) + loss_of(second, wanted, settings)) / 2
            loss += settings.agreement * disagreement(first, second, paired)
        found = tape.gradient(loss, model.trainable_variables)
        optimizer.apply(found, model.trainable_variables)
        return loss

    signature = [
        tf.TensorSpec((2 * batch, width)),
        tf.TensorSpec((batch,), tf.int32),
        tf.TensorSpec((batch,)),
    ]
    compiled = tf.function(step, input_signature=signature)
    began = time.monotonic()
    for epoch in range(settings.epochs):
        order = rng.permutation(count)
        losses = []
        for begin in range(0, len(order) - batch + 1, batch):
            rows = order[begin : begin + batch]
            given: Floats = np.concatenate([view[rows] for view in views], dtype=np.float32)
            given += settings.noise * rng.standard_normal(given.shape, dtype=np.float32)
            wanted, paired = drawn.targets[rows], drawn.paired[rows]
            losses.append(
                float(compiled(given, wanted.astype(np.int32), paired.astype(np.float32)))
            )
        pace = (time.monotonic() - began) / (epoch + 1)
        left = pace * (settings.epochs - epoch - 1)
        tell(Progress(epoch + 1, settings.epochs, float(np.mean(losses)), left))
    optimizer.finalize_variable_values(model.trainable_variables)
    return model


def disagreement(first: Any, second: Any, paired: Any) -> Any:
    """Return the mean symmetric Kullback-Leibler divergence of emotions: a scalar tensor.

    Parameters
    ----------
    first, second : tensor, shape (batch, emotions + 1)
        Logits of two versions of the same windows.
    paired : tensor of float, shape (batch,)
        1 for the rows that count, else 0.
    """
    labels = len(EMOTIONS)
    one, other = (tf.nn.log_softmax(logits[:, :labels]) for logits in (first, second))
    divergence = tf.reduce_sum((tf.exp(one) - tf.exp(other)) * (one - other), axis=1) / 2
    return tf.reduce_sum(divergence * paired) / tf.maximum(tf.reduce_sum(paired), 1.0)


def loss_of(logits: Any, targets: Any, settings: FitSettings) -> Any:
    """Return the loss of a batch: a scalar tensor.

    A sound without speech counts for the voice's output alone.

    Parameters
    ----------
    logits : tensor, shape (batch, emotions + 1)
    targets : tensor of int, shape (batch,)
    """
    labels = len(EMOTIONS)
    speech = tf.cast(targets != NO_VOICE, tf.float32)
    wanted = tf.one_hot(targets, labels) * (1 - settings.label_smoothing)
    wanted += settings.label_smoothing / labels
    emotions = tf.nn.softmax_cross_entropy_with_logits(wanted, logits[:, :labels])
    loss = tf.reduce_sum(emotions * speech) / tf.maximum(tf.reduce_sum(speech), 1.0)
    voice = tf.nn.sigmoid_cross_entropy_with_logits(speech, logits[:, labels])
    return loss + settings.voice * tf.reduce_mean(voice)
