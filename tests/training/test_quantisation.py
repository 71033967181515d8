"""Weights of eight bits are smaller, say nearly the same, and are only told of where they exist."""

import keras
import numpy as np
import pytest

from models.runtime import Network
from tests.training.untrained import untrained
from tests.training.voices import synthetic_corpora
from training.fit import export
from training.networks import SERVED
from training.outcomes import judge
from training.quantisation import int8_cost, trained_model
from training.shelf import Shelf
from training.store import Store

CARD = untrained().card
SHAPE = (CARD.window_frames, CARD.features.columns + 1)


@pytest.fixture(scope="module")
def networks(tmp_path_factory):
    """A folder as training leaves it."""
    folder = tmp_path_factory.mktemp("networks") / "one"
    folder.mkdir()
    keras.utils.set_random_seed(1)
    window = keras.Input(SHAPE)
    wide = keras.layers.Dense(64, activation="relu")(window)
    mean = keras.layers.GlobalAveragePooling1D()(wide)
    model = keras.Model(window, keras.layers.Dense(len(CARD.labels) + 1)(mean))
    model.save(folder / SERVED)
    (folder / "network.tflite").write_bytes(export(model))
    return folder.parent


def said(weights):
    rng = np.random.default_rng(1)
    network = Network(CARD, weights)
    columns = rng.standard_normal((20, *SHAPE)).astype(np.float32)
    return np.array([network.logits(c[:, :-1], np.ones(len(c), bool)).emotions for c in columns])


def test_the_network_that_was_exported_is_found_again(networks):
    weights = (networks / "one" / "network.tflite").read_bytes()
    np.testing.assert_array_equal(said(export(trained_model(weights, networks))), said(weights))
    assert trained_model(b"other", networks) is None


def test_eight_bits_are_smaller_and_say_nearly_the_same(networks):
    weights = (networks / "one" / "network.tflite").read_bytes()
    small = export(trained_model(weights, networks), int8=True)
    assert len(small) < len(weights)
    assert np.abs(said(small) - said(weights)).max() < 0.1 * np.abs(said(weights)).max()


def test_what_eight_bits_cost_is_told_and_kept(root, tmp_path, networks):
    utterances = synthetic_corpora(root, tmp_path, speeds=(1.0,))[:8]
    store, shelf = Store(utterances, [], []), Shelf(tmp_path / "shelf")
    trained = untrained(test=tuple(range(len(utterances))))
    weights = (networks / "one" / "network.tflite").read_bytes()
    trained = type(trained)(trained.split, trained.card, weights)
    outcome = judge(store, trained, shelf=shelf)
    told = int8_cost(store, trained, outcome, networks=networks, shelf=shelf)
    assert told["n"] == 8
    assert abs(told["uar_cost"]) <= 0.25
    assert told["unchanged"] >= 0.75
    assert told["weights_bytes"] < len(weights)
    assert told["window_ms"]["median"] > 0
    # A second evaluation needs no state any more.
    again = int8_cost(store, trained, outcome, networks=tmp_path / "gone", shelf=shelf)
    assert again["by_corpus"] == told["by_corpus"]


def test_without_the_networks_state_nothing_is_told(tmp_path):
    trained = untrained()
    store, shelf = Store([], [], []), Shelf(tmp_path)
    assert int8_cost(store, trained, None, networks=tmp_path, shelf=shelf) == {}
