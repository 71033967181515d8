"""What a live stream shows of a voice whose emotion changes: how right, how calm and how soon.

Clips of one speaker, joined with pauses, are a talk whose truth is known at each moment. The served
recogniser hears it as a live stream, cold at first, a window every quarter of a second; what each
setting of the timeline would have shown is then worked out from the same windows.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from tqdm import tqdm

from models.bundle import Decision
from models.features import Floats
from models.recognizer import DEFAULT_STEP_S, Recognizer
from models.timeline import Timeline, Window
from training.networks import RAW
from training.outcomes import LEAST
from training.store import RATE, read_audio

CLIPS_A_RUN = (2, 4)
"""Clips of one emotion on end, at least and at most: some six to twelve seconds."""
PAUSE_S = (0.2, 1.2)
"""What is added between two clips, beside the silence that they begin and end with."""
LONGEST_S = 240.0
"""A talk ends with the run that reaches it."""


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


@dataclass(frozen=True)
class Followed:
    """How a talk, or several together, were followed.

    Attributes
    ----------
    seconds : float
        Time in which there was speech.
    right, wrong, unsure : int
        Windows with speech whose shown emotion was the truth at their end, was not, or was none.
    needless : int
        Changes of the shown emotion, but for the first to the truth in each run. Nothing shown in
        between does not hide a change, and is none by itself.
    flickers : int
        Times that "unsure" came where an emotion had been shown right before.
    delays_s : tuple of float
        For each run but the first: from the first window with its speech until its emotion showed;
        infinite if it never did.
    """

    seconds: float
    right: int
    wrong: int
    unsure: int
    needless: int
    flickers: int
    delays_s: tuple[float, ...]

    def __add__(self, other: Followed) -> Followed:
        """Return both together."""
        return Followed(
            *(getattr(self, name) + getattr(other, name) for name in self.__dataclass_fields__)
        )

    def figures(self) -> dict[str, float]:
        """Return the figures that a setting is judged by.

        Returns
        -------
        dict
            Shares of the speech time: "right" and "unsure" of all, "right_when_sure" of what was
            shown. "needless" and "flickers" a minute of speech. "found": share of the changes of
            emotion that were shown at all; "delay_median_s" and "delay_p90_s" of those.
        """
        speech = self.right + self.wrong + self.unsure
        found = [delay for delay in self.delays_s if np.isfinite(delay)]
        minutes = self.seconds / 60
        return {
            "right": self.right / max(1, speech),
            "right_when_sure": self.right / max(1, self.right + self.wrong),
            "unsure": self.unsure / max(1, speech),
            "needless": self.needless / minutes if minutes else 0.0,
            "flickers": self.flickers / minutes if minutes else 0.0,
            "found": len(found) / max(1, len(self.delays_s)),
            "delay_median_s": float(np.median(found)) if found else np.inf,
            "delay_p90_s": float(np.quantile(found, 0.9)) if found else np.inf,
        }


NOTHING = Followed(0.0, 0, 0, 0, 0, 0, ())


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


def talk_of(paths: Sequence[tuple[str, str]], rng: np.random.Generator) -> Talk:
    """Return a talk of recordings of one speaker: path and emotion of each."""
    order = arrange([emotion for _, emotion in paths], rng)
    return join(((read_audio(paths[i][0]), paths[i][1]) for i in order), rng)  # type: ignore[arg-type]


def heard(recognizer: Recognizer, talk: Talk) -> list[Window]:
    """Return the stream's windows before any decision: temperature 1, nothing smoothed."""
    raw = Recognizer(replace(recognizer.card, decision=RAW), recognizer.network)
    return raw.stream(step_s=DEFAULT_STEP_S).push(talk.samples)


def shown(windows: Sequence[Window], labels: tuple[str, ...], decision: Decision) -> list[Window]:
    """Return what a decision makes of windows that `heard` gave."""
    timeline = Timeline(labels, decision)
    return [
        timeline.silence(w.start_s, w.end_s)
        if w.state == "silence"
        else timeline.speech(
            w.start_s,
            w.end_s,
            logits=np.log(np.maximum(w.probabilities, LEAST)),
            step_s=DEFAULT_STEP_S,
            weight=1.0,
        )
        for w in windows
    ]


def follow(runs: Sequence[Run], windows: Sequence[Window]) -> Followed:
    """Return how the windows followed a talk's runs; a window is of the moment of its end."""
    count = {"right": 0, "wrong": 0, "unsure": 0}
    changes = reached = flickers = 0
    delays: list[float] = []
    last: str | None = None  # the emotion shown last, however long ago
    before: Window | None = None
    for number, run in enumerate(runs):
        began: float | None = None
        delay = np.inf
        for window in (w for w in windows if run.start_s < w.end_s <= run.end_s):
            if window.state != "silence":
                began = window.end_s if began is None else began
                right = window.emotion == run.emotion
                count["unsure" if window.emotion is None else "right" if right else "wrong"] += 1
                flickers += window.emotion is None and before is not None and bool(before.emotion)
                if window.emotion not in (None, last):
                    changes += last is not None
                    reached += last is not None and right and delay == np.inf
                    last = window.emotion
                if right and delay == np.inf:
                    delay = window.end_s - began
            before = window
        if number and began is not None:
            delays.append(delay)
    return Followed(
        DEFAULT_STEP_S * sum(count.values()),
        count["right"],
        count["wrong"],
        count["unsure"],
        changes - reached,
        flickers,
        tuple(delays),
    )
