"""What is no voice has no emotion, and a frame that is not voiced has no pitch to count.

The network is a stand-in that says what a test wants.
"""

import numpy as np
import pytest

from models import EMOTIONS, FeatureSettings, Recognizer
from models.bundle import Card, Decision
from models.normalisation import Normalisation
from models.runtime import Logits

RATE = 16000
FEATURES = FeatureSettings()
EVEN = np.ones(FEATURES.columns, np.float32)
PITCH = FEATURES.pitch_column


class Says:
    """A network with the voice logits `voices`, then 1; angry where they are below 0, or happy."""

    encoder = None

    def __init__(self, voices=()):
        self.voices = list(voices)
        self.seen = []

    def logits(self, columns, speech, known):
        self.seen.append(columns)
        voice = self.voices.pop(0) if self.voices else 1.0
        emotion = "angry" if voice < 0 else "happy"
        return Logits(4.0 * np.eye(5)[EMOTIONS.index(emotion)], voice)


def recognizer(network, **decision):
    card = Card(
        "test",
        "0",
        EMOTIONS,
        FEATURES,
        Normalisation(0 * EVEN, EVEN, 100 * EVEN),
        decision=Decision(**decision),
    )
    return Recognizer(card, network)


def hum(seconds):
    """Half a second of silence, then a hum of 150 Hz that pulses as syllables do."""
    t = np.arange(int(seconds * RATE)) / RATE
    tone = np.cos(2 * np.pi * 150 * t[:, None] * np.arange(1, 20)).sum(axis=1)
    return np.concatenate([np.zeros(RATE // 2), 0.01 * tone * (1 + np.sin(20 * t))]).astype(
        np.float32
    )


def judged_states(network, samples, **decision):
    windows = recognizer(network, **decision).predict(samples).windows
    return [w.state for w in windows][-len(network.seen) :]


def test_a_window_that_is_no_voice_is_silence():
    network = Says([1, 1, -1, -1, 1])
    states = judged_states(network, hum(3.0), voice_above=0.0)
    assert states[:5] == ["speech", "speech", "silence", "silence", "speech"]
    assert len(network.seen) > 8


def test_only_a_window_with_a_sound_that_is_no_voice_is_another_sound():
    network = Says([1, 1, -1, -1, 1])
    windows = recognizer(network, voice_above=0.0).predict(hum(3.0)).windows
    judged = windows[-len(network.seen) :]
    assert [w.other_sound for w in judged[:5]] == [False, False, True, True, False]
    pause = recognizer(Says(), voice_above=0.0).predict(np.zeros(2 * RATE, np.float32)).windows
    assert {(w.state, w.other_sound) for w in pause} == {("silence", False)}


def test_what_is_no_voice_changes_no_emotion():
    mixed = recognizer(Says([1, 1, *[-1, 1] * 4]), voice_above=0.0).predict(hum(3.0))
    plain = recognizer(Says(), voice_above=0.0).predict(hum(3.0))
    assert mixed.emotion == "happy"
    assert mixed.probabilities == plain.probabilities
    assert "angry" not in {window.emotion for window in mixed.windows}
    assert {w.probabilities for w in mixed.windows if w.state == "silence"} == {(0.2,) * 5}


def test_the_threshold_is_of_the_voice_logit_alone_whatever_the_temperature():
    network = Says([0.4, 0.6, 0.4, 0.6])
    states = judged_states(network, hum(3.0), voice_above=0.5, temperature=3.0)
    assert states[:4] == ["silence", "speech", "silence", "speech"]


def test_a_recogniser_that_was_given_no_threshold_refuses_nothing():
    assert set(judged_states(Says([-1e6] * 100), hum(2.0))) == {"speech"}


def test_a_clip_that_is_no_voice_has_no_emotion():
    judgement = recognizer(Says([-1] * 1000), voice_above=0.0).predict(hum(3.0))
    assert judgement.emotion is None
    assert judgement.probabilities == (0.2,) * 5


def test_the_network_sees_every_column_and_only_numbers():
    network = Says()
    noise = 0.05 * np.random.default_rng(0).standard_normal(RATE).astype(np.float32)
    recognizer(network).predict(np.concatenate([hum(2.0), noise, hum(2.0)]))
    assert {seen.shape[1] for seen in network.seen} == {FEATURES.columns}
    assert all(np.isfinite(seen).all() for seen in network.seen)
    assert all(seen.dtype == np.float32 for seen in network.seen)


@pytest.mark.parametrize("pieces", [1, 7])
def test_a_stream_counts_voiced_frames_for_the_pitch_and_all_speech_for_the_rest(pieces):
    hiss = 0.05 * np.random.default_rng(0).standard_normal(RATE).astype(np.float32)
    stream = recognizer(Says()).stream()
    for piece in np.array_split(np.concatenate([hum(2.0), hiss]), pieces):
        stream.push(piece)
    stream.finish()
    counts = stream.speaker.counts
    assert (np.delete(counts, PITCH) == stream.speaker.count).all()
    assert 150 < counts[PITCH] < stream.speaker.count - 50
    pitch = stream.speaker.total[PITCH] / counts[PITCH]
    assert pitch == pytest.approx(np.log2(1.5), abs=0.02)


def test_the_frames_of_the_picture_are_mfccs_alone():
    stream = recognizer(Says()).stream(keep_frames=True)
    assert stream.take_frames().shape == (0, FEATURES.n_mfcc)
    stream.push(hum(1.0))
    assert stream.take_frames().shape[1] == FEATURES.n_mfcc
