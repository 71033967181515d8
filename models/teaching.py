"""Adaptation of the recogniser to one speaker, from a few labelled clips.

The judgement of a clip is one vector, the weighted mean over the clip's windows: the network's
logits, and principal components of the moments from which the network judges. A random-effects
model describes all speakers' vectors::

    x = G[k] + o + d[k] + e      o ~ N(0, S),  d[k] ~ N(0, B),  e ~ N(0, W)

with the population's mean G of emotion k, the speaker's offset o, the speaker's own departure d of
that emotion, and the clip's residual e. Given the means of the clips of each emotion, o and d have
a maximum a posteriori estimate (MAP adaptation: Gauvain & Lee 1994; random effects: Laird & Ware
1982). An emotion without clips keeps the population's mean at the speaker's offset. The estimated
class means and the shared W give a linear discriminant (Fisher 1936), whose scores are added to the
network's logits with weights that grow with the number of clips (`Population.weights`).
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt

Doubles = npt.NDArray[np.float64]

COUNTS = (0.0, 1.0, 2.0, 3.0, 5.0)
"""Clips of each emotion, on average, for which `Population.weights` has a row."""

PACKED = np.dtype("<f2")
"""Class means are kept in 16 bits."""
MOST_CLIPS = 255
"""Clips of one emotion that a profile counts at most."""
WIDEST = 10_000.0
"""Bound of a class mean's values: more is no judgement of this network."""


@dataclass(frozen=True)
class Population:
    """Statistics of how speakers express the emotions, from speakers unknown to the networks.

    Attributes
    ----------
    means : ndarray, shape (labels, size)
        Mean vector of each emotion, G.
    offset, between, within : ndarray, shape (size, size)
        Covariances of the speakers' offsets, of their departures, and of their clips: S, B, W.
    weights : ndarray, shape (len(COUNTS), 2)
        Weight of the network's logits, and of the adapted scores, for each count of `COUNTS`.
    doubt : float
        Log odds against its own label above which a clip is reported as doubtful.
    """

    means: Doubles
    offset: Doubles
    between: Doubles
    within: Doubles
    weights: Doubles
    doubt: float = 3.0

    @property
    def size(self) -> int:
        """Length of a vector."""
        return int(self.means.shape[1])

    def to_bytes(self) -> bytes:
        """Return the statistics as an NPZ file with 32 bits a number."""
        file = io.BytesIO()
        arrays = {name: np.asarray(value, np.float32) for name, value in vars(self).items()}
        np.savez(file, **arrays)  # type: ignore[arg-type]
        return file.getvalue()

    @classmethod
    def from_bytes(cls, content: bytes) -> Population:
        """Return the statistics that `to_bytes` wrote.

        Raises
        ------
        ValueError
            `content` is something else.
        """
        try:
            with np.load(io.BytesIO(content), allow_pickle=False) as data:
                arrays = {name: data[name].astype(np.float64) for name in data.files}
            population = cls(**arrays | {"doubt": float(arrays["doubt"])})
        except (KeyError, TypeError, OSError, EOFError, BadZipFile) as error:
            raise ValueError(f"no statistics of a population ({error!r})") from None
        square = (population.size, population.size)
        if {population.offset.shape, population.between.shape, population.within.shape} != {square}:
            raise ValueError("the covariances do not fit the means")
        if population.weights.shape != (len(COUNTS), 2):
            raise ValueError("the weights do not fit the counts")
        return population

    def mixing(self, counts: Sequence[int]) -> tuple[float, float]:
        """Return the weights of logits and scores for a speaker with so many clips of each label.

        Between the counts of `COUNTS` the weights are interpolated on a logarithmic scale.
        """
        average = np.log1p(sum(counts) / len(counts))
        grid = np.log1p(COUNTS)
        network, scores = (float(np.interp(average, grid, self.weights[:, k])) for k in range(2))
        return network, scores

    def estimate(self, taught: Taught) -> Doubles:
        """Return the MAP estimate of the speaker's class means, shape (labels, size).

        The offset o has the posterior precision inv(S) + sum over taught k of inv(B + W / n[k]);
        given o, d[k] = B inv(B + W / n[k]) (mean of the clips - G[k] - o).
        """
        size = self.size
        precision = np.linalg.inv(self.offset)
        pull = np.zeros(size)
        gains: dict[int, Doubles] = {}
        for k, count in enumerate(taught.counts):
            if count:
                inverse = np.linalg.inv(self.between + self.within / count)
                gains[k] = self.between @ inverse
                precision = precision + inverse
                pull += inverse @ (taught.means[k] - self.means[k])
        offset = np.linalg.solve(precision, pull)
        estimated = self.means + offset
        for k, gain in gains.items():
            estimated[k] += gain @ (taught.means[k] - estimated[k])
        return np.asarray(estimated)


@dataclass(frozen=True)
class Taught:
    """Labelled clips of one speaker, as counts and mean vectors.

    Attributes
    ----------
    counts : tuple of int
        Clips of each label.
    means : ndarray, shape (labels, size)
        Mean vector of the clips of each label; 0 where there are none.
    separates : bool
        Whether the clips leave the judgement of each other no worse. If not, the network judges
        alone.
    """

    counts: tuple[int, ...]
    means: Doubles
    separates: bool = True

    @property
    def adapts(self) -> bool:
        """Whether the clips change the judgement: those of a single label have nothing to tell."""
        return self.separates and sum(count > 0 for count in self.counts) > 1

    @classmethod
    def of(cls, vectors: Sequence[Doubles], labels: Sequence[int], *, of: int) -> Taught:
        """Return the statistics of clips.

        Parameters
        ----------
        vectors : sequence of ndarray, shape (size,)
        labels : sequence of int
            Position of each clip's label.
        of : int
            Number of labels.
        """
        rows, which = np.array(vectors), np.array(labels)
        means = np.zeros((of, rows.shape[1]))
        for k in set(labels):
            means[k] = rows[which == k].mean(axis=0)
        counts = np.bincount(which, minlength=of)
        return cls(tuple(int(count) for count in counts), means)

    def to_bytes(self) -> bytes:
        """Return the counts, whether the clips separate, and the means of the taught labels."""
        head = bytes([min(count, MOST_CLIPS) for count in self.counts] + [int(self.separates)])
        rows = [self.means[k] for k, count in enumerate(self.counts) if count]
        return head + np.asarray(rows).astype(PACKED).tobytes()

    @classmethod
    def from_bytes(cls, content: bytes, *, labels: int, size: int) -> Taught:
        """Return the clips' statistics that `to_bytes` wrote.

        Raises
        ------
        ValueError
            `content` is something else.
        """
        counts, rest = tuple(content[:labels]), content[labels + 1 :]
        separates = content[labels : labels + 1]
        rows = sum(count > 0 for count in counts)
        if (
            len(counts) != labels
            or separates not in (b"\0", b"\1")
            or not rows
            or len(rest) != rows * size * PACKED.itemsize
        ):
            raise ValueError("these are not the statistics of taught clips")
        means = np.zeros((labels, size))
        means[np.array(counts) > 0] = np.frombuffer(rest, PACKED).reshape(rows, size)
        if not (np.abs(means) <= WIDEST).all():  # written so that NaN fails as well
            raise ValueError("the means of the taught clips are out of bounds")
        return cls(counts, means, separates == b"\1")


class Adaptation:
    """Logits of a taught speaker: those of the network, and the scores of a linear discriminant.

    Parameters
    ----------
    population : Population
    taught : Taught
    """

    def __init__(self, population: Population, taught: Taught) -> None:
        means = population.estimate(taught)
        network, scores = population.mixing(taught.counts)
        slopes = np.linalg.solve(population.within, means.T)  # (size, labels)
        constants = -0.5 * np.einsum("ks,sk->k", means, slopes)
        self._matrix = scores * slopes
        self._matrix[: len(means)] += network * np.eye(len(means))
        self._constants = scores * constants

    def logits(self, vector: Doubles) -> Doubles:
        """Return the logits of vectors, shape (..., size) to (..., labels)."""
        return np.asarray(vector @ self._matrix + self._constants)


def vector_of(logits: Doubles, components: npt.NDArray[np.floating]) -> Doubles:
    """Return the vector of a window: its logits about their mean, then its components."""
    return np.concatenate([logits - logits.mean(), components], dtype=np.float64)


def mean_vector(vectors: Doubles, weights: Doubles) -> Doubles:
    """Return the vector of a clip: the weighted mean of its windows', shape (windows, size)."""
    return np.asarray(weights @ vectors / weights.sum())


@dataclass(frozen=True)
class Check:
    """Number of a speaker's own clips that are judged right, each judged without itself.

    Attributes
    ----------
    clips : int
    untaught : int
        Right when the speaker is a stranger.
    taught : int
        Right when the speaker has taught the other clips.
    """

    clips: int
    untaught: int
    taught: int

    def to_json(self) -> dict[str, Any]:
        """Return the check as a JSON object."""
        return dict(vars(self))


@dataclass(frozen=True)
class Doubt:
    """A clip that the speaker's other clips contradict.

    Attributes
    ----------
    emotion : str
        The label that the speaker gave.
    clip : int
        Position among the clips of that label.
    resembles : str
        The label that the other clips suggest.
    """

    emotion: str
    clip: int
    resembles: str
