"""How the onset of a sound is followed from the page's clock to the recording's and the chart."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.onset import latencies, offset, onset_times, write_bursts
from webapp.audio import decode_file

BURSTS_S = [1.0, 2.13, 3.61, 4.5, 6.02, 7.2]


def test_an_onset_is_the_first_loud_sample_after_silence():
    samples = np.zeros(16000, np.float32)
    samples[4000:6000:50] = 0.1  # quiet moments within do not end it
    samples[12000:13000] = -0.5
    assert onset_times(samples, rate=16000) == [0.25, 0.75]
    assert onset_times(np.zeros(100), rate=16000) == []


@given(
    shift_s=st.floats(-5, 100),
    missed=st.integers(0, 2),
    noise=st.lists(st.floats(-0.01, 0.01), min_size=6, max_size=6),
)
def test_two_clocks_are_told_apart_by_the_bursts_distances(shift_s, missed, noise):
    page_s = [at_s + shift_s + off for at_s, off in zip(BURSTS_S, noise, strict=True)]
    assert offset(page_s, BURSTS_S[missed:]) == pytest.approx(shift_s, abs=0.03)


def test_a_latency_is_from_the_onset_to_the_first_prediction_that_ends_after_it_on_the_chart():
    noted = {
        "onsets": [at_s + 10 for at_s in BURSTS_S],
        "predictions": [{"seq": seq, "end_s": 0.25 * (seq + 1)} for seq in range(28)],
        # Each is drawn 0.2 s after its window's end.
        "shown": [{"seq": str(seq), "at": 10 + 0.25 * (seq + 1) + 0.2} for seq in range(28)],
    }
    measured = latencies(noted, BURSTS_S, step_s=0.25)
    # 1.0 is the end of a window that holds nothing of it: the next one counts.
    assert measured.latencies_s == pytest.approx([0.45, 0.32, 0.34, 0.2 + 0.25, 0.43])
    assert measured.unanswered == 1  # 7.2 comes after the last window's end


def test_the_bursts_meet_every_phase_of_a_step(tmp_path):
    seconds = write_bursts(tmp_path / "bursts.wav", 20)
    samples = np.concatenate(list(decode_file((tmp_path / "bursts.wav").read_bytes())))
    onsets_s = onset_times(samples, rate=16000)
    assert len(onsets_s) == 20
    assert onsets_s[0] == pytest.approx(2.0, abs=0.01)
    assert seconds == pytest.approx(len(samples) / 16000, abs=0.01)
    phases, _ = np.histogram(np.mod(onsets_s, 0.25), bins=5, range=(0, 0.25))
    assert phases.min() >= 1
