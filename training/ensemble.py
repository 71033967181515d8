"""What is served, in Keras: the mean of networks that hear the same window, each in its own way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
from keras import layers


@dataclass(frozen=True)
class Member:
    """A network of an ensemble, and how it hears.

    Attributes
    ----------
    core : Model
        From `models.network.build_network`.
    bands : ndarray, shape (heard columns, core's columns)
        The core's columns are the first served ones times this matrix.
    states : int
        Of the columns, the last so many: the matrix leaves them as they are.
    span : int
        Frames that are averaged to one of the core's. Of each column those count that hold speech
        and are not exactly zero, as the normalised pitch is of a frame that is not voiced
        (`training.spans`).
    """

    core: keras.Model
    bands: npt.NDArray[np.float32]
    states: int = 0
    span: int = 1

    @property
    def frames(self) -> int:
        """Of the window that is judged."""
        return int(self.core.input_shape[1]) * self.span


def serving_network(*members: Member) -> keras.Model:
    """Return the network as it is served: the mean of what its members say.

    Networks that were trained apart err differently: their mean is better than each (Hansen &
    Salamon 1990).

    Returns
    -------
    Model
        From (1, frames, columns + 1), where the last channel is the mask of frames with speech, to
        (1, outputs): logits.

    Raises
    ------
    ValueError
        The members judge windows of different lengths.
    """
    lengths = {member.frames for member in members}
    if len(lengths) > 1:
        raise ValueError(f"The members judge windows of {sorted(lengths)} frames.")
    columns = max(len(member.bands) for member in members)
    inputs = keras.Input(batch_shape=(1, *lengths, columns + 1), dtype="float32")
    said = [_said(inputs, member, f"bands_{k}") for k, member in enumerate(members)]
    mean = layers.Average()(said) if len(said) > 1 else said[0]
    return keras.Model(inputs, mean)


def _said(inputs: Any, member: Member, name: str) -> Any:
    bands, heard = member.bands, len(member.bands)
    own = heard - member.states
    turned = layers.Dense(bands.shape[1] - member.states, use_bias=False, name=name)
    columns = [turned(inputs[..., :own]), inputs[..., own:heard], inputs[..., -1:]]
    turned.set_weights([bands[:own, : bands.shape[1] - member.states]])
    window = layers.Concatenate()(columns if member.states else columns[::2])
    if member.span > 1:
        window = _averaged(window, member.span)
    return member.core(window, training=False)


def _averaged(columns: Any, span: int) -> Any:
    """Return spans of frames, (1, spans, columns + 1), from (1, frames, columns + 1)."""
    _, frames, width = columns.shape
    image = layers.Reshape((frames, 1, width))(columns)
    image = image * image[..., -1:]
    there = keras.ops.cast(keras.ops.not_equal(image, 0.0), "float32")
    mean, share = (layers.AveragePooling2D((span, 1))(part) for part in (image, there))
    return layers.Reshape((frames // span, width))(mean / keras.ops.maximum(share, 1.0 / span))
