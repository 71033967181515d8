"""Talks have a known truth, and what is counted of them is what a listener would count."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models import EMOTIONS, Window
from models.bundle import Decision
from models.recognizer import DEFAULT_STEP_S
from tests.training.imagined import imagined_speech
from tests.training.untrained import untrained
from training.data.cache import Cache
from training.data.tracks import play
from training.evaluation.outcomes import courses, decided
from training.evaluation.stream import NOTHING, Heard, follow, listen, section
from training.evaluation.talks import (
    CLIPS_A_RUN,
    LONGEST_S,
    SPAN_S,
    Run,
    arrange,
    talk_of,
    talkers,
)

RUNS = (Run(0.0, 2.0, "sad"), Run(2.0, 4.0, "angry"))


def rng():
    return np.random.default_rng(0)


def windows(*said, state="speech"):
    """Return a window each quarter of a second: an emotion, None (unsure) or "" (silence)."""
    states = {None: "unsure", "": "silence"}
    return [
        Window(k, 0.0, (k + 1) / 4, states.get(what, state), what or None, (0.2,) * 5)
        for k, what in enumerate(said)
    ]


def test_a_perfect_listener_is_right_at_once_and_never_changes_needlessly():
    found = follow(RUNS, windows(*["sad"] * 8, *["angry"] * 8))
    assert (found.right, found.wrong, found.unsure) == (16, 0, 0)
    assert (found.needless, found.flickers, found.delays_s) == (0, 0, (0.0,))
    assert found.seconds == 4.0


def test_a_late_listener_is_wrong_meanwhile_and_its_delay_is_counted_from_the_speech():
    found = follow(RUNS, windows(*["sad"] * 8, "", "", "sad", "sad", *["angry"] * 4))
    assert (found.right, found.wrong) == (12, 2)
    assert found.delays_s == (0.5,)
    assert found.needless == 0


def test_a_change_there_and_back_is_two_needless_changes():
    found = follow(RUNS, windows(*["sad"] * 3, "happy", *["sad"] * 4, *["angry"] * 8))
    assert found.needless == 2


def test_unsure_or_silence_in_between_neither_is_a_change_nor_hides_one():
    calm = follow(RUNS, windows("sad", None, "sad", "", "sad", *["sad"] * 3, *["angry"] * 8))
    assert (calm.needless, calm.flickers) == (0, 1)
    restless = follow(RUNS, windows("sad", None, "happy", "", "sad", *["sad"] * 3, *["angry"] * 8))
    assert restless.needless == 2


def test_an_emotion_that_never_shows_is_not_found_and_spoils_no_delay():
    found = follow(RUNS, windows(*["sad"] * 16))
    assert found.delays_s == (np.inf,)
    assert found.figures()["found"] == 0.0
    both = found + follow(RUNS, windows(*["sad"] * 8, None, *["angry"] * 7))
    assert both.figures()["found"] == 0.5
    assert both.figures()["delay_median_s"] == 0.25


def test_the_first_emotion_shown_is_no_change_even_if_it_is_wrong():
    assert follow(RUNS, windows(*["happy"] * 8, *["angry"] * 8)).needless == 0


def test_of_nothing_there_are_figures_too():
    assert NOTHING.figures()["right"] == 0.0
    assert follow((), []).figures() == NOTHING.figures()


@given(st.lists(st.sampled_from([*EMOTIONS, None, ""]), max_size=16))
def test_every_window_with_speech_counts_once(said):
    found = follow(RUNS, windows(*said))
    speech = sum(what != "" for what in said)
    assert found.right + found.wrong + found.unsure == speech
    assert 0 <= found.needless <= speech
    assert found.seconds == DEFAULT_STEP_S * speech


@given(st.lists(st.sampled_from(EMOTIONS), max_size=40), st.integers(0, 99))
def test_an_arrangement_uses_no_clip_twice_and_changes_after_a_few(emotions, seed):
    order = arrange(emotions, np.random.default_rng(seed))
    assert len(set(order)) == len(order)
    length = 0
    for position, clip in enumerate(order):
        same = position and emotions[order[position - 1]] == emotions[clip]
        length = length + 1 if same else 1
        assert length <= CLIPS_A_RUN[1]
    assert bool(order) == bool(emotions)


@pytest.fixture(scope="module")
def store():
    return imagined_speech({"ravdess": 2}, takes=25)


def test_a_talk_holds_its_clips_in_order_and_says_where_each_emotion_begins(store):
    talk = talk_of(store, range(25), rng())
    assert talk.runs[0].start_s == 0.0
    for one, later in zip(talk.runs, talk.runs[1:], strict=False):
        assert one.end_s == pytest.approx(later.start_s)
        assert one.emotion != later.emotion
    assert talk.runs[-1].end_s == pytest.approx(len(talk.track.mean) * SPAN_S)


def test_a_talk_ends_with_the_run_that_reaches_its_length():
    long = imagined_speech({"ravdess": 1}, takes=200)
    talk = talk_of(long, range(200), rng())
    assert LONGEST_S <= talk.runs[-1].end_s < LONGEST_S + 4 * 4.5


def test_only_speakers_with_enough_clips_hold_talks(store):
    assert [len(own) for own in talkers(store, range(50))["ravdess"]] == [25, 25]
    assert talkers(store, range(19)) == {}


def test_the_served_decision_on_a_course_is_what_the_stream_itself_shows(store):
    talk = talk_of(store, range(25), rng())
    trained = untrained()
    (course,) = courses(trained, [(talk.track, None)])
    voices = course[~np.isnan(course[:, 4]), 4]
    decision = Decision(
        temperature=1.5, unsure_below=0.3, voice_above=float(np.quantile(voices, 0.2))
    )
    card = replace(trained.card, decision=decision)
    served = play(replace(trained, card=card).recognizer(), talk.track)
    assert list(decided(course, decision).windows) == list(served.windows)


def test_talks_are_judged_once(store, tmp_path):
    trained, cache = untrained(test=tuple(range(50))), Cache(tmp_path)
    first = listen(store, trained, seed=1, cache=cache)
    assert [talk.corpus for talk in first] == ["ravdess"] * 2
    files = list(tmp_path.iterdir())
    again = listen(store, trained, seed=1, cache=cache)
    assert list(tmp_path.iterdir()) == files
    for one, other in zip(first, again, strict=True):
        np.testing.assert_array_equal(one.course, other.course)


def course_of(said):
    """Return a course whose windows have the given emotions."""
    return np.array(
        [
            [0.0, (k + 1) / 4, 0.25, 1.0, 5.0, *(1.8 * np.eye(5)[EMOTIONS.index(e)])]
            for k, e in enumerate(said)
        ]
    )


def test_smoothing_trades_needless_changes_for_delay():
    restless = ["sad", "sad", "happy"] * 10 + ["angry", "angry", "happy"] * 10
    runs = (Run(0.0, 7.5, "sad"), Run(7.5, 15.0, "angry"))
    talks = [Heard("ravdess", runs, course_of(restless))]
    plain, smooth = (Decision(unsure_below=0.0, smoothing=s) for s in (0.0, 0.75))
    one, other = (section([(talks, decision)]) for decision in (plain, smooth))
    assert one["needless"] > 100 > other["needless"]
    assert other["delay_median_s"] > one["delay_median_s"] == 0.0
    assert (other["talks"], other["minutes"]) == (1, 0.2)
    assert section([([], smooth)]) == {}
