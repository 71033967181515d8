"""The network's shape, in Keras.

Only training imports this module: serving runs the exported TFLite file.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
from keras import layers


@dataclass(frozen=True)
class NetworkSettings:
    """Size of the network.

    Attributes
    ----------
    channels, kernels, strides : tuple of int
        Of each convolution block; a kernel's length is in frames of that block's input, and a
        stride of 2 halves the frame rate.
    lag : int
        Frames between which a column's movement is measured: as many as make 50 ms, a good part of
        a syllable.
    attention : int
        Width of the pooling's scorer.
    hidden : int
        Units of a perceptron that judges a second time, by the moments alone; 0 is none.
    dropout, pooled_dropout : float
        Of whole channels after each block, and of what is pooled.
    """

    channels: tuple[int, ...] = (96, 128, 128, 128)
    kernels: tuple[int, ...] = (5, 3, 3, 3)
    strides: tuple[int, ...] = (2, 1, 2, 1)
    lag: int = 5
    attention: int = 32
    hidden: int = 0
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
    """Return a network that judges a window by its course, and maybe by its moments as well.

    Parameters
    ----------
    frames, columns, outputs : int
        The input has the shape (batch, frames, columns + 1), the output (batch, judgements,
        outputs): logits. The last input channel is the mask of frames with speech. Two judgements
        share nothing and err differently; what is served is their mean (`serving_network`).
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
    judgements = [_by_course(heard, mask, moments, outputs, settings)]
    if settings.hidden:
        judgements.append(_by_moments(moments, outputs, settings))
    return keras.Model(inputs, keras.ops.stack(judgements, axis=1))


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
    return layers.Dense(outputs, name="logits_by_moments")(x)


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


def serving_network(
    core: keras.Model, *, bands: npt.NDArray[np.float32], states: int = 0, span: int = 1
) -> keras.Model:
    """Return the network as it is served: frames go through a matrix, and may be averaged.

    Parameters
    ----------
    core : Model
        From `build_network`.
    bands : ndarray, shape (served columns, core's columns)
        The core's columns are the served ones times this matrix.
    states : int
        Of the columns, the last so many: the matrix leaves them as they are.
    span : int
        Frames that are averaged to one of the core's. Of each column those count that hold speech
        and are not exactly zero, as the normalised pitch is of a frame that is not voiced
        (`training.spans`).

    Returns
    -------
    Model
        From (1, core's frames * span, served columns + 1) to the mean of the core's judgements,
        (1, outputs).
    """
    served, own = len(bands), len(bands) - states
    frames = core.input_shape[1] * span
    inputs = keras.Input(batch_shape=(1, frames, served + 1), dtype="float32")
    turned = layers.Dense(bands.shape[1] - states, use_bias=False, name="bands")
    columns = layers.Concatenate()([turned(inputs[..., :own]), inputs[..., own:]])
    turned.set_weights([bands[:own, : bands.shape[1] - states]])
    if span > 1:
        columns = _averaged(columns, span)
    return keras.Model(inputs, keras.ops.mean(core(columns, training=False), axis=1))


def _averaged(columns: Any, span: int) -> Any:
    """Return spans of frames, (1, spans, columns + 1), from (1, frames, columns + 1)."""
    _, frames, width = columns.shape
    image = layers.Reshape((frames, 1, width))(columns)
    image = image * image[..., -1:]
    there = keras.ops.cast(keras.ops.not_equal(image, 0.0), "float32")
    mean, share = (layers.AveragePooling2D((span, 1))(part) for part in (image, there))
    return layers.Reshape((frames // span, width))(mean / keras.ops.maximum(share, 1.0 / span))
