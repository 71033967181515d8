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
        stride of 2 halves the frame rate.
    attention : int
        Width of the pooling's scorer.
    dropout : float
    """

    channels: tuple[int, ...] = (48, 64, 96, 96)
    kernels: tuple[int, ...] = (5, 3, 3, 3)
    strides: tuple[int, ...] = (2, 1, 2, 1)
    attention: int = 32
    dropout: float = 0.2

    def to_json(self) -> dict[str, Any]:
        """Return the settings as a JSON object."""
        return asdict(self)


def build_network(
    *, frames: int, n_mfcc: int, labels: int, settings: NetworkSettings | None = None
) -> keras.Model:
    """Return a one-dimensional CNN over MFCCs with attentive statistics pooling.

    Parameters
    ----------
    frames, n_mfcc, labels : int
        The input has the shape (batch, frames, n_mfcc + 1), the output (batch, labels): logits. The
        last input channel is the mask of frames with speech.

    Notes
    -----
    Attentive statistics pooling: Okabe, Koshinaka & Shinoda 2018. Frames without speech reach
    neither the convolutions (they are zero: a pause, whatever the room sounds like) nor the
    pooling.
    """
    settings = settings or NetworkSettings()
    inputs = keras.Input((frames, n_mfcc + 1), name="window")
    # Two-dimensional layers one pixel wide: TensorFlow Lite's converter has no one-dimensional
    # convolution.
    image = layers.Reshape((frames, 1, n_mfcc + 1))(inputs)
    mask = image[..., n_mfcc:]
    x = layers.Concatenate()([keras.ops.clip(image[..., :n_mfcc], -5.0, 5.0) * mask, mask])
    blocks = zip(settings.channels, settings.kernels, settings.strides, strict=True)
    for channels, kernel, stride in blocks:
        convolution = layers.Conv2D(
            channels, (kernel, 1), strides=(stride, 1), padding="same", use_bias=False
        )
        x = convolution(x)
        x = layers.BatchNormalization()(x)
        x = layers.ReLU()(x)
        x = layers.SpatialDropout2D(settings.dropout / 3)(x)
        if stride > 1:
            mask = layers.MaxPooling2D((stride, 1), padding="same")(mask)
    scores = layers.Conv2D(settings.attention, 1, activation="tanh")(x)
    scores = layers.Conv2D(1, 1)(scores) + (mask - 1.0) * 1e4
    weights = layers.Softmax(axis=1)(scores)
    mean = keras.ops.sum(x * weights, axis=(1, 2))
    square = keras.ops.sum(x * x * weights, axis=(1, 2))
    deviation = keras.ops.sqrt(keras.ops.maximum(square - mean * mean, 1e-5))
    pooled = layers.Concatenate()([mean, deviation])
    pooled = layers.Dropout(settings.dropout)(pooled)
    return keras.Model(inputs, layers.Dense(labels, name="logits")(pooled))
