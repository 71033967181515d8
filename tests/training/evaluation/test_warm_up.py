"""What is heard of a speaker before: the seconds asked for, and never the clip itself."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.labels import EMOTIONS
from models.speaker import Speaker
from tests.training.imagined import FEATURES, PITCH, imagined_speech
from tests.training.untrained import untrained
from training.data.cache import Cache
from training.data.tracks import Track
from training.evaluation import warm_up as module
from training.evaluation.outcomes import judge
from training.evaluation.warm_up import SECONDS, drawn, heard_for, warm_up, warmth
from training.fitting.networks import RAW

SPANS = st.lists(st.integers(0, 80), max_size=8)


def tracks_of(lengths):
    """Return tracks that are all speech."""
    return [
        Track(np.full((n, FEATURES.columns), k, np.float16), np.full((n, 2), 5, np.uint8))
        for k, n in enumerate(lengths)
    ]


@given(SPANS, st.sampled_from((0, 3, 10, 30)))
def test_as_much_is_heard_as_is_asked_for_or_there(lengths, seconds):
    heard = heard_for(seconds, tracks_of(lengths), pitch=PITCH)
    assert heard.count == min(100 * seconds, 5 * sum(lengths))


def test_more_seconds_begin_with_the_fewer():
    tracks = tracks_of([100, 100, 100])
    few, more = (heard_for(seconds, tracks, pitch=PITCH) for seconds in (3, 10))
    assert (few.total <= more.total).all()
    assert few.count < more.count


def test_after_no_seconds_nothing_is_known():
    heard = heard_for(0, tracks_of([100]), pitch=PITCH)
    assert heard.count == Speaker().count


@given(st.integers(0, 50), st.integers(1, 60))
def test_a_draw_keeps_the_order_and_repeats_nothing(size, count):
    members = list(range(0, 2 * size, 2))
    chosen = drawn(members, count, np.random.default_rng(0))
    assert chosen == sorted(set(chosen))
    assert set(chosen) <= set(members)
    assert len(chosen) == min(size, count)


@pytest.fixture(scope="module")
def store():
    return imagined_speech({"nemo": 2})


def stages(store, test, cache):
    trained = untrained(test=tuple(test))
    return judge(store, trained, cache=cache), warm_up(store, trained, seed=1, cache=cache)


def test_the_curve_begins_with_the_cold_figure_and_ends_with_the_warm_one(
    store, tmp_path, monkeypatch
):
    monkeypatch.setattr(module, "SECONDS", (0, 10, 1000))
    test = list(range(len(store)))
    outcome, found = stages(store, test, Cache(tmp_path))
    # All that the speaker said elsewhere is known in the end: the warm figure.
    np.testing.assert_allclose(np.exp(found["logs"][-1]), np.exp(outcome.warm), atol=1e-3)
    report = warmth(store, [outcome], [found], [RAW])
    decided = outcome.cold.argmax(axis=1)
    truth = [EMOTIONS.index(u.emotion) for u in store.utterances]
    assert report["corpora"]["nemo"]["uar"][0] == pytest.approx(
        np.mean([np.mean(decided[np.equal(truth, t)] == t) for t in set(truth)]), abs=1e-4
    )
    assert SECONDS[0] == 0


def test_a_speaker_with_one_clip_stays_cold(store, tmp_path):
    outcome, found = stages(store, [3], Cache(tmp_path))
    assert not found["heard_s"].any()
    for said in found["logs"]:
        np.testing.assert_allclose(said, outcome.cold)
