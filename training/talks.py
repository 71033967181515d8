"""Talks: clips of one speaker, joined with pauses, in which the emotion changes at known times."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from models.features import Floats
from training.manifest import Utterance
from training.store import RATE, read_audio

CLIPS_A_RUN = (2, 4)
"""Clips of one emotion on end, at least and at most: some six to twelve seconds."""
PAUSE_S = (0.2, 1.2)
"""What is added between two clips, beside the silence that they begin and end with."""
LONGEST_S = 240.0
"""A talk ends with the run that reaches it."""
SPEAKERS = 12
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
    samples : ndarray, shape (n,)
        Mono at 16 kHz.
    runs : tuple of Run
        Each begins where the one before ends, with another emotion.
    """

    samples: Floats
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


def join(clips: Iterable[tuple[Floats, str]], rng: np.random.Generator) -> Talk:
    """Return clips, each samples and emotion, as one talk of up to `LONGEST_S`.

    The pauses hold noise as strong as the clip's own quietest moments: a microphone stays open.
    """
    pieces: list[Floats] = []
    runs: list[Run] = []
    at = 0
    for samples, emotion in clips:
        if not runs or runs[-1].emotion != emotion:
            if at >= LONGEST_S * RATE:
                break
            runs.append(Run(at / RATE, at / RATE, emotion))
        pause = round(rng.uniform(*PAUSE_S) * RATE)
        noise = _quietest(samples) * rng.standard_normal(pause)
        pieces += [samples, noise.astype(np.float32)]
        at += len(samples) + pause
        runs[-1] = replace(runs[-1], end_s=at / RATE)
    return Talk(np.concatenate(pieces) if pieces else np.zeros(0, np.float32), tuple(runs))


def _quietest(samples: Floats) -> float:
    """Return the RMS of a tenth of the clip's 20 ms pieces, the quietest."""
    size = RATE // 50
    pieces = samples[: len(samples) // size * size].reshape(-1, size)
    if not len(pieces):
        return 0.0
    powers = np.sort(np.square(pieces, dtype=np.float64).mean(axis=1))
    return float(np.sqrt(powers[: max(1, len(powers) // 10)].mean()))


def talk_of(clips: Sequence[Utterance], rng: np.random.Generator) -> Talk:
    """Return a talk of one speaker's clips."""
    order = arrange([clip.emotion for clip in clips], rng)
    return join(((read_audio(clips[i].path), clips[i].emotion) for i in order), rng)


def talkers(utterances: Iterable[Utterance]) -> dict[str, list[list[Utterance]]]:
    """Return, for each corpus, the clips of each speaker who can hold a talk; `SPEAKERS` at most.

    The speakers are taken evenly over the corpus, in the order of their names.
    """
    of_speaker: dict[tuple[str, str], list[Utterance]] = {}
    for clip in utterances:
        of_speaker.setdefault((clip.corpus, clip.speaker), []).append(clip)
    found: dict[str, list[list[Utterance]]] = {}
    for (corpus, _), clips in sorted(of_speaker.items()):
        if len(clips) >= FEWEST_CLIPS and len({c.emotion for c in clips}) >= FEWEST_EMOTIONS:
            found.setdefault(corpus, []).append(clips)
    return {
        corpus: [some[k * len(some) // SPEAKERS] for k in range(SPEAKERS)]
        if len(some) > SPEAKERS
        else some
        for corpus, some in found.items()
    }
