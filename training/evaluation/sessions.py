"""Sessions: what earlier speech of the same speaker does to the judgement of a clip.

What a session knows of a voice is the mean of earlier speech. That speech may be neutral, of one
emotion, or a mixture; a network that expects a mixture takes the mean of one emotion for the voice.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from models.bundle import Decision
from models.speaker import Speaker
from training.data.cache import Arrays, Cache
from training.evaluation.ordinary import CALIBRATION_FRAMES
from training.evaluation.outcomes import (
    Trained,
    clip_logs,
    courses,
    of_speakers,
    packed,
    truth_of,
    unpacked,
)
from training.evaluation.scores import uar
from training.signal.store import Store

CLIPS = 400
"""Clips of a corpus that are judged in each kind of session, at most."""
EARLIER = 5
"""Earlier clips of a session of one emotion, or of a mixture."""
SESSIONS = ("nothing", "neutral", "same", "mixed", "all")


def sessions(store: Store, trained: Trained, *, seed: int, cache: Cache) -> Arrays:
    """Return what a network says of clips in each kind of session.

    Returns
    -------
    dict of ndarray
        `members`, shape (n,): the utterances; and for each of `SESSIONS` an array of shape
        (n, labels + 1): the clip's log probabilities, and 1 if the session holds such speech.
    """
    test = [i for i in trained.split.test if not store.utterances[i].kind]
    names = [store.utterances[i].path.name for i in test]
    found = cache.fetch(_sessions, store, trained, test, seed, key=[trained.digest, names, seed])
    made: Arrays = {"members": found["members"]}
    for session in SESSIONS:
        logs = np.array([clip_logs(course) for course in unpacked(found, session)])
        made[session] = np.column_stack([logs, found[f"{session}/known"]])
    return made


def _sessions(store: Store, trained: Trained, test: list[int], seed: int) -> Arrays:
    rng = np.random.default_rng(seed)
    members = np.sort(rng.permutation(test)[:CLIPS])
    speakers = of_speakers(store, test)
    pitch = trained.card.features.pitch_column
    parts = {i: store.tracks[i][0].speaker(pitch) for i in test}
    found: Arrays = {"members": members}
    for session in SESSIONS:
        known: list[Speaker] = []
        for i in members.tolist():
            others = [k for k in speakers[store.utterances[i].speaker] if k != i]
            known.append(_known(store, i, rng.permutation(others).tolist(), parts, session))
        jobs = zip((store.tracks[i][0] for i in members), known, strict=True)
        found |= packed(courses(trained, jobs), session)
        found[f"{session}/known"] = np.array([speaker.count > 0 for speaker in known])
    return found


def _known(
    store: Store, clip: int, others: list[int], parts: dict[int, Speaker], session: str
) -> Speaker:
    """Return what a session of one kind knows of the speaker before a clip."""
    emotion = store.utterances[clip].emotion
    if session == "nothing":
        others = []
    elif session == "neutral":
        others = [i for i in others if store.utterances[i].emotion == "neutral"]
        heard = np.cumsum([parts[i].count for i in others])
        others = others[: int(np.searchsorted(heard, CALIBRATION_FRAMES)) + 1]
    elif session == "same":
        others = [i for i in others if store.utterances[i].emotion == emotion][:EARLIER]
    elif session == "mixed":
        others = others[:EARLIER]
    speaker = Speaker()
    for i in others:
        speaker = speaker.joined(parts[i])
    return Speaker(speaker.total, speaker.counts, neutral=session == "neutral" and bool(others))


def section(
    store: Store, found: Sequence[tuple[str, Arrays]], decisions: Sequence[Decision]
) -> dict[str, Any]:
    """Return the report's section on sessions.

    Parameters
    ----------
    store : Store
    found : sequence of (corpus, arrays)
        The corpus that each split left out, and what `sessions` returned.
    decisions : sequence of Decision
        Of each split; their priors count.
    """
    corpora: dict[str, dict[str, float]] = {}
    for (corpus, arrays), decision in zip(found, decisions, strict=True):
        truth = truth_of(store, arrays["members"])
        own: dict[str, float] = {}
        for session in SESSIONS:
            logs, known = arrays[session][:, :-1], arrays[session][:, -1] > 0
            after = decision.after_calibration(logs.shape[1])
            prior = (after if session == "neutral" else decision).prior
            shift = np.array(prior or (0.0,) * logs.shape[1])
            if session == "nothing" or known.any():
                shown = (logs / decision.temperature + shift).argmax(axis=1)
                own[session] = round(uar(truth, shown), 4)
        corpora[corpus] = own
    return {
        "protocol": "Leave one corpus out. UAR of clips when the session holds nothing before, ten "
        f"seconds of neutral speech, {EARLIER} clips of the clip's own emotion, {EARLIER} clips "
        f"drawn at random, or all other clips. At most {CLIPS} clips of a corpus. A corpus without "
        "neutral speech counts nowhere for neutral sessions.",
        "n": sum(len(arrays["members"]) for _, arrays in found),
        "splits": len(found),
        "mean": {
            session: round(float(np.mean(values)), 4)
            for session in SESSIONS
            for values in [[own[session] for own in corpora.values() if session in own]]
            if values
        },
        "by_corpus": corpora,
    }
