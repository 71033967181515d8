"""What a live stream shows of a voice whose emotion changes: how right, how calm and how soon.

The served recogniser judges a talk (`training.evaluation.talks`) as a live stream, cold at first,
with a window every quarter of a second. The judgements of each setting of the timeline are then
computed from the same windows.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from models.bundle import Decision
from models.recognizer import DEFAULT_STEP_S
from models.timeline import Window
from training.data.cache import Arrays, Cache
from training.evaluation.outcomes import (
    Doubles,
    Trained,
    courses,
    decided,
    packed,
    unpacked,
)
from training.evaluation.talks import Run, Talk, talk_of, talkers
from training.signal.store import Store


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


@dataclass(frozen=True)
class Heard:
    """A talk's truth, and the course of its windows before any decision.

    Attributes
    ----------
    corpus : str
    runs : tuple of Run
    course : ndarray
        See `training.evaluation.outcomes`.
    """

    corpus: str
    runs: tuple[Run, ...]
    course: Doubles


def listen(store: Store, trained: Trained, *, seed: int, cache: Cache) -> list[Heard]:
    """Return a talk of every test speaker of a split, as the split's network hears it.

    Parameters
    ----------
    store : Store
    trained : Trained
    seed : int
        For the order of the clips.
    cache : Cache
    """
    acted = [i for i in trained.split.test if not store.utterances[i].kind]
    rng = np.random.default_rng(seed)
    talks = [
        (corpus, talk_of(store, clips, rng))
        for corpus, speakers in talkers(store, acted).items()
        for clips in speakers
    ]
    names = [[store.utterances[i].path.name for i in acted], seed]
    kept = cache.fetch(_listen, trained, [talk for _, talk in talks], key=[trained.digest, names])
    return [
        Heard(corpus, talk.runs, course)
        for (corpus, talk), course in zip(talks, unpacked(kept, "talks"), strict=True)
    ]


def _listen(trained: Trained, talks: list[Talk]) -> Arrays:
    return packed(courses(trained, ((talk.track, None) for talk in talks)), "talks")


def shown(talk: Heard, decision: Decision) -> Sequence[Window]:
    """Return what a decision makes of the windows of a talk."""
    return decided(talk.course, decision).windows


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


Group = tuple[Sequence[Heard], Decision]
"""Talks, and the decision by which they are shown."""


def followed(groups: Iterable[Group]) -> dict[str, Followed]:
    """Return how the talks of each corpus were followed."""
    corpora: dict[str, Followed] = {}
    for talks, decision in groups:
        for talk in talks:
            own = follow(talk.runs, shown(talk, decision))
            corpora[talk.corpus] = corpora.get(talk.corpus, NOTHING) + own
    return corpora


def figures_of(corpora: dict[str, Followed]) -> dict[str, Any]:
    """Return what `Followed.figures` tells, the mean over the corpora, and "by_corpus"."""
    figures = {corpus: own.figures() for corpus, own in corpora.items()}
    mean = {
        key: float(np.mean([own[key] for own in figures.values()])) for key in NOTHING.figures()
    }
    return {**mean, "by_corpus": figures}


def section(groups: Sequence[Group]) -> dict[str, Any]:
    """Return the stream's section of the evaluation's report; empty where nobody holds a talk.

    Parameters
    ----------
    groups : sequence of (talks, decision)
        Of each fold, and the decision that none of its speakers chose.
    """
    talks = [talk for own, _ in groups for talk in own]
    if not talks:
        return {}
    row = figures_of(followed(groups))
    by_corpus = row.pop("by_corpus")
    return {
        "protocol": "Clips of one speaker, never heard by the network, one after the other, the "
        "emotion changing every two to four clips; heard as a live stream, cold at first, with the "
        "thresholds that the other folds' speakers call for. Shares are of windows with speech; "
        "changes are a minute of speech; the mean over the corpora.",
        "talks": len(talks),
        "minutes": round(minutes_of(talks), 1),
        **_rounded(row),
        "by_corpus": {corpus: _rounded(own) for corpus, own in by_corpus.items()},
    }


def minutes_of(talks: Sequence[Heard]) -> float:
    """Return how long the talks last together."""
    return sum(talk.runs[-1].end_s for talk in talks if talk.runs) / 60


def _rounded(figures: dict[str, float]) -> dict[str, float | None]:
    return {key: round(v, 4) if np.isfinite(v) else None for key, v in figures.items()}
