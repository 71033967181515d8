"""What the last second of a voice sounds like: a recurrent network that hears each frame once.

It is the pupil of a large network that tells speakers apart (`training.teaching`), and knows more
of voices than recordings of emotions could have taught it. It runs in LiteRT beside the network
that judges, step by step (`models.steps`); what it holds between two blocks of frames belongs to
the stream that it hears.
"""

from __future__ import annotations

import threading

import numpy as np
from ai_edge_litert.interpreter import Interpreter

from models.bundle import BundleError
from models.features import FeatureSettings, Floats
from models.steps import STEP, STEPS, by_frame, steps_of


class Encoder:
    """MFCCs of a block and what was held before it in, states and what is held now out.

    The file's inputs have the shapes (1, STEPS, STEP * n_mfcc) and (1, memory), its outputs
    (1, STEPS, states) and (1, memory).

    Parameters
    ----------
    content : bytes
        A TFLite network.
    settings : FeatureSettings
        Of the features that it is part of.

    Raises
    ------
    BundleError
        It is no such network.
    """

    def __init__(self, content: bytes, settings: FeatureSettings) -> None:
        try:
            self._interpreter = Interpreter(model_content=content, num_threads=1)
            self._interpreter.allocate_tensors()
        except (ValueError, RuntimeError) as error:
            raise BundleError(f"the encoder is not a TFLite network: {error}") from None
        # What lasts has two dimensions, what is heard and said has three.
        inputs = {len(d["shape"]): d for d in self._interpreter.get_input_details()}
        outputs = {len(d["shape"]): d for d in self._interpreter.get_output_details()}
        shapes = [tuple(d["shape"]) for side in (inputs, outputs) for _, d in sorted(side.items())]
        memory = shapes[0] if shapes else ()
        heard, said = (1, STEPS, STEP * settings.n_mfcc), (1, STEPS, settings.states)
        if shapes != [memory, heard, memory, said]:
            raise BundleError(
                f"the encoder's shapes are {shapes}, its card says {heard} in and {said} out"
            )
        self._heard, self._held = inputs[3]["index"], inputs[2]["index"]
        self._said, self._holds = outputs[3]["index"], outputs[2]["index"]
        self._memory = memory
        self.states = settings.states
        # An interpreter is one scratchpad; uploads may be heard in threads beside the live streams.
        self._lock = threading.Lock()

    def nothing(self) -> Floats:
        """Return what is held by one who has heard nothing, shape (1, memory)."""
        return np.zeros(self._memory, np.float32)

    def hear(self, mfcc: Floats, held: Floats) -> tuple[Floats, Floats]:
        """Return the states of a block's frames, shape (BLOCK, states), and what is held after it.

        Parameters
        ----------
        mfcc : ndarray of float32, shape (BLOCK, n_mfcc)
        held : ndarray of float32, shape (1, memory)
            What this returned for the block before, or `nothing`.
        """
        with self._lock:
            self._interpreter.set_tensor(self._heard, steps_of(mfcc)[np.newaxis])
            self._interpreter.set_tensor(self._held, held)
            self._interpreter.invoke()
            said = self._interpreter.get_tensor(self._said)[0]
            holds = self._interpreter.get_tensor(self._holds)
        return by_frame(said), holds
