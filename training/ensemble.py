"""What is served, in Keras: the mean of networks that judge the same window."""

from __future__ import annotations

from collections.abc import Sequence

import keras
import numpy as np
import numpy.typing as npt
from keras import layers


def serving_network(
    cores: Sequence[keras.Model], *, bands: npt.NDArray[np.float32], states: int = 0
) -> keras.Model:
    """Return the network as it is served: the mean of what some networks say.

    Networks that were trained apart err differently: their mean is better than each (Hansen &
    Salamon 1990).

    Parameters
    ----------
    cores : sequence of Model
        From `models.network.build_network`, all for windows of the same shape.
    bands : ndarray, shape (columns, cores' columns)
        What the cores hear is the served columns times this matrix.
    states : int
        Of the columns, the last so many: the matrix leaves them as they are.

    Returns
    -------
    Model
        From (1, spans, columns + 1), where the last channel is the mask of spans with speech, to
        (1, outputs): logits.

    Raises
    ------
    ValueError
        The cores judge windows of different shapes.
    """
    shapes = {core.input_shape[1:] for core in cores}
    if len(shapes) > 1:
        raise ValueError(f"The networks judge windows of the shapes {sorted(shapes)}.")
    columns, width = bands.shape
    own = columns - states
    inputs = keras.Input(batch_shape=(1, cores[0].input_shape[1], columns + 1), dtype="float32")
    turned = layers.Dense(width - states, use_bias=False, name="bands")
    heard = [turned(inputs[..., :own]), inputs[..., own:columns], inputs[..., columns:]]
    turned.set_weights([bands[:own, : width - states]])
    window = layers.Concatenate()(heard if states else heard[::2])
    said = [core(window, training=False) for core in cores]
    return keras.Model(inputs, layers.Average()(said) if len(said) > 1 else said[0])
