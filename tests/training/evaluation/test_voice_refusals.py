"""What a threshold on the voice costs real speech is counted on speakers who did not choose it."""

import numpy as np
import pytest

from tests.training.evaluation.test_calibration import EACH, experiment
from training.evaluation.calibration import VOICE_LOST
from training.evaluation.outcomes import Outcome
from training.evaluation.voice import voice


def test_about_as_much_is_silenced_of_other_speakers_as_of_those_who_chose():
    told = voice(*experiment())
    assert told["n"] == 3 * 3 * EACH
    for own in told["by_corpus"].values():
        assert own["silenced"] == pytest.approx(VOICE_LOST, abs=0.01)
    assert set(told["by_corpus"]) == {"ravdess", "nemo"}
    assert sum(own["n"] for own in told["by_corpus"].values()) == told["n"]


def test_voices_unlike_the_others_are_lost_and_the_report_says_so():
    store, outcomes = experiment(shift=-10.0)
    told = voice(store, outcomes)
    assert told["refused"]["values"][2] == 1.0
    assert told["refused"]["values"][0] == 0.0
    assert 0.3 < told["by_corpus"]["nemo"]["silenced"] < 0.4


def test_a_clip_of_which_one_window_passes_is_not_silenced():
    store, outcomes = experiment()
    first = np.where(np.arange(3 * EACH) % 3 == 0, -50.0, 5.0)
    odd = [Outcome(o.split, o.cold, o.warm, o.heard, first, o.clip) for o in outcomes[:1]]
    sure = [Outcome(o.split, o.cold, o.warm, o.heard, o.voice + 20, o.clip) for o in outcomes[1:]]
    told = voice(store, odd + sure)
    assert told["refused"]["values"][0] == pytest.approx(1 / 3, abs=1e-3)
    assert told["by_corpus"]["ravdess"]["silenced"] == 0.0


def test_where_nothing_was_heard_there_is_nothing_to_tell():
    store, outcomes = experiment()
    deaf = [Outcome(o.split, o.cold, o.warm, o.heard) for o in outcomes]
    assert voice(store, deaf) == {}
