"""Voice activity finds speech against any steady background."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.activity import HANGOVER, VoiceActivity

RNG = np.random.default_rng(0)


def room(frames, level):
    return (level + RNG.standard_normal(frames)).astype(np.float32)


@pytest.mark.parametrize("level", [-90, -60, -35])
def test_a_steady_room_holds_no_speech(level):
    assert not VoiceActivity().push(room(500, level)).any()


@pytest.mark.parametrize("level", [-80, -55, -40])
def test_a_voice_twenty_decibels_above_its_room_is_speech(level):
    track = room(400, level)
    track[150:250] += max(20, -45 - level)
    speech = VoiceActivity().push(track)
    assert speech[155:250].all()
    assert not speech[:145].any()
    assert not speech[250 + HANGOVER + 5 :].any()


def test_what_is_quieter_than_any_voice_is_never_speech():
    track = room(300, -97)
    track[100:200] += 10
    assert not VoiceActivity().push(track).any()


def test_a_louder_room_is_learnt_within_seconds():
    activity = VoiceActivity()
    activity.push(room(300, -75))
    speech = activity.push(room(1200, -50))
    assert speech[:100].any()
    assert not speech[-300:].any()


@given(st.lists(st.integers(1, 40), max_size=30))
def test_the_frames_cutting_changes_nothing(lengths):
    track = room(300, -70)
    track[100:140] += 30
    whole = VoiceActivity().push(track)
    activity, start, parts = VoiceActivity(), 0, []
    for length in [*lengths, 300]:
        parts.append(activity.push(track[start : start + length]))
        start += length
    np.testing.assert_array_equal(np.concatenate(parts), whole)


@pytest.mark.parametrize("level", [-70, -57, -45])
def test_a_room_that_follows_digital_silence_is_learnt_within_a_second(level):
    track = np.concatenate([np.full(50, -100, np.float32), room(400, level)])
    assert not VoiceActivity().push(track)[50 + 100 + HANGOVER :].any()


def test_digital_silence_within_speech_does_not_hide_it():
    track = room(400, -75)
    track[100:300] = room(200, -25) - 25 * (np.arange(200) % 30 < 6)  # it dips, as speech does
    track[180:190] = -100
    assert VoiceActivity().push(track)[105:300].all()
