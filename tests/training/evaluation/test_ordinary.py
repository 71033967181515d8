"""Ordinary speech: false alarms are counted as a visitor would see them."""

import numpy as np
import pytest

from models.bundle import Decision
from models.labels import EMOTIONS
from models.timeline import Window
from tests.training.imagined import imagined_speech
from tests.training.untrained import untrained
from training.data.cache import Cache
from training.data.splits import Split
from training.evaluation import ordinary
from training.evaluation.ordinary import (
    Person,
    acted_neutral,
    area_under_curve,
    changes,
    mean_ratio,
    people,
)
from training.evaluation.outcomes import Outcome, judge
from training.evaluation.sessions import SESSIONS, sessions
from training.evaluation.sessions import section as sessions_section

SHELF = {}
OPEN = Decision(unsure_below=0.0, smoothing=0.0)


def windows(*emotions):
    """Return a window for each emotion; None is unsure, "" is silence."""
    states = {None: "unsure", "": "silence"}
    return [
        Window(k, 0.0, (k + 1) / 4, states.get(e, "speech"), e or None, (0.2,) * 5)
        for k, e in enumerate(emotions)
    ]


def course_of(*emotions):
    return np.array(
        [
            [0.0, (k + 1) / 4, 0.25, 1.0, 5.0, *(4.0 * np.eye(5)[EMOTIONS.index(e)])]
            for k, e in enumerate(emotions)
        ]
    )


def person(*emotions, name="one", kind="read", sex="F", pitch=200.0, rest=None, calibrated=None):
    return Person(name, kind, sex, pitch, course_of(*emotions), rest, calibrated)


def test_every_change_of_the_display_counts_and_silence_does_not():
    assert changes(windows("neutral", "neutral", None, "neutral")) == 2
    assert changes(windows("neutral", "", "neutral", "sad")) == 1
    assert changes([]) == 0


def section_of(*groups):
    store = imagined_speech({"ravdess": 2}, ordinary=2)
    trained = untrained(test=tuple(range(len(store))))
    outcome = judge(store, trained, cache=Cache(SHELF["folder"]))
    return ordinary.section([(list(own), OPEN) for own in groups], [(outcome, OPEN)], store)


@pytest.fixture(autouse=True)
def folder(tmp_path):
    SHELF["folder"] = tmp_path


def test_false_alarms_are_windows_that_show_another_emotion_than_neutral():
    told = section_of([person("neutral", "neutral", "sad", "angry")])
    assert told["false"] == 0.5
    assert told["neutral"] == 0.5
    assert told["anybody_first_10_s"] == 1.0


def test_every_kind_counts_alike_however_many_people_it_has():
    told = section_of(
        [person("neutral", name=str(k)) for k in range(3)],
        [person("sad", name="child", kind="read, child", sex="M", pitch=120.0)],
    )
    assert told["false"] == 0.5
    assert told["people"] == 4


def test_women_and_men_are_compared_within_the_kinds_that_have_both():
    # Children get more false alarms, and more children than adults are girls. Within each kind
    # women and men get equally many, so the sexes must come out equal.
    calm, alarmed = ("neutral", "neutral", "neutral", "sad"), ("neutral", "sad")
    told = section_of(
        [
            person(*calm, name="woman"),
            *(person(*calm, name=f"man {k}", sex="M") for k in range(3)),
            *(person(*alarmed, name=f"girl {k}", kind="child") for k in range(3)),
            person(*alarmed, name="boy", kind="child", sex="M"),
            person("angry", name="unpaired", kind="women only"),
        ]
    )
    assert told["by_sex"]["F"]["false"] == told["by_sex"]["M"]["false"] == 0.375
    assert (told["by_sex"]["F"]["people"], told["by_sex"]["M"]["people"]) == (4, 4)
    assert told["women_over_men"] == {"mean": 1.0, "by_kind": {"read": 1.0, "child": 1.0}}


def test_low_and_high_voices_are_compared_within_the_kinds_that_have_both():
    told = section_of(
        [
            person("neutral", "sad", name="low", pitch=120.0),
            person("neutral", "neutral", name="high", pitch=220.0),
            person("sad", name="child", kind="child", pitch=260.0),
        ]
    )
    assert told["by_pitch"]["below 165 Hz"]["false"] == 0.5
    assert told["by_pitch"]["above 165 Hz"]["false"] == 0.0


def test_without_a_kind_that_has_both_sexes_they_are_not_compared():
    told = section_of([person("sad"), person("neutral", kind="child", sex="M")])
    assert told["by_sex"] == {}
    assert told["women_over_men"] == {"mean": None, "by_kind": {}}


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        ({"a": (0.3, 0.2), "b": (0.1, 0.0)}, 2.0),
        ({"a": (0.2, 0.2)}, 1.0),
        ({"a": (0.2, 0.0)}, None),
        ({}, None),
    ],
)
def test_the_mean_ratio_is_the_ratio_of_the_means(pairs, expected):
    assert mean_ratio(pairs) == expected


def test_a_speaker_whom_two_networks_judge_counts_as_one_person():
    told = section_of([person("neutral")], [person("sad")])
    assert told["people"] == told["by_kind"]["read"]["people"] == 1
    assert told["false"] == 0.5


def test_later_false_alarms_are_compared_within_the_streams_that_last_long_enough():
    short = person(*["sad"] * 40, name="short")
    long = person(*["neutral"] * 60, *["sad"] * 60, *["neutral"] * 160, name="long")
    told = section_of([short, long])["later"]
    assert told["30 s"] == {"people": 1, "n": 160, "before": 0.5, "after": 0.0}
    assert told["60 s"] == {"people": 1, "n": 40, "before": 0.25, "after": 0.0}


def test_where_no_stream_lasts_long_enough_nothing_is_said_about_later():
    assert section_of([person("neutral")])["later"] == {"30 s": {}, "60 s": {}}


def test_acted_neutral_speech_has_the_ratio_of_women_to_men():
    store = imagined_speech({"ravdess": 2}, takes=1)
    courses = [course_of(*["sad"] * 3, "neutral"), course_of("sad", "neutral")]
    logs = np.log(np.full((2, 5), 0.2))
    split = Split("a", (), (0, 1))
    outcome = Outcome(split, logs, logs, np.ones(2, bool), courses=courses)
    told = acted_neutral(store, [(outcome, OPEN)])
    assert (told["women"], told["men"]) == (0.75, 0.5)
    assert told["women_over_men"] == {"mean": 1.5, "by_corpus": {"ravdess": 1.5}}


def test_a_false_emotion_after_ten_seconds_is_none_of_the_first_ten():
    late = person(*["neutral"] * 60, "sad")
    assert section_of([late])["anybody_first_10_s"] == 0.0


def test_a_calibration_is_compared_with_the_same_speech_without_one():
    own = person("neutral", rest=course_of("sad", "neutral"), calibrated=course_of("neutral"))
    told = section_of([own, person("neutral", name="other")])["calibration"]
    assert told["people"] == 1
    assert (told["before_false"], told["after_false"]) == (0.5, 0.0)


def test_the_area_under_the_curve_is_the_share_of_ordered_pairs():
    assert area_under_curve(np.array([2.0, 3.0]), np.array([0.0, 1.0])) == 1.0
    assert area_under_curve(np.array([1.0]), np.array([1.0])) == 0.5
    assert area_under_curve(np.array([0.0, 2.0]), np.array([1.0])) == 0.5


def test_each_ordinary_speaker_is_one_stream():
    store = imagined_speech({"ravdess": 2}, ordinary=2)
    found = people(store, untrained(test=tuple(range(len(store)))), cache=Cache(SHELF["folder"]))
    assert [own.kind for own in found] == ["read, one", "read, other"]
    assert [own.sex for own in found] == ["F", "M"]
    assert found[0].pitch_hz == pytest.approx(100 * 2**0.2, rel=0.5)
    for own in found:
        assert len(own.rest) == len(own.calibrated) < len(own.plain)


def test_a_session_knows_what_its_kind_says():
    store = imagined_speech({"ravdess": 2})
    trained = untrained(test=tuple(range(len(store))))
    found = sessions(store, trained, seed=1, cache=Cache(SHELF["folder"]))
    assert set(found) == {"members", *SESSIONS}
    known = {session: found[session][:, -1].mean() for session in SESSIONS}
    assert known == {"nothing": 0.0, "neutral": 1.0, "same": 1.0, "mixed": 1.0, "all": 1.0}
    told = sessions_section(store, [("ravdess", found)], [OPEN])
    assert set(told["mean"]) == set(SESSIONS)
    assert told["by_corpus"]["ravdess"].keys() == told["mean"].keys()
