"""A recording that was made longer is one that a recorder could have made."""

from __future__ import annotations

import itertools
from io import BytesIO

import av
import numpy as np
import pytest

from benchmarks.recording import Chunk, Recording, load, prolong
from benchmarks.script import Script
from models import Recognizer
from webapp.audio import decode_file


@pytest.fixture(scope="module")
def short():
    return load()


@pytest.fixture(scope="module")
def long(short):
    return prolong(short, seconds=14)


def test_every_chunk_holds_the_packets_that_chromium_put_into_it(short, long):
    turns = len(long.chunks) // len(short.chunks)
    assert turns == 3
    assert long.packets() == short.packets() * turns


def test_it_begins_with_the_recorders_own_bytes(short, long):
    assert long.chunks[0].data[:100] == short.chunks[0].data[:100]
    assert abs(len(long.chunks[7].data) - len(short.chunks[7].data)) < 20


def test_ffmpeg_reads_it_with_times_that_go_on(long):
    with av.open(BytesIO(long.data), format="matroska") as container:
        packets = [packet for packet in container.demux(audio=0) if packet.size]
    assert [bytes(packet) for packet in packets] == list(itertools.chain(*long.packets()))
    times_ms = [float(packet.pts * packet.time_base * 1000) for packet in packets]
    assert np.allclose(np.diff(times_ms), 60)


def test_chunks_are_due_as_fast_as_they_are_spoken(long):
    times_s = [chunk.at_s for chunk in long.chunks]
    assert np.all(np.diff(times_s) > 0)
    heard_s = np.cumsum([len(samples) / 16000 for samples in long.samples()])
    # The decoder holds the first half second of stereo back until it has chosen a channel.
    chosen = heard_s > 0
    assert times_s[int(chosen.argmax())] < 0.75
    assert np.abs(heard_s - times_s)[chosen].max() < 0.25


def test_live_and_as_a_file_it_is_the_same_sound(long):
    whole = np.concatenate(list(decode_file(long.data)))
    assert np.array_equal(np.concatenate(long.samples()), whole)


def test_a_script_knows_which_chunk_completes_each_window(long):
    script = Script.judged(long, Recognizer.load(), step_s=0.5)
    assert len(script.frames) == len(script.times_s) == len(long.chunks) == len(script.ready_s)
    assert list(script.triggers) == sorted(script.triggers)
    due_s = [long.chunks[chunk].at_s for chunk in script.triggers]
    # The first window comes sooner: the grid begins anew where speech begins.
    assert due_s[1] - due_s[0] < 0.65
    assert np.allclose(np.diff(due_s)[1:], 0.5, atol=0.15)


@pytest.mark.parametrize("step_s", [0.25, 0.5])
def test_a_script_finds_the_chunk_by_the_windows_end_too(long, step_s):
    recognizer = Recognizer.load()
    script = Script.judged(long, recognizer, step_s=step_s)
    windows = itertools.chain(*long.windows(recognizer, step_s=step_s))
    ends_s = [window.end_s for window in windows]
    assert [script.completing(end_s) for end_s in ends_s] == list(script.triggers)


def test_a_script_of_the_echo_has_as_many_answers_as_steps():
    recording = Recording("audio/webm", tuple(Chunk(0.12 * n, b"x") for n in range(25)))
    assert len(Script.echoed(recording, step_s=0.5).triggers) == 6
    script = Script.echoed(recording, step_s=1.0)
    assert script.triggers == (8, 16, 24)
    assert tuple(map(script.completing, (1.0, 2.0, 3.0))) == script.triggers
