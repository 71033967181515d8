"""The network's shape, in Keras.

Only training imports this module: serving runs the exported TFLite file.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import keras
from keras import layers


@dataclass(frozen=True)
class NetworkSettings:
    """Size of the network.

    Attributes
    ----------
    channels, kernels, strides : tuple of int
        Of each convolution block; a kernel's length is in frames of that block's input, and a
        stride of 2 halves the frame rate. Without any block the moments alone are judged.
    lag : int
        Frames between which a column's movement is measured: as many as make 50 ms, a good part of
        a syllable.
    attention : int
        Width of the pooling's scorer.
    hidden : int
        Units of the perceptron that judges the moments, where there is no convolution.
    dropout, pooled_dropout : float
        Of whole channels after each block, and of what is pooled.
    """

    channels: tuple[int, ...] = (96, 128, 128, 128)
    kernels: tuple[int, ...] = (5, 3, 3, 3)
    strides: tuple[int, ...] = (2, 1, 2, 1)
    lag: int = 5
    attention: int = 32
    hidden: int = 128
    dropout: float = 0.07
    pooled_dropout: float = 0.3

    def to_json(self) -> dict[str, Any]:
        """Return the settings as a JSON object."""
        return asdict(self)


def build_network(
    *,
    frames: int,
    columns: int,
    outputs: int,
    settings: NetworkSettings | None = None,
) -> keras.Model:
    """Return a network that judges a window by its course, or by its moments alone.

    Parameters
    ----------
    frames, columns, outputs : int
        The input has the shape (batch, frames, columns + 1), the output (batch, outputs): logits.
        The last input channel is the mask of frames with speech.
    settings : NetworkSettings, optional

    Notes
    -----
    Frames without speech reach neither the convolutions (they are zero: a pause, whatever the room
    sounds like) nor any pooling.
    """
    settings = settings or NetworkSettings()
    inputs = keras.Input((frames, columns + 1), name="window")
    # Two-dimensional layers one pixel wide: TensorFlow Lite's converter has no one-dimensional
    # convolution.
    image = layers.Reshape((frames, 1, columns + 1))(inputs)
    mask = image[..., columns:]
    heard = keras.ops.clip(image[..., :columns], -5.0, 5.0) * mask
    moments = _functionals(heard, mask, settings.lag)
    if settings.channels:
        return keras.Model(inputs, _by_course(heard, mask, moments, outputs, settings))
    return keras.Model(inputs, _by_moments(moments, outputs, settings))


def _by_course(heard: Any, mask: Any, moments: Any, outputs: int, settings: NetworkSettings) -> Any:
    """Return the logits of a one-dimensional CNN with attentive statistics pooling.

    Attentive statistics pooling: Okabe, Koshinaka & Shinoda 2018. Beside it the window's own mean,
    deviation and movement of each column go to the output as they are: on few speakers they alone
    carry most of what generalises.
    """
    x, coarse = layers.Concatenate()([heard, mask]), mask
    blocks = zip(settings.channels, settings.kernels, settings.strides, strict=True)
    for channels, kernel, stride in blocks:
        convolution = layers.Conv2D(
            channels, (kernel, 1), strides=(stride, 1), padding="same", use_bias=False
        )
        x = convolution(x)
        x = layers.BatchNormalization()(x)
        x = layers.ReLU()(x)
        x = layers.SpatialDropout2D(settings.dropout)(x)
        if stride > 1:
            coarse = layers.MaxPooling2D((stride, 1), padding="same")(coarse)
    scores = layers.Conv2D(settings.attention, 1, activation="tanh")(x)
    scores = layers.Conv2D(1, 1)(scores) + (coarse - 1.0) * 1e4
    weights = layers.Softmax(axis=1)(scores)
    mean, deviation = _moments(x, weights, 1.0, 1e-5)
    pooled = layers.Concatenate()([mean, deviation, moments])
    pooled = layers.Dropout(settings.pooled_dropout)(pooled)
    return layers.Dense(outputs, name="logits")(pooled)


def _by_moments(moments: Any, outputs: int, settings: NetworkSettings) -> Any:
    """Return the logits of a perceptron on mean, deviation and movement of each column."""
    x = layers.Dropout(settings.pooled_dropout)(moments)
    x = layers.Dense(settings.hidden, activation="relu")(x)
    x = layers.Dropout(settings.pooled_dropout)(x)
    return layers.Dense(outputs, name="logits")(x)


def _functionals(heard: Any, mask: Any, lag: int) -> Any:
    """Return mean, deviation and root mean square movement of each column, (batch, 3 columns)."""
    count = keras.ops.maximum(keras.ops.sum(mask, axis=(1, 2)), 1.0)
    mean, deviation = _moments(heard, mask, count, 1e-3)
    both = mask[:, lag:] * mask[:, :-lag]
    moved = (heard[:, lag:] - heard[:, :-lag]) * both
    pairs = keras.ops.maximum(keras.ops.sum(both, axis=(1, 2)), 1.0)
    movement = keras.ops.sum(moved * moved, axis=(1, 2)) / pairs
    movement = keras.ops.sqrt(keras.ops.maximum(movement, 1e-3))
    return layers.BatchNormalization()(layers.Concatenate()([mean, deviation, movement]))


def _moments(x: Any, weights: Any, total: Any, least: float) -> tuple[Any, Any]:
    """Return the weighted mean and deviation over the frames, each of shape (batch, channels)."""
    mean = keras.ops.sum(x * weights, axis=(1, 2)) / total
    square = keras.ops.sum(x * x * weights, axis=(1, 2)) / total
    return mean, keras.ops.sqrt(keras.ops.maximum(square - mean * mean, least))
