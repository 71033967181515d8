"""A network with random weights, for tests of what is measured of any network."""

from __future__ import annotations

from functools import cache

import keras
import numpy as np

from models.bundle import Card, Weights
from models.features import FeatureSettings
from models.labels import EMOTIONS
from models.normalisation import Normalisation
from models.spans import SPAN
from training.networks import RAW, untrained_network
from training.outcomes import Trained
from training.splits import Split

FRAMES = 300


def card() -> Card:
    """Return a card without an encoder."""
    even = np.ones(FeatureSettings().columns, np.float32)
    normalisation = Normalisation(-20 * even, 20 * even, 100 * even)
    return Card(
        "untrained", "0", EMOTIONS, FeatureSettings(), normalisation, FRAMES, RAW, span=SPAN
    )


@cache
def weights(seed: int = 0) -> Weights:
    """Return a network that weighs the moments of a window at random."""
    keras.utils.set_random_seed(seed)
    return untrained_network(card(), b"")


def untrained(*, test: tuple[int, ...] = (), seed: int = 0) -> Trained:
    """Return a split that tests `test`, and a network with random weights for it."""
    return Trained(Split("a", (), test), card(), weights(seed))
