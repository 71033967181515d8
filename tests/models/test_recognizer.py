"""The recogniser judges a stream as it judges a file, however the stream was cut."""

import json
from dataclasses import replace

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from models import EMOTIONS, Recognizer

RECOGNIZER = Recognizer.load()
RATE = 16000


@pytest.fixture(scope="session")
def voice(root):
    """Five seconds of (synthetic) speech between silences."""
    folder = root / "samples" / "synthetic"
    first = json.loads((folder / "samples.json").read_text())[0]
    samples, rate = soundfile.read(folder / first["file"], dtype="float32")
    assert rate in (16000, 48000, 24000)
    samples = (
        samples[:: rate // RATE]
        if rate != 24000
        else np.interp(np.arange(0, len(samples), 1.5), np.arange(len(samples)), samples).astype(
            np.float32
        )
    )
    gap = np.zeros(RATE, np.float32)
    return np.concatenate([gap, samples, gap, gap, samples, gap])


def stream(pieces, **options):
    recognition = RECOGNIZER.stream(**options)
    for piece in pieces:
        recognition.push(piece)
    return recognition.finish()


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(16, RATE), max_size=30))
def test_the_judgement_does_not_depend_on_how_the_samples_were_cut(voice, lengths):
    pieces = np.split(voice, np.minimum(np.cumsum(lengths), len(voice)).astype(int))
    assert stream(pieces) == RECOGNIZER.predict(voice)


def test_windows_are_ready_when_their_samples_are_in(voice):
    recognition = RECOGNIZER.stream()
    for start in range(0, len(voice), 1920):
        for window in recognition.push(voice[start : start + 1920]):
            # At most a chunk and a frame's overlap after the window's end.
            assert 0 <= recognition.duration_s - window.end_s <= 0.12 + 0.03


def test_a_prediction_comes_every_quarter_second_of_audio(voice):
    ends = [window.end_s for window in RECOGNIZER.predict(voice).windows]
    assert ends[0] == 0.25
    assert np.diff(ends).max() <= 0.25 + 1e-9


def test_windows_last_at_most_three_seconds(voice):
    windows = RECOGNIZER.predict(voice).windows
    assert max(w.end_s - w.start_s for w in windows) <= 3.02
    assert windows[0].start_s == 0.0


def test_speech_is_judged_within_its_first_second(voice):
    windows = RECOGNIZER.predict(voice).windows
    first = next(w for w in windows if w.state != "silence")
    assert first.end_s <= 2.0  # speech begins after one second


def test_silence_is_silence():
    judgement = RECOGNIZER.predict(np.zeros(3 * RATE, np.float32))
    assert {w.state for w in judgement.windows} == {"silence"}
    assert judgement.emotion is None


def test_a_quiet_rooms_noise_is_silence():
    noise = np.random.default_rng(0).standard_normal(5 * RATE).astype(np.float32) * 0.001
    assert {w.state for w in RECOGNIZER.predict(noise).windows} == {"silence"}


def test_the_pause_between_two_utterances_shows_as_silence(voice):
    states = [w.state for w in RECOGNIZER.predict(voice).windows]
    heard = [k for k, state in enumerate(states) if state != "silence"]
    assert "silence" in states[heard[0] : heard[-1]]


def test_no_samples_give_no_windows():
    judgement = RECOGNIZER.predict(np.zeros(0, np.float32))
    assert judgement.windows == ()
    assert (judgement.emotion, judgement.duration_s) == (None, 0.0)


@pytest.mark.parametrize("count", [1, 100, 511, 512, 3999, 4000, 4001])
def test_short_clips_are_covered_to_their_end(count):
    judgement = RECOGNIZER.predict(np.zeros(count, np.float32))
    assert judgement.windows[-1].end_s == pytest.approx(count / RATE, abs=0.02)


def test_no_window_spans_a_pause(voice):
    recognition = RECOGNIZER.stream()
    recognition.push(voice[: 2 * RATE])
    recognition.cut()
    recognition.push(voice[2 * RATE : 5 * RATE])
    windows = recognition.finish().windows
    assert all(w.end_s <= 2.0 or w.start_s >= 2.0 for w in windows)
    assert recognition.duration_s == 5.0


def test_a_longer_step_judges_less_often_but_the_same_frames(voice):
    quarter = {w.end_s: w.state for w in RECOGNIZER.predict(voice).windows}
    half = stream([voice], step_s=0.5).windows
    assert len(half) < 0.6 * len(quarter)
    assert all(quarter[w.end_s] == w.state or "unsure" in (quarter[w.end_s], w.state) for w in half)


@pytest.mark.parametrize("step", [0.0, 0.1, 0.3])
def test_a_step_that_is_no_multiple_of_a_block_is_refused(step):
    with pytest.raises(ValueError, match="multiple"):
        RECOGNIZER.stream(step_s=step)


def test_the_frames_of_the_picture_cover_the_audio(voice):
    recognition = RECOGNIZER.stream(keep_frames=True)
    taken = []
    for start in range(0, len(voice), 1920):
        recognition.push(voice[start : start + 1920])
        taken.append(recognition.take_frames())
    frames = np.concatenate(taken)
    assert frames.dtype == np.int8
    assert frames.shape[1] == 40
    assert abs(len(frames) / 100 - len(voice) / RATE) < 0.3


def test_a_known_speaker_is_judged_against_all_clips(voice):
    speaker = RECOGNIZER.speaker([voice, voice * 0.5])
    assert speaker.count > 200
    warm = RECOGNIZER.predict(voice, speaker=speaker)
    assert warm.probabilities != RECOGNIZER.predict(voice).probabilities


def test_the_order_of_a_speakers_clips_changes_nothing(voice):
    clips = [voice, voice[: 4 * RATE], voice * 0.3]
    forth, back = RECOGNIZER.speaker(clips), RECOGNIZER.speaker(clips[::-1])
    np.testing.assert_allclose(forth.total, back.total)


def test_clips_without_speech_say_nothing_of_a_speaker():
    assert RECOGNIZER.speaker([np.zeros(RATE, np.float32)]).count == 0


def test_a_calibrated_voice_keeps_its_neutral_mean(voice):
    known = RECOGNIZER.speaker([voice])
    for neutral, follows in ((False, True), (True, False)):
        stream = RECOGNIZER.stream(speaker=replace(known, neutral=neutral))
        stream.push(voice)
        stream.finish()
        assert (stream.speaker.count > known.count) is follows


def test_probabilities_belong_to_the_five_emotions(voice):
    judgement = RECOGNIZER.predict(voice)
    assert judgement.emotion in EMOTIONS
    assert sum(judgement.probabilities) == pytest.approx(1.0, abs=3e-4)
    assert judgement.emotion == EMOTIONS[int(np.argmax(judgement.probabilities))]
