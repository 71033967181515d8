"""Training batches: groups of a speaker's utterances, and a few sounds that are no speech."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from models.features import Floats
from models.labels import EMOTIONS
from models.normalisation import Speaker
from training.crops import Crops, CropSettings, Disguise
from training.sounds import Sound
from training.statistics import LEAST_FRAMES, Ints
from training.store import Store

NO_VOICE = -1
"""The target of a sound that is no speech."""

Targets = npt.NDArray[np.int32]


@dataclass(frozen=True)
class BatchSettings:
    """How training examples are drawn.

    Attributes
    ----------
    steps : int
        Batches in an epoch.
    groups, utterances : int
        Speakers in a batch, and utterances of each.
    pairs : int
        The first so many groups are heard twice, the second time in another disguise: the same
        utterances through another throat, room and line.
    sounds : int
        Sounds without speech in a batch, where there are any.
    shares : dict
        Weight of an utterance of a corpus, against `default_share` for corpora not named; a corpus
        of the weight 0 is not drawn.
    crops : CropSettings
    """

    steps: int = 100
    groups: int = 8
    utterances: int = 7
    pairs: int = 3
    sounds: int = 8
    shares: dict[str, float] = field(
        default_factory=lambda: {
            "ravdess": 1.5,
            "nemo": 0.4,
            "ased": 0.4,
            "emospeech": 0.0,
            "jl": 1.0,
        }
    )
    default_share: float = 0.5
    crops: CropSettings = field(default_factory=CropSettings)


class Batches:
    """Draws epochs of training windows from the utterances `members` of a store.

    Parameters
    ----------
    store : Store
    members : ndarray of int
    crops : Crops
        Of the same store.
    sounds : list of Sound
        Without speech.
    settings : BatchSettings
    seed : int
        The same seed, the same epochs: an interrupted training sees what it would have seen.
    """

    def __init__(
        self,
        store: Store,
        members: Ints,
        *,
        crops: Crops,
        sounds: list[Sound],
        settings: BatchSettings,
        seed: int,
    ) -> None:
        self.settings = settings
        self.crops = crops
        self._store = store
        self._sounds = sounds
        self._seed = seed
        self._emotion = np.array([EMOTIONS.index(u.emotion) for u in store.utterances], np.int32)
        self._corpora: dict[str, dict[str, dict[int, list[int]]]] = {}
        for i in members:
            u = store.utterances[i]
            share = settings.shares.get(u.corpus, settings.default_share)
            # Where the voice activity found next to nothing there is nothing to learn.
            if share > 0 and store.span * store.speech[i][0].sum() >= LEAST_FRAMES:
                by_emotion = self._corpora.setdefault(u.corpus, {}).setdefault(u.speaker, {})
                by_emotion.setdefault(int(self._emotion[i]), []).append(int(i))
        weights = [
            settings.shares.get(corpus, settings.default_share)
            * sum(len(own) for emotions in speakers.values() for own in emotions.values())
            for corpus, speakers in self._corpora.items()
        ]
        self._weights = np.array(weights) / sum(weights)

    @property
    def size(self) -> int:
        """Windows in a batch: group by group, the first groups once more, then the sounds."""
        settings = self.settings
        speech = (settings.groups + settings.pairs) * settings.utterances
        return speech + (settings.sounds if self._sounds else 0)

    def epoch(self, number: int) -> Iterator[tuple[Floats, Targets]]:
        """Yield an epoch: windows (batch, frames, bands + 3) and targets (batch,).

        A target is a position in `EMOTIONS`, or `NO_VOICE`.
        """
        rng = np.random.default_rng([self._seed, number])
        for _ in range(self.settings.steps):
            yield self._batch(rng)

    def group(self, rng: np.random.Generator) -> tuple[list[int], list[int]]:
        """Return utterances of one speaker, emotions alike, and all utterances of the speaker."""
        corpora = list(self._corpora)
        speakers = self._corpora[corpora[int(rng.choice(len(corpora), p=self._weights))]]
        by_emotion = speakers[list(speakers)[int(rng.integers(len(speakers)))]]
        order = [list(by_emotion)[k] for k in rng.permutation(len(by_emotion))]
        chosen = []
        for k in range(self.settings.utterances):
            # Each emotion once, then as it comes: a voice's clips are never evenly mixed.
            emotion = order[k] if k < len(order) else order[int(rng.integers(len(order)))]
            own = by_emotion[emotion]
            chosen.append(own[int(rng.integers(len(own)))])
        return chosen, [i for own in by_emotion.values() for i in own]

    def _batch(self, rng: np.random.Generator) -> tuple[Floats, Targets]:
        settings, crops = self.settings, self.crops
        shape = (self.size, crops.frames, crops.width + 1)
        windows = np.zeros(shape, np.float32)
        targets = np.full(self.size, NO_VOICE, np.int32)
        groups = [self.group(rng) for _ in range(settings.groups)]
        row = 0
        for k, (chosen, everything) in enumerate([*groups, *groups[: settings.pairs]]):
            again = k >= settings.groups
            disguise = crops.disguise(rng, clean=0.0 if again else settings.crops.clean)
            for i in chosen:
                crops.fill(
                    windows[row],
                    self._store.columns[i][disguise.version],
                    self._store.speech[i][disguise.version],
                    disguise=disguise,
                    others=self._acquaintance(everything, disguise, rng),
                    rng=rng,
                )
                targets[row] = self._emotion[i]
                row += 1
        while row < self.size:
            sound = self._sounds[int(rng.integers(len(self._sounds)))]
            _, everything = self.group(rng)
            disguise = crops.disguise(rng, clean=0.0)
            crops.fill(
                windows[row],
                sound.columns,
                sound.speech,
                disguise=disguise,
                others=self._acquaintance(everything, disguise, rng),
                rng=rng,
            )
            row += 1
        return windows, targets

    def _acquaintance(
        self, everything: list[int], disguise: Disguise, rng: np.random.Generator
    ) -> Speaker | None:
        """Return what is known of the speaker by now: nothing, or some of the utterances."""
        if rng.random() < self.settings.crops.cold:
            return None
        count = min(len(everything), int(rng.geometric(0.12)))
        some = rng.choice(everything, count, replace=False)
        return self.crops.known(some, disguise)
