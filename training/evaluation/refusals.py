"""How often the recogniser gives an emotion to sounds without speech."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from models.bundle import Decision
from models.recognizer import Recognizer
from training.data.cache import Arrays, Cache
from training.data.tracks import record
from training.evaluation.ordinary import false
from training.evaluation.outcomes import Trained, courses, decided
from training.evaluation.scores import spread
from training.signal.negatives import held_out_noise
from training.signal.nonspeech import EACH, KINDS, LENGTH_S, ROOMS, rooms
from training.signal.nonspeech import sounds as made
from training.signal.sounds import Sound
from training.signal.store import packed, unpacked


def refused(
    trained: Trained,
    decision: Decision,
    recorder: Recognizer,
    sounds: Sequence[Sound],
    *,
    seed: int,
    cache: Cache,
    corpora: Path | None = None,
) -> Arrays:
    """Return the judgement of each sound without speech.

    Parameters
    ----------
    trained : Trained
    decision : Decision
    recorder : Recognizer
        Computes the tracks of the made sounds and of the rooms.
    sounds : sequence of Sound
        Recordings of kinds that the network was not trained on.
    seed : int
    cache : Cache
    corpora : Path, optional
        The folder of all the corpora, where recorded rooms may be.

    Returns
    -------
    dict of ndarray
        Shape (sounds,) each: `kinds`; `windows`, their number; `refused`, the number of them that
        are silence or unsure; `clips`, whether any window shows an emotion other than neutral;
        `named`, whether the answer to an upload names an emotion, and `emotional`, one other than
        neutral.
    """
    features = recorder.card.features.to_json()
    recorded = held_out_noise(corpora) if corpora else []
    names = [[path.name, path.stat().st_size] for path in recorded]
    kept = cache.fetch(_tracks, recorder, seed, corpora, key=[features, seed, names])
    tracks = [*unpacked(kept), *(sound.track for sound in sounds)]
    kinds = [*kept["kinds"].tolist(), *(sound.kind for sound in sounds)]
    found = courses(trained, ((track, None) for track in tracks))
    judgements = [decided(course, decision) for course in found]
    windows = [judgement.windows for judgement in judgements]
    answers = [judgement.emotion for judgement in judgements]
    return {
        "kinds": np.array(kinds),
        "windows": np.array([len(own) for own in windows]),
        "refused": np.array([sum(w.state != "speech" for w in own) for own in windows]),
        "clips": np.array([any(false(w) for w in own) for own in windows]),
        "named": np.array([answer is not None for answer in answers]),
        "emotional": np.array([answer not in (None, "neutral") for answer in answers]),
    }


def _tracks(recorder: Recognizer, seed: int, corpora: Path | None) -> Arrays:
    heard = [*made(seed=seed), *(rooms(corpora) if corpora else [])]
    tracks = packed([record(recorder, sound.samples) for sound in heard])
    return {**tracks, "kinds": np.array([sound.kind for sound in heard])}


def nonspeech(found: list[Arrays]) -> dict[str, Any]:
    """Return the report's section on sounds without speech.

    It has the share of windows judged silence or unsure, of every kind and their mean, and the
    share of recordings of held-out kinds whose upload is answered with an emotion.

    Parameters
    ----------
    found : list of dict
        What `refused` returned for each fold's network.
    """
    shares: dict[str, list[float]] = {}
    clips: dict[str, list[float]] = {}
    named: dict[str, list[float]] = {}
    emotional: dict[str, list[float]] = {}
    counts: dict[str, int] = {}
    for one in found:
        for kind in dict.fromkeys(one["kinds"].tolist()):
            rows = one["kinds"] == kind
            windows = max(1, int(one["windows"][rows].sum()))
            shares.setdefault(kind, []).append(float(one["refused"][rows].sum() / windows))
            counts[kind] = int(rows.sum())
            for shares_of, name in ((clips, "clips"), (named, "named"), (emotional, "emotional")):
                shares_of.setdefault(kind, []).append(float(one[name][rows].mean()))
    recorded = int((found[0]["kinds"] == ROOMS).sum())
    also = (
        f" And {recorded} recordings of rooms without speech, some with glass that breaks or shots,"
        " made at other hours than those of the training."
        if recorded
        else ""
    )
    held_out = sorted(set(shares) - set(KINDS) - {ROOMS})
    return {
        "protocol": f"{EACH} sounds of {LENGTH_S:g} s of each kind, made by the project, from "
        "quiet to loud, as live streams, with the bundle's decision; windows judged silence or "
        f"unsure.{also} Recordings of a kind are judged by networks that were trained on other "
        "kinds; every kind counts alike.",
        "n": int(found[0]["windows"].sum()),
        "networks": len(found),
        "all": spread([float(np.mean(values)) for values in shares.values()]),
        "kinds": {kind: spread(values) for kind, values in shares.items()},
        "left_out_kinds": held_out,
        "clips_with_a_false_emotion": {k: spread(values) for k, values in clips.items()},
        "uploads": _uploads({kind: counts[kind] for kind in held_out}, emotional, named),
    }


def _uploads(
    counts: dict[str, int], emotional: dict[str, list[float]], named: dict[str, list[float]]
) -> dict[str, Any]:
    """Return how often the upload of a recorded sound of a held-out kind is given an emotion.

    Parameters
    ----------
    counts : dict
        Recordings of each held-out kind.
    emotional, named : dict
        Of each kind, the shares of recordings whose answer names an emotion other than neutral,
        and any emotion: one share for each network.

    Returns
    -------
    dict
        `emotional` and `named`: the means over the kinds, every kind alike. Empty without kinds.
    """
    shares = {"emotional": emotional, "named": named}
    means = {
        name: {kind: float(np.mean(own[kind])) for kind in counts} for name, own in shares.items()
    }
    by_kind = {
        kind: {"n": count, **{name: round(own[kind], 4) for name, own in means.items()}}
        for kind, count in counts.items()
    }
    if not by_kind:
        return {}
    return {
        "protocol": "Recorded sounds of kinds that the network was not trained on, each uploaded "
        "as a file. Emotional: the answer names an emotion other than neutral. Named: the answer "
        "names any emotion, neutral too, although nobody speaks.",
        "n": sum(counts.values()),
        **{name: round(float(np.mean([*own.values()])), 4) for name, own in means.items()},
        "by_kind": by_kind,
    }
