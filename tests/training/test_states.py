"""What an encoder says goes with the spans of what it heard, and networks judge by it."""

from dataclasses import replace

import numpy as np
import pytest

from models.bundle import Weights
from models.network import NetworkSettings
from models.runtime import Network
from models.spans import SPAN, averaged
from tests.training.stores import FEATURES, PLAIN, imagined_sounds, imagined_store
from tests.training.taught import TINY, taught_in
from training import states as module
from training.batches import BatchSettings
from training.fit import FitSettings
from training.lesson import FITTED
from training.networks import train_network
from training.outcomes import Trained
from training.quantisation import in_floating_point
from training.shelf import Shelf
from training.splits import Split
from training.states import (
    BY_COURSE,
    BY_MOMENTS,
    sounds_with_states,
    states_beside,
    states_of,
    with_states,
)

MFCC = FEATURES.n_mfcc


@pytest.fixture(scope="module")
def store():
    return imagined_store({"own": 3})


@pytest.fixture(scope="module")
def kept(store, tmp_path_factory):
    """A cache, and the encoder that was taught into it."""
    cache = tmp_path_factory.mktemp("encoders")
    return cache, taught_in(cache, store)


def test_what_is_said_of_a_store_is_kept(store, kept, tmp_path, monkeypatch):
    _, taught = kept
    expected = with_states(store, taught)
    first = states_beside(store, [], taught, shelf=Shelf(tmp_path))
    monkeypatch.setattr(module, "with_states", None)
    again = states_beside(store, [], taught, shelf=Shelf(tmp_path))
    for found in (first.store, again.store):
        assert found.utterances == store.utterances
        assert found.span == SPAN
        for name in ("columns", "speech"):
            pairs = zip(getattr(found, name), getattr(expected, name), strict=True)
            for own, said in pairs:
                assert len(own) == len(said) == len(store.columns[0])
                for one, other in zip(own, said, strict=True):
                    np.testing.assert_array_equal(one, other)


def test_of_other_sound_or_other_speech_it_is_said_anew(store, kept, tmp_path):
    _, taught = kept
    louder = [[columns + np.float16(1) for columns in own] for own in store.columns]
    mute = [[np.zeros_like(speech) for speech in own] for own in store.speech]
    shelf = Shelf(tmp_path)
    one, other, silent = (
        states_beside(heard, [], taught, shelf=shelf).store
        for heard in (store, replace(store, columns=louder), replace(store, speech=mute))
    )
    assert len(list(tmp_path.iterdir())) == 3
    assert not np.array_equal(one.columns[0][0], other.columns[0][0])
    assert one.speech[0][0].any()
    assert not silent.speech[0][0].any()


def test_a_store_with_states_holds_spans_of_what_an_encoder_says_beside_the_rest(store, kept):
    _, taught = kept
    widened = with_states(store, taught)
    assert widened.utterances == store.utterances
    assert widened.span == SPAN
    pairs = zip(widened.columns, widened.speech, store.columns, store.speech, strict=True)
    for columns, speech, plain, spoken in pairs:
        for own, mask, without, heard in zip(columns, speech, plain, spoken, strict=True):
            expected, there = averaged(without, heard)
            np.testing.assert_array_equal(own[:, : FEATURES.columns], expected.astype(np.float16))
            np.testing.assert_array_equal(mask, there)
            assert own.shape[1] == taught.features.columns
        said = states_of(plain[0][:, :MFCC].astype(np.float32), taught.encoder())
        expected, _ = averaged(said.astype(np.float16), spoken[0])
        np.testing.assert_allclose(columns[0][:, FEATURES.columns :], expected, atol=2e-3)


def test_but_for_the_recording_itself_a_speaker_has_a_microphone_in_what_is_encoded(store, kept):
    _, taught = kept
    clean = replace(taught, microphone=lambda _rng: np.zeros(MFCC, np.float32))
    pairs = zip(
        with_states(store, taught).columns,
        with_states(store, clean).columns,
        strict=True,
    )
    moved = [
        [not np.array_equal(*versions, equal_nan=True) for versions in zip(*pair, strict=True)]
        for pair in pairs
    ]
    recorded, disguised = zip(*moved, strict=True)
    assert not any(recorded)
    assert any(disguised)


def test_sounds_have_states_too(kept):
    _, taught = kept
    sounds = imagined_sounds()
    for sound, plain in zip(sounds_with_states(sounds, taught), sounds, strict=True):
        spans = -(-len(plain.columns) // SPAN)
        assert sound.columns.shape == (spans, taught.features.columns)
        assert (sound.recorded, len(sound.speech)) == (plain.recorded, spans)


def test_nothing_is_said_of_nothing(kept):
    _, taught = kept
    assert states_of(np.zeros((0, MFCC), np.float32), taught.encoder()).shape == (0, TINY.states)


def test_with_an_encoder_networks_judge_by_its_states_and_what_is_served_is_their_mean(store, kept):
    cache, taught = kept
    small = FitSettings(
        epochs=1,
        network=NetworkSettings(channels=(4,), kernels=(3,), strides=(2,), attention=2),
        batches=BatchSettings(steps=1, default_share=1.0, crops=PLAIN),
    )
    states = replace(
        states_beside(store, imagined_sounds(), taught, shelf=Shelf(cache / "states")),
        settings=(
            replace(small, network=replace(BY_COURSE.network, channels=(3, 4))),
            replace(small, network=replace(BY_MOMENTS.network, hidden=5)),
        ),
    )
    options = {"sounds": imagined_sounds(), "settings": small, "seed": 1, "tell": lambda _: None}
    alone, plain = train_network(store, tuple(range(20)), cache=cache, **options)
    card, weights = train_network(store, tuple(range(20)), cache=cache, states=states, **options)
    assert (weights.encoder, plain.encoder) == (taught.small, b"")
    assert card.features == taught.features
    # The columns that both have are normalised alike, whatever hears them.
    for name in ("mean", "scale", "strength"):
        own, wider = (getattr(one.normalisation, name) for one in (alone, card))
        np.testing.assert_array_equal(wider[: FEATURES.columns], own)
        assert len(wider) == card.features.columns
    assert len(list(cache.glob(f"*/{FITTED}"))) == 3
    network = Network(card, weights)
    rng = np.random.default_rng(0)
    assert (alone.span, card.span, card.window_spans) == (1, SPAN, 300 // SPAN)
    columns = rng.standard_normal((card.window_spans, card.features.columns)).astype(np.float32)
    said = network.logits(columns, np.ones(card.window_spans, bool))
    columns[:, FEATURES.columns :] += 1.0
    moved = network.logits(columns, np.ones(card.window_spans, bool))
    assert np.abs(moved.emotions - said.emotions).max() > 1e-3
    exact = in_floating_point(Trained(Split("a", (), ()), card, weights), networks=cache)
    assert exact is not None
    assert exact.weights.encoder == taught.exact
    assert exact.weights.size > weights.size
    assert Network(exact.card, Weights(*exact.weights)).encoder is not None
