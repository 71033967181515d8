"""What is served for some of the utterances, from the cache where it is there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from models.bundle import Card, Decision, Weights
from models.features import FeatureSettings
from models.labels import EMOTIONS
from training import ensemble
from training.ensemble import serving_network
from training.fit import FitSettings, Progress, export
from training.lesson import WINDOW, Lesson, name_of
from training.shelf import code_digest
from training.sounds import Sound
from training.states import States
from training.store import Store

NAME = "ser-cnn-mfcc"
RAW = Decision(temperature=1.0, unsure_below=0.0, smoothing=0.0)
"""The decision while a network is judged: nothing is scaled, withheld or smoothed."""
SERVED = "network.keras"
"""The network as it is served, in Keras."""
EXACT = "network.tflite"
"""The same for LiteRT, in floating point."""
SMALL = "network.int8.tflite"
"""The same with weights of eight bits (`training.quantisation`): what is judged and served."""


def train_network(
    store: Store,
    members: tuple[int, ...],
    *,
    sounds: list[Sound],
    settings: FitSettings,
    seed: int,
    cache: Path,
    tell: Callable[[Progress], None],
    states: States | None = None,
) -> tuple[Card, Weights]:
    """Return the card and weights (of eight bits) of a network trained on `members`, cached.

    Parameters
    ----------
    store : Store
    members : tuple of int
    sounds : list of Sound
        Without speech. The recorded ones belong to a corpus, and are heard only if some of its
        utterances are members.
    settings : FitSettings
    seed : int
    cache : Path
        A folder a network, named by all that makes it what it is: settings, seed, utterances,
        sounds and the code that trains.
    tell : callable
        Is told after each epoch.
    states : States, optional
        What an encoder says of the store and the sounds. Networks are trained on that instead, and
        what is served is their mean.
    """
    plain = Lesson(store, members, sounds, settings, FeatureSettings(), seed)
    lessons, beside, encoder = [plain], None, b""
    if states:
        heard, features = states.store, states.taught.features
        lessons = [
            Lesson(heard, members, states.sounds, own, features, seed) for own in states.settings
        ]
        # Frames are normalised as they come; the spans' own statistics are another matter.
        beside, encoder = plain.normalisation(), states.taught.small
    fitted = [lesson.fitted(cache, tell, beside=beside) for lesson in lessons]
    # They hear the same columns of the same utterances: all that differs is how they judge.
    first, features = fitted[0], lessons[0].features
    digest = code_digest(ensemble)
    folder = cache / name_of([*(one.folder.name for one in fitted), digest])
    if not (folder / SMALL).is_file():
        folder.mkdir(parents=True, exist_ok=True)
        cores = [one.core() for one in fitted]
        served = serving_network(cores, bands=first.bands, states=features.states)
        served.save(folder / SERVED)
        _keep(folder / EXACT, export(served))
        _keep(folder / SMALL, export(served, int8=True))
    card = Card(NAME, "", EMOTIONS, features, first.normalisation, decision=RAW)
    card = replace(card, window_frames=WINDOW, span=lessons[0].store.span)
    weights = Weights((folder / SMALL).read_bytes(), encoder)
    return card, weights


def _keep(path: Path, weights: bytes) -> None:
    partial = path.with_suffix(".partial")
    partial.write_bytes(weights)
    partial.replace(path)
