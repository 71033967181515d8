"""What is heard of a speaker before: the seconds asked for, and never the clip itself."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.labels import EMOTIONS
from models.normalisation import Speaker
from tests.training.untrained import untrained
from tests.training.voices import synthetic_corpora
from training import warmth as module
from training.outcomes import judge
from training.shelf import Shelf
from training.store import Store
from training.warmth import SECONDS, drawn, heard_for, warm_up, warmth

FRAMES = st.lists(st.integers(0, 400), max_size=8)


def clips_of(lengths):
    return [np.full((n, 3), k, np.float32) for k, n in enumerate(lengths)]


@given(FRAMES, st.sampled_from((0, 3, 10, 30)))
def test_as_much_is_heard_as_is_asked_for_or_there(lengths, seconds):
    assert heard_for(seconds, clips_of(lengths)).count == min(100 * seconds, sum(lengths))


@given(FRAMES)
def test_more_seconds_begin_with_the_fewer(lengths):
    clips = clips_of(lengths)
    everything = np.concatenate([*clips, np.zeros((0, 3))])
    for seconds in SECONDS:
        heard = heard_for(seconds, clips)
        np.testing.assert_allclose(
            np.broadcast_to(heard.total, 3), everything[: heard.count].sum(axis=0)
        )


def test_after_no_seconds_nothing_is_known():
    heard = heard_for(0, clips_of([100]))
    assert heard.count == Speaker().count
    np.testing.assert_array_equal(heard.total, Speaker().total)


def test_what_is_known_is_a_mean_and_nothing_that_utterances_lean_to():
    heard = heard_for(30, clips_of([400, 400]))
    assert heard.count == 800
    np.testing.assert_array_equal(heard.bias(5.0), [0.0])


@given(st.integers(0, 50), st.integers(1, 60))
def test_a_draw_keeps_the_order_and_repeats_nothing(size, count):
    members = list(range(0, 2 * size, 2))
    chosen = drawn(members, count, np.random.default_rng(0))
    assert chosen == sorted(set(chosen))
    assert set(chosen) <= set(members)
    assert len(chosen) == min(size, count)


@pytest.fixture(scope="module")
def store(root, tmp_path_factory):
    folder = tmp_path_factory.mktemp("warmth")
    utterances = synthetic_corpora(root, folder, speeds=(1.0,))
    return Store(utterances, [], [])


def stages(store, test, shelf):
    trained = untrained(test=tuple(test))
    return judge(store, trained, shelf=shelf), warm_up(store, trained, seed=1, shelf=shelf)


def test_the_curve_begins_with_the_cold_figure_and_ends_with_the_warm_one(
    store, tmp_path, monkeypatch
):
    monkeypatch.setattr(module, "SECONDS", (0, 10, 1000))
    test = [i for i, u in enumerate(store.utterances) if u.corpus == "nemo"]
    outcome, found = stages(store, test, Shelf(tmp_path))
    # Everything that the speaker said elsewhere: the warm figure, but for what those clips lean to.
    np.testing.assert_allclose(np.exp(found["logs"][-1]), np.exp(outcome.warm), atol=0.08)
    report = warmth(store, [outcome], [found])
    decided = outcome.cold.argmax(axis=1)
    truth = [EMOTIONS.index(store.utterances[i].emotion) for i in test]
    assert report["corpora"]["nemo"]["uar"][0] == pytest.approx(
        np.mean([np.mean(decided[np.equal(truth, t)] == t) for t in set(truth)]), abs=1e-4
    )


def test_a_speaker_with_one_clip_stays_cold(store, tmp_path):
    (alone,) = [i for i, u in enumerate(store.utterances) if u.speaker == "nemo_man0"][:1]
    outcome, found = stages(store, [alone], Shelf(tmp_path))
    assert not found["heard_s"].any()
    for said in found["logs"]:
        np.testing.assert_array_equal(said, outcome.cold)
