"""Training sees the same moments and the same speaker as the served recogniser does."""

from dataclasses import replace

import numpy as np
import pytest
import soundfile

from models.labels import EMOTIONS
from models.recognizer import Recognizer
from models.runtime import Logits
from models.speaker import Speaker
from tests.training.imagined import FEATURES, PITCH, imagined_speech
from tests.training.untrained import card
from training.data.tracks import Track, joined, play, record
from training.data.windows import in_bands, windows_of
from training.fitting.examples import (
    MIXED,
    NEUTRAL,
    NO_VOICE,
    NOTHING,
    ONE,
    Examples,
    ExampleSettings,
    estimate_normalisation,
    material_of,
)
from training.signal.sounds import Sound
from training.signal.store import read_audio


class Listening:
    """A network that keeps what it is given."""

    encoder = None

    def __init__(self):
        self.given = []

    def logits(self, columns, speech, known):
        self.given.append((columns.copy(), speech.copy(), known.copy()))
        return Logits(np.zeros(len(EMOTIONS)), 1.0)


@pytest.fixture(scope="module")
def store():
    return imagined_speech({"ravdess": 2, "nemo": 3}, ordinary=2)


@pytest.fixture(scope="module")
def material(store):
    sounds = [Sound("made", own[0]) for own in store.tracks[:3]]
    return material_of(store, sounds, FEATURES)


def examples_of(material, store, **changed):
    everything = range(len(store))
    normalisation = estimate_normalisation(material, everything, store.tracks, strength=50.0)
    settings = replace(ExampleSettings(shares={}), **changed)
    sounds = [windows for _, windows in material.sounds]
    return Examples(material, everything, sounds, normalisation=normalisation, settings=settings)


def served(track, speaker=None):
    """Return what the recogniser gives the network of each window, and its normalisation."""
    network = Listening()
    recognizer = Recognizer(card(), network)
    play(recognizer, track, speaker=speaker)
    return network.given, recognizer.card.normalisation


def test_the_moments_of_training_are_those_of_the_served_windows(store):
    for track in (own[0] for own in store.tracks[:8]):
        windows = windows_of(track, FEATURES)
        given, normalisation = served(track)
        assert len(given) == len(windows) > 3
        for row, (columns, speech, known) in enumerate(given):
            seen = in_bands(columns * normalisation.scale, FEATURES)[speech]
            counts = np.repeat(windows.count[row][:1], FEATURES.columns)
            counts[PITCH] = windows.count[row][1]
            mean, expected = Speaker(windows.total[row], counts).estimate(normalisation)
            moments = windows.moments[row].astype(np.float32).reshape(3, -1)
            moments[0] -= in_bands(mean, FEATURES)
            np.testing.assert_allclose(moments[0], seen.mean(axis=0), atol=0.1)
            np.testing.assert_allclose(moments[1], seen.std(axis=0), atol=0.1)
            np.testing.assert_allclose(known, expected, atol=1e-3)


def test_a_track_of_a_recording_is_judged_as_the_recording(root):
    recognizer = Recognizer.load()
    for name in ("happy-woman-home", "sad-man-letter"):
        samples = read_audio(root / f"samples/synthetic/{name}.flac")
        track = record(recognizer, samples)
        assert track.frames > 100
        whole, again = recognizer.predict(samples), play(recognizer, track)
        assert again.emotion == whole.emotion
        np.testing.assert_allclose(again.probabilities, whole.probabilities, atol=0.02)


def test_a_recording_without_speech_has_an_empty_track(tmp_path):
    path = tmp_path / "silence.wav"
    soundfile.write(path, np.zeros(32000, np.float32), 16000)
    track = record(Recognizer.load(), read_audio(path))
    assert track.frames == 0
    assert len(windows_of(track, Recognizer.load().card.features)) == 0


def test_joined_tracks_hold_the_speech_of_all(store):
    tracks = [own[0] for own in store.tracks[:3]]
    assert joined(tracks).frames == sum(track.frames for track in tracks)
    assert isinstance(joined(tracks), Track)


def test_a_draw_has_vectors_and_targets_of_every_emotion_and_of_sounds(material, store):
    drawn = examples_of(material, store).draw(np.random.default_rng(0), 400)
    for vectors in (drawn.vectors, drawn.disturbed):
        assert vectors.shape == (400, 4 * (64 + 2) + 2)
        assert np.isfinite(vectors).all()
    assert set(drawn.targets) == {NO_VOICE, *range(5)}


@pytest.mark.parametrize("session", [NOTHING, NEUTRAL, ONE, MIXED])
def test_a_session_decides_what_is_known_of_the_speaker(material, store, session):
    def drawn(kind):
        shares = tuple(float(k == kind) for k in range(4))
        examples = examples_of(material, store, sessions=shares, sounds=0.0, ordinary=0.0)
        return examples.draw(np.random.default_rng(0), 200).vectors[:, -2:]

    amount, neutral = drawn(session).T
    least, _ = drawn(NOTHING).T
    # A speaker whose only neutral utterance is the window's own has no calibration.
    assert (neutral.mean() > 0.9) if session == NEUTRAL else not neutral.any()
    assert bool(amount.mean() > least.mean() + 0.1) is (session != NOTHING)


def test_ordinary_speech_has_its_own_share(material, store):
    examples = examples_of(material, store, ordinary=0.3, sounds=0.0)
    kinds = np.array([bool(u.kind) for u in store.utterances])
    assert examples.probability[kinds].sum() == pytest.approx(0.3)
    assert examples.probability.sum() == pytest.approx(1.0)


def test_a_corpus_without_a_share_is_not_drawn(material, store):
    examples = examples_of(material, store, shares={"nemo": 0.0})
    nemo = np.array([u.corpus == "nemo" for u in store.utterances])
    assert examples.probability[nemo].sum() == 0.0


def test_only_versions_with_the_recordings_tempo_are_paired(store):
    several = imagined_speech({"a": 3}, versions=6)
    material = material_of(several, [], FEATURES)
    for version, paired in ((0, True), (1, False), (2, False), (3, True), (5, True)):
        shares = tuple(float(v == version) for v in range(6))
        examples = examples_of(material, several, versions=shares, sounds=0.0, shares={})
        drawn = examples.draw(np.random.default_rng(0), 100)
        assert drawn.paired.all() if paired else not drawn.paired.any()
        assert np.allclose(drawn.vectors, drawn.disturbed) is not paired


def test_womens_neutral_speech_weighs_more_than_mens(store):
    material = material_of(store, [], FEATURES)

    def share(women):
        examples = examples_of(material, store, women=women, sounds=0.0)
        own = [u.sex == "F" and u.emotion == "neutral" for u in store.utterances]
        return examples.probability[np.array(own)].sum()

    assert share(2.0) > share(1.0) > share(0.5) > 0
