"""What the training speakers have in common: the prior of a voice, and the scale of each band."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from models.features import FeatureSettings, Floats, dct_matrix
from models.normalisation import Normalisation
from training.store import Store

Doubles = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

LEAST_FRAMES = 30
"""Speech frames that a clip needs to say something of its speaker's mean."""
LEAST_VOICED = 8
VOICING_SPREAD = 0.03
"""What a microphone does to the voicing: standard deviation."""


class Sums:
    """Sums of every utterance's and version's speech: what a speaker's mean is made of.

    Attributes
    ----------
    total, count : ndarray, shape (utterances, versions, columns)
        Of the finite values alone: a frame without pitch does not count for the pitch. A span of
        frames counts as so many.
    span : int
        Of the store.
    """

    def __init__(self, store: Store) -> None:
        shape = (len(store), len(store.columns[0]), store.columns[0][0].shape[1])
        self.span = store.span
        self.total = np.zeros(shape)
        self.count = np.zeros(shape)
        for index, (features, masks) in enumerate(zip(store.columns, store.speech, strict=True)):
            for version, (columns, speech) in enumerate(zip(features, masks, strict=True)):
                heard = columns[speech]
                total = np.nansum(heard, axis=0, dtype=np.float64)
                self.total[index, version] = store.span * total
                self.count[index, version] = store.span * np.isfinite(heard).sum(axis=0)


def estimate_normalisation(
    store: Store, members: Ints, sums: Sums, *, gain_db: float, ripple_db: float
) -> Normalisation:
    """Return the prior of a speaker's mean from the training utterances.

    Every version and speaker counts alike.

    `strength` is the ratio of the variances of a clip's mean about its speaker's and of a speaker's
    about everyone's (with an unknown microphone's), times the usual clip's frames: Efron & Morris's
    shrinkage.
    """
    speakers = np.array([store.utterances[i].speaker for i in members])
    count = sums.count[members]
    clip_means = sums.total[members] / np.maximum(count, 1)
    usable = (count[..., 0] >= LEAST_FRAMES) & (count.min(axis=-1) >= LEAST_VOICED)
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
                [store.columns[i][version][store.speech[i][version]] for i in some]
            ).astype(np.float64)
            scales.append(np.nanmean(np.square(frames - mean), axis=0))
    prior = np.mean(means, axis=0)
    between = np.var(means, axis=0)
    spread = channel_spread(FeatureSettings().columns, gain_db, ripple_db)
    between[: len(spread)] += np.square(spread)
    strength = np.median(count[..., 0]) * np.mean(within, axis=0) / between
    return Normalisation(
        prior.astype(np.float32),
        np.sqrt(np.mean(scales, axis=0)).astype(np.float32),
        strength.astype(np.float32),
    )


def channel_spread(columns: int, gain_db: float, ripple_db: float) -> Doubles:
    """Return what an unknown microphone adds to each column: standard deviations, shape (columns,).

    A gain of g dB moves the first MFCC by 8 g (64 mels, orthonormal DCT); colour falls off with the
    order; a ripple of r dB in every mel band is one of r in every MFCC. No microphone moves the
    pitch.

    Parameters
    ----------
    columns : int
        MFCCs, pitch and voicing.
    gain_db, ripple_db : float
        Standard deviations.
    """
    order = np.arange(columns - 2)
    spread = 8 * gain_db / 3 / np.maximum(1.0, order)
    spread[0] = 8 * gain_db
    return np.concatenate([np.hypot(spread, ripple_db), [0.0, VOICING_SPREAD if gain_db else 0.0]])


def band_matrix(
    store: Store, members: Ints, normalisation: Normalisation, *, settings: FeatureSettings
) -> Floats:
    """Return the matrix from normalised columns to mel bands; what is no MFCC stays as it is.

    As each MFCC is divided by its own deviation, the high ones, which are mostly the pitch's
    harmonics and noise, weigh as much as the ones that carry the vowels. Turned back to mel bands,
    each in its own deviations, they have their natural weights again; on speakers never heard that
    is worth more than any size of network (EXPERIMENTS.md).

    Returns
    -------
    ndarray, shape (columns, n_mels + columns - n_mfcc)
    """
    dct = dct_matrix(settings.n_mels, settings.n_mfcc)
    some = members[:: max(1, len(members) // 1500)]
    variances = []
    for i in some:
        mfcc = store.columns[i][0][store.speech[i][0]][:, : settings.n_mfcc].astype(np.float32)
        if len(mfcc) * store.span >= LEAST_FRAMES:
            variances.append((mfcc @ dct.T).var(axis=0))
    deviation = np.sqrt(np.mean(variances, axis=0))
    others = settings.columns - settings.n_mfcc
    matrix = np.zeros((settings.columns, settings.n_mels + others), np.float32)
    scale = normalisation.scale[: settings.n_mfcc, None]
    matrix[: settings.n_mfcc, : settings.n_mels] = scale * dct.T / deviation
    matrix[settings.n_mfcc :, settings.n_mels :] = np.eye(others)
    return matrix
