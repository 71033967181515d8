"""The network at work: LiteRT, TensorFlow's own runtime, without TensorFlow."""

from __future__ import annotations

import threading
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from ai_edge_litert.interpreter import Interpreter

from models.bundle import BundleError, Card, Weights
from models.encoder import Encoder
from models.features import Floats
from models.normalisation import CONTEXT


class Logits(NamedTuple):
    """What a network says of a window, before any threshold.

    Attributes
    ----------
    emotions : ndarray, shape (labels,)
    voice : float
        That this is a voice at all: its log odds.
    components : ndarray, shape (components,)
        Principal components of the window's moments.
    """

    emotions: npt.NDArray[np.float64]
    voice: float
    components: npt.NDArray[np.float64] = np.zeros(0)


class Network:
    """Two TFLite networks: an encoder for the features, and one window in, logits out.

    The inputs have the shapes (1, window_spans, columns + 1) and (1, columns + 2): normalised spans
    of frames, with a last channel that is 1 where a span holds speech and 0 where it does not; and
    what is known of the speaker (`models.normalisation.estimate`). The output has the shape
    (1, labels + 1 + components): the emotions' logits, one that this is a voice at all, and the
    components of the window's moments, of which there may be none.

    Attributes
    ----------
    encoder : Encoder or None
        None where the features have no states.
    """

    def __init__(self, card: Card, weights: Weights) -> None:
        self.encoder = Encoder(weights.encoder, card.features) if card.features.states else None
        try:
            self._interpreter = Interpreter(model_content=weights.network, num_threads=1)
            self._interpreter.allocate_tensors()
        except (ValueError, RuntimeError) as error:
            raise BundleError(f"the weights are not a TFLite network: {error}") from None
        inputs = {len(d["shape"]): d for d in self._interpreter.get_input_details()}
        (target,) = self._interpreter.get_output_details()
        columns = card.features.columns
        expected = [(1, columns + CONTEXT), (1, card.window_spans, columns + 1)]
        shapes = [tuple(d["shape"]) for _, d in sorted(inputs.items())]
        said = tuple(target["shape"])
        expected_out = (1, len(card.labels) + 1 + card.components)
        if shapes != expected or said != expected_out:
            raise BundleError(
                f"the network maps {shapes} to {said}, its card says {expected} to {expected_out}"
            )
        self._labels = len(card.labels)
        self._window, self._known = inputs[3]["index"], inputs[2]["index"]
        self._target = target["index"]
        self._input = np.zeros(expected[1], np.float32)
        # An interpreter is one scratchpad; uploads may be judged in threads beside the live
        # streams.
        self._lock = threading.Lock()

    def logits(self, columns: Floats, speech: npt.NDArray[np.bool_], known: Floats) -> Logits:
        """Return the logits of one window.

        Parameters
        ----------
        columns : ndarray, shape (spans, columns)
            Normalised; at most `window_spans`, and fewer at a stream's beginning.
        speech : ndarray of bool, shape (spans,)
        known : ndarray, shape (columns + 2,)
        """
        spans = len(columns)
        with self._lock:
            # Left-aligned as in training: what is not there is zero and masked.
            window = self._input[0]
            window[:spans, :-1] = columns
            window[:spans, -1] = speech
            window[spans:] = 0.0
            self._interpreter.set_tensor(self._window, self._input)
            self._interpreter.set_tensor(self._known, known[np.newaxis])
            self._interpreter.invoke()
            said = self._interpreter.get_tensor(self._target)[0].astype(np.float64)
        labels = self._labels
        return Logits(said[:labels], float(said[labels]), said[labels + 1 :])
