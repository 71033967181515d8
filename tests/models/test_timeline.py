"""Decisions over time: calibrated, smoothed, silent or unsure."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.bundle import Decision
from models.labels import EMOTIONS
from models.timeline import Timeline, softmax

DECISION = Decision(temperature=1.0, unsure_below=0.4, smoothing=0.5)


def timeline(decision=DECISION):
    return Timeline(EMOTIONS, decision)


def logits(emotion, strength=5.0):
    return strength * np.eye(5)[EMOTIONS.index(emotion)]


def speak(line, emotion, *, at=0.0, strength=5.0, weight=1.0):
    return line.speech(at, at + 3, logits=logits(emotion, strength), step_s=0.25, weight=weight)


def test_silence_is_no_emotion_and_says_nothing_of_any():
    window = timeline().silence(0.0, 1.0)
    assert (window.state, window.emotion) == ("silence", None)
    assert window.probabilities == (0.2,) * 5


def test_clear_logits_are_that_emotion():
    window = speak(timeline(), "angry")
    assert (window.state, window.emotion) == ("speech", "angry")


def test_even_logits_are_unsure():
    window = speak(timeline(), "angry", strength=0.1)
    assert (window.state, window.emotion) == ("unsure", None)


def test_one_contrary_window_does_not_change_the_emotion_shown():
    line = timeline(Decision(unsure_below=0.3, smoothing=0.6))
    for k in range(4):
        speak(line, "sad", at=k / 4)
    assert speak(line, "happy", at=1.0, strength=4.0).emotion == "sad"


def test_a_lasting_change_shows_within_a_second():
    line = timeline()
    for k in range(8):
        speak(line, "sad", at=k / 4)
    shown = [speak(line, "happy", at=2 + k / 4).emotion for k in range(4)]
    assert shown[-1] == "happy"


def test_silence_forgets_what_was_smoothed():
    line = timeline(Decision(unsure_below=0.3, smoothing=0.95))
    for k in range(8):
        speak(line, "sad", at=k / 4)
    line.silence(2.0, 5.0)
    assert speak(line, "happy", at=2.25).emotion == "happy"


def test_a_higher_temperature_is_less_sure():
    cool, hot = timeline(), timeline(Decision(temperature=3.0))
    assert max(speak(hot, "sad").probabilities) < max(speak(cool, "sad").probabilities)


def test_the_whole_is_judged_by_all_its_speech():
    line = timeline()
    line.silence(0.0, 1.0)
    speak(line, "happy", weight=1.0)
    speak(line, "sad", weight=3.0)
    judgement = line.judgement(4.0)
    assert judgement.emotion == "sad"
    assert len(judgement.windows) == 3


def test_without_speech_there_is_no_emotion():
    line = timeline()
    line.silence(0.0, 1.0)
    assert line.judgement(1.0).emotion is None
    assert line.judgement(1.0).probabilities == (0.2,) * 5


def test_windows_are_numbered_in_order():
    line = timeline()
    line.silence(0.0, 0.25)
    speak(line, "sad")
    assert [window.seq for window in line.judgement(1.0).windows] == [0, 1]


@given(st.lists(st.floats(-50, 50), min_size=5, max_size=5))
def test_probabilities_sum_to_one(values):
    assert softmax(np.array(values)).sum() == pytest.approx(1.0)
    window = timeline().speech(0.0, 1.0, logits=np.array(values), step_s=0.25, weight=1.0)
    assert sum(window.probabilities) == pytest.approx(1.0, abs=3e-4)
