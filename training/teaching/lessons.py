"""Lessons for a pupil: speech as it might be heard, and what the teacher holds of it."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from models.features import Floats
from models.steps import ends_of, steps_of
from training.corpora.manifest import Utterance
from training.teaching.pupil import BOUND, Batch, PupilSettings
from training.teaching.teacher import UNITS

LEAST_DEVIATION = 0.02
SOME = 2000
"""Clips from which the statistics are estimated."""


@dataclass(frozen=True)
class Prompts:
    """Prompts and their features.

    Attributes
    ----------
    utterances : list of Utterance
    columns : list of list of ndarray
        `columns[i][v]`: prompt i, version v, shape (frames, columns), float16.
    """

    utterances: list[Utterance] = field(default_factory=list)
    columns: list[list[npt.NDArray[np.float16]]] = field(default_factory=list)

    def __len__(self) -> int:
        """Return the number of prompts."""
        return len(self.utterances)


class Lessons:
    """What a pupil hears and is to say, for the utterances of a store.

    What is to be said of a clip in another acoustic version, which is as fast, is what the teacher
    holds of the clip as it is.

    Parameters
    ----------
    store : Prompts
        Its emotions are not looked at.
    states : list of ndarray, shape (steps, UNITS)
        The teacher's, of each utterance of the store.
    settings : PupilSettings
    seed : int
        The same seed, the same lessons, wherever they begin again.
    mfcc : int
        Of a frame's columns the first so many are heard.
    """

    def __init__(
        self,
        store: Prompts,
        states: list[Floats],
        *,
        settings: PupilSettings,
        seed: int,
        mfcc: int,
    ) -> None:
        self.settings = settings
        self.width = mfcc
        self._store = store
        self._states = states
        self._seed = seed
        self._members = np.flatnonzero([len(own) > 0 for own in states])
        some = self._members[:: max(1, len(self._members) // SOME)]
        heard = np.concatenate([self._raw(i, 0) for i in some]).astype(np.float32)
        held = np.concatenate([states[i] for i in some]).astype(np.float32)
        self.mean, self.deviation = heard.mean(axis=0), heard.std(axis=0)
        self.held_mean, self.held_deviation = held.mean(axis=0), held.std(axis=0) + LEAST_DEVIATION
        spread = (held - self.held_mean) / self.held_deviation
        _, found = np.linalg.eigh(np.cov(spread.T))
        self.components: Floats = found[:, ::-1][:, : settings.states].astype(np.float32)
        """The principal components of what is to be said, shape (UNITS, states)."""

    def heard(self, index: int, version: int) -> Floats:
        """Return a clip as the pupil hears it: normalised MFCCs, shape (frames, mfcc)."""
        scaled = (self._raw(index, version) - self.mean) / self.deviation
        return np.asarray(np.clip(scaled, -BOUND, BOUND), np.float32)

    def batch(self, number: int) -> Batch:
        """Return the lessons of a batch.

        Shapes (batch, steps, STEP * mfcc), (batch, steps, UNITS) and (batch, steps).
        """
        rng = np.random.default_rng([self._seed, number])
        settings, width = self.settings, self.width
        ends = ends_of(settings.frames)
        inputs = np.zeros((settings.batch, settings.frames, width), np.float32)
        said = np.zeros((settings.batch, len(ends), UNITS), np.float32)
        there = np.zeros((settings.batch, len(ends)), np.float32)
        chosen = rng.choice(self._members, settings.batch)
        for row, index in enumerate(chosen):
            versions = len(self._store.columns[index])
            spoiled = versions > 1 and rng.random() >= settings.clean
            version = int(rng.integers(1, versions)) if spoiled else 0
            clip = self.heard(index, version)[: settings.frames]
            if rng.random() < 0.7:
                clip = clip + self.microphone(rng)
            inputs[row, : len(clip)] = clip
            held = self._states[index]
            same = held[: np.count_nonzero(ends < len(clip))]
            said[row, : len(same)] = (same - self.held_mean) / self.held_deviation
            there[row, : len(same)] = 1.0
        return steps_of(inputs), said, there

    def microphone(self, rng: np.random.Generator) -> Floats:
        """Return what an imagined microphone adds to each MFCC, in deviations, shape (mfcc,)."""
        first, others = self.settings.microphone
        spread = np.full(self.width, others)
        spread[0] = first
        return np.asarray(spread * rng.standard_normal(self.width), np.float32)

    def _raw(self, index: int, version: int) -> npt.NDArray[np.float16]:
        return self._store.columns[index][version][:, : self.width]
