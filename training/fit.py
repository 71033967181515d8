"""Fits one network to some utterances of a store, resumable epoch by epoch."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from models.labels import EMOTIONS
from models.network import NetworkSettings, build_network
from training.batches import NO_VOICE, Batches, BatchSettings
from training.flatbuffer import flatbuffer


@dataclass(frozen=True)
class FitSettings:
    """How a network is fitted.

    Attributes
    ----------
    epochs : int
    learning_rate : float
        Peak of a cosine that starts with one epoch of warm-up.
    weight_decay, label_smoothing : float
    average : float
        Decay of the running mean of the weights, by step (Polyak & Juditsky 1992).
    against_own : float
        Weight of judging an utterance against the speaker's other ones, as `Speaker.bias` does.
    own_strength : float
        Utterances after which half of a speaker's leaning is believed.
    agreement : float
        Weight of saying of an utterance in another disguise what was said of it in the first.
    voice : float
        Weight of telling voices from other sounds.
    """

    epochs: int = 60
    learning_rate: float = 2e-3
    weight_decay: float = 5e-2
    label_smoothing: float = 0.1
    average: float = 0.995
    against_own: float = 0.3
    own_strength: float = 5.0
    agreement: float = 0.5
    voice: float = 0.3
    network: NetworkSettings = field(default_factory=NetworkSettings)
    batches: BatchSettings = field(default_factory=BatchSettings)

    def to_json(self) -> dict[str, Any]:
        """Return the settings as a JSON object."""
        return asdict(self)


@dataclass(frozen=True)
class Progress:
    """Told after each epoch, or whatever `what` is."""

    epoch: int
    epochs: int
    loss: float
    seconds_left: float
    what: str = "epoch"


def fit(
    batches: Batches,
    *,
    settings: FitSettings,
    seed: int,
    checkpoint: Path | None = None,
    tell: Callable[[Progress], None] | None = None,
) -> keras.Model:
    """Return a network fitted to `batches`, with averaged weights.

    Parameters
    ----------
    batches : Batches
    settings : FitSettings
    seed : int
    checkpoint : Path, optional
        Where the state is kept after each epoch; an interrupted run goes on from there.
    tell : callable, optional
        Called with a `Progress` after each epoch.

    Returns
    -------
    Model
        From (batch, frames, columns + 1) to (batch, emotions + 1): the last output is the voice's.
    """
    keras.utils.set_random_seed(seed)
    model = build_network(
        frames=batches.crops.frames,
        columns=batches.crops.width,
        outputs=len(EMOTIONS) + 1,
        settings=settings.network,
    )
    steps = settings.batches.steps
    schedule = keras.optimizers.schedules.CosineDecay(
        0.0,
        max(1, steps * (settings.epochs - 1)),
        warmup_target=settings.learning_rate,
        warmup_steps=max(1, steps),
    )
    optimizer = keras.optimizers.AdamW(
        schedule,
        weight_decay=settings.weight_decay,
        use_ema=True,
        ema_momentum=settings.average,
        clipnorm=1.0,
    )
    model.compile(optimizer=optimizer)
    optimizer.build(model.trainable_variables)
    gradients = _gradients(model, settings)
    # Keras's own loop over the variables takes a third of a step; as a graph, a hundredth.
    apply = tf.function(lambda found: optimizer.apply(found, model.trainable_variables))
    start = _restore(model, checkpoint, settings)
    began = time.monotonic()
    for epoch in range(start, settings.epochs):
        losses = []
        for windows, targets in batches.epoch(epoch):
            loss, found = gradients(windows, targets)
            apply(found)
            losses.append(float(loss))
        if checkpoint:
            _save(model, checkpoint, settings, epoch + 1)
        if tell:
            pace = (time.monotonic() - began) / (epoch + 1 - start)
            left = pace * (settings.epochs - epoch - 1)
            tell(Progress(epoch + 1, settings.epochs, float(np.mean(losses)), left))
    optimizer.finalize_variable_values(model.trainable_variables)
    return model


def _gradients(
    model: keras.Model, settings: FitSettings
) -> Callable[[npt.NDArray[np.float32], npt.NDArray[np.int32]], tuple[Any, Any]]:
    def gradients(windows: tf.Tensor, targets: tf.Tensor) -> tuple[tf.Tensor, list[tf.Tensor]]:
        with tf.GradientTape() as tape:
            loss = loss_of(model(windows, training=True), targets, settings)
        return loss, tape.gradient(loss, model.trainable_variables)

    # Compiled as one: on two cores this step is most of the training. XLA's convolutions take half
    # of the time, but it draws the numbers of dropout so slowly that without them it loses.
    xla = bool(settings.network.channels)
    compiled: Callable[..., tuple[Any, Any]] = tf.function(gradients, jit_compile=xla)
    return compiled


def loss_of(logits: Any, targets: Any, settings: FitSettings) -> Any:
    """Return the loss of a batch: a scalar tensor.

    An utterance is judged as it sounds, and against the speaker's other utterances in the batch:
    what all of them lean to is the voice, and no emotion (`models.normalisation.Speaker.bias`). An
    utterance that is heard twice shall be judged alike: the divergence of the second judgement from
    the first is added (Kullback & Leibler 1951), and only the second gives way, as a pupil does:
    pulled both ways, the clean recording was judged worse. A sound without speech counts for the
    voice's output alone.

    Parameters
    ----------
    logits : tensor, shape (batch, emotions + 1)
        Group by group, a speaker's utterances side by side; the first groups once more; then the
        sounds.
    targets : tensor of int, shape (batch,)
    """
    drawn, labels = settings.batches, len(EMOTIONS)
    speech = (drawn.groups + drawn.pairs) * drawn.utterances
    wanted = tf.one_hot(targets[:speech], labels) * (1 - settings.label_smoothing)
    wanted += settings.label_smoothing / labels
    logs = tf.nn.log_softmax(logits[:speech, :labels])
    own = tf.reshape(logs - tf.reduce_mean(logs, 1, keepdims=True), (-1, drawn.utterances, labels))
    others = tf.reduce_sum(own, 1, keepdims=True) - own
    leaning = tf.reshape(others / (drawn.utterances - 1 + settings.own_strength), logs.shape)
    against = tf.nn.log_softmax(logs - leaning)
    judged = (1 - settings.against_own) * logs + settings.against_own * against
    loss = -tf.reduce_mean(tf.reduce_sum(wanted * judged, 1))
    if drawn.pairs:
        twice = drawn.pairs * drawn.utterances
        teacher, pupil = tf.stop_gradient(logs[:twice]), logs[speech - twice :]
        divergence = tf.reduce_sum(tf.exp(teacher) * (teacher - pupil), 1)
        loss += settings.agreement * tf.reduce_mean(divergence)
    voice = tf.nn.sigmoid_cross_entropy_with_logits(
        tf.cast(targets != NO_VOICE, tf.float32), logits[:, labels]
    )
    return loss + settings.voice * tf.reduce_mean(voice)


def _save(model: keras.Model, checkpoint: Path, settings: FitSettings, epoch: int) -> None:
    checkpoint.mkdir(parents=True, exist_ok=True)
    partial = checkpoint / "partial.keras"
    model.save(partial)
    partial.replace(checkpoint / "model.keras")
    (checkpoint / "state.json").write_text(
        json.dumps({"epoch": epoch, "settings": settings.to_json()})
    )


def _restore(model: keras.Model, checkpoint: Path | None, settings: FitSettings) -> int:
    """Load the last epoch's state, if its settings are the same; return the next epoch."""
    if not checkpoint or not (checkpoint / "state.json").is_file():
        return 0
    state = json.loads((checkpoint / "state.json").read_text())
    if state["settings"] != json.loads(json.dumps(settings.to_json())):
        return 0
    saved = keras.models.load_model(checkpoint / "model.keras")
    model.set_weights(saved.get_weights())
    for own, other in zip(model.optimizer.variables, saved.optimizer.variables, strict=True):
        own.assign(other)
    return int(state["epoch"])


def export(model: keras.Model, *, int8: bool = False) -> bytes:
    """Return the network as a TFLite flatbuffer for one window at a time.

    Parameters
    ----------
    model : Model
    int8 : bool
        Weights of eight bits, activations quantised as they come (`training.quantisation`).
    """
    one = keras.Input(batch_shape=(1, *model.input_shape[1:]), dtype="float32")
    single = keras.Model(one, model(one, training=False))
    return flatbuffer(single, int8=int8)


def predict_logits(model: keras.Model, windows: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Return the logits, shape (n, outputs), of windows, shape (n, frames, columns + 1)."""
    return np.asarray(model.predict(windows, batch_size=256, verbose=0))
