"""Decisions over time: calibrated, smoothed, silent or unsure."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.bundle import Decision
from models.labels import EMOTIONS
from models.timeline import STATES, Timeline, Window, Windows, softmax

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


def test_another_sound_is_silence_with_a_mark_that_the_next_silence_does_not_bear():
    line = timeline()
    other = line.silence(0.0, 1.0, other_sound=True)
    assert (other.state, other.emotion, other.other_sound) == ("silence", None, True)
    assert line.silence(1.0, 2.0).other_sound is False
    assert speak(line, "sad").other_sound is False
    marks = [window.other_sound for window in line.judgement(4.0).windows]
    assert marks == [True, False, False]


@given(st.lists(st.tuples(st.sampled_from(STATES), st.booleans()), max_size=20))
def test_packed_windows_keep_every_state_with_and_without_the_mark(rows):
    windows, even = Windows(EMOTIONS), np.full(5, 0.2)
    for k, (state, other_sound) in enumerate(rows):
        windows.add(k, k + 1, state, None, even, other_sound=other_sound)
    assert [(window.state, window.other_sound) for window in windows] == rows


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


def after_silence(seconds):
    """Return what is shown of ambiguous speech after two seconds of "sad" and a silence."""
    line = timeline(Decision(unsure_below=0.0, smoothing=0.8, memory=0.9))
    for k in range(8):
        speak(line, "sad", at=k / 4)
    for k in range(round(4 * seconds)):
        line.silence(2 + k / 4, 5 + k / 4)
    ambiguous = logits("happy", 1.2) + logits("sad", 1.0)
    return line.speech(0.0, 5 + seconds, logits=ambiguous, step_s=0.25, weight=1.0)


def test_a_breath_keeps_what_was_believed_and_a_long_silence_forgets_it():
    assert after_silence(0.5).emotion == "sad"
    assert after_silence(20).emotion == "happy"


def test_silence_forgets_by_time_whatever_the_step():
    shown = []
    for step_s in (0.25, 0.5, 1.0):
        line = timeline()
        line.speech(0.0, 0.0, logits=logits("sad"), step_s=0.25, weight=1.0)
        for k in range(round(2 / step_s)):
            line.silence(0.0, (k + 1) * step_s)
        shown.append(speak(line, "happy", strength=1.0).probabilities)
    assert shown[0] == pytest.approx(shown[1], abs=1e-4)
    assert shown[0] == pytest.approx(shown[2], abs=1e-4)


def test_the_first_window_is_believed_as_it_is():
    window = speak(timeline(Decision(smoothing=0.9)), "sad", strength=2.0)
    assert window.probabilities == pytest.approx(softmax(logits("sad", 2.0)), abs=1e-4)


def test_without_smoothing_every_window_is_believed_as_it_is():
    line = timeline(Decision(smoothing=0.0))
    speak(line, "sad")
    window = speak(line, "happy", strength=2.0)
    assert window.probabilities == pytest.approx(softmax(logits("happy", 2.0)), abs=1e-4)


def test_a_narrow_lead_for_a_moment_does_not_change_the_emotion_and_a_lasting_one_does():
    line = timeline(Decision(unsure_below=0.0))
    for k in range(8):
        speak(line, "sad", at=k / 4, strength=2.0)
    narrow = logits("happy", 1.5) + logits("sad", 1.0)
    shown = [
        line.speech(0.0, 3 + k / 4, logits=narrow, step_s=0.25, weight=1.0).emotion
        for k in range(40)
    ]
    assert shown[0] == "sad"
    assert shown[-1] == "happy"
    assert shown == sorted(shown, reverse=True)  # one change, not back and forth


def states(line, probabilities):
    return [
        line.speech(
            0.0, 3 + k / 4, logits=np.log([p, *[(1 - p) / 4] * 4]), step_s=0.25, weight=1.0
        ).state
        for k, p in enumerate(probabilities)
    ]


def test_a_shown_label_does_not_flicker_where_its_probability_is_near_the_threshold():
    line = timeline(Decision(unsure_below=0.4, unsure_margin=0.1, smoothing=0.0))
    near = [0.39, 0.36, 0.31]
    assert states(line, near) == ["unsure"] * 3
    assert states(line, [0.41, *near]) == ["speech"] * 4
    assert states(line, [0.29, *near]) == ["unsure"] * 4


def test_silence_ends_what_was_shown():
    line = timeline(Decision(unsure_below=0.4, unsure_margin=0.1, smoothing=0.0))
    assert states(line, [0.42, 0.36]) == ["speech", "speech"]
    line.silence(3.0, 4.0)
    assert states(line, [0.36]) == ["unsure"]


def test_nothing_is_shown_before_enough_speech_was_heard():
    line = timeline(Decision(unsure_below=0.0, enough_s=1.5))
    shown = [speak(line, "happy", at=k / 4).emotion for k in range(8)]
    assert shown == [None] * 5 + ["happy"] * 3


def test_silence_does_not_count_as_speech_that_was_heard():
    line = timeline(Decision(unsure_below=0.0, enough_s=0.5))
    for k in range(8):
        line.silence(k / 4, (k + 1) / 4)
    assert speak(line, "happy", at=2.0).emotion is None
    assert speak(line, "happy", at=2.25).emotion == "happy"


def test_each_label_has_its_own_threshold():
    needed = (0.3, 0.5, 0.5, 0.5, 0.9)
    decision = Decision(shown_above=needed, smoothing=0.0)
    for label, emotion in enumerate(EMOTIONS):
        for probability, shown in ((needed[label] + 0.02, emotion), (needed[label] - 0.02, None)):
            line = timeline(decision)
            others = np.full(5, (1 - probability) / 4)
            others[label] = probability
            window = line.speech(0.0, 3.0, logits=np.log(others), step_s=0.25, weight=1.0)
            assert window.emotion == shown


def test_a_label_gives_way_at_once_to_another_that_reaches_its_threshold():
    line = timeline(Decision(unsure_below=0.4, unsure_margin=0.4, smoothing=0.0))
    assert speak(line, "sad").emotion == "sad"
    assert speak(line, "angry").emotion == "angry"


def test_the_prior_shifts_the_logits_after_the_temperature():
    decision = Decision(temperature=2.0, prior=(1.0, 0.0, 0.0, 0.0, 0.0), smoothing=0.0)
    window = speak(timeline(decision), "sad", strength=2.0)
    expected = softmax(np.array([1.0, 0.0, 1.0, 0.0, 0.0]))
    assert window.probabilities == pytest.approx(expected, abs=1e-4)


@given(
    st.lists(st.lists(st.floats(-60, 60), min_size=5, max_size=5) | st.none(), max_size=30),
    st.floats(0, 0.99),
)
def test_what_is_shown_is_always_the_most_probable(windows, smoothing):
    line = timeline(Decision(unsure_below=0.3, smoothing=smoothing))
    for k, values in enumerate(windows):
        if values is None:
            window = line.silence(k / 4, k / 4 + 3)
        else:
            window = line.speech(k / 4, k / 4 + 3, logits=np.array(values), step_s=0.25, weight=1.0)
            best = max(window.probabilities)
            assert np.isfinite(window.probabilities).all()
            assert window.emotion is None or best == dict(
                zip(EMOTIONS, window.probabilities, strict=True)
            ).get(window.emotion)


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


def sounding(voices: int, others: int, step_s: float = 0.25) -> Timeline:
    line = timeline()
    for k in range(voices):
        line.speech(0.0, step_s * k, logits=logits("sad"), step_s=step_s, weight=1.0)
    for k in range(others):
        line.silence(0.0, step_s * (voices + k), other_sound=True)
    return line


def test_a_recording_with_mostly_other_sounds_names_no_emotion():
    assert sounding(voices=3, others=4).judgement(2.0).emotion is None
    assert sounding(voices=4, others=4).judgement(2.0).emotion == "sad"


def test_five_seconds_of_voice_suffice_among_any_number_of_other_sounds():
    assert sounding(voices=19, others=100).judgement(30.0).emotion is None
    assert sounding(voices=20, others=100).judgement(30.0).emotion == "sad"


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


@given(st.lists(st.floats(0.001, 1), min_size=5, max_size=5), st.floats(0, 1800))
def test_a_packed_window_is_the_window_to_a_millisecond_and_a_ten_thousandth(weights, start_s):
    probabilities = np.array(weights) / sum(weights)
    windows = Windows(EMOTIONS)
    given_back = windows.add(start_s, start_s + 3, "speech", 2, probabilities)
    assert given_back == windows[0] == windows[-1]
    assert (given_back.seq, given_back.state, given_back.emotion) == (0, "speech", "sad")
    assert given_back.start_s == round(start_s, 3)
    assert given_back.probabilities == tuple(round(float(p), 4) for p in probabilities)


def test_packed_windows_are_a_sequence_like_any_other():
    line = timeline()
    line.silence(0.0, 0.25)
    speak(line, "sad", at=0.25)
    windows = line.judgement(1.0).windows
    assert windows == tuple(windows)
    assert windows == list(windows)
    assert windows[1:] == (windows[1],)
    assert windows != ()
    assert windows != tuple(windows)[::-1]
    assert all(isinstance(window, Window) for window in windows)
    with pytest.raises(IndexError):
        windows[2]


def test_a_judgement_keeps_to_the_windows_that_it_was_made_of():
    line = timeline()
    line.silence(0.0, 0.25)
    judgement = line.judgement(0.25)
    line.silence(0.25, 0.5)
    assert len(judgement.windows) == 1


def test_half_an_hour_of_windows_takes_no_more_than_200_kb():
    line = timeline()
    tracemalloc.start()
    for k in range(7200):
        speak(line, "sad", at=k / 4)
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert size < 200_000
    assert len(line.judgement(1800.0).windows) == 7200


def test_a_calibration_shifts_neutrals_logit_alone():
    decision = Decision(prior=(0.1, 0.0, 0.0, 0.0, 0.2), calibrated=0.5)
    assert decision.after_calibration(5).prior == pytest.approx((0.6, 0.0, 0.0, 0.0, 0.2))
    assert Decision(calibrated=0.5).after_calibration(5).prior == (0.5, 0.0, 0.0, 0.0, 0.0)
