"""A Keras model as LiteRT runs it."""

from __future__ import annotations

import tempfile

import keras
import tensorflow as tf


def flatbuffer(model: keras.Model, *, int8: bool = False) -> bytes:
    """Return a model, whose batch is of a fixed size, as a TFLite flatbuffer.

    Parameters
    ----------
    model : Model
    int8 : bool
        Weights of eight bits, activations quantised as they come (`training.quantisation`).
    """
    with tempfile.TemporaryDirectory() as folder:
        model.export(folder, verbose=False)
        converter = tf.lite.TFLiteConverter.from_saved_model(folder)
        if int8:
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
        return bytes(converter.convert())
