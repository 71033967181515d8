"""How large a network is, and how long a window takes on one core."""

from __future__ import annotations

import json
import time
from typing import Any

import numpy as np

from models.features import BLOCK
from models.normalisation import CONTEXT
from training.evaluation.outcomes import Trained

RUNS = 500


def speed(trained: Trained, *, runs: int = RUNS) -> dict[str, Any]:
    """Return the bytes of a bundle, and milliseconds on one core.

    Parameters
    ----------
    trained : Trained
        Any network: all have the same shape.
    runs : int
        Windows that are timed.

    Returns
    -------
    dict
        Of one window (the network alone), and of one live step: a quarter of a second of new
        samples, from the samples to the judgement. Medians: a busy machine slows some runs.
    """
    recognizer, card = trained.recognizer(), trained.card
    rng = np.random.default_rng(0)
    stream = recognizer.stream()
    step = card.features.sample_rate // 4
    live = []
    for k in range(runs // 2):
        loud = 0.1 if k % 8 else 0.001  # a pause now and then, or it is no speech
        samples = (loud * rng.standard_normal(step)).astype(np.float32)
        live.append(_ms(lambda samples=samples: stream.push(samples)))
    described = json.dumps(card.to_json(weights=trained.weights), indent=1)
    return {
        "bundle_bytes": trained.weights.size + len(described.encode()),
        "window_ms": window_ms(trained, runs=runs),
        "live_step_ms": _quartiles(live),
        "cores": 1,
    }


def window_ms(trained: Trained, *, runs: int = RUNS) -> dict[str, Any]:
    """Return the milliseconds of one window, the networks alone, on one core.

    An encoder hears the block that is new in the window; the rest it has heard before.
    """
    card, network = trained.card, trained.recognizer().network
    shape = (card.window_spans, card.features.columns)
    window = np.random.default_rng(0).standard_normal(shape).astype(np.float32)
    speech = np.ones(shape[0], np.bool_)
    known = np.zeros(card.features.columns + CONTEXT, np.float32)
    block = np.ones((BLOCK, card.features.n_mfcc), np.float32)

    def judge() -> None:
        if network.encoder:
            network.encoder.hear(block, network.encoder.nothing())
        network.logits(window, speech, known)

    return _quartiles([_ms(judge) for _ in range(runs)])


def _ms(run: Any) -> float:
    began = time.perf_counter()
    run()
    return 1e3 * (time.perf_counter() - began)


def _quartiles(times: list[float]) -> dict[str, Any]:
    low, middle, high = np.percentile(times, (25, 50, 75))
    return {
        "median": round(float(middle), 3),
        "quartiles": [round(float(low), 3), round(float(high), 3)],
        "n": len(times),
    }
