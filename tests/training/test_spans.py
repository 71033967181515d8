"""A span is the average of what is there of its frames."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from training.spans import SPAN, averaged


def clip(frames, seed=0):
    """Columns of which the second is missing now and then, and where there is speech."""
    rng = np.random.default_rng(seed)
    columns = rng.standard_normal((frames, 3))
    columns[rng.random(frames) < 0.4, 1] = np.nan
    return columns.astype(np.float16), rng.random(frames) < 0.7


@given(frames=st.integers(0, 60), seed=st.integers(0, 1000))
def test_a_span_is_the_mean_of_its_spoken_frames_and_of_the_pitch_that_is_there(frames, seed):
    columns, speech = clip(frames, seed)
    spans, spoken = averaged(columns, speech)
    assert len(spans) == len(spoken) == -(-frames // SPAN)
    for index, (span, any_speech) in enumerate(zip(spans, spoken, strict=True)):
        own = slice(SPAN * index, SPAN * (index + 1))
        heard = columns[own][speech[own]].astype(np.float64)
        assert any_speech == (len(heard) > 0)
        for value, column in zip(span, heard.T, strict=True):
            there = column[np.isfinite(column)]
            assert np.isclose(value, there.mean(), atol=2e-3) if len(there) else np.isnan(value)


def test_whole_spans_weigh_as_much_as_their_frames():
    columns, _ = clip(50)
    everything = np.ones(50, bool)
    spans, _ = averaged(columns[:, ::2], everything)
    mean = columns[:, ::2].astype(np.float64).mean(axis=0)
    np.testing.assert_allclose(spans.astype(np.float64).mean(axis=0), mean, atol=1e-3)
