"""How fast the recogniser warms: what seconds of a speaker's other speech are worth."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from models.bundle import Decision
from models.features import FeatureSettings
from models.speaker import Speaker
from training.data.cache import Arrays, Cache
from training.data.tracks import Track
from training.evaluation.outcomes import (
    Outcome,
    Trained,
    clip_logs,
    courses,
    of_speakers,
    scaled,
    truth_of,
)
from training.evaluation.scores import spread, uar
from training.signal.store import Store

SECONDS = (0, 3, 10, 30, 60)
CLIPS = 100
"""At most as many test clips of a corpus are judged at every stage of the curve."""


def heard_for(seconds: float, tracks: Sequence[Track], *, pitch: int) -> Speaker:
    """Return the speaker after the first `seconds` of the speech in `tracks`, as a stream has it.

    Parameters
    ----------
    seconds : float
        If the tracks hold less, all of them are heard.
    tracks : sequence of Track
        Of one speaker, in the order in which they are heard.
    pitch : int
        Column of the pitch.
    """
    left = round(seconds * FeatureSettings().frames_per_second)
    speaker = Speaker()
    for track in tracks:
        if left <= 0:
            break
        spans = int(np.searchsorted(np.cumsum(track.count[:, 0]), left)) + 1
        part = Track(track.mean[:spans], track.count[:spans])
        speaker = speaker.joined(part.speaker(pitch))
        left -= part.frames
    return speaker


def drawn(members: Sequence[int], count: int, rng: np.random.Generator) -> list[int]:
    """Return at most `count` of the utterances, drawn without replacement, in their order."""
    if len(members) <= count:
        return list(members)
    return sorted(int(i) for i in rng.choice(np.array(members), count, replace=False))


def warm_up(store: Store, trained: Trained, *, seed: int, cache: Cache) -> Arrays:
    """Return what the recogniser says after each of `SECONDS` but the first, which is cold.

    The speech is the same speaker's other clips, in an order drawn for each test clip. Their labels
    are unused.

    Returns
    -------
    dict of ndarray
        `rows`, shape (n,): which of the split's test utterances were drawn; `logs`, shape
        (stages - 1, n, labels); `heard_s`, shape (stages - 1, n): seconds of speech there were.
    """
    test = [i for i in trained.split.test if not store.utterances[i].kind]
    names = [store.utterances[i].path.name for i in test]
    return cache.fetch(_warm_up, store, trained, test, seed, key=[trained.digest, names, seed])


def _warm_up(store: Store, trained: Trained, test: list[int], seed: int) -> Arrays:
    rng = np.random.default_rng(seed)
    pitch = trained.card.features.pitch_column
    of_speaker = of_speakers(store, test)
    members = drawn(test, CLIPS, rng)
    jobs: list[tuple[Track, Speaker | None]] = []
    heard_s = np.zeros((len(SECONDS) - 1, len(members)))
    for column, own in enumerate(members):
        others = [i for i in of_speaker[store.utterances[own].speaker] if i != own]
        tracks = [store.tracks[others[k]][0] for k in rng.permutation(len(others))[:80]]
        for stage, seconds in enumerate(SECONDS[1:]):
            speaker = heard_for(seconds, tracks, pitch=pitch)
            jobs.append((store.tracks[own][0], speaker))
            heard_s[stage, column] = speaker.count / FeatureSettings().frames_per_second
    said = np.array([clip_logs(course) for course in courses(trained, jobs)])
    said = said.reshape(len(members), len(SECONDS) - 1, -1).swapaxes(0, 1)
    rows = [trained.split.test.index(i) for i in members]
    return {"rows": np.array(rows), "logs": said, "heard_s": heard_s}


def warmth(
    store: Store, outcomes: list[Outcome], stages: list[Arrays], decisions: Sequence[Decision]
) -> dict[str, Any]:
    """Return the curve of each left-out corpus, their mean, and how much comes by 10 s.

    Parameters
    ----------
    store : Store
    outcomes : list of Outcome
        Of the splits that leave a corpus out.
    stages : list of dict
        What `warm_up` returned for each of them.
    decisions : sequence of Decision
        The prior and temperature of each split.
    """
    corpora: dict[str, Any] = {}
    for outcome, found, decision in zip(outcomes, stages, decisions, strict=True):
        rows = found["rows"]
        members = np.array(outcome.split.test)[rows]
        truth = truth_of(store, members)
        curve = [uar(truth, scaled(outcome.cold[rows], decision).argmax(axis=1))]
        curve += [uar(truth, scaled(s, decision).argmax(axis=1)) for s in found["logs"]]
        corpora[store.utterances[int(members[0])].corpus] = {
            "n": len(rows),
            "speakers": len({store.utterances[i].speaker for i in members}),
            "uar": [round(value, 4) for value in curve],
            "heard_s_median": [0.0, *(round(float(np.median(s)), 1) for s in found["heard_s"])],
        }
    curves = np.array([values["uar"] for values in corpora.values()])
    mean = curves.mean(axis=0)
    gain = float(mean[-1] - mean[0])
    by_ten = float(mean[SECONDS.index(10)] - mean[0])
    return {
        "protocol": "Leave one corpus out; the speech whose mean is known is drawn from the "
        f"same speaker's other clips, labels unused. At most {CLIPS} clips of a corpus.",
        "seconds": list(SECONDS),
        "n": sum(values["n"] for values in corpora.values()),
        "splits": len(corpora),
        "uar_mean": [round(float(value), 4) for value in mean],
        "uar_sd": [round(float(value), 4) for value in curves.std(axis=0)],
        "gain": spread((curves[:, -1] - curves[:, 0]).tolist()),
        "share_of_gain_by_10_s": round(by_ten / gain, 4) if gain > 0 else None,
        "corpora": corpora,
    }
