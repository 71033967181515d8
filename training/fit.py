"""Fits one network to some utterances of a store, resumable epoch by epoch."""

from __future__ import annotations

import json
import tempfile
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from models.labels import EMOTIONS
from models.network import NetworkSettings, build_network
from training.batches import Batches, BatchSettings


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
    """

    epochs: int = 40
    learning_rate: float = 2e-3
    weight_decay: float = 5e-2
    label_smoothing: float = 0.1
    average: float = 0.995
    network: NetworkSettings = field(default_factory=NetworkSettings)
    batches: BatchSettings = field(default_factory=BatchSettings)

    def to_json(self) -> dict[str, Any]:
        """Return the settings as a JSON object."""
        return asdict(self)


@dataclass(frozen=True)
class Progress:
    """Told after each epoch."""

    epoch: int
    epochs: int
    loss: float
    seconds_left: float


def fit(
    batches: Batches,
    *,
    settings: FitSettings,
    seed: int,
    checkpoint: Path | None = None,
    tell: Any = None,
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
    """
    keras.utils.set_random_seed(seed)
    steps = len(batches.epoch()) // settings.batches.batch
    model = build_network(
        frames=settings.batches.frames,
        n_mfcc=len(batches.normalisation.mean),
        labels=len(EMOTIONS),
        settings=settings.network,
    )
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
    loss = keras.losses.CategoricalCrossentropy(
        from_logits=True, label_smoothing=settings.label_smoothing
    )
    model.compile(optimizer=optimizer, loss=loss)
    start = _restore(model, checkpoint, settings)
    began = time.monotonic()
    for epoch in range(start, settings.epochs):
        losses = [float(model.train_on_batch(x, y)) for x, y in batches]
        if checkpoint:
            _save(model, checkpoint, settings, epoch + 1)
        if tell:
            pace = (time.monotonic() - began) / (epoch + 1 - start)
            left = pace * (settings.epochs - epoch - 1)
            tell(Progress(epoch + 1, settings.epochs, float(np.mean(losses)), left))
    optimizer.finalize_variable_values(model.trainable_variables)
    return model


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
    model.optimizer.build(model.trainable_variables)
    for own, other in zip(model.optimizer.variables, saved.optimizer.variables, strict=True):
        own.assign(other)
    return int(state["epoch"])


def export(model: keras.Model) -> bytes:
    """Return the network as a TFLite flatbuffer for one window at a time."""
    one = keras.Input(batch_shape=(1, *model.input_shape[1:]), dtype="float32")
    single = keras.Model(one, model(one, training=False))
    with tempfile.TemporaryDirectory() as folder:
        single.export(folder, verbose=False)
        converter = tf.lite.TFLiteConverter.from_saved_model(folder)
        return bytes(converter.convert())


def predict_logits(model: keras.Model, windows: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Return the logits, shape (n, labels), of windows, shape (n, frames, n_mfcc + 1)."""
    return np.asarray(model.predict(windows, batch_size=256, verbose=0))
