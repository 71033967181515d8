"""The rules of the synthetic voices, as properties of the curves that they draw."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models import EMOTIONS
from scripts import prosody
from scripts.prosody import RULES, Accent, Span

TIMES = np.arange(0.0, 2.0, 0.005)
SPANS = [
    Span(0.00, 0.08, 0.08),
    Span(0.08, 0.22, 0.14, vowel=True, stressed=True),
    Span(0.22, 0.30, 0.08),
    Span(0.30, 0.40, 0.10, vowel=True),
    Span(0.40, 0.52, 0.12),
    Span(0.52, 0.70, 0.18, vowel=True, stressed=True),
]
MARKS = [Accent(0.5, 1.0), Accent(1.5, 1.25)]

emotions = pytest.mark.parametrize("emotion", RULES)
seeds = st.integers(0, 2**32 - 1)


def rng(seed: int = 1) -> np.random.Generator:
    return np.random.default_rng(seed)


def length_s(spans: list[Span]) -> float:
    return sum(span.length_s for span in spans)


def test_there_is_a_rule_for_each_emotion_that_the_recogniser_knows():
    assert tuple(RULES) == EMOTIONS


@emotions
def test_the_mean_pitch_is_the_rules_level(emotion: str):
    rule = RULES[emotion]
    assert prosody.pitch(rule, MARKS, TIMES, rng=rng()).mean() == pytest.approx(rule.level_st)


def test_the_literatures_order_of_pitch_holds():
    levels = {emotion: rule.level_st for emotion, rule in RULES.items()}
    assert levels["sad"] < levels["neutral"] < min(levels["angry"], levels["happy"])
    assert levels["fearful"] == max(levels.values())


def test_joy_and_anger_move_widely_and_sadness_hardly():
    spread = {
        emotion: np.ptp(prosody.pitch(replace(rule, jitter_st=0.0), MARKS, TIMES, rng=rng()))
        for emotion, rule in RULES.items()
    }
    assert spread["sad"] < spread["neutral"] < min(spread["happy"], spread["angry"])


def test_joy_ends_higher_than_it_was_and_anger_lower():
    def last_move(emotion: str) -> float:
        curve = prosody.pitch(replace(RULES[emotion], jitter_st=0.0), [], TIMES, rng=rng())
        return float(curve[-1] - curve[int(0.75 * len(curve))])

    assert last_move("happy") > 1.0
    assert last_move("angry") < -3.0


@emotions
def test_the_pitch_peaks_at_an_accent(emotion: str):
    rule = replace(RULES[emotion], jitter_st=0.0, tremor_st=0.0)
    accented = prosody.pitch(rule, MARKS, TIMES, rng=rng())
    plain = prosody.pitch(rule, [], TIMES, rng=rng())
    assert TIMES[np.argmax(accented - plain)] == pytest.approx(1.5, abs=0.01)


def test_only_fear_trembles_at_its_own_frequency():
    rule = replace(RULES["fearful"], jitter_st=0.0, accent_st=0.0, final_st=0.0)
    curve = prosody.pitch(rule, [], TIMES, rng=rng())
    spectrum = np.abs(np.fft.rfft(curve - curve.mean()))
    assert np.fft.rfftfreq(len(TIMES), 0.005)[np.argmax(spectrum)] == pytest.approx(6.5, abs=0.5)
    assert all(rule.tremor_st == 0 for name, rule in RULES.items() if name != "fearful")


@emotions
@given(seed=seeds)
def test_the_time_map_runs_forward_from_the_first_moment_to_the_last(emotion: str, seed: int):
    spans = prosody.schedule(SPANS, RULES[emotion], pauses=(2, 4), rng=rng(seed))
    moments = prosody.time_map(spans, np.linspace(0.0, length_s(spans), 500))
    assert moments[0] == pytest.approx(SPANS[0].start_s)
    assert moments[-1] == pytest.approx(SPANS[-1].end_s)
    assert (np.diff(moments) >= -1e-12).all()


def test_sadness_takes_longest_and_anger_is_brief():
    lasts = {
        emotion: length_s(prosody.schedule(SPANS, replace(rule, unevenness=0.0), rng=rng()))
        for emotion, rule in RULES.items()
    }
    assert lasts["sad"] == max(lasts.values())
    assert lasts["angry"] < lasts["neutral"] == pytest.approx(length_s(SPANS))


def test_vowels_bear_more_of_a_change_of_speed_than_consonants():
    slow = prosody.schedule(SPANS, replace(RULES["neutral"], rate=0.5), rng=rng())
    stretch = [new.length_s / old.length_s for new, old in zip(slow, SPANS, strict=True)]
    assert min(s for s, span in zip(stretch, SPANS, strict=True) if span.vowel) > max(
        s for s, span in zip(stretch, SPANS, strict=True) if not span.vowel
    )


def test_a_pause_is_put_only_where_there_is_room_and_the_rule_wants_one():
    sad = prosody.schedule(SPANS, RULES["sad"], pauses=(2,), rng=rng())
    times = np.arange(0.0, length_s(sad), 0.005)
    assert prosody.pause_mask(sad, times).sum() * 0.005 == pytest.approx(sad[2].length_s, abs=0.006)
    assert sad[2].start_s == sad[2].end_s
    assert len(prosody.schedule(SPANS, RULES["angry"], pauses=(2,), rng=rng())) == len(SPANS)


def test_the_last_accent_is_the_strongest_and_lies_inside_its_vowel():
    marks = prosody.accents(SPANS, RULES["neutral"])
    assert [mark.weight for mark in marks] == [1.0, 1.25]
    assert 0.52 < marks[-1].at_s < 0.70


def test_anger_is_brighter_and_sadness_duller_the_higher_the_frequency():
    bins = np.linspace(0.0, 8000.0, 257)
    assert (np.diff(prosody.tilt(RULES["angry"], bins)) >= 0).all()
    assert (np.diff(prosody.tilt(RULES["sad"], bins)) <= 0).all()
    assert not prosody.tilt(RULES["neutral"], bins).any()


@given(st.floats(0.0, 1.0), st.floats(0.0, 1.0))
def test_breath_never_takes_a_voice_out_of_its_bounds(share: float, aperiodicity: float):
    rule = replace(RULES["neutral"], breath=share)
    before = np.full((2, 65), aperiodicity)
    after = prosody.breathe(before, rule, np.linspace(0.0, 8000.0, 65))
    assert (after >= before - 1e-12).all()
    assert (after <= 1 + 1e-12).all()


@emotions
def test_the_same_seed_draws_the_same_pitch_and_another_seed_another(emotion: str):
    def draw(seed: int) -> np.ndarray:
        return prosody.pitch(RULES[emotion], MARKS, TIMES, rng=rng(seed))

    assert (draw(5) == draw(5)).all()
    assert (draw(5) != draw(6)).any()
