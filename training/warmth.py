"""How fast the recogniser warms: what seconds of a speaker's other speech are worth."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from tqdm import tqdm

from models.activity import VoiceActivity
from models.features import FeatureSettings, Floats
from models.normalisation import Speaker
from training.outcomes import Outcome, Trained, logs, truth_of
from training.scores import spread, uar
from training.shelf import Arrays, Shelf, judging
from training.store import Store, read_audio

SECONDS = (0, 3, 10, 30, 60)
CLIPS = 800
"""At most as many test clips of a corpus are judged at every stage of the curve."""


def heard_for(seconds: float, clips: Sequence[Floats]) -> Speaker:
    """Return the speaker after the first `seconds` of the speech in `clips`, as a stream has it.

    Only the mean: what a voice's utterances lean to is known where files are judged together
    (`Recognizer.speaker`), by judgements that know the mean.

    Parameters
    ----------
    seconds : float
        If the clips hold less, all of them are heard.
    clips : sequence of ndarray, shape (frames, columns)
        Speech frames of one speaker's clips, in the order in which they are heard.
    """
    left = round(seconds * FeatureSettings().frames_per_second)
    speaker = Speaker()
    for frames in clips:
        if not left:
            break
        speaker = speaker.hear(frames[:left])
        left -= min(left, len(frames))
    return speaker


def drawn(members: Sequence[int], count: int, rng: np.random.Generator) -> list[int]:
    """Return at most `count` of the utterances, drawn without replacement, in their order."""
    if len(members) <= count:
        return list(members)
    return sorted(int(i) for i in rng.choice(np.array(members), count, replace=False))


def warm_up(store: Store, trained: Trained, *, seed: int, shelf: Shelf) -> Arrays:
    """Return what the recogniser says after each of `SECONDS` but the first, which is cold.

    The speech is the same speaker's other clips, in an order drawn for each test clip. Their labels
    are unused.

    Returns
    -------
    dict of ndarray
        `rows`, shape (n,): which of the split's test utterances were drawn; `logs`, shape
        (stages - 1, n, labels); `heard_s`, shape (stages - 1, n): seconds of speech there were.
    """
    key = judging(trained.card, trained.weights, store, trained.split.test, __file__)
    return shelf.fetch(["warm_up", seed, *key], lambda: _warm_up(store, trained, seed))


def _warm_up(store: Store, trained: Trained, seed: int) -> Arrays:
    recognizer, test = trained.recognizer(), trained.split.test
    rng = np.random.default_rng(seed)
    of_speaker: dict[str, list[int]] = {}
    for i in test:
        of_speaker.setdefault(store.utterances[i].speaker, []).append(i)
    speech: dict[int, Floats] = {}
    for i in tqdm(test, desc=f"{trained.split.name}: hearing", mininterval=2):
        frames = recognizer.extractor.frames(read_audio(store.utterances[i].path))
        speech[i] = frames.columns[VoiceActivity().push(frames.level)]
    rows = drawn(range(len(test)), CLIPS, rng)
    said = np.zeros((len(SECONDS) - 1, len(rows), len(recognizer.labels)))
    heard_s = np.zeros((len(SECONDS) - 1, len(rows)))
    progress = tqdm(rows, desc=f"{trained.split.name}: warming up", mininterval=2)
    for column, row in enumerate(progress):
        own = test[row]
        samples = read_audio(store.utterances[own].path)
        others = [i for i in of_speaker[store.utterances[own].speaker] if i != own]
        order = [others[k] for k in rng.permutation(len(others))]
        clips = [speech[i] for i in order[:80]]
        for stage, seconds in enumerate(SECONDS[1:]):
            speaker = heard_for(seconds, clips)
            said[stage, column] = recognizer.predict(samples, speaker=speaker).probabilities
            heard_s[stage, column] = speaker.count / FeatureSettings().frames_per_second
    return {"rows": np.array(rows), "logs": logs(said), "heard_s": heard_s}


def warmth(store: Store, outcomes: list[Outcome], stages: list[Arrays]) -> dict[str, Any]:
    """Return the curve of each left-out corpus, their mean, and how much comes by 10 s.

    Parameters
    ----------
    store : Store
    outcomes : list of Outcome
        Of the splits that leave a corpus out.
    stages : list of dict
        What `warm_up` returned for each of them.
    """
    corpora: dict[str, Any] = {}
    for outcome, found in zip(outcomes, stages, strict=True):
        rows = found["rows"]
        members = np.array(outcome.split.test)[rows]
        truth = truth_of(store, members)
        curve = [uar(truth, outcome.cold[rows].argmax(axis=1))]
        curve += [uar(truth, said.argmax(axis=1)) for said in found["logs"]]
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
