"""What was trained is what is served, and a killed training goes on where it was."""

import json
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest

from models.activity import VoiceActivity
from models.bundle import Card, Weights
from models.features import FeatureSettings, extractor
from models.labels import EMOTIONS
from models.network import NetworkSettings, build_network
from models.normalisation import Normalisation, Speaker
from models.recognizer import Recognizer
from models.runtime import Network
from tests.training.stores import BANDS, PLAIN, batches_of
from training import crops
from training.batches import NO_VOICE, BatchSettings
from training.ensemble import serving_network
from training.fit import FitSettings, export, fit, predict_logits
from training.manifest import Utterance
from training.sounds import Sound
from training.store import Store

DRAWN = BatchSettings(
    steps=3, groups=1, utterances=5, pairs=1, sounds=2, default_share=1.0, crops=PLAIN
)
SETTINGS = FitSettings(
    epochs=3,
    network=NetworkSettings(
        channels=(8, 8),
        kernels=(5, 3),
        strides=(2, 2),
        attention=4,
        dropout=0.0,
        pooled_dropout=0.0,
    ),
    batches=DRAWN,
)


def voice(seed, seconds=2.5):
    """A second of silence's worth of nothing, then something that the voice activity takes."""
    rng = np.random.default_rng(seed)
    t = np.arange(int(seconds * 16000)) / 16000
    pitch = rng.uniform(100, 250)
    sound = np.sin(2 * np.pi * pitch * t) * (1 + np.sin(2 * np.pi * 4 * t))
    sound += 0.1 * rng.standard_normal(len(t))
    return np.concatenate([np.zeros(4000), 0.2 * sound]).astype(np.float32)


def heard(samples):
    """Columns and speech, as a store has them."""
    frames = extractor(FeatureSettings()).frames(samples)
    return frames.columns.astype(np.float16), VoiceActivity().push(frames.level)


@pytest.fixture(scope="module")
def store():
    made = Store([], [], [])
    for speaker in range(3):
        for take in range(10):
            emotion = EMOTIONS[take % 5]
            made.utterances.append(
                Utterance(
                    Path(f"{speaker}-{take}.wav"), "own", f"own_{speaker}", "F", emotion, "", 3.0
                )
            )
            columns, speech = heard(voice(100 * speaker + take))
            made.columns.append([columns])
            made.speech.append([speech])
    return made


def batches(store, seed=1):
    hiss = 0.1 * np.random.default_rng(0).standard_normal(48000)
    hiss[:16000] *= 1e-3
    sounds = [Sound(*heard(hiss.astype(np.float32)), recorded=False)]
    return batches_of(store, DRAWN, sounds=sounds, seed=seed)


@pytest.fixture(scope="module")
def trained(store):
    made = batches(store)
    return made, fit(made, settings=SETTINGS, seed=1)


@pytest.fixture(scope="module")
def served(trained):
    """The trained core as a recogniser that judges microphones."""
    made, core = trained
    own = card(made.crops._normalisation)
    weights = export(serving_network([core], bands=made.crops._bands))
    return Recognizer(own, Network(own, Weights(weights)))


def card(normalisation: Normalisation) -> Card:
    return Card("test", "0", EMOTIONS, FeatureSettings(), normalisation)


def windows_of(store, recognizer, indices=range(5)):
    """What the recogniser's network is given: normalised columns, and where there is speech."""
    for i in indices:
        columns, speech = store.columns[i][0][:300].astype(np.float32), store.speech[i][0][:300]
        speaker = Speaker().hear(columns[speech])
        yield recognizer.card.normalisation.apply(columns, speaker), speech


def test_the_exported_network_says_what_the_trained_one_says(store, trained, served):
    made, core = trained
    given = list(windows_of(store, served))
    seen = np.zeros((len(given), 300, made.crops.width + 1), np.float32)
    for window, (columns, speech) in zip(seen, given, strict=True):
        window[: len(columns), :-1] = columns @ made.crops._bands
        window[: len(columns), -1] = speech
    expected = predict_logits(core, seen)
    assert np.ptp(expected) > 0.01
    for (columns, speech), own in zip(given, expected, strict=True):
        emotions, voice_logit = served.network.logits(columns, speech)
        np.testing.assert_allclose([*emotions, voice_logit], own, atol=1e-3)


def test_a_short_window_is_not_disturbed_by_the_one_before_it(store, served):
    long, (columns, speech) = windows_of(store, served, (0, 1))

    def short():
        emotions, voice_logit = served.network.logits(columns[:120], speech[:120])
        return [*emotions, voice_logit]

    alone = short()
    served.network.logits(*long)
    assert short() == alone


def test_a_training_window_is_a_served_window(store, trained, served, monkeypatch):
    made, _ = trained
    given = []
    logits = served.network.logits

    def keep(columns, speech):
        given.append((columns.copy(), speech.copy()))
        return logits(columns, speech)

    monkeypatch.setattr(served.network, "logits", keep)
    # Training stores frames on a grid that begins with the first sample.
    monkeypatch.setattr("models.recognizer.grid_origin", lambda *_, **__: 0)
    served.predict(voice(0))
    columns, speech = given[-2]  # the last one that ends at a whole step
    count = len(columns)
    # The stream hears the beginning twice and knows the noise floor by then: it finds more speech.
    stored = store.speech[0][0]
    assert speech[stored[:count]].all()
    mask = np.concatenate([speech, stored[count:]])
    # The same crop, as training makes it of the stored features.
    monkeypatch.setattr(crops, "crop", lambda *_, **__: (0, count))
    window = np.zeros((300, made.crops.width + 1), np.float32)
    rng = np.random.default_rng(0)
    made.crops.fill(
        window,
        store.columns[0][0],
        mask,
        disguise=made.crops.disguise(rng, clean=1.0),
        others=None,
        rng=rng,
    )
    np.testing.assert_array_equal(window[:count, -1] > 0, speech)
    seen = columns @ made.crops._bands
    np.testing.assert_allclose(window[:count, :-1], seen, rtol=2e-3, atol=0.05)  # float16 stored


def test_the_same_seed_gives_the_same_weights(store, trained):
    again = fit(batches(store), settings=SETTINGS, seed=1)
    for one, other in zip(trained[1].get_weights(), again.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)


def test_the_last_output_learns_to_tell_voices_from_hiss(store):
    long = replace(SETTINGS, epochs=8, learning_rate=1e-2, average=0.5)
    made = batches(store)
    core = fit(made, settings=long, seed=1)
    windows, targets = next(made.epoch(99))
    voices = predict_logits(core, windows)[:, -1]
    assert voices[targets != NO_VOICE].min() > voices[targets == NO_VOICE].max()


class KilledError(Exception):
    """Stands for a process that ended between two epochs."""


def test_a_killed_training_goes_on_with_the_next_epoch(store, tmp_path):
    told = []

    def die_after_the_second(progress):
        told.append(progress.epoch)
        if progress.epoch == 2:
            raise KilledError

    with pytest.raises(KilledError):
        fit(
            batches(store),
            settings=SETTINGS,
            seed=1,
            checkpoint=tmp_path,
            tell=die_after_the_second,
        )
    fit(
        batches(store),
        settings=SETTINGS,
        seed=1,
        checkpoint=tmp_path,
        tell=lambda progress: told.append(progress.epoch),
    )
    assert told == [1, 2, 3]


def test_an_interrupted_training_ends_where_an_uninterrupted_one_does(store, trained, tmp_path):
    def die_after_the_first(_progress):
        raise KilledError

    options = {"settings": SETTINGS, "seed": 1, "checkpoint": tmp_path}
    with pytest.raises(KilledError):
        fit(batches(store), tell=die_after_the_first, **options)
    resumed = fit(batches(store), **options)
    for one, other in zip(trained[1].get_weights(), resumed.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)


def test_what_is_returned_is_the_running_mean_of_the_weights(store):
    # A mean that takes nothing in stays where it began.
    brief = replace(SETTINGS, epochs=1, average=1.0)
    core = fit(batches(store), settings=brief, seed=1)
    keras.utils.set_random_seed(1)
    new = build_network(frames=300, columns=BANDS, outputs=6, settings=SETTINGS.network)
    for one, other in zip(core.trainable_weights, new.trainable_weights, strict=True):
        np.testing.assert_allclose(one.numpy(), other.numpy(), atol=1e-6)


def test_another_setting_begins_anew(store, tmp_path):
    fit(batches(store), settings=replace(SETTINGS, epochs=1), seed=1, checkpoint=tmp_path)
    told = []
    fit(
        batches(store),
        settings=replace(SETTINGS, epochs=2, learning_rate=1e-3),
        seed=1,
        checkpoint=tmp_path,
        tell=lambda progress: told.append(progress.epoch),
    )
    assert told == [1, 2]


def test_progress_tells_the_loss_and_the_time_left(store):
    told = []
    fit(batches(store), settings=SETTINGS, seed=1, tell=told.append)
    assert [p.epoch for p in told] == [1, 2, 3]
    assert all(np.isfinite(p.loss) and p.seconds_left >= 0 for p in told)
    assert told[-1].seconds_left == 0
    assert json.dumps(SETTINGS.to_json())
