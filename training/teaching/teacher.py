"""The teacher: a large recurrent network that tells speakers apart, and what it holds of speech."""

from __future__ import annotations

import keras
import librosa
import numpy as np
from keras import layers

from models.features import FeatureSettings, Floats
from models.steps import ends_of

UNITS = 256
BANDS = 40
TOGETHER = 32
_WINDOW = 400
_LOUDNESS_DB = -30.0


class Teacher:
    """Two layers of long short-term memory (Hochreiter & Schmidhuber 1997) over mel powers.

    The third, which only sums up a voice, and what follows it, are left out: of all layers the
    second knows most of emotion (EXPERIMENTS.md).

    Parameters
    ----------
    weights : dict of ndarray
        From `training.teaching.weights.read_weights`.
    """

    def __init__(self, weights: dict[str, Floats]) -> None:
        inputs = keras.Input((None, BANDS))
        x = inputs
        for number in range(2):
            x = layers.LSTM(UNITS, return_sequences=True, name=f"layer{number}")(x)
        self._network = keras.Model(inputs, x)
        for number in range(2):
            # Both order the gates alike: input, forget, cell, output.
            self._network.get_layer(f"layer{number}").set_weights(
                [
                    weights[f"lstm.weight_ih_l{number}"].T,
                    weights[f"lstm.weight_hh_l{number}"].T,
                    weights[f"lstm.bias_ih_l{number}"] + weights[f"lstm.bias_hh_l{number}"],
                ]
            )

    def states(self, powers: list[Floats]) -> list[Floats]:
        """Return what the second layer holds, one array of shape (steps, UNITS) a clip.

        Parameters
        ----------
        powers : list of ndarray, shape (frames, BANDS)
            From `mel_powers`; the clips are heard side by side.
        """
        padded = np.zeros((len(powers), rounded(max(map(len, powers))), BANDS), np.float32)
        for row, heard in zip(padded, powers, strict=True):
            row[: len(heard)] = heard
        held = np.asarray(self._network.predict_on_batch(padded))
        return [own[ends_of(len(heard))] for own, heard in zip(held, powers, strict=True)]


def rounded(frames: int) -> int:
    """Return a length that holds so many frames: few lengths, as TensorFlow compiles each anew."""
    return -(-max(1, frames) // 100) * 100


def mel_powers(samples: Floats, features: FeatureSettings) -> Floats:
    """Return the mel powers that the teacher hears, frame by frame of the product's features.

    Its own frames are 25 ms long; each here lies in the middle of one of ours. As its authors do, a
    soft clip is made louder, to -30 dB.

    Parameters
    ----------
    samples : ndarray, shape (n,)
        Mono, 16 kHz.

    Returns
    -------
    ndarray, shape (frames, BANDS)
    """
    count = max(0, 1 + (len(samples) - features.n_fft) // features.hop)
    power = float(np.mean(np.square(samples, dtype=np.float64))) if len(samples) else 0.0
    if power > 0.0:
        samples = samples * np.float32(max(1.0, np.sqrt(10 ** (_LOUDNESS_DB / 10) / power)))
    begin = (features.n_fft - _WINDOW) // 2
    needed = begin + max(0, count - 1) * features.hop + _WINDOW
    mel = librosa.feature.melspectrogram(
        y=np.pad(samples, (0, max(0, needed - len(samples))))[begin:needed],
        sr=features.sample_rate,
        n_fft=_WINDOW,
        hop_length=features.hop,
        n_mels=BANDS,
        center=False,
    )
    return np.asarray(mel.T[:count], np.float32)
