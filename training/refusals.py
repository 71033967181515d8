"""How often sounds that are no speech pass for an emotion."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from models.bundle import Decision
from models.recognizer import Recognizer
from training.negatives import held_out_noise
from training.nonspeech import EACH, KINDS, LENGTH_S, ROOMS, rooms
from training.nonspeech import sounds as made
from training.ordinary import false
from training.outcomes import Trained, courses, decided
from training.scores import spread
from training.shelf import Arrays, Shelf
from training.sounds import Sound
from training.store import packed, unpacked
from training.tracks import record


def refused(
    trained: Trained,
    decision: Decision,
    recorder: Recognizer,
    sounds: Sequence[Sound],
    *,
    seed: int,
    shelf: Shelf,
    corpora: Path | None = None,
) -> Arrays:
    """Return the windows of each sound without speech, and those that show no emotion.

    Parameters
    ----------
    trained : Trained
    decision : Decision
    recorder : Recognizer
        Computes the tracks of the made sounds and of the rooms.
    sounds : sequence of Sound
        Recordings of kinds that the network was not trained on.
    seed : int
    shelf : Shelf
    corpora : Path, optional
        The folder of all the corpora, where recorded rooms may be.

    Returns
    -------
    dict of ndarray
        `kinds`, `windows`, `refused`, `clips` (1 where the whole clip is given an emotion other
        than neutral), shape (sounds,).
    """
    features = recorder.card.features.to_json()
    recorded = held_out_noise(corpora) if corpora else []
    names = [[path.name, path.stat().st_size] for path in recorded]
    kept = shelf.fetch(_tracks, recorder, seed, corpora, key=[features, seed, names])
    tracks = [*unpacked(kept), *(sound.track for sound in sounds)]
    kinds = [*kept["kinds"].tolist(), *(sound.kind for sound in sounds)]
    found = courses(trained, ((track, None) for track in tracks))
    windows = [decided(course, decision).windows for course in found]
    return {
        "kinds": np.array(kinds),
        "windows": np.array([len(own) for own in windows]),
        "refused": np.array([sum(w.state != "speech" for w in own) for own in windows]),
        "clips": np.array([any(false(w) for w in own) for own in windows]),
    }


def _tracks(recorder: Recognizer, seed: int, corpora: Path | None) -> Arrays:
    heard = [*made(seed=seed), *(rooms(corpora) if corpora else [])]
    tracks = packed([record(recorder, sound.samples) for sound in heard])
    return {**tracks, "kinds": np.array([sound.kind for sound in heard])}


def nonspeech(found: list[Arrays]) -> dict[str, Any]:
    """Return the share of windows judged silence or unsure: of every kind, and their mean.

    Parameters
    ----------
    found : list of dict
        What `refused` returned for each fold's network.
    """
    shares: dict[str, list[float]] = {}
    clips: dict[str, list[float]] = {}
    for one in found:
        for kind in dict.fromkeys(one["kinds"].tolist()):
            rows = one["kinds"] == kind
            windows = max(1, int(one["windows"][rows].sum()))
            shares.setdefault(kind, []).append(float(one["refused"][rows].sum() / windows))
            clips.setdefault(kind, []).append(float(one["clips"][rows].mean()))
    recorded = int((found[0]["kinds"] == ROOMS).sum())
    also = (
        f" And {recorded} recordings of rooms without speech, some with glass that breaks or shots,"
        " made at other hours than those of the training."
        if recorded
        else ""
    )
    return {
        "protocol": f"{EACH} sounds of {LENGTH_S:g} s of each kind, made by the project, from "
        "quiet to loud, as live streams, with the bundle's decision; windows judged silence or "
        f"unsure.{also} Recordings of a kind are judged by networks that were trained on other "
        "kinds; every kind counts alike.",
        "n": int(found[0]["windows"].sum()),
        "networks": len(found),
        "all": spread([float(np.mean(values)) for values in shares.values()]),
        "kinds": {kind: spread(values) for kind, values in shares.items()},
        "left_out_kinds": sorted(set(shares) - set(KINDS) - {ROOMS}),
        "clips_with_a_false_emotion": {k: spread(values) for k, values in clips.items()},
    }
