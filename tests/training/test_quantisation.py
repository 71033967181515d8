"""Weights of eight bits are smaller and say nearly the same; what they cost is told."""

from dataclasses import replace

import keras
import numpy as np
import pytest

from models.bundle import Weights
from models.runtime import Network
from tests.training.untrained import untrained
from tests.training.voices import synthetic_corpora
from training.fit import export
from training.networks import EXACT, SMALL
from training.outcomes import judge
from training.quantisation import eight_bits, in_floating_point
from training.shelf import Shelf
from training.store import Store

CARD = untrained().card
SHAPE = (CARD.window_spans, CARD.features.columns + 1)


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
    (folder / EXACT).write_bytes(export(model))
    (folder / SMALL).write_bytes(export(model, int8=True))
    return folder.parent


def served(networks, test=()):
    trained = untrained(test=test)
    return replace(trained, weights=Weights((networks / "one" / SMALL).read_bytes()))


def said(weights):
    rng = np.random.default_rng(1)
    network = Network(CARD, Weights(weights))
    columns = rng.standard_normal((20, *SHAPE)).astype(np.float32)
    return np.array([network.logits(c[:, :-1], np.ones(len(c), bool)).emotions for c in columns])


def test_the_network_before_its_rounding_is_found_again(networks):
    trained = served(networks)
    exact = in_floating_point(trained, networks=networks)
    assert exact.weights.network == (networks / "one" / EXACT).read_bytes()
    assert in_floating_point(untrained(), networks=networks) is None


def test_eight_bits_are_smaller_and_say_nearly_the_same(networks):
    exact, small = ((networks / "one" / name).read_bytes() for name in (EXACT, SMALL))
    assert len(small) < len(exact)
    assert np.abs(said(small) - said(exact)).max() < 0.1 * np.abs(said(exact)).max()


def test_what_eight_bits_cost_is_told(root, tmp_path, networks):
    utterances = synthetic_corpora(root, tmp_path, speeds=(1.0,))[:8]
    store, shelf = Store(utterances, [], []), Shelf(tmp_path / "shelf")
    trained = served(networks, test=tuple(range(len(utterances))))
    outcome = judge(store, trained, shelf=shelf)
    told = eight_bits(store, trained, outcome, networks=networks, shelf=shelf)
    assert told["n"] == 8
    assert abs(told["uar_cost"]) <= 0.25
    assert told["unchanged"] >= 0.75
    assert told["weights_bytes"] > trained.weights.size
    assert told["window_ms"]["median"] > 0


def test_without_the_network_before_its_rounding_nothing_is_told(tmp_path):
    store, shelf = Store([], [], []), Shelf(tmp_path)
    assert eight_bits(store, untrained(), None, networks=tmp_path, shelf=shelf) == {}
