"""Sound stands where the container's timestamps put it; a gap is silence."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from audio_files import FRAGMENTED, element, mux, webm_header
from audio_recordings import NAMES, load
from hypothesis import given, settings
from hypothesis import strategies as st

from webapp.audio import AudioError, open_stream
from webapp.audio.mp4 import Mp4Demuxer
from webapp.audio.ogg import OggDemuxer, page_checksum
from webapp.audio.stream import AudioStream
from webapp.audio.webm import WebmDemuxer

RATE = 16_000


def frames(count: int = 60) -> list[bytes]:
    """Return Opus packets of 20 ms."""
    return [packet.data for packet in WebmDemuxer().push(load("ff_fake_250").data)[40 : 40 + count]]


def webm(times_ms: list[float], packets: list[bytes] | None = None) -> bytes:
    """Write packets at the given times, each in a cluster of its own."""
    packets = frames(len(times_ms)) if packets is None else packets
    parts = [webm_header()]
    for time_ms, packet in zip(times_ms, packets, strict=True):
        parts.append(element("1f43b675", b"", size=-1))
        parts.append(element("e7", round(time_ms).to_bytes(8, "big")))
        parts.append(element("a3", b"\x81\0\0\x80" + packet))
    return b"".join(parts)


def listen(data: bytes, mime: str = "audio/webm", **more) -> np.ndarray:
    stream = open_stream(mime, **more)
    return np.concatenate([stream.push(data), stream.finish()])


def test_a_gap_in_webm_is_silence_of_its_length():
    plain = listen(webm([20 * i for i in range(60)]))
    gap = listen(webm([20 * i + (10_000 if i >= 30 else 0) for i in range(60)]))
    assert gap.size == plain.size + 10 * RATE
    assert np.array_equal(gap[: 30 * 320], plain[: 30 * 320])
    assert not gap[30 * 320 : 30 * 320 + 10 * RATE].any()
    assert np.array_equal(gap[30 * 320 + 10 * RATE :], plain[30 * 320 :])


def test_a_gap_is_reported_with_its_place():
    stream = AudioStream(WebmDemuxer(resync=True), patient=True)
    stream.push(webm([20 * i + (10_000 if i >= 30 else 0) for i in range(60)]))
    stream.finish()
    assert [(w.code, w.at_s) for w in stream.warnings] == [("gap", pytest.approx(0.6))]


def test_a_track_that_starts_at_two_seconds_starts_at_two_seconds():
    samples = listen(webm([2_000 + 20 * i for i in range(60)]))
    assert samples.size == 2 * RATE + 60 * 320
    assert not samples[: 2 * RATE].any()


def test_a_stream_that_was_cut_from_a_longer_one_starts_at_zero():
    assert listen(webm([700_000 + 20 * i for i in range(60)])).size == 60 * 320


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(-90, 90), min_size=60, max_size=60))
def test_jitter_forms_no_gap_and_drops_nothing(jitter):
    times = [max(0.0, 20 * i + shift) for i, shift in enumerate(jitter)]
    assert listen(webm(times)).size == 60 * 320


@pytest.mark.parametrize("share", [0.9995, 1.0005])
def test_a_clock_that_drifts_forms_no_gap(share):
    packets = frames(50) * 400  # 400 s, so that the drift sums up to 0.2 s
    times = [20 * i * share for i in range(len(packets))]
    stream = AudioStream(WebmDemuxer())
    seconds = 0.0
    stream.read(webm(times, packets))
    seconds += stream.skip()
    assert seconds == pytest.approx(400)


def test_timestamps_that_go_back_drop_nothing():
    times = [20 * i if i < 30 else 20 * (i - 30) for i in range(60)]
    assert listen(webm(times)).size == 60 * 320


def test_a_jump_of_hours_is_charged_before_any_memory_is_spent():
    data = webm([20 * i + (3_000_000 if i >= 30 else 0) for i in range(60)])
    charged = []

    def charge(seconds):
        charged.append(seconds)
        if sum(charged) > 600:
            raise OverflowError

    with pytest.raises(OverflowError):
        listen(data, charge=charge)
    assert max(charged) == pytest.approx(3_000, abs=1)


def test_a_jump_that_no_budget_limits_is_too_long():
    with pytest.raises(AudioError) as caught:
        listen(webm([20 * i + (36_000_000 if i >= 30 else 0) for i in range(60)]))
    assert caught.value.code == "too_long"


def test_a_jump_right_after_a_resume_is_the_pause_and_a_later_one_is_not():
    packets = frames(60) * 4
    times = [20.0 * i for i in range(240)]
    times = [
        t + (5_000 if i >= 70 else 0) + (5_000 if i >= 200 else 0) for i, t in enumerate(times)
    ]
    data = webm(times, packets)
    cut = len(webm(times[:60], packets[:60]))
    stream = open_stream("audio/webm")
    size = stream.push(data[:cut]).size
    stream.resume()
    size += stream.push(data[cut:]).size
    assert size == 240 * 320 + 5 * RATE


@pytest.mark.parametrize("name", NAMES)
def test_browsers_recordings_have_no_gaps(name):
    recording = load(name)
    stream = open_stream(recording.mime)
    stream.push(recording.data)
    stream.finish()
    assert stream.warnings == []


def ogg_pages(data: bytes) -> list[bytes]:
    pages, pos = [], 0
    while pos < len(data):
        end = pos + 27 + data[pos + 26]
        end += sum(data[pos + 27 : end])
        pages.append(data[pos:end])
        pos = end
    return pages


def later(page: bytes, seconds: float) -> bytes:
    """Move an Ogg page's granule position."""
    granule = struct.unpack("<q", page[6:14])[0] + round(48_000 * seconds)
    page = page[:6] + struct.pack("<q", granule) + page[14:]
    return page[:22] + struct.pack("<I", page_checksum(page)) + page[26:]


def test_a_gap_in_oggs_granule_positions_is_silence():
    pages = ogg_pages(load("ff_ogg_250").data)
    plain = listen(b"".join(pages), "audio/ogg")
    half = len(pages) // 2
    moved = b"".join(pages[:half] + [later(page, 4.0) for page in pages[half:]])
    assert listen(moved, "audio/ogg").size == plain.size + 4 * RATE


def test_an_ogg_page_that_is_missing_is_silence():
    pages = ogg_pages(load("ff_ogg_250").data)
    plain = listen(b"".join(pages), "audio/ogg")
    stream = AudioStream(OggDemuxer(resync=True), patient=True)
    samples = stream.push(b"".join(pages[:3] + pages[4:]))
    assert abs(samples.size + stream.finish().size - plain.size) < 0.2 * RATE


def test_a_fragment_that_starts_later_comes_after_silence():
    data = mux("mp4", "aac", options=FRAGMENTED)
    plain = listen(data, "audio/mp4")
    places = [i for i in range(len(data)) if data[i : i + 4] == b"tfdt"]
    moved = bytearray(data)
    for place in places[1:]:
        wide = moved[place + 4]
        field = slice(place + 8, place + (16 if wide else 12))
        ticks = int.from_bytes(moved[field], "big") + 3 * 48_000
        moved[field] = ticks.to_bytes(8 if wide else 4, "big")
    samples = listen(bytes(moved), "audio/mp4")
    assert abs(samples.size - plain.size - 3 * RATE) <= 2


def test_the_edit_list_of_a_fragmented_mp4_delays_the_sound():
    flags = "frag_keyframe+delay_moov+default_base_moof"
    data = mux("mp4", "aac", options={**FRAGMENTED, "movflags": flags})
    demuxer = Mp4Demuxer()
    packets = demuxer.push(data)
    assert packets[0].time_s == pytest.approx(-1024 / 48_000)
    place = data.index(b"elst")
    count = struct.unpack(">I", data[place + 8 : place + 12])[0]
    assert count == 1
    # An empty edit of 2 s in front; the boxes around it grow with it.
    entry = struct.pack(">IiHH", 2_000, -1, 1, 0)
    moved = data[: place + 8] + struct.pack(">I", 2) + entry + data[place + 12 :]
    for kind in (b"elst", b"edts", b"trak", b"moov"):
        at = moved.rindex(kind, 0, place + 4) - 4
        size = struct.unpack(">I", moved[at : at + 4])[0] + len(entry)
        moved = moved[:at] + struct.pack(">I", size) + moved[at + 4 :]
    first = Mp4Demuxer().push(moved)[0].time_s
    assert first == pytest.approx(2.0 - 1024 / 48_000)
