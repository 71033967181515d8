"""Enrolment of a speaker: labelled clips in, a taught profile and a check of it out.

::

    clips -> statistics of the frames, balanced over the emotions: the speaker's mean
          -> vectors of the clips, relative to that mean: the class means (`models.teaching`)
          -> each clip judged without itself: the check and the doubtful clips
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from models.features import Floats
from models.speaker import Speaker
from models.teaching import Adaptation, Check, Doubles, Doubt, Population, Taught, mean_vector
from models.timeline import softmax

if TYPE_CHECKING:
    from models.recognizer import Recognizer

LEAST_FRAMES = 40
"""Frames with speech that a clip needs: 0.4 s."""
LONGEST_S = 60.0
"""Seconds that a clip may last."""
MOST_CLIPS = 50
"""Clips of one enrolment."""


class TeachingError(ValueError):
    """Clips that teach nothing; the message is for people.

    Attributes
    ----------
    code : str
        `unsupported`, `bad_message`, `no_file`, `too_many`, `too_long`, `too_short`, `no_voice` or
        `same_clip`.
    emotion : str or None
        Label of the clip that is refused.
    clip : int or None
        Its position among the clips of that label.
    """

    def __init__(
        self, code: str, message: str, *, emotion: str | None = None, clip: int | None = None
    ) -> None:
        super().__init__(message)
        self.code = code
        self.emotion = emotion
        self.clip = clip


@dataclass(frozen=True)
class Enrolment:
    """The result of teaching.

    Attributes
    ----------
    speaker : Speaker
        The profile; `speaker.taught.separates` tells whether the clips change the judgement.
    clips : dict
        Number of clips of each label that was taught.
    check : Check or None
        Covers the clips whose label has at least two; None if fewer than two labels have.
    doubts : tuple of Doubt
        Clips that the others contradict.
    """

    speaker: Speaker
    clips: dict[str, int]
    check: Check | None
    doubts: tuple[Doubt, ...]


@dataclass(frozen=True)
class _Clip:
    """A clip of the enrolment, and its windows once they are judged.

    Attributes
    ----------
    samples : ndarray, shape (n,)
    label, place : int
        Label, and position among the clips of the label.
    """

    samples: Floats
    label: int
    place: int


def enrol(recognizer: Recognizer, clips: Mapping[str, Sequence[Floats]]) -> Enrolment:
    """Return the profile that labelled clips of one speaker give.

    Parameters
    ----------
    recognizer : Recognizer
    clips : mapping of str to sequence of ndarray
        Clips of each emotion, float32 mono at 16 kHz, each of shape (n,). Any emotions may be left
        out.

    Raises
    ------
    TeachingError
        The bundle has no population, or a clip cannot be used.
    """
    population = recognizer.population
    if population is None:
        raise TeachingError("unsupported", "This model cannot be taught a voice.")
    several = _listed(recognizer, clips)
    parts = _statistics(recognizer, several)
    labels = [clip.label for clip in several]
    speaker = balanced(parts, labels)
    judged = [_windows(recognizer, clip, speaker) for clip in several]
    vectors = [mean_vector(*windows) for windows in judged]
    taught = Taught.of(vectors, labels, of=len(recognizer.labels))
    alone = [
        _Alone.of(recognizer, population, several, parts, vectors, i) for i in range(len(several))
    ]
    checked = [a for a in alone if taught.counts[a.label] > 1]
    check = None
    if len({a.label for a in checked}) > 1:
        untaught = sum(
            recognizer.predict(several[a.index].samples).emotion == recognizer.labels[a.label]
            for a in checked
        )
        right = sum(int(a.taught.argmax()) == a.label for a in checked)
        check = Check(len(checked), untaught, right)
        known, own = (np.array([getattr(a, name) for a in checked]) for name in ("known", "taught"))
        separate = separates([a.label for a in checked], known, own)
        taught = replace(taught, separates=separate)
    doubts = tuple(
        Doubt(
            recognizer.labels[a.label],
            several[a.index].place,
            recognizer.labels[int(a.taught.argmax())],
        )
        for a in alone
        if a.others > 1 and a.against > population.doubt
    )
    counts = {
        label: count for label, count in zip(recognizer.labels, taught.counts, strict=True) if count
    }
    return Enrolment(replace(speaker, taught=taught), counts, check, doubts)


def balanced(parts: Sequence[Speaker], labels: Sequence[int]) -> Speaker:
    """Return the statistics of clips, each label of equal weight.

    If all clips are neutral, so is the speaker (`Speaker.neutral`).

    Parameters
    ----------
    parts : sequence of Speaker
        Statistics of each clip.
    labels : sequence of int
        Label of each clip; 0 is neutral.
    """
    of_label: dict[int, Speaker] = {}
    for part, label in zip(parts, labels, strict=True):
        of_label[label] = of_label[label].joined(part) if label in of_label else part
    counts = np.array([speaker.counts for speaker in of_label.values()])
    totals = np.array([speaker.total for speaker in of_label.values()])
    means = totals / np.maximum(counts, 1)
    known = (counts > 0).sum(axis=0)
    mean = np.where(counts > 0, means, 0.0).sum(axis=0) / np.maximum(known, 1)
    frames = counts.sum(axis=0)
    return Speaker(mean * frames, frames, neutral=set(labels) == {0})


def _listed(recognizer: Recognizer, clips: Mapping[str, Sequence[Floats]]) -> list[_Clip]:
    """Return the clips in a list, after the checks that need no features."""
    rate = recognizer.card.features.sample_rate
    found: list[_Clip] = []
    seen: dict[bytes, tuple[str, int]] = {}
    for emotion in set(clips) - set(recognizer.labels):
        known = ", ".join(recognizer.labels)
        raise TeachingError("bad_message", f'"{emotion}" is none of the emotions {known}.')
    for emotion in recognizer.labels:  # the order of the mapping changes nothing
        for place, samples in enumerate(clips.get(emotion, ())):
            where = {"emotion": emotion, "clip": place}
            if len(samples) > LONGEST_S * rate:
                raise TeachingError(
                    "too_long",
                    f"Clip {place + 1} of {emotion} is longer than {LONGEST_S:g} seconds.",
                    **where,  # type: ignore[arg-type]
                )
            content = samples.tobytes()
            if len(samples) and content in seen:
                other, at = seen[content]
                raise TeachingError(
                    "same_clip",
                    f"Clip {place + 1} of {emotion} is the same as clip {at + 1} of {other}.",
                    **where,  # type: ignore[arg-type]
                )
            seen[content] = (emotion, place)
            found.append(_Clip(samples, recognizer.labels.index(emotion), place))
    if not found:
        raise TeachingError("no_file", "There is no clip to learn from.")
    if len(found) > MOST_CLIPS:
        raise TeachingError("too_many", f"There are more than {MOST_CLIPS} clips.")
    return found


def _statistics(recognizer: Recognizer, clips: Sequence[_Clip]) -> list[Speaker]:
    """Return the statistics of each clip, all of them at the level of the whole."""
    parts: list[Speaker] = []
    # The first pass measures the level of all clips, at which the encoder then hears each one.
    for _ in range(2 if recognizer.network.encoder else 1):
        known = Speaker()
        for part in parts:
            known = known.joined(part)
        level = recognizer.level_of(known)
        parts = []
        for clip in clips:
            frames = recognizer.extractor.frames(clip.samples, level=level)
            parts.append(Speaker().hear(frames.columns[frames.speech]))
            if parts[-1].count < LEAST_FRAMES:
                raise _unusable(recognizer, clip, short=parts[-1].count > 0)
    return parts


def _windows(recognizer: Recognizer, clip: _Clip, speaker: Speaker) -> tuple[Doubles, Doubles]:
    """Return the vectors and the weights of a clip's windows, as a stream judges them."""
    stream = recognizer.stream(speaker=speaker.portable(), keep_vectors=True)
    stream.push(clip.samples)
    stream.finish()
    vectors, weights = stream.take_vectors()
    if not weights.sum():
        raise _unusable(recognizer, clip, short=False)
    return vectors, weights


def _unusable(recognizer: Recognizer, clip: _Clip, *, short: bool) -> TeachingError:
    emotion = recognizer.labels[clip.label]
    code, why = (
        ("too_short", "holds too little speech; half a second is the least")
        if short
        else ("no_voice", "holds no voice")
    )
    message = f"Clip {clip.place + 1} of {emotion} {why}."
    return TeachingError(code, message, emotion=emotion, clip=clip.place)


@dataclass(frozen=True)
class _Alone:
    """A clip that is judged without itself.

    Attributes
    ----------
    index, label : int
        Position among all clips, and its label.
    others : int
        Number of other clips.
    known, taught : ndarray, shape (labels,)
        Probabilities when only the mean of the other clips is known, and when they are taught.
    """

    index: int
    label: int
    others: int
    known: Doubles
    taught: Doubles

    @classmethod
    def of(
        cls,
        recognizer: Recognizer,
        population: Population,
        clips: Sequence[_Clip],
        parts: Sequence[Speaker],
        vectors: Sequence[Doubles],
        index: int,
    ) -> _Alone:
        """Return the judgement of one clip by the others."""
        labels = [clip.label for clip in clips]
        rest = [k for k in range(len(clips)) if k != index]
        speaker, adaptation = Speaker(), None
        if rest:
            speaker = balanced([parts[k] for k in rest], [labels[k] for k in rest])
            others = Taught.of(
                [vectors[k] for k in rest], [labels[k] for k in rest], of=len(recognizer.labels)
            )
            adaptation = Adaptation(population, others)
        own, weights = _windows(recognizer, clips[index], speaker)
        decision = recognizer.card.decision
        prior = np.array(decision.prior or np.zeros(len(recognizer.labels)))
        untaught = own[:, : len(recognizer.labels)] / decision.temperature
        known = clip_probabilities(untaught + prior, weights)
        taught = known
        if adaptation:
            taught = clip_probabilities(adaptation.logits(own) + prior, weights)
        return cls(index, labels[index], len(rest), known, taught)

    @property
    def against(self) -> float:
        """Log odds of the best other label against the clip's own."""
        logs = np.log(np.maximum(self.taught, 1e-9))
        return float(np.delete(logs, self.label).max() - logs[self.label])


def separates(labels: Sequence[int], known: Doubles, taught: Doubles) -> bool:
    """Return whether teaching is worth it: whether the clips judge each other no worse with it.

    Teaching is refused if it makes fewer clips right and their labels less likely.

    Parameters
    ----------
    labels : sequence of int
        Of the clips, each judged without itself.
    known, taught : ndarray, shape (clips, labels)
        Probabilities when only the mean of the other clips is known, and when they are taught.
    """
    rows = np.arange(len(labels))
    right = [int((p.argmax(axis=1) == labels).sum()) for p in (known, taught)]
    likely = [np.log(np.maximum(p[rows, labels], 1e-9)).sum() for p in (known, taught)]
    return bool(right[1] >= right[0] or likely[1] >= likely[0])


def clip_probabilities(logits: Doubles, weights: Doubles) -> Doubles:
    """Return the probabilities of a clip from its windows' logits, shape (windows, labels)."""
    found = np.array([softmax(row) for row in logits])
    return np.asarray(np.average(found, axis=0, weights=weights))
