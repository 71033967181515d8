"""Splits of utterances in which no speaker and no identical recording is on both sides."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from training.corpora.manifest import Utterance

FOLDS = 6
LEFT_OUT = (
    "ravdess",
    "cremad",
    "jl",
    "nemo",
    "ased",
    "javanese",
    "emovo",
    "aesdd",
    "banglaser",
)
"""Corpora that are left out in turn; others only train."""
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
    order = sorted(speakers, key=_hash)
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
    """Return one split for each corpus of acted speech: trained on all the others, tested on it.

    Each split also leaves out one source of ordinary speech, the sources in turn: leaving out a
    speaker alone would leave the microphone and the room in training.
    """
    corpora = np.array([u.corpus for u in utterances])
    sources = np.array([source_of(u) for u in utterances])
    names = [name for name in LEFT_OUT if (corpora == name).any()]
    ordinary = sorted(set(sources.tolist()) - {""})
    if len(names) < 2:
        return []
    splits = []
    for number, name in enumerate(names):
        out, title = (corpora == name) & (sources == ""), f"without-{name}"
        if ordinary:
            source = ordinary[number % len(ordinary)]
            out |= sources == source
            title += f"-and-{source}"
        splits.append(Split(title, _positions(~out), _positions(out)))
    return splits


def limited(split: Split, utterances: list[Utterance], *, most: int) -> Split:
    """Return a split that tests at most so many utterances of each corpus of acted speech.

    The utterances are drawn by a hash of their names, so that no order decides.
    """
    corpora: dict[str, list[int]] = {}
    for i in split.test:
        corpora.setdefault("" if utterances[i].kind else utterances[i].corpus, []).append(i)
    kept = corpora.pop("", [])
    for own in corpora.values():
        order = sorted(own, key=lambda i: _hash(utterances[i].path.name))
        kept += order[:most]
    return replace(split, test=tuple(sorted(kept)))


def source_of(utterance: Utterance) -> str:
    """Return the source of ordinary speech that an utterance is from; empty for acted speech."""
    if not utterance.kind:
        return ""
    return utterance.path.parent.name


def _hash(name: str) -> bytes:
    return hashlib.sha256(name.encode()).digest()


def _positions(chosen: np.ndarray) -> tuple[int, ...]:
    return tuple(int(i) for i in np.flatnonzero(chosen))
