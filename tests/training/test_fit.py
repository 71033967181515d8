"""The training loop learns from examples, and gives the same weights for the same seed."""

from dataclasses import replace

import numpy as np
import pytest
import tensorflow as tf

from models.labels import EMOTIONS
from models.network import NetworkSettings
from tests.training.imagined import FEATURES, imagined_speech
from training.examples import (
    NO_VOICE,
    Examples,
    ExampleSettings,
    estimate_normalisation,
    material_of,
)
from training.fit import FitSettings, fit, loss_of, perceptrons

TINY = FitSettings(
    networks=1,
    epochs=6,
    batch=64,
    network=NetworkSettings(hidden=(16,), dropout=0.1),
    examples=ExampleSettings(count=1500, shares={}, sounds=0.0),
)


@pytest.fixture(scope="module")
def examples():
    store = imagined_speech({"a": 4, "b": 3})
    material = material_of(store, [], FEATURES)
    everything = range(len(store))
    normalisation = estimate_normalisation(material, everything, store.tracks, strength=50.0)
    return Examples(material, everything, [], normalisation=normalisation, settings=TINY.examples)


def quiet(_):
    """Ignore the progress."""


def test_the_loss_falls_and_the_emotions_are_learnt(examples):
    losses = []
    fitted = fit(examples, settings=TINY, seed=1, tell=lambda p: losses.append(p.loss))
    assert losses[-1] < losses[0]
    (model,) = perceptrons(fitted, TINY)
    vectors, targets = examples.draw(np.random.default_rng(9), 300)
    given = np.clip((vectors - fitted["mean"]) / fitted["deviation"], -5, 5)
    decided = model.predict(given, verbose=0)[:, :5].argmax(axis=1)
    assert (decided == targets).mean() > 0.6


def test_the_same_seed_gives_the_same_weights_and_another_one_others(examples):
    short = replace(TINY, epochs=1)
    one, again, other = (fit(examples, settings=short, seed=s, tell=quiet) for s in (1, 1, 2))
    np.testing.assert_allclose(one["0/0"], again["0/0"], atol=1e-6)
    assert np.abs(one["0/0"] - other["0/0"]).max() > 1e-3


def logits_of(emotion, voice):
    return np.array([[*(4.0 * np.eye(5)[emotion]), voice]], np.float32)


def test_the_loss_prefers_the_right_emotion_and_the_voice():
    right = loss_of(logits_of(2, 3.0), tf.constant([2]), FitSettings())
    wrong = loss_of(logits_of(1, 3.0), tf.constant([2]), FitSettings())
    refused = loss_of(logits_of(2, -3.0), tf.constant([2]), FitSettings())
    assert right < wrong
    assert right < refused


def test_a_sound_without_speech_counts_for_the_voice_alone():
    losses = [
        float(loss_of(logits_of(k, -3.0), tf.constant([NO_VOICE]), FitSettings()))
        for k in range(len(EMOTIONS))
    ]
    assert losses == pytest.approx([losses[0]] * 5)
    voice = loss_of(logits_of(0, 3.0), tf.constant([NO_VOICE]), FitSettings())
    assert float(voice) > losses[0]
