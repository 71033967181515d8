"""Training batches: balanced crops, each normalised as a stream would have normalised it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from models.features import Floats
from models.labels import EMOTIONS
from models.normalisation import Normalisation, Speaker
from training.store import Store

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class BatchSettings:
    """How training examples are drawn.

    Attributes
    ----------
    batch : int
        Windows in a batch.
    frames, least_frames : int
        Length of the network's window, and of the shortest crop.
    shares : dict
        Utterances drawn in an epoch for each one that the corpus has; `default_share` for corpora
        not named.
    clean : float
        Share of the crops that come from the recording itself for sure.
    cold : float
        Share of the crops that know nothing of the speaker but the crop itself.
    channel_db : float
        Standard deviation of a random microphone's gain in dB; its colour is a third of that.
    time_mask, mfcc_mask : int
        SpecAugment's longest masks, in frames and coefficients (Park et al. 2019); 0 is none.
    mfcc_noise : float
        Added noise in standard deviations.
    mixup : float
        Alpha of the beta distribution of mix-up (Zhang et al. 2018); 0 is none.
    """

    batch: int = 32
    frames: int = 300
    least_frames: int = 100
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
    clean: float = 0.4
    cold: float = 0.4
    channel_db: float = 6.0
    time_mask: int = 25
    mfcc_mask: int = 5
    mfcc_noise: float = 0.1
    mixup: float = 0.0


class Sums:
    """Speech frames' sums of every utterance and version: what a speaker's mean is made of."""

    def __init__(self, store: Store) -> None:
        versions = len(store.mfcc[0])
        n_mfcc = store.mfcc[0][0].shape[1]
        self.total = np.zeros((len(store), versions, n_mfcc))
        self.count = np.zeros((len(store), versions))
        for index, (features, masks) in enumerate(zip(store.mfcc, store.speech, strict=True)):
            for version, (mfcc, speech) in enumerate(zip(features, masks, strict=True)):
                self.total[index, version] = mfcc[speech].sum(axis=0, dtype=np.float64)
                self.count[index, version] = speech.sum()


def estimate_normalisation(
    store: Store, members: Ints, sums: Sums, *, channel_db: float
) -> Normalisation:
    """Return the prior of a speaker's mean from the training utterances.

    Every version and speaker counts alike.

    `strength` is the ratio of the variances of a clip's mean about its speaker's and of a speaker's
    about everyone's (with an unknown microphone's), times the usual clip's frames: Efron & Morris's
    shrinkage.
    """
    speakers = np.array([store.utterances[i].speaker for i in members])
    clip_means = sums.total[members] / np.maximum(sums.count[members], 1)[..., None]
    usable = sums.count[members] >= 30
    means, within, scales = [], [], []
    for speaker in np.unique(speakers):
        own = speakers == speaker
        for version in range(clip_means.shape[1]):
            chosen = own & usable[:, version]
            if chosen.sum() < 5:
                continue
            mean = clip_means[chosen, version].mean(axis=0)
            means.append(mean)
            within.append(clip_means[chosen, version].var(axis=0))
            some = members[chosen][:: max(1, chosen.sum() // 8)]
            frames = np.concatenate(
                [store.mfcc[i][version][store.speech[i][version]] for i in some]
            ).astype(np.float64)
            scales.append(np.square(frames - mean).mean(axis=0))
    prior = np.mean(means, axis=0)
    between = np.var(means, axis=0) + np.square(channel_spread(len(prior), channel_db))
    frames_of_a_clip = np.median(sums.count[members])
    strength = frames_of_a_clip * np.mean(within, axis=0) / between
    return Normalisation(
        prior.astype(np.float32),
        np.sqrt(np.mean(scales, axis=0)).astype(np.float32),
        strength.astype(np.float32),
    )


def channel_spread(n_mfcc: int, gain_db: float) -> npt.NDArray[np.float64]:
    """Return what an unknown microphone adds to each MFCC: standard deviations, shape (n_mfcc,).

    A gain of g dB moves the first coefficient by 8 g (64 mels, orthonormal DCT); colour falls off
    with the order.
    """
    spread = 8 * gain_db / 3 / np.maximum(1.0, np.arange(n_mfcc))
    spread[0] = 8 * gain_db
    return np.asarray(spread, np.float64)


class Batches:
    """Draws epochs of training windows from the utterances `members` of a store."""

    def __init__(
        self,
        store: Store,
        members: Ints,
        *,
        sums: Sums,
        normalisation: Normalisation,
        settings: BatchSettings,
        seed: int,
    ) -> None:
        self.settings = settings
        self.normalisation = normalisation
        self._store = store
        self._sums = sums
        self._rng = np.random.default_rng(seed)
        self._emotion = np.array([EMOTIONS.index(u.emotion) for u in store.utterances])
        self._versions = len(store.mfcc[0])
        self._spread = channel_spread(len(normalisation.mean), settings.channel_db)
        self._groups: dict[str, dict[int, dict[str, list[int]]]] = {}
        self._of_speaker: dict[str, list[int]] = {}
        self._sizes: dict[str, int] = {}
        for i in members:
            if sums.count[i, 0] < 20:
                continue  # the voice activity found next to nothing in it
            u = store.utterances[i]
            by_emotion = self._groups.setdefault(u.corpus, {})
            by_emotion.setdefault(int(self._emotion[i]), {}).setdefault(u.speaker, []).append(
                int(i)
            )
            self._of_speaker.setdefault(u.speaker, []).append(int(i))
            self._sizes[u.corpus] = self._sizes.get(u.corpus, 0) + 1

    def epoch(self) -> Ints:
        """Return one epoch's utterances: corpora by their shares, emotions and speakers alike."""
        chosen: list[int] = []
        for corpus, by_emotion in self._groups.items():
            share = self.settings.shares.get(corpus, self.settings.default_share)
            for by_speaker in by_emotion.values():
                speakers = list(by_speaker)
                for _ in range(round(share * self._sizes[corpus] / len(by_emotion))):
                    own = by_speaker[speakers[self._rng.integers(len(speakers))]]
                    chosen.append(own[self._rng.integers(len(own))])
        return self._rng.permutation(np.array(chosen))

    def __iter__(self) -> Iterator[tuple[Floats, Floats]]:
        """Yield one epoch: windows (batch, frames, n_mfcc + 1) and targets (batch, labels)."""
        order = self.epoch()
        size = self.settings.batch
        for start in range(0, len(order) - size + 1, size):
            yield self._batch(order[start : start + size])

    def _batch(self, members: Ints) -> tuple[Floats, Floats]:
        settings = self.settings
        n_mfcc = len(self.normalisation.mean)
        windows = np.zeros((len(members), settings.frames, n_mfcc + 1), np.float32)
        targets = np.eye(len(EMOTIONS), dtype=np.float32)[self._emotion[members]]
        for row, index in enumerate(members):
            self._fill(windows[row], int(index))
        if settings.mixup:
            self._mix(windows, targets)
        return windows, targets

    def _mix(self, windows: Floats, targets: Floats) -> None:
        """Mix each example with another one, in place; what either masks is zero first."""
        partner = self._rng.permutation(len(windows))
        alpha = self.settings.mixup
        share = self._rng.beta(alpha, alpha, len(windows)).astype(np.float32)
        own, other = np.maximum(share, 1 - share), np.minimum(share, 1 - share)
        mask = np.maximum(windows[..., -1], windows[partner, :, -1])
        windows[..., :-1] *= windows[..., -1:]
        windows[:] = own[:, None, None] * windows + other[:, None, None] * windows[partner]
        windows[..., -1] = mask
        targets[:] = own[:, None] * targets + other[:, None] * targets[partner]

    def _fill(self, window: Floats, index: int) -> None:
        """Write one crop of an utterance into `window`, shape (frames, n_mfcc + 1)."""
        rng, settings = self._rng, self.settings
        version = 0 if rng.random() < settings.clean else int(rng.integers(self._versions))
        mfcc, speech = self._store.mfcc[index][version], self._store.speech[index][version]
        begin, end = self._crop(speech)
        mfcc, speech = mfcc[begin:end].astype(np.float32), speech[begin:end]
        # The speaker as a stream would know it at the crop's end: this crop, and some of the other
        # clips.
        heard = Speaker().hear(mfcc[speech])
        if rng.random() >= settings.cold:
            others = self._of_speaker[self._store.utterances[index].speaker]
            known = rng.choice(others, min(len(others), int(rng.geometric(0.12))), replace=False)
            heard = Speaker(
                heard.total + self._sums.total[known, version].sum(axis=0),
                heard.count + int(self._sums.count[known, version].sum()),
            )
        # An unknown microphone adds the same to every frame, and so to the mean.
        channel = rng.standard_normal(len(self._spread)) * self._spread * (rng.random() < 0.8)
        heard = Speaker(heard.total + heard.count * channel, heard.count)
        count = end - begin
        window[:count, :-1] = self.normalisation.apply(mfcc + channel.astype(np.float32), heard)
        window[:count, :-1] += settings.mfcc_noise * rng.standard_normal(
            (count, window.shape[1] - 1), dtype=np.float32
        )
        window[:count, -1] = speech
        if settings.time_mask:
            for _ in range(2):
                width = int(rng.integers(settings.time_mask + 1))
                at = int(rng.integers(max(1, count - width)))
                window[at : at + width] = 0.0
        if settings.mfcc_mask and rng.random() < 0.3:
            low = int(rng.integers(window.shape[1] - 1))
            high = min(low + int(rng.integers(1, settings.mfcc_mask + 1)), window.shape[1] - 1)
            window[:, low:high] = 0.0

    def _crop(self, speech: npt.NDArray[np.bool_]) -> tuple[int, int]:
        """Return where a served window might begin and end: it ends in or soon after speech."""
        rng, settings = self._rng, self.settings
        voiced = np.flatnonzero(speech)
        if not len(voiced):
            return 0, min(len(speech), settings.frames)
        first, last = int(voiced[0]), int(voiced[-1]) + 1
        earliest = min(last, first + settings.least_frames)
        end = min(len(speech), int(rng.integers(earliest, max(earliest, last) + 20 + 1)))
        length = int(rng.integers(settings.least_frames, settings.frames + 1))
        if rng.random() < 0.5:
            length = settings.frames
        return max(0, end - length), end
