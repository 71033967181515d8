"""Talks, heard as live streams by networks that never heard their speakers; kept once heard."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from tqdm import tqdm

from models.labels import EMOTIONS
from models.recognizer import DEFAULT_STEP_S, Recognizer
from models.timeline import State, Window
from training import talks as talking
from training.networks import RAW
from training.outcomes import Overheard, Trained
from training.shelf import Arrays, Shelf, judging
from training.store import Store
from training.talks import Run, Talk, talk_of, talkers


@dataclass(frozen=True)
class Heard:
    """A talk's truth, and what the network said of it before any decision.

    Attributes
    ----------
    corpus : str
    runs : tuple of Run
    windows : list of Window
        At temperature 1, nothing smoothed, withheld or refused.
    voices : list of float
        The voice logit of each window; NaN in silence.
    """

    corpus: str
    runs: tuple[Run, ...]
    windows: list[Window]
    voices: list[float]


def hear(trained: Trained, talk: Talk, *, corpus: str) -> Heard:
    """Let a network hear a talk as a live stream."""
    card = replace(trained.card, decision=RAW)
    network = Overheard(card, trained.weights)
    windows = Recognizer(card, network).stream(step_s=DEFAULT_STEP_S).push(talk.samples)
    said = iter(network.take_voices())
    voices = [np.nan if window.state == "silence" else next(said) for window in windows]
    return Heard(corpus, talk.runs, windows, voices)


def listen(store: Store, trained: Trained, *, seed: int, shelf: Shelf) -> list[Heard]:
    """Hold a talk of every test speaker of a split and let its network hear it.

    Parameters
    ----------
    store : Store
    trained : Trained
        Its network has never heard those speakers.
    seed : int
        For the talks' order and pauses.
    shelf : Shelf
        What was heard is kept on it.
    """
    key = judging(
        trained.card, trained.weights, store, trained.split.test, __file__, talking.__file__
    )
    return unpacked(
        shelf.fetch(["stream", seed, *key], lambda: packed(_listen(store, trained, seed)))
    )


def _listen(store: Store, trained: Trained, seed: int) -> Iterator[Heard]:
    rng = np.random.default_rng(seed)
    for corpus, speakers in talkers(store.utterances[i] for i in trained.split.test).items():
        bar = tqdm(speakers, desc=f"{trained.split.name}: talks of {corpus}", mininterval=2)
        for clips in bar:
            yield hear(trained, talk_of(clips, rng), corpus=corpus)


def packed(talks: Iterable[Heard]) -> Arrays:
    """Return talks as arrays.

    Returns
    -------
    dict of ndarray
        `corpora`, shape (talks,); `runs`, shape (runs, 4): talk, start, end, emotion; `windows`,
        shape (windows, 5 + labels): talk, start, end, 1 in silence, voice, probabilities.
    """
    corpora: list[str] = []
    runs: list[list[float]] = []
    windows: list[list[float]] = []
    for number, talk in enumerate(talks):
        corpora.append(talk.corpus)
        runs += [[number, r.start_s, r.end_s, EMOTIONS.index(r.emotion)] for r in talk.runs]
        windows += [
            [number, w.start_s, w.end_s, w.state == "silence", voice, *w.probabilities]
            for w, voice in zip(talk.windows, talk.voices, strict=True)
        ]
    return {
        "corpora": np.array(corpora, np.str_),
        "runs": np.array(runs, np.float64).reshape(-1, 4),
        "windows": np.array(windows, np.float64).reshape(-1, 5 + len(EMOTIONS)),
    }


def unpacked(arrays: Arrays) -> list[Heard]:
    """Return the talks of `packed`."""
    talks = [Heard(corpus, (), [], []) for corpus in arrays["corpora"].tolist()]
    for number, start_s, end_s, emotion in arrays["runs"].tolist():
        own = talks[int(number)]
        run = Run(start_s, end_s, EMOTIONS[int(emotion)])
        talks[int(number)] = replace(own, runs=(*own.runs, run))
    for number, start_s, end_s, silent, voice, *chances in arrays["windows"].tolist():
        own = talks[int(number)]
        best = None if silent else EMOTIONS[int(np.argmax(chances))]
        state: State = "silence" if silent else "speech"
        own.windows.append(Window(len(own.windows), start_s, end_s, state, best, tuple(chances)))
        own.voices.append(voice)
    return talks
