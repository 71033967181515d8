"""Sound that is read and not decoded: its time is known, and what comes after it is the same."""

from __future__ import annotations

import numpy as np
import pytest
from audio_files import wav
from audio_recordings import NAMES, load

from webapp.audio import AudioError, open_stream

RATE = 16_000


@pytest.mark.parametrize("name", NAMES)
def test_what_is_skipped_lasts_as_long_as_it_would_have_sounded(name):
    recording = load(name)
    whole = recording.decode().size / RATE
    stream = open_stream(recording.mime)
    decoded, skipped = 0, 0.0
    for number, chunk in enumerate(recording.chunks):
        stream.read(chunk)
        if number % 4 == 2:
            skipped += stream.skip()
        else:
            decoded += stream.decode().size
    decoded += stream.finish().size
    assert skipped > 0.1 * whole
    assert decoded / RATE + skipped == pytest.approx(whole, abs=0.01)


@pytest.mark.parametrize("name", NAMES)
def test_what_waits_together_sounds_as_what_is_decoded_at_once(name):
    recording = load(name)
    stream = open_stream(recording.mime)
    parts = []
    for number, chunk in enumerate(recording.chunks):
        stream.read(chunk)
        if number % 4 == 3:
            parts.append(stream.decode())
            assert stream.waiting == stream.waiting_s == 0
    together = np.concatenate([*parts, stream.decode(), stream.finish()])
    np.testing.assert_array_equal(together, recording.decode())


def test_the_newest_sound_may_go_on_waiting_when_the_older_is_skipped():
    recording = load("chr_speech_100")
    stream = open_stream(recording.mime)
    for chunk in recording.chunks:
        stream.read(chunk)
    waiting_s = stream.waiting_s
    lost_s = stream.skip(keep_s=0.5)
    assert 0.4 < stream.waiting_s <= 0.5
    assert stream.waiting_s + lost_s == pytest.approx(waiting_s)
    assert stream.skip(keep_s=0.5) == 0
    decoded = stream.decode().size + stream.finish().size
    assert decoded == pytest.approx(0.5 * RATE, abs=0.1 * RATE)


@pytest.mark.parametrize("name", NAMES)
def test_after_a_gap_a_decoder_soon_gives_what_it_would_have_given(name):
    recording = load(name)
    whole = recording.decode()
    stream = open_stream(recording.mime)
    half = len(recording.chunks) // 2
    for chunk in recording.chunks[:half]:
        stream.push(chunk)
    stream.read(recording.chunks[half])
    stream.skip()
    rest = [stream.push(chunk) for chunk in recording.chunks[half + 1 :]]
    after = np.concatenate([*rest, stream.finish()])
    settled = after[RATE // 2 :]
    expected = whole[whole.size - settled.size :]
    assert np.abs(settled - expected).max() < 0.02


def test_a_frame_that_is_split_at_a_gap_stays_in_step():
    left, right = np.full(4000, 0.5), np.full(4000, 0.45)
    frames = (np.stack([left, right], axis=1) * 32767).astype("<i2")
    data = wav(frames, rate=RATE)
    head, sound = data[:-16000], data[-16000:]
    stream = open_stream("audio/wav")
    decoded = stream.push(head).size
    stream.read(sound[:4003])
    skipped = stream.skip()
    assert skipped == pytest.approx(1000 / RATE, abs=1 / RATE)
    tail = np.concatenate([stream.push(sound[4003:]), stream.finish()])
    assert decoded + tail.size + skipped * RATE == pytest.approx(4000, abs=1)
    assert tail[10:] == pytest.approx(0.475, abs=1e-3)


def test_nothing_read_is_nothing_to_decode_or_to_skip():
    recording = load("chr_speech_100")
    stream = open_stream(recording.mime)
    assert stream.decode().size == 0
    assert stream.skip() == 0
    stream.read(recording.chunks[0][:20])
    assert stream.skip() == 0
    stream.finish()
    with pytest.raises(AudioError):
        stream.read(b"more")


def test_the_budget_is_charged_for_what_is_skipped_too():
    recording = load("chr_speech_100")
    charged = []
    stream = open_stream(recording.mime, charge=charged.append)
    seconds = 0.0
    for chunk in recording.chunks:
        stream.read(chunk)
        seconds += stream.skip()
    assert sum(charged) == pytest.approx(seconds)
