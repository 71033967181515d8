"""A span is the average of what is there of its frames, and a network may judge spans."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.activity import VoiceActivity
from models.bundle import DEFAULT_BUNDLE, BundleError, Card, load_bundle, save_bundle
from models.features import FeatureSettings
from models.labels import EMOTIONS
from models.normalisation import Normalisation
from models.recognizer import Recognizer
from models.runtime import Logits
from models.spans import SPAN, averaged
from models.speaker import Speaker


def clip(frames, seed=0):
    """Columns of which the second is missing now and then, and where there is speech."""
    rng = np.random.default_rng(seed)
    columns = rng.standard_normal((frames, 3))
    columns[rng.random(frames) < 0.4, 1] = np.nan
    return columns.astype(np.float16), rng.random(frames) < 0.7


@given(frames=st.integers(0, 60), seed=st.integers(0, 1000))
def test_a_span_is_the_mean_of_its_spoken_frames_and_of_the_pitch_that_is_there(frames, seed):
    columns, speech = clip(frames, seed)
    spans, spoken = averaged(columns, speech)
    assert len(spans) == len(spoken) == -(-frames // SPAN)
    for index, (span, any_speech) in enumerate(zip(spans, spoken, strict=True)):
        own = slice(SPAN * index, SPAN * (index + 1))
        heard = columns[own][speech[own]].astype(np.float64)
        assert any_speech == (len(heard) > 0)
        for value, column in zip(span, heard.T, strict=True):
            there = column[np.isfinite(column)]
            assert np.isclose(value, there.mean(), atol=2e-3) if len(there) else np.isnan(value)


def test_whole_spans_weigh_as_much_as_their_frames():
    columns, _ = clip(50)
    everything = np.ones(50, bool)
    spans, _ = averaged(columns[:, ::2], everything)
    mean = columns[:, ::2].astype(np.float64).mean(axis=0)
    np.testing.assert_allclose(spans.astype(np.float64).mean(axis=0), mean, atol=1e-3)


EVEN = np.ones(FeatureSettings().columns, np.float32)
CARD = Card(
    "test", "0", EMOTIONS, FeatureSettings(), Normalisation(-20 * EVEN, 20 * EVEN, 100 * EVEN)
)


class Listening:
    """A network that keeps what it is given."""

    encoder = None

    def __init__(self):
        self.given = []

    def logits(self, columns, speech, known):
        self.given.append((columns.copy(), speech.copy()))
        return Logits(np.array([*columns[speech].mean(axis=0)[: len(EMOTIONS)]]), 1.0)


def syllables(seconds):
    """Something that the voice activity takes for speech, and pauses."""
    t = np.arange(int(seconds * 16000)) / 16000
    noise = np.random.default_rng(0).standard_normal(len(t))
    pitch = 150 * t + np.sin(4 * t)  # it moves, as a voice's does
    wave = (0.2 * np.sin(2 * np.pi * pitch) + 0.02 * noise) * ((t + 0.7) % 1 < 0.7)
    return (wave + 1e-4 * noise).astype(np.float32)


@pytest.fixture(autouse=True)
def unaligned(monkeypatch):
    """Keep the frame grid at the first sample, so that a test can compute the same frames."""
    monkeypatch.setattr("models.recognizer.grid_origin", lambda *_, **__: 0)


def heard(card, pieces):
    """What a network is given of a signal that comes in pieces, window by window."""
    network = Listening()
    stream = Recognizer(card, network).stream()
    for piece in pieces:
        stream.push(piece)
    stream.finish()
    return network.given


@pytest.mark.parametrize("seconds", [1.63, 4.0, 5.63])
def test_a_network_of_spans_is_given_the_averages_of_the_windows_frames(seconds):
    samples = syllables(seconds)
    given = heard(replace(CARD, span=SPAN), [samples])
    frames = Recognizer(CARD, Listening()).extractor.frames(samples)
    speech = VoiceActivity().push(frames.level)
    assert not speech.all()
    # The last window holds all that was heard, however few frames its last span has.
    known = Speaker().hear(frames.columns[speech])
    normalised = CARD.normalisation.relative(frames.columns, known.mean(CARD.normalisation))
    normalised[np.isnan(frames.columns)] = np.nan
    expected, spoken = averaged(normalised, speech)
    columns, mask = given[-1]
    assert len(columns) == min(60, len(expected))
    np.testing.assert_array_equal(mask, spoken[-60:])
    # A span that is not voiced has the pitch of the last voiced one.
    others = np.arange(columns.shape[1]) != CARD.features.pitch_column
    np.testing.assert_allclose(
        columns[mask][:, others],
        np.nan_to_num(expected[-60:][mask][:, others]),
        rtol=1e-4,
        atol=1e-4,
    )
    assert not columns[~mask][:, others].any()


@settings(max_examples=20, deadline=None)
@given(cuts=st.lists(st.integers(0, 70_000), max_size=8))
def test_however_a_signal_is_cut_its_spans_are_the_same(cuts):
    samples, card = syllables(4.4), replace(CARD, span=SPAN)
    whole, pieces = heard(card, [samples]), heard(card, np.split(samples, sorted(cuts)))
    assert len(whole) == len(pieces) > 10
    for one, other in zip(whole, pieces, strict=True):
        for mine, yours in zip(one, other, strict=True):
            np.testing.assert_array_equal(mine, yours)


def test_a_card_tells_of_spans_only_where_there_are_any(tmp_path):
    card, weights = load_bundle(DEFAULT_BUNDLE)
    assert "span" not in replace(card, span=1).to_json(weights=weights)
    save_bundle(tmp_path, replace(card, span=SPAN), weights)
    assert load_bundle(tmp_path)[0].span == SPAN


@pytest.mark.parametrize("span", [0, 4, 25 * 25])
def test_spans_that_do_not_fill_a_block_are_refused(tmp_path, span):
    card, weights = load_bundle(DEFAULT_BUNDLE)
    save_bundle(tmp_path, replace(card, span=span or 1), weights)
    text = (tmp_path / "card.json").read_text()
    if not span:
        text = text.replace('"window_frames": 300,', '"window_frames": 300, "span": 0,')
    (tmp_path / "card.json").write_text(text)
    with pytest.raises(BundleError, match=f"{span} frames do not divide"):
        load_bundle(tmp_path)
