"""An encoder hears every frame once, stream by stream, and its states go with the frames."""

import hashlib
from dataclasses import replace

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.bundle import BundleError, Card, load_bundle, save_bundle
from models.encoder import Encoder
from models.features import BLOCK, FeatureExtractor, FeatureSettings
from models.labels import EMOTIONS
from models.normalisation import Normalisation
from models.recognizer import Recognizer
from models.steps import STEP, STEPS, ends_of
from training.fitting.export import flatbuffer
from training.fitting.networks import untrained_network
from training.teaching.pupil import PupilSettings, build_pupil, serving_pupil
from training.teaching.teacher import UNITS

PUPIL = PupilSettings(units=6, states=3)
PLAIN = FeatureSettings()


@pytest.fixture(scope="module")
def content():
    """An encoder of random weights."""
    keras.utils.set_random_seed(1)
    pupil = build_pupil(PUPIL, width=PLAIN.n_mfcc, batch=1, steps=STEPS)
    served = serving_pupil(
        pupil,
        settings=PUPIL,
        mean=np.full(PLAIN.n_mfcc, -10, np.float32),
        deviation=np.full(PLAIN.n_mfcc, 50, np.float32),
        components=np.eye(UNITS, PUPIL.states, dtype=np.float32),
    )
    return flatbuffer(served, int8=False)


@pytest.fixture(scope="module")
def features(content):
    return replace(PLAIN, states=PUPIL.states, encoder=hashlib.sha256(content).hexdigest())


@pytest.fixture(scope="module")
def extractor(content, features):
    return FeatureExtractor(features, Encoder(content, features))


@pytest.fixture(scope="module")
def bundle(content, features, tmp_path_factory):
    """A bundle whose network has random weights."""
    keras.utils.set_random_seed(2)
    even = np.ones(features.columns, np.float32)
    normalisation = Normalisation(-20 * even, 20 * even, 100 * even)
    card = Card("test", "0", EMOTIONS, features, normalisation, span=5)
    folder = tmp_path_factory.mktemp("bundle")
    save_bundle(folder, card, untrained_network(card, content))
    return folder


def sound(seconds, seed=0):
    return (0.1 * np.random.default_rng(seed).standard_normal(int(seconds * 16000))).astype("f4")


def voice():
    """Half a second of nothing, then something that the voice activity takes for speech."""
    t = np.arange(32000) / 16000
    syllables = 0.2 * np.sin(2 * np.pi * 150 * t) * (1 + np.sin(2 * np.pi * 4 * t))
    return np.concatenate([np.zeros(8000), syllables + 0.1 * sound(2.0)]).astype(np.float32)


def test_every_frame_has_the_states_of_its_step(extractor, features):
    frames = extractor.frames(sound(1.3))
    assert frames.states.shape == (len(frames), features.states)
    assert frames.columns.shape == (len(frames), features.columns)
    assert np.array_equal(frames.columns[:, -features.states :], frames.states)
    block, frame = np.divmod(np.arange(len(frames)), BLOCK)
    step = STEPS * block + np.minimum(frame // STEP, STEPS - 1)
    assert len(np.unique(frames.states[:, 0])) == step[-1] + 1
    assert np.array_equal(frames.states, frames.states[ends_of(len(frames))][step])


def test_all_but_the_states_is_as_it_is_without_an_encoder(extractor):
    with_states, without = (
        maker.frames(sound(1.3)) for maker in (extractor, FeatureExtractor(PLAIN))
    )
    assert np.array_equal(with_states.mfcc, without.mfcc)
    assert with_states.columns.shape[1] - without.columns.shape[1] == PUPIL.states


@settings(max_examples=25, deadline=None)
@given(cuts=st.lists(st.integers(0, 24000), max_size=8))
def test_however_a_signal_is_cut_the_states_are_the_same(extractor, cuts):
    samples = sound(1.5)
    stream = extractor.stream()
    parts = [
        block.states for piece in np.split(samples, sorted(cuts)) for block in stream.push(piece)
    ]
    parts.append(stream.finish().states)
    assert np.array_equal(np.concatenate(parts), extractor.frames(samples).states)


def test_a_state_knows_what_came_before_it_and_nothing_of_what_comes_after(extractor):
    first, second, other = sound(1.0, 1), sound(1.0, 2), sound(1.0, 3)
    one, two, elsewhere = (
        extractor.frames(np.concatenate(pair)).states
        for pair in ((first, second), (first, other), (other, second))
    )
    assert np.array_equal(one[:75], two[:75])
    assert not np.allclose(one[110], elsewhere[110], atol=1e-4)


def test_a_stream_that_ended_remembers_nothing(extractor):
    stream = extractor.stream()
    stream.push(sound(2.0, 1))
    stream.finish()
    again = stream.push(sound(1.0, 2))
    anew = extractor.stream().push(sound(1.0, 2))
    assert len(again) == len(anew) == 3
    for one, other in zip(again, anew, strict=True):
        assert np.array_equal(one.states, other.states)


def test_streams_that_share_an_encoder_do_not_hear_each_other(extractor):
    voices = [sound(2.0, seed) for seed in (1, 2)]
    streams = [extractor.stream() for _ in voices]
    heard = [[], []]
    for begin in range(0, 32000, 4000):
        for stream, voice, blocks in zip(streams, voices, heard, strict=True):
            blocks += stream.push(voice[begin : begin + 4000])
    for stream, voice, blocks in zip(streams, voices, heard, strict=True):
        states = np.concatenate([block.states for block in [*blocks, stream.finish()]])
        assert np.array_equal(states, extractor.frames(voice).states)


def test_a_file_that_is_no_network_is_refused(features):
    with pytest.raises(BundleError, match="not a TFLite network"):
        Encoder(b"no network", features)


@pytest.mark.parametrize("changed", [{"states": 4}, {"n_mfcc": 39}])
def test_an_encoder_for_other_features_is_refused(content, features, changed):
    with pytest.raises(BundleError, match="its card says"):
        Encoder(content, replace(features, **changed))


def test_a_network_that_remembers_nothing_is_no_encoder(features):
    plain = keras.Sequential([keras.Input((25, 40)), keras.layers.Dense(3)])
    with pytest.raises(BundleError, match="the encoder's shapes"):
        Encoder(flatbuffer(plain), features)


def test_a_bundle_with_an_encoder_is_read_as_it_was_written(bundle, content, features):
    card, weights = load_bundle(bundle)
    assert card.features == features
    assert weights.encoder == content
    assert weights.size == len(weights.network) + len(content)


def test_a_recogniser_with_an_encoder_judges_by_the_states_too(bundle):
    recognizer = Recognizer.load(bundle)
    judged = recognizer.predict(voice())
    assert judged.emotion in EMOTIONS
    assert judged == recognizer.predict(voice())
    card, weights = load_bundle(bundle)
    scale = card.normalisation.scale.copy()
    scale[-PUPIL.states :] = 1e9
    deaf = replace(card, normalisation=replace(card.normalisation, scale=scale))
    save_bundle(bundle.parent / "deaf", deaf, weights)
    assert Recognizer.load(bundle.parent / "deaf").predict(voice()) != judged


def test_a_missing_encoder_is_named(bundle, tmp_path):
    card, weights = load_bundle(bundle)
    save_bundle(tmp_path, card, weights)
    (tmp_path / "encoder.tflite").unlink()
    with pytest.raises(BundleError, match=r"encoder\.tflite"):
        load_bundle(tmp_path)


def test_another_encoder_is_refused(bundle, tmp_path):
    card, weights = load_bundle(bundle)
    save_bundle(tmp_path, card, weights._replace(encoder=weights.encoder + b"x"))
    with pytest.raises(BundleError, match=r"encoder\.tflite: not the weights"):
        load_bundle(tmp_path)


def test_without_an_encoder_nothing_speaks_of_one():
    # A text that keeps a voice belongs to exactly these features: it lasts as long as they do.
    assert not {"states", "encoder"} & set(FeatureSettings().to_json())
    assert {"states", "encoder"} <= set(FeatureSettings(states=3, encoder="a").to_json())
