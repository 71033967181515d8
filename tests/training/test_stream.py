"""Talks have a known truth, and what is counted of them is what a listener would count."""

from dataclasses import replace

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from models import EMOTIONS, Window
from models.bundle import DEFAULT_BUNDLE, Decision, load_bundle
from models.recognizer import DEFAULT_STEP_S
from tests.training.untrained import untrained
from training.listening import Heard, hear, listen, packed, unpacked
from training.manifest import Utterance, find_corpora
from training.outcomes import Trained
from training.shelf import Shelf
from training.splits import Split
from training.store import Store
from training.stream import NOTHING, compare, comparison, follow, section, shown
from training.talks import CLIPS_A_RUN, LONGEST_S, PAUSE_S, Run, arrange, join, talk_of, talkers

RATE = 16000
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


def tone(seconds):
    return np.sin(np.arange(round(seconds * RATE)) / 20).astype(np.float32)


def test_a_talk_holds_its_clips_in_order_and_says_where_each_emotion_begins():
    talk = join([(tone(1), "sad"), (tone(2), "sad"), (tone(1.5), "angry")], rng())
    assert [run.emotion for run in talk.runs] == ["sad", "angry"]
    assert talk.runs[0].start_s == 0.0
    assert talk.runs[0].end_s == talk.runs[1].start_s
    assert talk.runs[1].end_s == pytest.approx(len(talk.samples) / RATE)
    start = round(talk.runs[1].start_s * RATE)
    np.testing.assert_array_equal(talk.samples[start : start + 1000], tone(1.5)[:1000])
    assert 3 + 2 * PAUSE_S[0] <= talk.runs[1].start_s <= 3 + 2 * PAUSE_S[1]


def test_pauses_are_as_quiet_as_the_clip_at_its_quietest():
    noisy = tone(1)
    noisy[: RATE // 4] = 0.01 * rng().standard_normal(RATE // 4)
    talk = join([(noisy, "sad")], rng())
    assert np.std(talk.samples[RATE:]) == pytest.approx(0.01, rel=0.2)
    assert not join([(np.zeros(RATE, np.float32), "sad")], rng()).samples.any()


def test_a_talk_ends_with_the_run_that_reaches_its_length():
    clips = [(tone(60), emotion) for emotion in ("sad", "sad", "angry", "happy", "sad") * 3]
    talk = join(clips, rng())
    assert LONGEST_S <= talk.runs[-1].end_s < LONGEST_S + 130


def speech_like(seconds, seed):
    """Return noise in syllables: enough for the voice activity."""
    noise = 0.1 * np.random.default_rng(seed).standard_normal(round(seconds * RATE))
    syllables = np.sin(2 * np.pi * 2 * np.arange(len(noise)) / RATE) > -0.5
    return (noise * syllables).astype(np.float32)


def small_talk():
    """Return a talk of three runs with noises for clips."""
    emotions = ("sad", "angry", "sad")
    return join([(speech_like(3, k), e) for k, e in enumerate(emotions)], rng())


def test_a_voice_logit_is_kept_for_every_window_with_speech_and_for_no_other():
    heard = hear(untrained(), small_talk(), corpus="ravdess")
    assert [np.isnan(v) for v in heard.voices] == [w.state == "silence" for w in heard.windows]
    assert len({v for v in heard.voices if not np.isnan(v)}) > 10


def test_what_was_heard_comes_back_from_arrays_as_it_was():
    talks = [hear(untrained(), small_talk(), corpus=name) for name in ("ravdess", "nemo")]
    again = unpacked(packed([*talks, Heard("ased", (), [], [])]))
    assert [t.corpus for t in again] == ["ravdess", "nemo", "ased"]
    for own, other in zip(talks, again, strict=False):
        assert other.runs == own.runs
        assert other.windows == own.windows
        np.testing.assert_array_equal(other.voices, own.voices)
    assert unpacked(packed([])) == []


def test_talks_are_held_once_and_kept(tmp_path, monkeypatch):
    utterances = []
    for k in range(20):
        emotion = EMOTIONS[k % 4]
        path = tmp_path / f"{k}.wav"
        soundfile.write(path, speech_like(1.5, k), RATE)
        utterances.append(Utterance(path, "ravdess", "one", "F", emotion, emotion, 1.5))
    store, shelf = Store(utterances, [], []), Shelf(tmp_path / "shelf")
    trained = untrained(test=tuple(range(20)))
    (talk,) = listen(store, trained, seed=1, shelf=shelf)
    assert len(talk.runs) > 2
    assert talk.windows
    monkeypatch.setattr("models.recognizer.RecognitionStream.push", None)
    (again,) = listen(store, trained, seed=1, shelf=shelf)
    assert again.windows == talk.windows


def test_the_served_decision_on_what_was_heard_is_what_the_stream_itself_shows():
    trained, talk = untrained(), small_talk()
    heard = hear(trained, talk, corpus="ravdess")
    voices = [v for v in heard.voices if not np.isnan(v)]
    decision = Decision(
        temperature=1.5, unsure_below=0.4, voice_above=float(np.quantile(voices, 0.2))
    )
    card = replace(trained.card, decision=decision)
    recognizer = replace(trained, card=card).recognizer()
    served = recognizer.stream(step_s=DEFAULT_STEP_S).push(talk.samples)
    again = shown(heard, recognizer.labels, decision)
    assert [w.state for w in again] == [w.state for w in served]
    assert {"silence"} < {w.state for w in served}
    silent = [w.state for w in heard.windows].count("silence")
    assert [w.state for w in served].count("silence") > silent
    for own, theirs in zip(again, served, strict=True):
        assert own.probabilities == pytest.approx(theirs.probabilities, abs=2e-3)


def test_smoothing_trades_needless_changes_for_delay():
    restless = ["sad", "sad", "happy"] * 10 + ["angry", "angry", "happy"] * 10
    runs = (Run(0.0, 7.5, "sad"), Run(7.5, 15.0, "angry"))
    said = [
        Window(k, 0.0, (k + 1) / 4, "speech", e, tuple(0.6 if e == x else 0.1 for x in EMOTIONS))
        for k, e in enumerate(restless)
    ]
    talks = [Heard("ravdess", runs, said, [0.0] * len(said))]
    plain, smooth = (Decision(unsure_below=0.0, smoothing=s) for s in (0.0, 0.75))
    rows = compare(talks, EMOTIONS, [plain, smooth])
    assert rows[0]["needless"] > 100 > rows[1]["needless"]
    assert rows[1]["delay_median_s"] > rows[0]["delay_median_s"] == 0.0
    assert rows[1]["by_corpus"]["ravdess"]["right"] == rows[1]["right"]
    assert "| 0.75 |" in comparison(talks, EMOTIONS, smooth).splitlines()[-1]
    told = section([(talks, smooth)], EMOTIONS)
    assert (told["talks"], told["minutes"]) == (1, 0.2)
    assert told["needless"] == pytest.approx(rows[1]["needless"], abs=1e-4)
    assert section([([], smooth)], EMOTIONS) == {}
    # Each fold's talks are shown by its own decision.
    both = section([(talks, smooth), (talks, plain)], EMOTIONS)
    assert both["needless"] == pytest.approx((rows[0]["needless"] + rows[1]["needless"]) / 2, 0.01)


def test_real_speakers_hold_talks_that_the_recogniser_follows_better_than_chance(corpora, tmp_path):
    found = find_corpora(corpora, tell=lambda line: None)
    one = talkers(found["ravdess"])["ravdess"][0]
    assert len({clip.speaker for clip in one}) == 1
    talk = talk_of(one, rng())
    assert len(talk.runs) > 5
    assert all(a.emotion != b.emotion for a, b in zip(talk.runs, talk.runs[1:], strict=False))
    trained = Trained(Split("a", (), tuple(range(len(one)))), *load_bundle(DEFAULT_BUNDLE))
    talks = listen(Store(one, [], []), trained, seed=1, shelf=Shelf(tmp_path))
    (row,) = compare(talks, EMOTIONS, [Decision(unsure_below=0.0)])
    assert row["right"] > 0.2
