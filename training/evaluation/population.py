"""Statistics of the population by which a speaker is adapted (`models.teaching`), from pupils.

The pupils of a split are unknown to its network. Weights and threshold come from pupils of one
split and statistics of the pupils of the others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from models.bundle import Decision
from models.labels import EMOTIONS
from models.teaching import COUNTS, Adaptation, Doubles, Population, Taught, mean_vector
from training.evaluation.ordinary import false, spoken
from training.evaluation.outcomes import Trained, adapted, decided
from training.evaluation.pupils import BASIC, Judged, Sample, Vectors, sample
from training.fitting.examples import Material
from training.fitting.network import Components
from training.signal.store import Store

SHRINK = 0.1
"""Weight of the diagonal in each covariance: the dimensions outnumber some corpora's speakers."""
CALM = (1.0, 2.0, 3.0, 3.5, 4.0, 4.5, 5.0, 5.5, 6.0)
"""Divisors of the weights that `calmed` tries."""
NEUTRAL_CLIPS = 4
"""Neutral clips of each pupil that `calmed` looks at."""
FALSE_DOUBTS = 0.03
"""Share of rightly labelled clips that may be reported as doubtful."""


def statistics(samples: Sequence[Sample]) -> Population:
    """Return the means and covariances of the clips of some pupils, without weights.

    Each corpus counts by the square root of the number of its pupils. The moments are those of a
    random-effects model with crossed speakers and emotions (Searle, Casella & McCulloch 1992,
    method of moments).
    """
    size, labels = samples[0].vectors.shape[1], len(EMOTIONS)
    of_corpus: dict[str, int] = {}
    for own in samples:
        of_corpus[own.pupil.corpus] = of_corpus.get(own.pupil.corpus, 0) + 1
    weight = np.array([of_corpus[own.pupil.corpus] ** -0.5 for own in samples])
    means = np.full((len(samples), labels, size), np.nan)
    counts = np.zeros((len(samples), labels))
    scatter, degrees = np.zeros((size, size)), 0.0
    for k, own in enumerate(samples):
        rows = [
            *own.vectors,
            *(mean_vector(*w) for w in zip(own.windows, own.weights, strict=True)),
        ]
        vectors, truth = np.array(rows), np.concatenate([own.truth, own.tested])
        for label in set(truth.tolist()):
            those = vectors[truth == label]
            means[k, label] = those.mean(axis=0)
            counts[k, label] = len(those)
            centred = those - those.mean(axis=0)
            scatter += weight[k] * centred.T @ centred
            degrees += weight[k] * (len(those) - 1)
    within = scatter / max(degrees, 1.0)
    known = counts > 0
    population = np.zeros((labels, size))
    for _ in range(5):  # means of emotions and offsets of speakers in turn
        offsets = np.nanmean(means - population, axis=1)
        rest = means - offsets[:, np.newaxis]
        population = np.array(
            [
                np.average(rest[known[:, label], label], axis=0, weights=weight[known[:, label]])
                for label in range(labels)
            ]
        )
        population -= population.mean(axis=0)
    departures = np.where(known[..., np.newaxis], rest - population, 0.0)
    number = known.sum(axis=1)
    noise = (np.where(known, 1 / np.maximum(counts, 1), 0.0).sum(axis=1) / number)[:, None, None]
    own_share = (number / np.maximum(number - 1, 1))[:, None, None]
    spread = np.einsum("sli,slj->sij", departures, departures) / number[:, None, None]
    between = np.average(spread * own_share - noise * within, axis=0, weights=weight)
    offset = np.average(
        np.einsum("si,sj->sij", offsets, offsets)
        - (between + noise * within) / number[:, None, None],
        axis=0,
        weights=weight,
    )
    floor = 0.01 * np.diag(within) + 1e-6
    return Population(
        population,
        _covariance(offset, floor),
        _covariance(between, floor),
        _covariance(within, floor),
        np.zeros((len(COUNTS), 2)),
    )


def _covariance(matrix: Doubles, floor: Doubles) -> Doubles:
    """Return the nearest positive definite matrix, shrunk to its diagonal."""
    values, vectors = np.linalg.eigh((matrix + matrix.T) / 2)
    positive = (vectors * np.maximum(values, 0.0)) @ vectors.T
    diagonal = np.diag(np.maximum(np.diag(positive), floor))
    return np.asarray((1 - SHRINK) * positive + SHRINK * diagonal + np.diag(floor))


def weighed(
    population: Population, groups: Sequence[tuple[Population, list[Sample]]]
) -> Population:
    """Return a population with the weights that pupils call for.

    Parameters
    ----------
    population : Population
    groups : sequence of (Population, list of Sample)
        Lessons of `COUNTS`, and statistics that do not contain their pupils.

    The weights minimise the negative log likelihood of the tested clips, corpora alike.
    """
    rows = [_untaught_row([s for _, own in groups for s in own])]
    for count in COUNTS[1:]:
        several = [(p, s) for p, own in groups for s in own if s.lesson.count == count]
        rows.append(_weights(several))
    return replace(population, weights=np.array(rows))


def _untaught_row(samples: Sequence[Sample]) -> tuple[float, float]:
    parts = [_Part.of(own.windows, own.weights, own.tested, own.windows, own) for own in samples]
    found = minimize(
        lambda w: _loss(parts, np.exp(w[0]), 0.0), [0.0], method="Nelder-Mead", tol=1e-3
    )
    return float(np.exp(found.x[0])), 0.0


def _weights(several: Sequence[tuple[Population, Sample]]) -> tuple[float, float]:
    parts = []
    for population, own in several:
        scores = _scores(population, own.taught())
        parts.append(
            _Part.of(own.windows, own.weights, own.tested, [scores(w) for w in own.windows], own)
        )
    found = minimize(
        lambda w: _loss(parts, np.exp(w[0]), np.exp(w[1])),
        [-0.5, -0.5],
        method="Nelder-Mead",
        tol=1e-3,
    )
    return float(np.exp(found.x[0])), float(np.exp(found.x[1]))


def _scores(population: Population, taught: Taught) -> Callable[[Doubles], Doubles]:
    pure = replace(population, weights=np.tile([0.0, 1.0], (len(COUNTS), 1)))
    return Adaptation(pure, taught).logits


@dataclass(frozen=True)
class _Part:
    """Windows of the tested clips of one lesson, padded.

    Attributes
    ----------
    logits, scores : ndarray, shape (clips, windows, labels)
    weights : ndarray, shape (clips, windows)
        They sum to 1 for each clip.
    truth : ndarray of int, shape (clips,)
    corpus : str
    """

    logits: Doubles
    scores: Doubles
    weights: Doubles
    truth: npt.NDArray[np.int64]
    corpus: str

    @classmethod
    def of(
        cls,
        windows: Sequence[Doubles],
        weights: Sequence[Doubles],
        truth: npt.NDArray[np.int64],
        scores: Sequence[Doubles],
        own: Sample,
    ) -> _Part:
        """Return the padded windows of a lesson."""
        longest, labels = max(map(len, windows)), len(EMOTIONS)
        shape = (len(windows), longest)
        padded = cls(
            np.zeros((*shape, labels)),
            np.zeros((*shape, labels)),
            np.zeros(shape),
            truth,
            own.pupil.corpus,
        )
        for k, (vectors, weight, score) in enumerate(zip(windows, weights, scores, strict=True)):
            padded.logits[k, : len(vectors)] = vectors[:, :labels]
            padded.scores[k, : len(vectors)] = score[:, :labels]
            padded.weights[k, : len(vectors)] = weight / weight.sum()
        return padded


def _loss(parts: Sequence[_Part], network: float, scores: float) -> float:
    """Return the mean negative log likelihood of clips, every corpus alike."""
    of_corpus: dict[str, list[float]] = {}
    for part in parts:
        logits = network * part.logits + scores * part.scores
        powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
        shares = powers / powers.sum(axis=-1, keepdims=True)
        clips = np.einsum("cw,cwl->cl", part.weights, shares)
        likelihood = clips[np.arange(len(part.truth)), part.truth]
        losses = -np.log(np.maximum(likelihood, 1e-4))
        of_corpus.setdefault(part.corpus, []).extend(losses.tolist())
    return float(np.mean([np.mean(losses) for losses in of_corpus.values()]))


def against(population: Population, own: Sample) -> tuple[Doubles, Doubles]:
    """Return the log odds against the label of each taught clip, judged by the others.

    Returns
    -------
    ndarray, shape (taught clips,), and ndarray, shape (taught clips, labels)
        The log odds, and the adapted logits.
    """
    odds, found = [], []
    for k in range(len(own.labels)):
        rest = np.arange(len(own.labels)) != k
        logits = Adaptation(population, own.taught(rest)).logits(own.vectors[k])
        logs = logits - np.log(np.exp(logits - logits.max()).sum()) - logits.max()
        label = int(own.labels[k])
        others = np.delete(logs, label)
        odds.append(float(others.max() - logs[label]))
        found.append(logits)
    return np.array(odds), np.array(found)


def doubting(
    population: Population, groups: Sequence[tuple[Population, list[Sample]]]
) -> Population:
    """Return a population with the threshold that reports `FALSE_DOUBTS` of the right labels."""
    odds = [
        against(replace(statistics, weights=population.weights), own)[0]
        for statistics, several in groups
        for own in several
        if own.lesson.count in (2, BASIC)
    ]
    threshold = float(np.quantile(np.concatenate(odds), 1 - FALSE_DOUBTS))
    return replace(population, doubt=round(threshold, 3))


def calmed(
    population: Population, groups: Sequence[tuple[Population, list[Sample]]], decision: Decision
) -> Population:
    """Return a population whose weights are divided until teaching adds no false emotion.

    The divisor is the least of `CALM` at which neutral clips of `BASIC` lessons show an emotion in
    no more windows than when only the mean is known. The order of the probabilities of a window
    does not depend on it. Windows overlap, so that their evidence together is less than its sum.
    """
    known: list[bool] = []
    several: list[tuple[Doubles, Doubles]] = []
    for statistics_of, own_samples in groups:
        for own in own_samples:
            if own.lesson.count != BASIC:
                continue
            weighted = replace(statistics_of, weights=population.weights)
            logits = Adaptation(weighted, own.taught()).logits
            for k in np.flatnonzero(own.tested == 0)[:NEUTRAL_CLIPS]:
                known += _false(own.courses[k], decision)
                several.append((own.courses[k], logits(own.windows[k])))
    divisor = CALM[0]
    for divisor in CALM:
        taught = [
            alarm
            for course, logits_of in several
            for alarm in _false(adapted(course, logits_of / divisor, decision), decision)
        ]
        if not known or np.mean(taught) <= np.mean(known):
            break
    weights = population.weights.copy()
    weights[1:] /= divisor
    return replace(population, weights=weights)


def _false(course: Doubles, decision: Decision) -> list[bool]:
    return [false(window) for window in spoken(decided(course, decision).windows)]


def population_of(
    store: Store,
    material: Material,
    groups: Sequence[tuple[Trained, list[Judged]]],
    components: Components,
    *,
    decision: Decision,
    without: Iterable[str] = (),
) -> Population | None:
    """Return the population that the pupils of some splits give; None if there are no pupils.

    Parameters
    ----------
    store : Store
    material : Material
    groups : sequence of (Trained, list of Judged)
        Lessons with right labels of all emotions; each network never heard its pupils.
    components : Components
        Of the network that is going to be adapted.
    decision : Decision
        Of the same network: its thresholds decide what counts as a false emotion.
    without : iterable of str
        Speakers and corpora that take no part.
    """
    left_out = set(without)
    several: list[list[Sample]] = []
    for trained, lessons in groups:
        vectors = Vectors(material, trained, components)
        made = (
            sample(store, j, vectors)
            for j in lessons
            if j.pupil.speaker not in left_out and j.pupil.corpus not in left_out
        )
        several.append([s for s in made if s])
    several = [own for own in several if own]
    if not several:
        return None
    basic = [[s for s in own if s.lesson.count == BASIC] for own in several]
    population = statistics([s for own in basic for s in own])
    crossed = []
    for k, own in enumerate(several):
        others = [s for other in range(len(several)) if other != k for s in basic[other]]
        crossed.append((statistics(others) if others else population, own))
    # The threshold of a doubt depends on the weights.
    return doubting(calmed(weighed(population, crossed), crossed, decision), crossed)
