"""Shape of the network that judges a window, in Keras.

A window becomes one vector of moments, and perceptrons turn that vector into logits; the network's
output is the mean of their logits::

    window (spans, columns + 1), relative to the speaker's mean -> mel bands
        -> mean, deviation and movement of each column over the spans with speech
    known (columns + 2): the speaker's mean, relative to the prior; log amount; neutral or not
        -> mel bands
    both -> standardised vector -> perceptrons -> mean of their logits

Only training imports this module: serving runs the exported TFLite file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
from keras import layers

from models.features import FeatureSettings, dct_matrix
from models.normalisation import CONTEXT

Floats = npt.NDArray[np.float32]

MOST = 5.0
"""Bound of each standardised value: an outlier counts for no more than five deviations."""


@dataclass(frozen=True)
class NetworkSettings:
    """Size of one perceptron.

    Attributes
    ----------
    hidden : tuple of int
        Units of each hidden layer.
    dropout : float
        Share of the inputs, and of each hidden layer's outputs, that a training step drops.
    """

    hidden: tuple[int, ...] = (512,)
    dropout: float = 0.3

    def to_json(self) -> dict[str, Any]:
        """Return the settings as a JSON object."""
        return asdict(self)


def width_of(features: FeatureSettings) -> int:
    """Return the number of values in the vector of moments."""
    return 4 * (features.n_mels + features.columns - features.n_mfcc) + CONTEXT


def band_matrix(features: FeatureSettings, scale: Floats) -> Floats:
    """Return the matrix from normalised MFCCs to mel bands in dB, shape (n_mfcc, n_mels).

    Moments of mel bands generalise better than moments of MFCCs, whose high orders are mostly
    harmonics of the pitch (training/EXPERIMENTS.md).
    """
    matrix = dct_matrix(features.n_mels, features.n_mfcc).T
    return np.asarray(scale[: features.n_mfcc, None] * matrix, np.float32)


def build_perceptron(
    *, width: int, outputs: int, settings: NetworkSettings | None = None
) -> keras.Model:
    """Return a perceptron from standardised vectors, shape (batch, width), to logits."""
    settings = settings or NetworkSettings()
    inputs = keras.Input((width,), name="moments")
    x = layers.Dropout(settings.dropout)(inputs)
    for units in settings.hidden:
        x = layers.Dense(units, activation="relu")(x)
        x = layers.Dropout(settings.dropout)(x)
    return keras.Model(inputs, layers.Dense(outputs, name="logits")(x))


def serving_network(
    perceptrons: Sequence[keras.Model],
    *,
    mean: Floats,
    deviation: Floats,
    scale: Floats,
    features: FeatureSettings,
    spans: int,
) -> keras.Model:
    """Return the network as it is served: a window and what is known in, logits out.

    The mean of several networks is better than each of them (Hansen & Salamon 1990).

    Parameters
    ----------
    perceptrons : sequence of Model
        From `build_perceptron`.
    mean, deviation : ndarray, shape (width,)
        Of the training examples' vectors: they standardise a vector.
    scale : ndarray, shape (columns,)
        `Normalisation.scale`, by which the window's and the speaker's columns are divided.
    features : FeatureSettings
    spans : int
        Spans of a window.

    Returns
    -------
    Model
        Inputs (1, spans, columns + 1), whose last channel is the mask of spans with speech, and
        (1, columns + 2); output (1, outputs).
    """
    columns, mfcc = features.columns, features.n_mfcc
    window = keras.Input(batch_shape=(1, spans, columns + 1), name="window")
    known = keras.Input(batch_shape=(1, columns + CONTEXT), name="known")
    bands = layers.Dense(features.n_mels, use_bias=False, name="bands")
    rest = np.asarray(scale[mfcc:], np.float32)

    def turned(x: Any) -> Any:
        return layers.Concatenate()([bands(x[..., :mfcc]), x[..., mfcc:columns] * rest])

    moments = _moments(turned(window), window[..., columns:])
    vector = layers.Concatenate()([*moments, turned(known), known[..., columns:]])
    vector = keras.ops.clip((vector - mean) * (1 / deviation), -MOST, MOST)
    said = [perceptron(vector, training=False) for perceptron in perceptrons]
    network = keras.Model([window, known], layers.Average()(said) if len(said) > 1 else said[0])
    bands.set_weights([band_matrix(features, scale)])
    return network


def _moments(x: Any, mask: Any) -> list[Any]:
    """Return mean, deviation and root mean square movement of each column, each (1, columns)."""
    count = keras.ops.maximum(keras.ops.sum(mask, axis=1), 1.0)
    mean = keras.ops.sum(x * mask, axis=1) / count
    square = keras.ops.sum(x * x * mask, axis=1) / count
    both = mask[:, 1:] * mask[:, :-1]
    moved = x[:, 1:] - x[:, :-1]
    pairs = keras.ops.maximum(keras.ops.sum(both, axis=1), 1.0)
    movement = keras.ops.sum(moved * moved * both, axis=1) / pairs
    deviation = keras.ops.maximum(square - mean * mean, 0.0)
    return [mean, keras.ops.sqrt(deviation), keras.ops.sqrt(movement)]
