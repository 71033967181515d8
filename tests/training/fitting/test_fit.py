"""The training loop learns from examples, and gives the same weights for the same seed."""

from dataclasses import replace

import numpy as np
import pytest
import tensorflow as tf

from models.labels import EMOTIONS
from tests.training.imagined import FEATURES, imagined_speech
from training.fitting.examples import (
    NO_VOICE,
    Examples,
    ExampleSettings,
    estimate_normalisation,
    material_of,
)
from training.fitting.fit import FitSettings, disagreement, fit, loss_of, perceptrons
from training.fitting.network import NetworkSettings

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
    drawn = examples.draw(np.random.default_rng(9), 300)
    given = np.clip((drawn.vectors - fitted["mean"]) / fitted["deviation"], -5, 5)
    decided = model.predict(given, verbose=0)[:, :5].argmax(axis=1)
    assert (decided == drawn.targets).mean() > 0.6


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


def test_disagreement_counts_pairs_alone_and_grows_with_the_difference():
    happy, sad = logits_of(1, 0.0), logits_of(2, 0.0)
    both, none, one = np.ones(1, np.float32), np.zeros(1, np.float32), np.float32([1, 0])
    assert float(disagreement(happy, happy, both)) == pytest.approx(0.0)
    assert float(disagreement(happy, sad, both)) > float(disagreement(happy, happy / 2, both)) > 0
    assert float(disagreement(happy, sad, none)) == 0.0
    two = np.concatenate([happy, happy]), np.concatenate([sad, happy])
    assert float(disagreement(*two, one)) == float(disagreement(happy, sad, both))


def test_agreement_draws_two_versions_of_a_window_together():
    store = imagined_speech({"a": 4, "b": 3}, versions=6)
    material = material_of(store, [], FEATURES)
    everything = range(len(store))
    normalisation = estimate_normalisation(material, everything, store.tracks, strength=50.0)
    own = Examples(material, everything, [], normalisation=normalisation, settings=TINY.examples)
    drawn = own.draw(np.random.default_rng(3), 400)

    def apart(agreement):
        settings = replace(TINY, agreement=agreement)
        fitted = fit(own, settings=settings, seed=1, tell=quiet)
        (model,) = perceptrons(fitted, settings)
        first, second = (
            model(np.clip((view - fitted["mean"]) / fitted["deviation"], -5, 5))
            for view in (drawn.vectors, drawn.disturbed)
        )
        return float(disagreement(first, second, drawn.paired.astype(np.float32)))

    assert apart(3.0) < apart(0.0)
