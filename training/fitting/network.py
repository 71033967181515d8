"""Shape of the network that judges a window, in Keras.

A window becomes one vector of moments, and perceptrons turn that vector into logits; the network's
output is the mean of their logits::

    window (spans, columns + 1), relative to the speaker's mean -> mel bands
        -> mean, deviation and movement of each column over the spans with speech
    known (columns + 2): the speaker's mean, relative to the prior; log amount; neutral or not
        -> mel bands
    both -> standardised vector -> perceptrons -> mean of their logits
    moments -> principal components, by which a speaker can be taught (`models.teaching`)

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
    return moments_width(features) // 3 * 4 + CONTEXT


def moments_width(features: FeatureSettings) -> int:
    """Return the number of moments of a window: three of each mel band and other column."""
    return 3 * (features.n_mels + features.columns - features.n_mfcc)


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
    components: Components | None = None,
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
    components : Components, optional
        By default the network has none.

    Returns
    -------
    Model
        Inputs (1, spans, columns + 1), whose last channel is the mask of spans with speech, and
        (1, columns + 2); output (1, outputs + components).
    """
    columns, mfcc = features.columns, features.n_mfcc
    window = keras.Input(batch_shape=(1, spans, columns + 1), name="window")
    known = keras.Input(batch_shape=(1, columns + CONTEXT), name="known")
    bands = layers.Dense(features.n_mels, use_bias=False, name="bands")
    rest = np.asarray(scale[mfcc:], np.float32)

    def turned(x: Any) -> Any:
        return layers.Concatenate()([bands(x[..., :mfcc]), x[..., mfcc:columns] * rest])

    moments = _moments(turned(window), window[..., columns:])
    joined = layers.Concatenate()(moments)
    vector = layers.Concatenate()([joined, turned(known), known[..., columns:]])
    vector = keras.ops.clip((vector - mean) * (1 / deviation), -MOST, MOST)
    said = [perceptron(vector, training=False) for perceptron in perceptrons]
    output = layers.Average()(said) if len(said) > 1 else said[0]
    if components is None:
        network = keras.Model([window, known], output)
    else:
        projection = layers.Dense(components.count, name="components")
        network = keras.Model([window, known], layers.Concatenate()([output, projection(joined)]))
        projection.set_weights([components.matrix, -components.mean @ components.matrix])
    bands.set_weights([band_matrix(features, scale)])
    return network


@dataclass(frozen=True)
class Components:
    """Principal components of the moments of windows (Pearson 1901).

    Attributes
    ----------
    mean : ndarray, shape (moments,)
        Subtracted from the moments.
    matrix : ndarray, shape (moments, components)
        The directions, divided by the deviation of each moment and scaled to unit variance.
    """

    mean: Floats
    matrix: Floats

    @property
    def count(self) -> int:
        """Number of components."""
        return int(self.matrix.shape[1])

    @classmethod
    def of(cls, moments: Floats, *, count: int) -> Components:
        """Return the components of windows, shape (windows, moments)."""
        mean, deviation = moments.mean(axis=0), moments.std(axis=0) + 1e-6
        standard = np.clip((moments - mean) / deviation, -MOST, MOST).astype(np.float64)
        values, vectors = np.linalg.eigh(standard.T @ standard / len(standard))
        strength = np.sqrt(
            np.maximum(values[::-1][:count], 1e-3)
        )  # few windows have few directions
        leading = vectors[:, ::-1][:, :count] / strength
        return cls(mean.astype(np.float32), (leading / deviation[:, np.newaxis]).astype(np.float32))

    def of_moments(self, moments: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
        """Return the components of moments, shape (..., moments) to (..., components)."""
        return np.asarray((moments - self.mean) @ self.matrix)


def moments_of(
    columns: Floats, mask: npt.NDArray[np.bool_], *, scale: Floats, features: FeatureSettings
) -> Floats:
    """Return the moments of a window as the served network computes them, shape (moments,).

    Parameters
    ----------
    columns : ndarray, shape (spans, columns)
        Relative to the speaker's mean, in training standard deviations.
    mask : ndarray of bool, shape (spans,)
        Spans with speech.
    scale : ndarray, shape (columns,)
    features : FeatureSettings
    """
    mfcc = features.n_mfcc
    rest = columns[:, mfcc:] * scale[mfcc:]
    x = np.concatenate([columns[:, :mfcc] @ band_matrix(features, scale), rest], axis=1)
    spoken = x[mask] if mask.any() else np.zeros((1, x.shape[1]), np.float32)
    both = mask[1:] & mask[:-1]
    moved = (x[1:] - x[:-1])[both] if both.any() else np.zeros((1, x.shape[1]), np.float32)
    movement = np.sqrt((moved * moved).mean(axis=0))
    return np.concatenate([spoken.mean(axis=0), spoken.std(axis=0), movement], dtype=np.float32)


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
