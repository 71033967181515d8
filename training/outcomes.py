"""What a network, served as ever, says of speakers that it never heard."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from tqdm import tqdm

from models.activity import VoiceActivity
from models.bundle import Card
from models.features import Floats
from models.labels import EMOTIONS
from models.normalisation import LEAST, Speaker
from models.recognizer import Recognizer
from models.runtime import Network
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
    weights : bytes
    """

    split: Split
    card: Card
    weights: bytes

    def recognizer(self) -> Recognizer:
        """Return the recogniser that serves the network."""
        return Recognizer(self.card, Network(self.card, self.weights))


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
    """

    split: Split
    cold: np.ndarray
    warm: np.ndarray
    heard: np.ndarray


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
    recognizer, split = trained.recognizer(), trained.split
    clips = {i: read_audio(store.utterances[i].path) for i in split.test}
    everyone, heard_in = speakers(store, recognizer, clips)
    cold, warm, heard = [], [], []
    for i, samples in tqdm(clips.items(), desc=f"{split.name}: judging", mininterval=2):
        everything, own = everyone[store.utterances[i].speaker], heard_in[i]
        others = everything.without(own)
        plain = recognizer.predict(samples)
        cold.append(plain.probabilities)
        warm.append(recognizer.predict(samples, speaker=others).probabilities)
        heard.append(plain.emotion is not None)
    return {"cold": logs(cold), "warm": logs(warm), "heard": np.array(heard)}


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
        parts[i] = Speaker().hear(frames.mfcc[VoiceActivity().push(frames.level)])
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
