"""A network of random weights, as small as can be: for tests of what is measured of any network."""

from __future__ import annotations

from functools import cache

import keras
import numpy as np

from models.bundle import Card, Weights
from models.features import FeatureSettings
from models.labels import EMOTIONS
from models.normalisation import Normalisation
from training.fit import export
from training.networks import RAW
from training.outcomes import Trained
from training.splits import Split

FRAMES = 300


@cache
def weights(seed: int = 0) -> Weights:
    """Return a network that takes the mean of its frames and weighs it at random."""
    keras.utils.set_random_seed(seed)
    window = keras.Input((FRAMES, FeatureSettings().columns + 1))
    mean = keras.layers.GlobalAveragePooling1D()(window)
    return Weights(export(keras.Model(window, keras.layers.Dense(len(EMOTIONS) + 1)(mean))))


def untrained(*, test: tuple[int, ...] = (), seed: int = 0) -> Trained:
    """Return a split that tests `test`, and such a network for it."""
    even = np.ones(FeatureSettings().columns, np.float32)
    normalisation = Normalisation(-20 * even, 20 * even, 100 * even)
    card = Card("untrained", "0", EMOTIONS, FeatureSettings(), normalisation, FRAMES, RAW)
    return Trained(Split("a", (), test), card, weights(seed))
