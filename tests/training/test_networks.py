"""A network is trained once for what makes it what it is, and anew for anything else."""

from dataclasses import replace

import keras
import numpy as np
import pytest

from models.bundle import Weights
from models.network import NetworkSettings, build_network
from models.runtime import Network
from tests.training.stores import BANDS, FEATURES, PLAIN, imagined_sounds, imagined_store
from training import lesson, networks
from training.batches import BatchSettings
from training.fit import FitSettings
from training.lesson import FITTED
from training.networks import EXACT, SERVED, SMALL, train_network

TINY = NetworkSettings(channels=(4,), kernels=(3,), strides=(2,), attention=2)
SETTINGS = FitSettings(
    epochs=1, network=TINY, batches=BatchSettings(steps=1, default_share=1.0, crops=PLAIN)
)


@pytest.fixture(scope="module")
def store():
    return imagined_store({"own": 3, "emospeech": 1}, versions=1)


@pytest.fixture
def unexported(monkeypatch):
    """Where nobody looks at the weights, the seconds that exporting them takes are saved."""
    monkeypatch.setattr(networks, "export", lambda _, **how: b"weights")


@pytest.fixture
def fitted(monkeypatch):
    """What was asked to be fitted; the weights are random."""
    asked = []

    def fit(batches, *, seed, checkpoint, **_options):
        asked.append(batches)
        checkpoint.mkdir(parents=True)
        keras.utils.set_random_seed(seed)
        return build_network(frames=300, columns=BANDS, outputs=6, settings=TINY)

    monkeypatch.setattr(lesson, "fit", fit)
    return asked


def train(store, cache, **changed):
    options = {
        "members": tuple(range(20)),
        "sounds": imagined_sounds(),
        "settings": SETTINGS,
        "seed": 1,
        "tell": print,
    } | changed
    return train_network(store, options.pop("members"), cache=cache, **options)


def served_in(cache):
    return [path.parent for path in cache.glob(f"*/{SERVED}")]


def test_the_same_again_comes_from_the_cache(store, tmp_path, fitted, unexported):
    card, weights = train(store, tmp_path)
    again, same = train(store, tmp_path)
    assert len(fitted) == 1
    assert weights == same
    assert card.to_json(weights=weights) == again.to_json(weights=same)


@pytest.mark.parametrize(
    "changed",
    [
        {"seed": 2},
        {"members": tuple(range(19))},
        {"settings": replace(SETTINGS, epochs=2)},
        {"sounds": []},
        {"sounds": [replace(s, columns=s.columns + np.float16(1)) for s in imagined_sounds()]},
    ],
    ids=["seed", "members", "settings", "no sounds", "other sounds"],
)
def test_another_input_is_another_network(store, tmp_path, fitted, changed, unexported):
    train(store, tmp_path)
    train(store, tmp_path, **changed)
    assert len(fitted) == len(served_in(tmp_path)) == 2


def test_other_code_or_features_are_another_network(
    store, tmp_path, fitted, monkeypatch, unexported
):
    train(store, tmp_path)
    monkeypatch.setattr(lesson, "_code", lambda: "edited")
    train(store, tmp_path)
    monkeypatch.setattr(networks, "FeatureSettings", lambda: replace(FEATURES, power_floor=1e-6))
    card, _ = train(store, tmp_path)
    assert len(fitted) == len(served_in(tmp_path)) == 3
    assert card.features.power_floor == 1e-6


def test_what_was_fitted_is_served_anew_without_being_fitted_again(
    store, tmp_path, fitted, monkeypatch, unexported
):
    train(store, tmp_path)
    code = lesson._code()
    monkeypatch.setattr(lesson, "_code", lambda: code)
    monkeypatch.setattr(networks, "code_digest", lambda *_modules: "edited")
    before = len(served_in(tmp_path))
    train(store, tmp_path)
    assert (len(fitted), before, len(served_in(tmp_path))) == (1, 1, 2)
    assert len(list(tmp_path.glob(f"*/{FITTED}"))) == 1


def test_the_code_is_all_that_makes_a_network_out_of_features(monkeypatch, tmp_path):
    before = lesson._code()
    assert lesson._code() == before
    edited = tmp_path / "crops.py"
    edited.write_text("# another crop")
    monkeypatch.setattr(lesson.cropping, "__file__", str(edited))
    assert lesson._code() != before


def test_recorded_sounds_are_heard_only_with_their_corpus(store, tmp_path, fitted, unexported):
    with_corpus = (*range(20), len(store) - 1)
    train(store, tmp_path, members=tuple(range(20)))
    train(store, tmp_path, members=with_corpus)
    without, everything = ([s.recorded for s in batches._sounds] for batches in fitted)
    assert without == [False, False]
    assert everything == [False, True, False, True]


def test_what_is_served_is_kept_in_keras_too_and_takes_normalised_columns(store, tmp_path, fitted):
    card, weights = train(store, tmp_path)
    (folder,) = served_in(tmp_path)
    assert (folder / SMALL).read_bytes() == weights.network
    assert weights.size < len((folder / EXACT).read_bytes())
    assert not list(folder.glob("*.partial"))
    kept = keras.models.load_model(folder / SERVED)
    rng = np.random.default_rng(0)
    columns = rng.standard_normal((300, FEATURES.columns)).astype(np.float32)
    speech = rng.random(300) < 0.7
    window = np.concatenate([columns, speech[:, None]], axis=1, dtype=np.float32)
    expected = kept(window[None]).numpy()[0]
    for served, within in (((folder / EXACT).read_bytes(), 1e-4), (weights.network, 0.1)):
        emotions, voice = Network(card, Weights(served)).logits(columns, speech)
        np.testing.assert_allclose([*emotions, voice], expected, atol=within)
