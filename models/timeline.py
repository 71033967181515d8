"""From a window's logits to a decision over time: calibrated, smoothed, silent or unsure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from models.bundle import Decision

State = Literal["speech", "silence", "unsure"]
Doubles = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Window:
    """The judgement of one window.

    Attributes
    ----------
    seq : int
        Counts the stream's windows from 0.
    start_s, end_s : float
        The audio that was judged, in seconds from the stream's beginning.
    state : {"speech", "silence", "unsure"}
    emotion : str or None
        None unless the state is "speech".
    probabilities : tuple of float
        One for each label; they sum to 1. All equal in silence: nothing is known then.
    """

    seq: int
    start_s: float
    end_s: float
    state: State
    emotion: str | None
    probabilities: tuple[float, ...]


@dataclass(frozen=True)
class Judgement:
    """The judgement of a whole utterance, clip or session.

    Attributes
    ----------
    duration_s : float
    emotion : str or None
        The most probable label; None where no speech was heard.
    probabilities : tuple of float
        One for each label; all equal where no speech was heard.
    windows : tuple of Window
    """

    duration_s: float
    emotion: str | None
    probabilities: tuple[float, ...]
    windows: tuple[Window, ...]


class Timeline:
    """Collects the windows of one stream.

    ::

        silence --speech in the last second--> speech <--highest probability--> unsure
           ^------------- none --------------------+------------------------------+
    """

    def __init__(self, labels: tuple[str, ...], decision: Decision) -> None:
        self._labels = labels
        self._decision = decision
        self._smoothed: Doubles | None = None
        self._sum: Doubles = np.zeros(len(labels))
        self._weight = 0.0
        self._windows: list[Window] = []

    def silence(self, start_s: float, end_s: float) -> Window:
        """Add a window without speech."""
        self._smoothed = None
        even = (1.0 / len(self._labels),) * len(self._labels)
        return self._add(start_s, end_s, "silence", None, even)

    def speech(
        self, start_s: float, end_s: float, *, logits: Doubles, step_s: float, weight: float
    ) -> Window:
        """Add a window with speech.

        Parameters
        ----------
        start_s, end_s : float
            The window.
        logits : ndarray, shape (labels,)
        step_s : float
            Time since the previous window: smoothing is by time, whatever the step.
        weight : float
            How much this window counts in the whole judgement.
        """
        probabilities = softmax(logits / self._decision.temperature)
        self._sum += weight * probabilities
        self._weight += weight
        logs = np.log(probabilities + 1e-9)
        if self._smoothed is None:
            self._smoothed = logs
        else:
            past = self._decision.smoothing ** (step_s / 0.25)
            self._smoothed = past * self._smoothed + (1 - past) * logs
        shown = softmax(self._smoothed)
        best = int(shown.argmax())
        if shown[best] < self._decision.unsure_below:
            return self._add(start_s, end_s, "unsure", None, rounded(shown))
        return self._add(start_s, end_s, "speech", self._labels[best], rounded(shown))

    def judgement(self, duration_s: float) -> Judgement:
        """Return the judgement of everything so far."""
        heard = self._weight > 0
        mean = (
            self._sum / self._weight if heard else np.full(len(self._labels), 1 / len(self._labels))
        )
        emotion = self._labels[int(mean.argmax())] if heard else None
        return Judgement(round(duration_s, 3), emotion, rounded(mean), tuple(self._windows))

    def _add(
        self,
        start_s: float,
        end_s: float,
        state: State,
        emotion: str | None,
        probabilities: tuple[float, ...],
    ) -> Window:
        window = Window(
            len(self._windows), round(start_s, 3), round(end_s, 3), state, emotion, probabilities
        )
        self._windows.append(window)
        return window


def softmax(logits: Doubles) -> Doubles:
    """Return the probabilities of logits, shape (labels,)."""
    powers = np.exp(logits - logits.max())
    return np.asarray(powers / powers.sum())


def rounded(probabilities: Doubles) -> tuple[float, ...]:
    """Return probabilities to four digits, as they are sent."""
    return tuple(round(float(value), 4) for value in probabilities)
