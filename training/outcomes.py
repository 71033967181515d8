"""What a network, served as ever, says of speakers that it never heard."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from models.activity import VoiceActivity
from models.bundle import Card, Weights
from models.features import Floats
from models.labels import EMOTIONS
from models.normalisation import LEAST, Speaker
from models.recognizer import Recognizer
from models.runtime import Logits, Network
from training.shelf import Arrays, Shelf, judging
from training.splits import Split
from training.store import Store, read_audio


@dataclass(frozen=True)
class Trained:
    """A split, and the network that was trained on its training side.

    Attributes
    ----------
    split : Split
    card : Card
    weights : Weights
    """

    split: Split
    card: Card
    weights: Weights

    def recognizer(self) -> Recognizer:
        """Return the recogniser that serves the network."""
        return Recognizer(self.card, Network(self.card, self.weights))


class Overheard(Network):
    """A network that remembers what it said of voices."""

    def __init__(self, card: Card, weights: Weights) -> None:
        super().__init__(card, weights)
        self._voices: list[float] = []

    def logits(self, columns: Floats, speech: npt.NDArray[np.bool_]) -> Logits:
        """Return the logits of one window, as ever."""
        said = super().logits(columns, speech)
        self._voices.append(said.voice)
        return said

    def take_voices(self) -> list[float]:
        """Return the voice logit of every window since the last call."""
        taken, self._voices = self._voices, []
        return taken


@dataclass(frozen=True)
class Outcome:
    """What a split's network said of its test utterances.

    Attributes
    ----------
    split : Split
    cold, warm : ndarray, shape (tests, labels)
        Mean log probabilities at temperature 1: knowing nothing of the speaker, and knowing the
        mean of that speaker's other clips (their labels unused).
    heard : ndarray of bool, shape (tests,)
        Whether any speech was found.
    voice : ndarray, shape (windows,)
        Voice logits of the windows with speech, knowing nothing of the speaker. None of them was
        refused for its own.
    clip : ndarray of int, shape (windows,)
        Which of the test utterances each of those windows is of.
    """

    split: Split
    cold: np.ndarray
    warm: np.ndarray
    heard: np.ndarray
    voice: np.ndarray = field(default_factory=lambda: np.zeros(0))
    clip: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))


def truth_of(store: Store, members: tuple[int, ...] | np.ndarray) -> np.ndarray:
    """Return the emotions of utterances as positions in `EMOTIONS`, shape (n,)."""
    return np.array([EMOTIONS.index(store.utterances[i].emotion) for i in members], np.int64)


def logs(probabilities: list[tuple[float, ...]] | np.ndarray) -> np.ndarray:
    """Return the logarithms of probabilities, none of them infinite."""
    return np.asarray(np.log(np.maximum(np.asarray(probabilities, np.float64), LEAST)))


def judge(store: Store, trained: Trained, *, shelf: Shelf) -> Outcome:
    """Return what the recogniser, as served, says of the split's test utterances."""
    key = ["judge", *judging(trained.card, trained.weights, store, trained.split.test, __file__)]
    return Outcome(trained.split, **shelf.fetch(key, lambda: _judge(store, trained)))


def _judge(store: Store, trained: Trained) -> Arrays:
    split, network = trained.split, Overheard(trained.card, trained.weights)
    recognizer = Recognizer(trained.card, network)
    clips = {i: read_audio(store.utterances[i].path) for i in split.test}
    everyone, heard_in = speakers(store, recognizer, clips)
    cold, warm, heard = [], [], []
    voice: list[float] = []
    clip: list[int] = []
    bar = tqdm(clips.items(), desc=f"{split.name}: judging", mininterval=2)
    for row, (i, samples) in enumerate(bar):
        everything, own = everyone[store.utterances[i].speaker], heard_in[i]
        others = everything.without(own)
        network.take_voices()
        plain = recognizer.predict(samples)
        voices = network.take_voices()
        voice += voices
        clip += [row] * len(voices)
        cold.append(plain.probabilities)
        warm.append(recognizer.predict(samples, speaker=others).probabilities)
        heard.append(plain.emotion is not None)
    return {
        "cold": logs(cold),
        "warm": logs(warm),
        "heard": np.array(heard),
        "voice": np.array(voice, np.float64),
        "clip": np.array(clip, np.int64),
    }


def speakers(
    store: Store, recognizer: Recognizer, clips: dict[int, Floats]
) -> tuple[dict[str, Speaker], dict[int, Speaker]]:
    """Return what is known of every speaker after all clips, and each clip's part of it.

    As `Recognizer.speaker`: first every clip's speech, then what each clip sounds like by the mean
    of all. Labels are unused.

    Parameters
    ----------
    clips : dict of ndarray
        Samples at 16 kHz, by position in the store.
    """
    parts: dict[int, Speaker] = {}
    means: dict[str, Speaker] = {}
    for i, samples in clips.items():
        frames = recognizer.extractor.frames(samples)
        parts[i] = Speaker().hear(frames.columns[VoiceActivity().push(frames.level)])
        name = store.utterances[i].speaker
        means[name] = means.get(name, Speaker()).joined(parts[i])
    known = dict(means)
    for i, samples in clips.items():
        name = store.utterances[i].speaker
        judgement = recognizer.predict(samples, speaker=means[name])
        if judgement.emotion is not None:
            parts[i] = parts[i].judged(judgement.probabilities)
            known[name] = known[name].judged(judgement.probabilities)
    return known, parts
