"""Splits of utterances in which no speaker and no identical recording is on both sides."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from training.manifest import Utterance

FOLDS = 6
LARGE = 200
"""Utterances that a corpus needs to be part of the speaker folds; a smaller one only trains."""


@dataclass(frozen=True)
class Split:
    """One division of the utterances.

    Attributes
    ----------
    name : str
    train, test : tuple of int
        Positions in the list of utterances.
    """

    name: str
    train: tuple[int, ...]
    test: tuple[int, ...]


def fold_of(speaker: str, corpus: str, speakers: list[str]) -> int:
    """Return the test fold of a speaker.

    RAVDESS has EmoBox's folds (Ma et al., Interspeech 2024), so that results compare like for like;
    elsewhere the speakers are dealt round, in the order of a hash of their names.
    """
    if corpus == "ravdess":
        folds = json.loads((Path(__file__).parent / "folds.json").read_text())["ravdess"]
        for number, members in enumerate(folds):
            if speaker in members:
                return number
    order = sorted(speakers, key=lambda name: hashlib.sha256(name.encode()).digest())
    return order.index(speaker) % FOLDS


def speaker_splits(utterances: list[Utterance]) -> list[Split]:
    """Return six splits; each tests one sixth of the speakers of every large corpus at once."""
    speakers: dict[str, set[str]] = {}
    sizes: dict[str, int] = {}
    for u in utterances:
        speakers.setdefault(u.corpus, set()).add(u.speaker)
        sizes[u.corpus] = sizes.get(u.corpus, 0) + 1
    folds = {
        (corpus, speaker): fold_of(speaker, corpus, sorted(members))
        for corpus, members in speakers.items()
        if sizes[corpus] >= LARGE and len(members) >= FOLDS
        for speaker in members
    }
    number = np.array([folds.get((u.corpus, u.speaker), -1) for u in utterances])
    return [
        Split(f"speakers-{k}", _positions(number != k), _positions(number == k))
        for k in range(FOLDS)
        if (number == k).any() and (number != k).any()
    ]


def corpus_splits(utterances: list[Utterance]) -> list[Split]:
    """Return one split for each corpus: trained on all the others, tested on it."""
    corpora = np.array([u.corpus for u in utterances])
    names = list(dict.fromkeys(corpora.tolist()))
    if len(names) < 2:
        return []
    return [
        Split(f"without-{n}", _positions(corpora != n), _positions(corpora == n)) for n in names
    ]


def _positions(chosen: np.ndarray) -> tuple[int, ...]:
    return tuple(int(i) for i in np.flatnonzero(chosen))
