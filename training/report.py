"""The evaluation: a network for each split, judged by the recogniser on speakers never heard."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from models.bundle import Card, Decision
from models.features import FeatureSettings
from models.labels import EMOTIONS
from models.normalisation import Speaker
from models.recognizer import Recognizer
from models.runtime import Network
from training.batches import Batches, Sums, estimate_normalisation
from training.fit import FitSettings, Progress, export, fit
from training.scores import best_temperature, confusion, expected_calibration_error, recalls, uar
from training.splits import Split
from training.store import Store, read_audio

NAME = "ser-cnn-mfcc"
RAW = Decision(temperature=1.0, unsure_below=0.0, smoothing=0.0)
COVERAGE = 0.8


@dataclass(frozen=True)
class Outcome:
    """What a split's network said of its test utterances.

    Attributes
    ----------
    split : Split
    cold, warm : ndarray, shape (tests, labels)
        Mean log probabilities at temperature 1: knowing nothing of the speaker, and knowing the
        mean of that speaker's other clips (their labels unused).
    heard : ndarray of bool, shape (tests,)
        Whether any speech was found.
    """

    split: Split
    cold: np.ndarray
    warm: np.ndarray
    heard: np.ndarray


def train_network(
    store: Store,
    members: tuple[int, ...],
    *,
    settings: FitSettings,
    seed: int,
    cache: Path,
    tell: Callable[[Progress], None],
) -> tuple[Card, bytes]:
    """Return the card and weights of a network trained on `members`, cached."""
    key = json.dumps(
        [
            settings.to_json(),
            seed,
            [f"{store.utterances[i].path.name}/{store.utterances[i].speaker}" for i in members],
        ]
    )
    folder = cache / hashlib.sha256(key.encode()).hexdigest()[:16]
    chosen = np.array(members)
    sums = Sums(store)
    normalisation = estimate_normalisation(
        store, chosen, sums, channel_db=settings.batches.channel_db
    )
    weights_path = folder / "network.tflite"
    if not weights_path.is_file():
        batches = Batches(
            store,
            chosen,
            sums=sums,
            normalisation=normalisation,
            settings=settings.batches,
            seed=seed,
        )
        model = fit(batches, settings=settings, seed=seed, checkpoint=folder, tell=tell)
        partial = folder / "network.partial"
        partial.write_bytes(export(model))
        partial.replace(weights_path)
    card = Card(NAME, "", EMOTIONS, FeatureSettings(), normalisation, decision=RAW)
    return replace(card, window_frames=settings.batches.frames), weights_path.read_bytes()


def judge(store: Store, split: Split, card: Card, weights: bytes) -> Outcome:
    """Return what the recogniser, as served, says of the split's test utterances."""
    recognizer = Recognizer(card, Network(card, weights))
    clips = {i: read_audio(store.utterances[i].path) for i in split.test}
    heard_in = {i: recognizer.speaker([samples]) for i, samples in clips.items()}
    everyone: dict[str, Speaker] = {}
    for i, own in heard_in.items():
        name = store.utterances[i].speaker
        known = everyone.get(name, Speaker())
        everyone[name] = Speaker(known.total + own.total, known.count + own.count)
    cold, warm, heard = [], [], []
    for i, samples in clips.items():
        everything, own = everyone[store.utterances[i].speaker], heard_in[i]
        others = Speaker(everything.total - own.total, everything.count - own.count)
        plain = recognizer.predict(samples)
        cold.append(plain.probabilities)
        warm.append(recognizer.predict(samples, speaker=others).probabilities)
        heard.append(plain.emotion is not None)
    return Outcome(
        split,
        np.log(np.maximum(cold, 1e-4)),
        np.log(np.maximum(warm, 1e-4)),
        np.array(heard),
    )


def calibrate(truth: np.ndarray, logits: np.ndarray) -> Decision:
    """Return the temperature, and the confidence under which a fifth of the utterances fall."""
    temperature = best_temperature(truth, logits)
    confidence = _probabilities(logits, temperature).max(axis=1)
    return Decision(
        temperature=round(temperature, 3),
        unsure_below=round(float(np.quantile(confidence, 1 - COVERAGE)), 3),
    )


def _probabilities(logits: np.ndarray, temperature: float) -> np.ndarray:
    scaled = np.exp(logits / temperature - (logits / temperature).max(axis=1, keepdims=True))
    return np.asarray(scaled / scaled.sum(axis=1, keepdims=True))


def figures(store: Store, outcomes: list[Outcome], corpus: str) -> dict[str, Any]:
    """Return one corpus's figures over the splits that test it, for the report.

    The temperature and the threshold of a split come from the other splits' test speakers, so
    that no test speaker chose them. A single split has none to choose from and is not calibrated.
    """
    parts = []
    for outcome in outcomes:
        found = [
            k for k, i in enumerate(outcome.split.test) if store.utterances[i].corpus == corpus
        ]
        if found:
            parts.append((outcome, np.array(found)))
    if not parts:
        return {}
    splits: list[dict[str, Any]] = []
    pooled: dict[str, list[np.ndarray]] = {"truth": [], "cold": [], "warm": [], "sex": []}
    calibrated: list[np.ndarray] = []
    confident: list[np.ndarray] = []
    for outcome, rows in parts:
        members = [outcome.split.test[k] for k in rows]
        truth = np.array([EMOTIONS.index(store.utterances[i].emotion) for i in members])
        cold, warm = outcome.cold[rows], outcome.warm[rows]
        others = [(o, r) for o, r in parts if o is not outcome]
        if others:
            decision = calibrate(
                np.concatenate(
                    [
                        [EMOTIONS.index(store.utterances[o.split.test[k]].emotion) for k in r]
                        for o, r in others
                    ]
                ),
                np.concatenate([o.cold[r] for o, r in others]),
            )
            probabilities = _probabilities(cold, decision.temperature)
            calibrated.append(probabilities)
            confident.append(probabilities.max(axis=1) >= decision.unsure_below)
        splits.append(
            {
                "split": outcome.split.name,
                "n": len(rows),
                "speakers": sorted({store.utterances[i].speaker for i in members}),
                "uar": _r(uar(truth, cold.argmax(axis=1))),
                "uar_warm": _r(uar(truth, warm.argmax(axis=1))),
                "confusion": confusion(truth, cold.argmax(axis=1), len(EMOTIONS)).tolist(),
                "no_speech_found": int((~outcome.heard[rows]).sum()),
            }
        )
        pooled["truth"].append(truth)
        pooled["cold"].append(cold)
        pooled["warm"].append(warm)
        pooled["sex"].append(np.array([store.utterances[i].sex for i in members]))
    truth, cold, warm, sex = (np.concatenate(pooled[k]) for k in ("truth", "cold", "warm", "sex"))
    counts = confusion(truth, cold.argmax(axis=1), len(EMOTIONS))
    result: dict[str, Any] = {
        "n": len(truth),
        "uar_mean": _r(np.mean([s["uar"] for s in splits])),
        "uar_sd": _r(np.std([s["uar"] for s in splits])),
        "uar_warm_mean": _r(np.mean([s["uar_warm"] for s in splits])),
        "recall": {e: _r(v) for e, v in zip(EMOTIONS, recalls(counts), strict=True)},
        "confusion": counts.tolist(),
        "by_sex": {
            s: _r(uar(truth[sex == s], cold[sex == s].argmax(axis=1)))
            for s in ("F", "M")
            if (sex == s).any()
        },
        "splits": splits,
    }
    if calibrated:
        probabilities, sure = np.concatenate(calibrated), np.concatenate(confident)
        result["ece"] = _r(expected_calibration_error(truth, probabilities))
        result["coverage"] = _r(sure.mean())
        result["uar_when_sure"] = _r(uar(truth[sure], cold[sure].argmax(axis=1)))
    return result


def _r(value: Any) -> float | None:
    number = float(value)
    return None if np.isnan(number) else round(number, 4)
