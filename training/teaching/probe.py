"""What states know of emotion: a perceptron over a clip's mean and deviation of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf
from keras import layers

from models.features import Floats
from models.labels import EMOTIONS
from training.scores import uar

Ints = npt.NDArray[np.int64]
STEPS = 1800
STRENGTH = 5.0
"""Utterances after which half of a speaker's leaning is believed, as in `Speaker.bias`."""


def pooled(states: Floats) -> Floats:
    """Return mean and deviation of a clip's states, (steps, units), one after the other."""
    if not len(states):
        return np.zeros(2 * states.shape[1], np.float32)
    exact = states.astype(np.float32)
    return np.concatenate([exact.mean(axis=0), exact.std(axis=0)])


def against_others(values: Floats, speakers: npt.NDArray[np.str_]) -> Floats:
    """Return each row less the mean of the speaker's others; a lone one less everyone's."""
    result = np.empty_like(values)
    for speaker in np.unique(speakers):
        own = np.flatnonzero(speakers == speaker)
        if len(own) > 1:
            others = (values[own].sum(axis=0) - values[own]) / (len(own) - 1)
        else:
            others = values.mean(axis=0, keepdims=True)
        result[own] = values[own] - others
    return result


def without_leaning(logs: Floats, speakers: npt.NDArray[np.str_]) -> Floats:
    """Return log probabilities less what the speaker's other clips lean to (`Speaker.bias`)."""
    result = np.array(logs)
    centred = logs - logs.mean(axis=1, keepdims=True)
    for speaker in np.unique(speakers):
        own = np.flatnonzero(speakers == speaker)
        others = centred[own].sum(axis=0) - centred[own]
        result[own] -= others / (len(own) - 1 + STRENGTH)
    return result


def probe(
    values: Floats,
    emotions: Ints,
    corpora: npt.NDArray[np.str_],
    speakers: npt.NDArray[np.str_],
    *,
    train: Ints,
    test: Ints,
    seeds: int = 3,
    steps: int = STEPS,
) -> dict[str, tuple[float, float, float]]:
    """Return the UAR of each corpus of the test side: cold, speaker known, and leaning too.

    Parameters
    ----------
    values : ndarray, shape (clips, width)
        From `pooled`.
    emotions : ndarray, shape (clips,)
        Positions in `EMOTIONS`.
    corpora, speakers : ndarray, shape (clips,)
    train, test : ndarray of int
        Positions of clips; of no common speaker.
    seeds : int
        Perceptrons that are averaged.
    steps : int
        Batches of 128; corpora by the square root of their size, a corpus's emotions alike.
    """
    shares = np.zeros(len(train))
    for corpus in np.unique(corpora[train]):
        own = corpora[train] == corpus
        for emotion in np.unique(emotions[train][own]):
            both = own & (emotions[train] == emotion)
            shares[both] = np.sqrt(own.sum()) / both.sum()
    shares /= shares.sum()
    known = against_others(values, speakers)
    logs = [
        np.mean(
            [
                _judged(side, emotions, shares, train=train, test=test, seed=seed, steps=steps)
                for seed in range(seeds)
            ],
            axis=0,
        )
        for side in (values, known)
    ]
    judged = (logs[0], logs[1], without_leaning(logs[1], speakers[test]))
    found = {}
    for corpus in dict.fromkeys(corpora[test].tolist()):
        own = corpora[test] == corpus
        cold, warm, leaning = (
            uar(emotions[test][own], np.asarray(side[own].argmax(axis=1))) for side in judged
        )
        found[corpus] = (cold, warm, leaning)
    return found


def _judged(
    values: Floats,
    emotions: Ints,
    shares: npt.NDArray[np.float64],
    *,
    train: Ints,
    test: Ints,
    seed: int,
    steps: int,
) -> Floats:
    """Return log probabilities of the test side, shape (len(test), emotions)."""
    keras.utils.set_random_seed(seed)
    mean, deviation = values[train].mean(axis=0), values[train].std(axis=0) + 1e-4
    scaled = ((values - mean) / deviation).astype(np.float32)
    perceptron = keras.Sequential(
        [
            keras.Input((values.shape[1],)),
            layers.Dropout(0.3),
            layers.Dense(128, activation="relu"),
            layers.Dropout(0.3),
            layers.Dense(len(EMOTIONS)),
        ]
    )
    optimizer = keras.optimizers.AdamW(
        keras.optimizers.schedules.CosineDecay(1e-3, steps), weight_decay=0.05
    )
    optimizer.build(perceptron.trainable_variables)
    wanted = np.eye(len(EMOTIONS), dtype=np.float32)[emotions] * 0.9 + 0.1 / len(EMOTIONS)

    def step(inputs: tf.Tensor, targets: tf.Tensor) -> None:
        with tf.GradientTape() as tape:
            logs = tf.nn.log_softmax(perceptron(inputs, training=True))
            loss = -tf.reduce_mean(tf.reduce_sum(targets * logs, axis=1))
        found = tape.gradient(loss, perceptron.trainable_variables)
        optimizer.apply(found, perceptron.trainable_variables)

    compiled: Callable[..., Any] = tf.function(step)
    rng = np.random.default_rng(seed)
    for _ in range(steps):
        drawn = rng.choice(train, 128, p=shares)
        compiled(scaled[drawn], wanted[drawn])
    return np.asarray(tf.nn.log_softmax(perceptron(scaled[test], training=False)))
