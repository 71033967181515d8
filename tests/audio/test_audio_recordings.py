"""What real browsers sent decodes to the same samples however it was cut."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from audio_recordings import NAMES, load
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from webapp.audio import decode_file, open_stream

RECORDINGS = {name: load(name) for name in NAMES}
WHOLE = {name: recording.decode([recording.data]) for name, recording in RECORDINGS.items()}


@pytest.fixture(params=NAMES)
def recording(request):
    return RECORDINGS[request.param]


def pieces(data, cuts):
    edges = [0, *sorted(cuts), len(data)]
    return [data[start:end] for start, end in pairwise(edges)]


def test_all_ten_recordings_are_here():
    assert len(NAMES) == 10


def test_a_recording_is_as_long_as_the_browser_recorded(recording):
    seconds = WHOLE[recording.name].size / 16_000
    # The clock began with the recorder; the last chunk holds up to a timeslice more than it shows.
    assert recording.last_ms / 1000 - 0.1 < seconds < recording.last_ms / 1000 + 0.4


def test_a_recording_is_float32_finite_and_not_silent(recording):
    samples = WHOLE[recording.name]
    assert samples.dtype == np.float32
    assert samples.ndim == 1
    assert np.isfinite(samples).all()
    assert 0.05 < np.abs(samples).max() < 1.5


def test_the_chunks_as_sent_give_what_the_whole_gives(recording):
    assert np.array_equal(recording.decode(), WHOLE[recording.name])


def test_single_bytes_give_what_the_whole_gives(recording):
    data = recording.data
    assert np.array_equal(
        recording.decode(data[i : i + 1] for i in range(len(data))), WHOLE[recording.name]
    )


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_random_cuts_give_what_the_whole_gives(name, data):
    recording = RECORDINGS[name]
    cuts = data.draw(st.lists(st.integers(0, len(recording.data)), max_size=40))
    assert np.array_equal(recording.decode(pieces(recording.data, cuts)), WHOLE[name])


def test_the_file_door_gives_what_the_stream_gives(recording):
    assert np.array_equal(np.concatenate(list(decode_file(recording.data))), WHOLE[recording.name])


def test_samples_come_at_once_and_not_at_the_end(recording):
    stream = open_stream(recording.mime)
    got = sum(stream.push(chunk).size for chunk in recording.chunks)
    assert stream.finish().size == 0
    assert got == WHOLE[recording.name].size
