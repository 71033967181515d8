"""From a window's logits to a decision over time: calibrated, smoothed, silent or unsure.

An emotion lasts, and windows overlap. So the past is the prior of what a window says: a Bayesian
filter (Rabiner 1989, the forward algorithm) over emotions that may change at any time into any
other, in which a window counts for its new part only::

    past = smoothing ** (time since the last window / 0.25 s), less what silence took of it
    prior = past * belief + (1 - past) / labels
    belief = softmax(log(prior) + (1 - past) * log(probabilities))

With nothing past, a window is believed as it is. Against a running mean of the log probabilities,
the emotion that is believed gives way to another that does better for a while, not to one that is
a little ahead for a moment: fewer needless changes at the same delay (training/EXPERIMENTS.md).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, overload

import numpy as np
import numpy.typing as npt

from models.bundle import Decision

State = Literal["speech", "silence", "unsure"]
VOICE_S = 5.0
"""Seconds of voice that suffice for the judgement of a recording, whatever else it holds."""
STEP_S = 0.25  # what `Decision` gives its weights for
STATES: tuple[State, ...] = ("speech", "silence", "unsure")
OTHER_SOUND = 0x80
"""Bit of a packed state: the window holds a sound that is no voice."""
Doubles = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Window:
    """The judgement of one window.

    Attributes
    ----------
    seq : int
        Counts the stream's windows from 0, those that were skipped too.
    start_s, end_s : float
        The audio that was judged, in seconds from the stream's beginning.
    state : {"speech", "silence", "unsure"}
    emotion : str or None
        None unless the state is "speech".
    probabilities : tuple of float
        One for each label; they sum to 1. All equal in silence: nothing is known then.
    other_sound : bool
        Whether the window holds a sound that is no voice. The state is "silence" then.
    """

    seq: int
    start_s: float
    end_s: float
    state: State
    emotion: str | None
    probabilities: tuple[float, ...]
    other_sound: bool = False


@dataclass(frozen=True)
class Judgement:
    """The judgement of a whole utterance, clip or session.

    Attributes
    ----------
    duration_s : float
    emotion : str or None
        The most probable label; None where too little speech was heard (`Timeline.judgement`).
    probabilities : tuple of float
        One for each label; all equal where `emotion` is None.
    windows : sequence of Window
    """

    duration_s: float
    emotion: str | None
    probabilities: tuple[float, ...]
    windows: Sequence[Window]


class Windows(Sequence[Window]):
    """Windows as 24 bytes each: half an hour of a session is 173 KB instead of 2.9 MB.

    A window is made anew whenever it is asked for; nothing is lost, as windows hold milliseconds
    and ten thousandths. Equal to any sequence of the same windows. Those that were skipped are not
    here, but have their numbers.

    Parameters
    ----------
    labels : tuple of str
        The emotions.
    rows : bytes
        What another one has packed.
    """

    def __init__(self, labels: tuple[str, ...], rows: bytes = b"") -> None:
        self._labels = labels
        self._row = struct.Struct(f"<IIIBb{len(labels)}H")
        self._rows = bytearray(rows)
        self._next = self[-1].seq + 1 if rows else 0

    def add(
        self,
        start_s: float,
        end_s: float,
        state: State,
        emotion: int | None,
        probabilities: Doubles,
        *,
        other_sound: bool = False,
    ) -> Window:
        """Add the next window and return it.

        Parameters
        ----------
        start_s, end_s : float
        state : {"speech", "silence", "unsure"}
        emotion : int or None
            Position in the labels.
        probabilities : ndarray, shape (labels,)
        other_sound : bool
        """
        self._rows += self._row.pack(
            self._next,
            round(start_s * 1000),
            round(end_s * 1000),
            STATES.index(state) | (OTHER_SOUND if other_sound else 0),
            -1 if emotion is None else emotion,
            *np.rint(probabilities * 10000).astype(int).tolist(),
        )
        self._next += 1
        return self[-1]

    def skip(self, count: int) -> None:
        """Leave numbers to windows that were not judged."""
        self._next += count

    def copy(self) -> Windows:
        """Return the windows so far, apart from those to come."""
        return Windows(self._labels, bytes(self._rows))

    def __len__(self) -> int:
        """Return the number of windows."""
        return len(self._rows) // self._row.size

    @overload
    def __getitem__(self, index: int) -> Window: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[Window, ...]: ...

    def __getitem__(self, index: int | slice) -> Window | tuple[Window, ...]:
        """Return a window, or the tuple of some."""
        found = range(len(self))[index]
        return self._make(found) if isinstance(found, int) else tuple(map(self._make, found))

    def __iter__(self) -> Iterator[Window]:
        """Make the windows one after the other."""
        return map(self._make, range(len(self)))

    def __eq__(self, other: object) -> bool:
        """Return whether `other` holds the same windows."""
        if not isinstance(other, Sequence) or len(other) != len(self):
            return NotImplemented if not isinstance(other, Sequence) else False
        return all(own == its for own, its in zip(self, other, strict=True))

    __hash__ = None  # type: ignore[assignment]  # it grows

    def _make(self, row: int) -> Window:
        seq, start, end, state, emotion, *shares = self._row.unpack_from(
            self._rows, row * self._row.size
        )
        return Window(
            seq,
            start / 1000,
            end / 1000,
            STATES[state & ~OTHER_SOUND],
            None if emotion < 0 else self._labels[emotion],
            tuple([share / 10000 for share in shares]),
            bool(state & OTHER_SOUND),
        )


class Timeline:
    """Collects the windows of one stream.

    ::

        silence --voice in the last second---> unsure <--probability and time suffice--> speech
       ^------------- none --------------------+----------------------------------------+

    A label is shown once `Decision.enough_s` of speech was heard and its probability is the highest
    and reaches `Decision.shown_above`. It stays until its probability falls `unsure_margin` below
    that, or another label reaches its own threshold, so that the display does not flicker (a
    Schmitt trigger).

    Parameters
    ----------
    labels : tuple of str
    decision : Decision
    """

    def __init__(self, labels: tuple[str, ...], decision: Decision) -> None:
        self._labels = labels
        self._decision = decision
        self._prior = np.array(decision.prior or np.zeros(len(labels)))
        self._needed = np.array(decision.shown_above or [decision.unsure_below] * len(labels))
        self._even = np.full(len(labels), 1 / len(labels))
        self._belief = self._even
        self._kept = 0.0  # what silence has left of the belief; nothing at the beginning
        self._shown: int | None = None
        self._speech_s = 0.0
        self._end_s = 0.0
        self._sum: Doubles = np.zeros(len(labels))
        self._weight = 0.0
        self._voices = 0  # windows with a voice
        self._voice_s = 0.0  # time that they stand for
        self._others = 0  # windows with a sound that is no voice
        self._windows = Windows(labels)

    def silence(self, start_s: float, end_s: float, *, other_sound: bool = False) -> Window:
        """Add a window without a voice.

        Parameters
        ----------
        start_s, end_s : float
            The window.
        other_sound : bool
            Whether the window holds a sound that is no voice.
        """
        self._others += other_sound
        self._kept *= self._decision.memory ** (max(0.0, end_s - self._end_s) / STEP_S)
        self._shown = None
        return self._add(start_s, end_s, "silence", None, self._even, other_sound=other_sound)

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
        decision = self._decision
        probabilities = softmax(logits / decision.temperature + self._prior)
        self._sum += weight * probabilities
        self._weight += weight
        self._voices += 1
        self._voice_s += step_s
        past = self._kept * decision.smoothing ** (step_s / STEP_S)
        prior = past * self._belief + (1 - past) * self._even
        self._belief = softmax(np.log(prior) + (1 - past) * np.log(probabilities + 1e-9))
        self._kept = 1.0
        self._speech_s += step_s
        self._shown = self._next()
        if self._shown is None:
            return self._add(start_s, end_s, "unsure", None, self._belief)
        return self._add(start_s, end_s, "speech", self._shown, self._belief)

    def _next(self) -> int | None:
        """Return the label to show from now on; None is "unsure"."""
        if self._speech_s < self._decision.enough_s:
            return None
        best, margin = int(self._belief.argmax()), self._decision.unsure_margin
        if self._belief[best] >= self._needed[best]:
            return best
        kept = self._shown
        if kept is not None and self._belief[kept] >= self._needed[kept] - margin:
            return kept
        return None

    def skip(self, count: int = 1) -> None:
        """Leave out windows that nobody judged: the next ones count for their time."""
        self._windows.skip(count)

    def judgement(self, duration_s: float) -> Judgement:
        """Return the judgement of everything so far.

        It names an emotion if at least half of the windows with sound hold a voice, or windows of
        `VOICE_S` seconds do: a single bark that resembles a voice decides nothing.
        """
        enough = self._voices >= self._others or self._voice_s >= VOICE_S
        heard = self._weight > 0 and enough
        mean = self._sum / self._weight if heard else self._even
        emotion = self._labels[int(mean.argmax())] if heard else None
        return Judgement(round(duration_s, 3), emotion, rounded(mean), self._windows.copy())

    def _add(
        self,
        start_s: float,
        end_s: float,
        state: State,
        emotion: int | None,
        probabilities: Doubles,
        *,
        other_sound: bool = False,
    ) -> Window:
        self._end_s = end_s
        return self._windows.add(
            start_s, end_s, state, emotion, probabilities, other_sound=other_sound
        )


def softmax(logits: Doubles) -> Doubles:
    """Return the probabilities of logits, shape (labels,)."""
    powers = np.exp(logits - logits.max())
    return np.asarray(powers / powers.sum())


def rounded(probabilities: Doubles) -> tuple[float, ...]:
    """Return probabilities to four digits, as they are sent."""
    return tuple(round(float(value), 4) for value in probabilities)
