"""A bundle survives a round trip, and a broken one is named."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest

from models import BundleError, Recognizer
from models.bundle import DEFAULT_BUNDLE, Decision, load_bundle, save_bundle
from models.labels import EMOTIONS


@pytest.fixture
def folder(tmp_path):
    shutil.copytree(DEFAULT_BUNDLE, tmp_path / "bundle")
    return tmp_path / "bundle"


def change_card(folder, **changes):
    path = folder / "card.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def test_the_committed_bundle_is_small_and_knows_the_five_emotions():
    card, weights = load_bundle(DEFAULT_BUNDLE)
    assert card.labels == EMOTIONS
    assert weights.size < 1_000_000


def test_a_saved_bundle_recognises_exactly_as_the_original(tmp_path):
    card, weights = load_bundle(DEFAULT_BUNDLE)
    save_bundle(tmp_path / "copy", card, weights)
    samples = np.random.default_rng(0).standard_normal(40000).astype(np.float32) * 0.1
    samples[:8000] = 0
    original, copy = Recognizer.load(), Recognizer.load(tmp_path / "copy")
    assert original.predict(samples) == copy.predict(samples)


def test_a_missing_file_is_named(folder):
    (folder / "network.tflite").unlink()
    with pytest.raises(BundleError, match=r"network\.tflite"):
        Recognizer.load(folder)


def test_a_card_that_is_not_json_is_named(folder):
    (folder / "card.json").write_text("{")
    with pytest.raises(BundleError, match=r"card\.json: not JSON"):
        Recognizer.load(folder)


def test_a_card_from_before_a_part_of_the_decision_has_its_default(folder):
    change_card(folder, decision={"temperature": 1.5, "unsure_below": 0.3, "smoothing": 0.5})
    decision = Recognizer.load(folder).card.decision
    assert decision == Decision(temperature=1.5, unsure_below=0.3, smoothing=0.5)


def test_a_card_without_labels_is_malformed(folder):
    path = folder / "card.json"
    data = json.loads(path.read_text())
    del data["labels"]
    path.write_text(json.dumps(data))
    with pytest.raises(BundleError, match="labels"):
        Recognizer.load(folder)


def test_weights_that_the_card_does_not_describe_are_refused(folder):
    weights = folder / "network.tflite"
    weights.write_bytes(weights.read_bytes() + b"x")
    with pytest.raises(BundleError, match="not the weights"):
        Recognizer.load(folder)


def test_labels_that_the_network_does_not_have_are_refused(folder):
    change_card(folder, labels=["happy", "sad"])
    with pytest.raises(BundleError, match="its card says"):
        Recognizer.load(folder)


def test_another_networks_report_is_refused(folder):
    (folder / "report.json").write_text("{}")
    with pytest.raises(BundleError, match=r"report\.json: not the report"):
        Recognizer.load(folder)


@pytest.mark.parametrize("other", [1, 99])
def test_an_earlier_or_later_format_is_refused(folder, other):
    change_card(folder, format=other)
    with pytest.raises(BundleError, match=f"format {other}"):
        Recognizer.load(folder)


@pytest.mark.parametrize("wrong", ["mean", "scale", "strength"])
def test_a_normalisation_of_another_size_is_refused(folder, wrong):
    card, _ = load_bundle(folder)
    others = card.normalisation.to_json() | {wrong: [1.0] * (card.features.columns - 2)}
    change_card(folder, normalisation=others)
    with pytest.raises(BundleError, match=f"not for {card.features.columns} columns"):
        Recognizer.load(folder)


def test_features_that_the_network_does_not_take_are_refused(folder):
    data = json.loads((folder / "card.json").read_text())
    wider = {key: [*values, 1.0] for key, values in data["normalisation"].items()}
    change_card(folder, features=data["features"] | {"n_mfcc": 41}, normalisation=wider)
    with pytest.raises(BundleError, match="its card says"):
        Recognizer.load(folder)


def test_everything_that_a_card_says_is_read_again(tmp_path):
    card, weights = load_bundle(DEFAULT_BUNDLE)
    card = replace(
        card,
        features=replace(card.features, power_floor=1e-6),
        decision=Decision(unsure_below=0.5, voice_above=-1.25),
    )
    save_bundle(tmp_path, card, weights)
    again, _ = load_bundle(tmp_path)
    assert again.features == card.features
    assert again.decision == card.decision
    assert again.normalisation.to_json() == card.normalisation.to_json()
