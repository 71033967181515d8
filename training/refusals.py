"""How often sounds that are no speech pass for an emotion."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from models.bundle import Decision
from training import nonspeech as held_out
from training.negatives import held_out_noise
from training.nonspeech import EACH, LENGTH_S, ROOMS, rooms, sounds
from training.outcomes import Trained
from training.scores import spread
from training.shelf import Arrays, Shelf, judging
from training.store import Store


def refused(
    trained: Trained,
    decision: Decision,
    *,
    seed: int,
    store: Store,
    shelf: Shelf,
    corpora: Path | None = None,
) -> Arrays:
    """Return the windows that a stream makes of every sound, and those judged no emotion.

    Parameters
    ----------
    corpora : Path, optional
        The folder of all the corpora, where recorded rooms may be.

    Returns
    -------
    dict of ndarray
        `kinds`, `windows`, `refused`, shape (sounds,).
    """
    card = replace(trained.card, decision=decision)

    def make() -> Arrays:
        recognizer = replace(trained, card=card).recognizer()
        heard = [*sounds(seed=seed), *(rooms(corpora) if corpora else [])]
        states = [[w.state for w in recognizer.predict(s.samples).windows] for s in heard]
        return {
            "kinds": np.array([sound.kind for sound in heard]),
            "windows": np.array([len(own) for own in states]),
            "refused": np.array([sum(s != "speech" for s in own) for own in states]),
        }

    key = judging(card, trained.weights, store, (), __file__, held_out.__file__)
    recorded = [[p.name, p.stat().st_size] for p in held_out_noise(corpora)] if corpora else []
    return shelf.fetch(["nonspeech", seed, recorded, *key], make)


def nonspeech(found: list[Arrays]) -> dict[str, Any]:
    """Return the share of windows judged silence or unsure: of every kind, and their mean.

    Parameters
    ----------
    found : list of dict
        What `refused` returned for each fold's network.
    """
    kinds = found[0]["kinds"]
    shares = {
        kind: [
            float(one["refused"][kinds == kind].sum() / one["windows"][kinds == kind].sum())
            for one in found
        ]
        for kind in dict.fromkeys(kinds.tolist())
    }
    recorded = int((kinds == ROOMS).sum())
    also = (
        f" And {recorded} recordings of rooms without speech, some with glass that breaks or shots,"
        " made at other hours than those of the training."
        if recorded
        else ""
    )
    return {
        "protocol": f"{EACH} sounds of {LENGTH_S:g} s of each kind, made by the project, from "
        "quiet to loud, as live streams, with the bundle's decision; windows judged silence or "
        f"unsure.{also} The networks are trained on other sounds than these; every kind counts "
        "alike.",
        "n": int(found[0]["windows"].sum()),
        "networks": len(found),
        "all": spread(np.mean(list(shares.values()), axis=0).tolist()),
        "kinds": {kind: spread(values) for kind, values in shares.items()},
    }
