"""Networks that are trained for some of the utterances, cached on disk."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import keras
import numpy as np

from models.bundle import Card, Decision, Weights
from models.labels import EMOTIONS
from models.normalisation import Normalisation
from models.spans import SPAN
from training.data.cache import Arrays, Cache
from training.data.windows import WINDOW
from training.fitting.examples import NO_VOICE, Examples, Material, estimate_normalisation
from training.fitting.export import flatbuffer
from training.fitting.fit import FitSettings, Progress, fit, perceptrons
from training.fitting.network import (
    Components,
    NetworkSettings,
    build_perceptron,
    moments_width,
    serving_network,
    width_of,
)
from training.signal.sounds import left_out
from training.signal.store import Store

NAME = "ser-moments"
COMPONENTS = 48
"""Principal components of a window's moments that the network returns."""
WINDOWS = 10_000
"""Windows of the training utterances from which the components are estimated."""
RAW = Decision(temperature=1.0, unsure_below=0.0, smoothing=0.0)
"""The decision while a network is judged: nothing is scaled, withheld or smoothed."""


class Made(NamedTuple):
    """A network.

    Attributes
    ----------
    card : Card
    weights : Weights
    components : Components
        Those that the network returns, for recordings whose moments are known.
    """

    card: Card
    weights: Weights
    components: Components


@dataclass(frozen=True)
class Workshop:
    """All that networks are made from.

    Attributes
    ----------
    store : Store
    material : Material
        Of the store.
    digest : str
        Of the material (`training.data.cache.digest_of`): a part of each network's key.
    encoder : bytes
        The encoder that heard the material.
    settings : FitSettings
    seed : int
    cache : Cache
        Networks are cached in it.
    """

    store: Store
    material: Material
    digest: str
    encoder: bytes
    settings: FitSettings
    seed: int
    cache: Cache

    def network(
        self, members: Sequence[int], *, tell: Callable[[Progress], None], group: int | None = None
    ) -> Made:
        """Return a network trained on `members`, from the cache.

        Parameters
        ----------
        members : sequence of int
        tell : callable
            Receives the progress.
        group : int, optional
            Group of kinds of sounds that the network is not trained on; none by default.
        """
        names = [self.store.utterances[i].path.name for i in members]
        unknown = self.unknown_sounds(group)
        key = [self.digest, self.settings.to_json(), self.seed, names, sorted(unknown)]
        made = self.cache.fetch(made_network, self, list(members), unknown, tell, key=key)
        statistics = {name: made[name] for name in ("mean", "scale", "strength")}
        card = Card(
            NAME,
            "",
            EMOTIONS,
            self.material.features,
            Normalisation(**statistics),
            window_frames=WINDOW,
            decision=RAW,
            span=SPAN,
            components=COMPONENTS,
        )
        components = Components(made["moments/mean"], made["moments/matrix"])
        return Made(card, Weights(made["network"].tobytes(), self.encoder), components)

    def unknown_sounds(self, group: int | None) -> set[str]:
        """Return the kinds of sounds that a group leaves out of training."""
        kinds = [kind for kind, _ in self.material.sounds]
        return set() if group is None else left_out(kinds, group)


def made_network(
    workshop: Workshop, members: list[int], unknown: set[str], tell: Callable[[Progress], None]
) -> Arrays:
    """Return a network's normalisation and its TFLite file with weights of eight bits."""
    settings, material = workshop.settings, workshop.material
    estimated = estimate_normalisation(
        material, members, workshop.store.tracks, strength=settings.strength
    )
    # With the digits that a card keeps.
    normalisation = Normalisation.from_json(estimated.to_json())
    examples = Examples(
        material,
        members,
        [windows for kind, windows in material.sounds if kind not in unknown],
        normalisation=normalisation,
        settings=settings.examples,
    )
    fitted = fit(examples, settings=settings, seed=workshop.seed, tell=tell)
    rng = np.random.default_rng(workshop.seed)
    drawn = examples.draw(rng, WINDOWS)
    moments = drawn.vectors[drawn.targets != NO_VOICE, : moments_width(material.features)]
    components = Components.of(moments, count=COMPONENTS)
    served = serving_network(
        perceptrons(fitted, settings),
        mean=fitted["mean"],
        deviation=fitted["deviation"],
        scale=normalisation.scale,
        features=material.features,
        spans=WINDOW // SPAN,
        components=components,
    )
    network = flatbuffer(served, int8=True)
    keras.backend.clear_session()
    return {
        **vars(normalisation),
        "network": np.frombuffer(network, np.uint8),
        "moments/mean": components.mean,
        "moments/matrix": components.matrix,
    }


def untrained_network(card: Card, encoder: bytes) -> Weights:
    """Return an encoder beside a network with random weights."""
    width = width_of(card.features)
    perceptron = build_perceptron(
        width=width, outputs=len(card.labels) + 1, settings=NetworkSettings(hidden=(4,))
    )
    zeros, ones = np.zeros(width, np.float32), np.ones(width, np.float32)
    served = serving_network(
        [perceptron],
        mean=zeros,
        deviation=ones,
        scale=card.normalisation.scale,
        features=card.features,
        spans=card.window_spans,
    )
    return Weights(flatbuffer(served), encoder)
