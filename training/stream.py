"""What a live stream shows of a voice whose emotion changes: how right, how calm and how soon.

The served recogniser hears a talk (`training.talks`) as a live stream, cold at first, a window
every quarter of a second; what each setting of the timeline would have shown is then worked out
from the same windows.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from models.bundle import Decision
from models.normalisation import LEAST
from models.recognizer import DEFAULT_STEP_S
from models.timeline import Timeline, Window
from training.listening import Heard
from training.talks import Run

COMPARED = (
    *({"smoothing": s, "memory": 0.0, "unsure_margin": 0.0} for s in (0.0, 0.5, 0.75)),
    *({"smoothing": s, "memory": 0.95, "unsure_margin": 0.0} for s in (0.5, 0.7, 0.75, 0.8, 0.9)),
    *({"smoothing": 0.75, "memory": m, "unsure_margin": 0.0} for m in (0.8, 0.9, 0.98)),
    *({"smoothing": 0.75, "memory": 0.95, "unsure_margin": u} for u in (0.04, 0.08)),
)
"""Settings of the timeline that `python -m training stream` shows beside the served one."""


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


def shown(talk: Heard, labels: tuple[str, ...], decision: Decision) -> list[Window]:
    """Return what a decision makes of the windows of a talk."""
    timeline = Timeline(labels, decision)
    return [
        timeline.silence(w.start_s, w.end_s)
        if w.state == "silence" or voice < decision.voice_above
        else timeline.speech(
            w.start_s,
            w.end_s,
            logits=np.log(np.maximum(w.probabilities, LEAST)),
            step_s=DEFAULT_STEP_S,
            weight=1.0,
        )
        for w, voice in zip(talk.windows, talk.voices, strict=True)
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


Group = tuple[Sequence[Heard], Decision]
"""Talks, and the decision by which they are shown."""


def followed(groups: Iterable[Group], labels: tuple[str, ...]) -> dict[str, Followed]:
    """Return how the talks of each corpus were followed."""
    corpora: dict[str, Followed] = {}
    for talks, decision in groups:
        for talk in talks:
            own = follow(talk.runs, shown(talk, labels, decision))
            corpora[talk.corpus] = corpora.get(talk.corpus, NOTHING) + own
    return corpora


def figures_of(corpora: dict[str, Followed]) -> dict[str, Any]:
    """Return what `Followed.figures` tells, the mean over the corpora, and "by_corpus"."""
    figures = {corpus: own.figures() for corpus, own in corpora.items()}
    mean = {
        key: float(np.mean([own[key] for own in figures.values()])) for key in NOTHING.figures()
    }
    return {**mean, "by_corpus": figures}


def compare(
    talks: Sequence[Heard], labels: tuple[str, ...], decisions: Iterable[Decision]
) -> list[dict[str, Any]]:
    """Return the figures of each decision: the mean over the corpora, and each corpus."""
    return [figures_of(followed([(talks, decision)], labels)) for decision in decisions]


def table(rows: Sequence[dict[str, Any]], decisions: Sequence[Decision]) -> str:
    """Return the figures of some decisions as lines of a Markdown table."""
    lines = [
        "| smoothing | memory | margin | right | unsure | right when sure | needless a min "
        "| flickers a min | found | delay, median / p90 s |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for row, decision in zip(rows, decisions, strict=True):
        lines.append(
            f"| {decision.smoothing:g} | {decision.memory:g} | {decision.unsure_margin:g} "
            f"| {row['right']:.3f} | {row['unsure']:.3f} | {row['right_when_sure']:.3f} "
            f"| {row['needless']:.1f} | {row['flickers']:.1f} | {row['found']:.2f} "
            f"| {row['delay_median_s']:.2f} / {row['delay_p90_s']:.1f} |"
        )
    return "\n".join(lines)


def comparison(talks: Sequence[Heard], labels: tuple[str, ...], decision: Decision) -> str:
    """Return a text that shows `decision` beside the settings `COMPARED`, as sure as it is."""
    decisions = [*(replace(decision, **other) for other in COMPARED), decision]
    head = (
        f"{len(talks)} talks, {minutes_of(talks):.0f} minutes; temperature "
        f"{decision.temperature:g}, unsure below {decision.unsure_below:g}. The last line is what "
        "is served."
    )
    return f"{head}\n\n{table(compare(talks, labels, decisions), decisions)}"


def section(groups: Sequence[Group], labels: tuple[str, ...]) -> dict[str, Any]:
    """Return the stream's section of the evaluation's report; empty where nobody holds a talk.

    Parameters
    ----------
    groups : sequence of (talks, decision)
        Of each fold, and the decision that none of its speakers chose.
    labels : tuple of str
    """
    talks = [talk for own, _ in groups for talk in own]
    if not talks:
        return {}
    row = figures_of(followed(groups, labels))
    by_corpus = row.pop("by_corpus")
    return {
        "protocol": "Clips of one speaker, never heard by the network, joined with pauses, the "
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
