"""The yardstick of the whole: the same service as it is written at first, and what its parts cost.

Every prediction decodes the whole recording again, lets librosa make the MFCCs of the last three
seconds, and calls Keras's `predict`. `python -m benchmarks.naive` prints, as one JSON object, what
each of the three costs; a process of its own, because TensorFlow is imported here.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from benchmarks.recording import load, prolong
from models import SAMPLE_RATE, Recognizer
from webapp.audio import decode_file

WINDOW_S = 3.0
GROWN_S = 8.0  # how much had been recorded where the cost of decoding all anew is told
MEASURED_S = 1.0


class Naive:
    """Decodes, transforms and predicts; knows no stream.

    The network is a perceptron of the served size in Keras, on the means of the columns. Its
    weights are untrained, which changes no cost.
    """

    def __init__(self) -> None:
        import librosa

        from training.fitting.network import build_perceptron, width_of

        card = Recognizer.load().card
        self._mfcc = librosa.feature.mfcc
        self._features = replace(card.features, states=0, encoder="")
        self._shape = (1, width_of(card.features))
        self.network = build_perceptron(width=self._shape[1], outputs=len(card.labels) + 1)
        self.labels = card.labels
        self.predict(self.window(np.zeros(round(WINDOW_S * SAMPLE_RATE), np.float32)))

    def decode(self, data: bytes) -> np.ndarray:
        """Return the samples of all that was recorded."""
        return np.concatenate(list(decode_file(data)))

    def window(self, samples: np.ndarray) -> np.ndarray:
        """Return the network's input for the last seconds."""
        settings = self._features
        mfcc = self._mfcc(
            y=samples[-round(WINDOW_S * SAMPLE_RATE) :],
            sr=settings.sample_rate,
            n_mfcc=settings.n_mfcc,
            n_fft=settings.n_fft,
            hop_length=settings.hop,
            n_mels=settings.n_mels,
        )
        window = np.zeros(self._shape, np.float32)
        window[0, : settings.n_mfcc] = mfcc.mean(axis=1)
        return window

    def predict(self, window: np.ndarray) -> np.ndarray:
        """Return the network's outputs."""
        return self.network.predict(window, verbose=0)[0].mean(axis=0)

    def judge(self, data: bytes) -> dict[str, float]:
        """Return the probabilities at the end of a recording."""
        logits = self.predict(self.window(self.decode(data)))[: len(self.labels)]
        shares = np.exp(logits - logits.max())
        return dict(zip(self.labels, map(float, shares / shares.sum()), strict=True))


def costs(*, seconds: float = MEASURED_S) -> dict[str, float]:
    """Return the CPU milliseconds of each part of one prediction."""
    naive = Naive()
    grown = prolong(load(), seconds=GROWN_S)
    data = b"".join(chunk.data for chunk in grown.chunks if chunk.at_s <= GROWN_S)
    samples = naive.decode(data)
    window = naive.window(samples)
    return {
        "decode": _cpu_ms(lambda: naive.decode(data), seconds=seconds),
        "librosa": _cpu_ms(lambda: naive.window(samples), seconds=seconds),
        "keras": _cpu_ms(lambda: naive.predict(window), seconds=seconds),
    }


def _cpu_ms(call: Callable[[], Any], *, seconds: float) -> float:
    call()
    calls, began = 0, time.process_time()
    while (spent := time.process_time() - began) < seconds:
        call()
        calls += 1
    return 1000 * spent / calls


if __name__ == "__main__":
    print(json.dumps(costs()))
