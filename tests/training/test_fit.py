"""What was trained is what is served, and a killed training goes on where it was."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from models.bundle import Card
from models.features import FeatureSettings, extractor
from models.labels import EMOTIONS
from models.network import NetworkSettings
from models.normalisation import Normalisation
from models.recognizer import Recognizer
from models.runtime import Network
from training.batches import Batches, BatchSettings, Sums, estimate_normalisation
from training.fit import FitSettings, export, fit, predict_logits
from training.manifest import Utterance
from training.store import Store

PLAIN = BatchSettings(
    batch=8,
    default_share=1.0,
    clean=1.0,
    cold=1.0,
    channel_db=0.0,
    time_mask=0,
    mfcc_mask=0,
    mfcc_noise=0.0,
)
SETTINGS = FitSettings(
    epochs=3,
    network=NetworkSettings(channels=(8, 8), kernels=(5, 3), strides=(2, 2), attention=4),
    batches=PLAIN,
)


def voice(seed, seconds=2.5):
    """A second of silence's worth of nothing, then something that the voice activity takes."""
    rng = np.random.default_rng(seed)
    t = np.arange(int(seconds * 16000)) / 16000
    pitch = rng.uniform(100, 250)
    sound = np.sin(2 * np.pi * pitch * t) * (1 + np.sin(2 * np.pi * 4 * t))
    sound += 0.1 * rng.standard_normal(len(t))
    return np.concatenate([np.zeros(4000), 0.2 * sound]).astype(np.float32)


@pytest.fixture(scope="module")
def store():
    from models.activity import VoiceActivity

    made = Store([], [], [])
    for speaker in range(3):
        for take in range(10):
            emotion = EMOTIONS[take % 5]
            made.utterances.append(
                Utterance(
                    Path(f"{speaker}-{take}.wav"), "own", f"own_{speaker}", "F", emotion, "", 3.0
                )
            )
            frames = extractor(FeatureSettings()).frames(voice(100 * speaker + take))
            made.mfcc.append([frames.mfcc.astype(np.float16)])
            made.speech.append([VoiceActivity().push(frames.level)])
    return made


def batches(store, seed=1):
    everything, sums = np.arange(len(store)), Sums(store)
    normalisation = estimate_normalisation(store, everything, sums, channel_db=6.0)
    return Batches(
        store, everything, sums=sums, normalisation=normalisation, settings=PLAIN, seed=seed
    )


@pytest.fixture(scope="module")
def trained(store):
    made = batches(store)
    return made, fit(made, settings=SETTINGS, seed=1)


def card(normalisation: Normalisation) -> Card:
    return Card("test", "0", EMOTIONS, FeatureSettings(), normalisation)


def test_the_exported_network_says_what_the_trained_one_says(trained):
    made, model = trained
    windows = next(iter(made))[0]
    served = Network(card(made.normalisation), export(model))
    trained_logits = predict_logits(model, windows)
    assert np.ptp(trained_logits) > 0.01
    for window, expected in zip(windows, trained_logits, strict=True):
        logits = served.logits(window[:, :-1], window[:, -1] > 0)
        np.testing.assert_allclose(logits, expected, atol=2e-4)


def test_a_short_window_is_not_disturbed_by_the_one_before_it(trained):
    made, model = trained
    served = Network(card(made.normalisation), export(model))
    long, short = next(iter(made))[0][:2]
    alone = served.logits(short[:120, :-1], short[:120, -1] > 0)
    served.logits(long[:, :-1], long[:, -1] > 0)
    np.testing.assert_array_equal(served.logits(short[:120, :-1], short[:120, -1] > 0), alone)


def test_a_training_window_is_a_served_window(store, trained, monkeypatch):
    made, model = trained
    recognizer = Recognizer(
        card(made.normalisation), Network(card(made.normalisation), export(model))
    )
    served = []
    logits = recognizer.network.logits

    def keep(mfcc, speech):
        served.append((mfcc.copy(), speech.copy()))
        return logits(mfcc, speech)

    monkeypatch.setattr(recognizer.network, "logits", keep)
    recognizer.predict(voice(0))
    mfcc, speech = served[-2]  # the last one that ends at a whole step
    count = len(mfcc)
    # The same crop, as training would make it.
    monkeypatch.setattr(made, "_crop", lambda _: (0, count))
    window = np.zeros((300, 41), np.float32)
    made._fill(window, 0)
    np.testing.assert_array_equal(window[:count, -1] > 0, speech)
    np.testing.assert_allclose(window[:count, :-1], mfcc, rtol=2e-3, atol=0.02)  # float16 stored


def test_the_same_seed_gives_the_same_weights(store, trained):
    again = fit(batches(store), settings=SETTINGS, seed=1)
    for one, other in zip(trained[1].get_weights(), again.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)


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
