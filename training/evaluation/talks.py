"""Talks: clips of one speaker, one after the other, whose emotion changes at known times."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from models.spans import SPAN
from training.data.tracks import Track, joined
from training.signal.store import Store

CLIPS_A_RUN = (2, 4)
"""Clips of one emotion on end, at least and at most: some six to twelve seconds."""
SPAN_S = SPAN / 100
"""Seconds of a span."""
LONGEST_S = 240.0
"""A talk ends with the run that reaches it."""
SPEAKERS = 3
"""Of each corpus, at most."""
FEWEST_CLIPS, FEWEST_EMOTIONS = 20, 4
"""Who has fewer cannot hold a talk."""


@dataclass(frozen=True)
class Run:
    """A stretch of a talk with one emotion, in seconds; it lasts until the next one begins."""

    start_s: float
    end_s: float
    emotion: str


@dataclass(frozen=True)
class Talk:
    """Speech of one speaker with known truth.

    Attributes
    ----------
    track : Track
    runs : tuple of Run
        Each begins where the one before ends, with another emotion.
    """

    track: Track
    runs: tuple[Run, ...]


def arrange(emotions: Sequence[str], rng: np.random.Generator) -> list[int]:
    """Return an order of clips in which each emotion lasts for some and the next one differs.

    Parameters
    ----------
    emotions : sequence of str
        Of each clip.

    Returns
    -------
    list of int
        Positions, each at most once; it ends where only one emotion is left.
    """
    left: dict[str, list[int]] = {}
    for position in rng.permutation(len(emotions)):
        left.setdefault(emotions[position], []).append(int(position))
    order: list[int] = []
    last = None
    while choices := sorted(name for name, clips in left.items() if clips and name != last):
        last = str(rng.choice(choices))
        length = int(rng.integers(CLIPS_A_RUN[0], CLIPS_A_RUN[1] + 1))
        order += left[last][:length]
        del left[last][:length]
    return order


def talk_of(store: Store, clips: Sequence[int], rng: np.random.Generator) -> Talk:
    """Return a talk of one speaker's clips, up to `LONGEST_S`.

    Parameters
    ----------
    store : Store
    clips : sequence of int
        Positions in the store.
    rng : Generator
    """
    order = arrange([store.utterances[i].emotion for i in clips], rng)
    tracks: list[Track] = []
    runs: list[Run] = []
    at_s = 0.0
    for k in order:
        emotion, track = store.utterances[clips[k]].emotion, store.tracks[clips[k]][0]
        if not runs or runs[-1].emotion != emotion:
            if at_s >= LONGEST_S:
                break
            runs.append(Run(at_s, at_s, emotion))
        tracks.append(track)
        at_s += len(track.mean) * SPAN_S
        runs[-1] = replace(runs[-1], end_s=at_s)
    return Talk(joined(tracks), tuple(runs))


def talkers(store: Store, members: Iterable[int]) -> dict[str, list[list[int]]]:
    """Return, for each corpus, the clips of each speaker who can hold a talk; `SPEAKERS` at most.

    The speakers are taken evenly over the corpus, in the order of their names.
    """
    of_speaker: dict[tuple[str, str], list[int]] = {}
    for i in members:
        clip = store.utterances[i]
        of_speaker.setdefault((clip.corpus, clip.speaker), []).append(i)
    found: dict[str, list[list[int]]] = {}
    for (corpus, _), clips in sorted(of_speaker.items()):
        emotions = {store.utterances[i].emotion for i in clips}
        if len(clips) >= FEWEST_CLIPS and len(emotions) >= FEWEST_EMOTIONS:
            found.setdefault(corpus, []).append(clips)
    return {
        corpus: [some[k * len(some) // SPEAKERS] for k in range(SPEAKERS)]
        if len(some) > SPEAKERS
        else some
        for corpus, some in found.items()
    }
