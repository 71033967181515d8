"""A network with random weights, for tests of what is measured of any network."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import keras
import numpy as np

from models.bundle import Card, Weights
from models.features import FeatureSettings
from models.labels import EMOTIONS
from models.normalisation import Normalisation
from models.spans import SPAN
from training.data.splits import Split
from training.evaluation.outcomes import Trained
from training.fitting.export import flatbuffer
from training.fitting.network import Components, build_perceptron, serving_network, width_of
from training.fitting.networks import RAW, untrained_network

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


def with_components(components: Components, *, test: tuple[int, ...] = ()) -> Trained:
    """Return a network with random weights that returns components as well."""
    keras.utils.set_random_seed(0)
    width = width_of(FeatureSettings())
    network = serving_network(
        [build_perceptron(width=width, outputs=len(EMOTIONS) + 1)],
        mean=np.zeros(width, np.float32),
        deviation=np.full(width, 20.0, np.float32),
        scale=card().normalisation.scale,
        features=FeatureSettings(),
        spans=FRAMES // SPAN,
        components=components,
    )
    own = replace(card(), components=components.count)
    return Trained(Split("a", (), test), own, Weights(flatbuffer(network), b""), components)


def untrained(*, test: tuple[int, ...] = (), seed: int = 0) -> Trained:
    """Return a split that tests `test`, and a network with random weights for it."""
    return Trained(Split("a", (), test), card(), weights(seed))
