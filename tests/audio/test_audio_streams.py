"""Streams that other programs and Safari send, and the odd corners of each container."""

from __future__ import annotations

import io
import struct
from itertools import pairwise

import av
import numpy as np
import pytest
from audio_files import (
    FRAGMENTED,
    element,
    mux,
    simple_block,
    sound_file,
    sweep,
    wav,
    webm_header,
)
from audio_recordings import load
from hypothesis import given, settings
from hypothesis import strategies as st

from webapp.audio import AudioError, decode_file, open_stream
from webapp.audio.lacing import EBML, FIXED, XIPH, split_lace
from webapp.audio.ogg import page_checksum
from webapp.audio.opus_packet import packet_samples
from webapp.audio.webm import WebmDemuxer


def stream(data: bytes, mime: str, step: int | None = None, **more) -> np.ndarray:
    opened = open_stream(mime, **more)
    step = step or len(data)
    parts = [opened.push(data[i : i + step]) for i in range(0, len(data), step)]
    return np.concatenate([*parts, opened.finish()])


@pytest.mark.parametrize("step", [1, 7, 1000])
@pytest.mark.parametrize("rate", [16_000, 44_100])
def test_wav_streamed_equals_the_whole_file(rate, step):
    data = sound_file("WAV", "PCM_16", rate=rate, seconds=0.7)
    whole = np.concatenate(list(decode_file(data)))
    assert np.array_equal(stream(data, "audio/wav", step), whole)
    assert whole.size == 11_200


@pytest.mark.parametrize("size", [0, 0xFFFFFFFF])
def test_wav_of_unknown_length_is_read_to_its_end(size):
    samples = (sweep(0.5, rate=16_000) * 32_767).astype(np.int16)
    expected = stream(wav(samples, rate=16_000), "audio/wav")
    assert expected.size == 8_000
    assert np.array_equal(
        stream(wav(samples, rate=16_000, data_size=size), "audio/wav", 99), expected
    )


def test_chunks_around_the_sound_in_a_wav_are_skipped():
    samples = (sweep(0.5, rate=16_000) * 32_767).astype(np.int16)
    plain = wav(samples, rate=16_000)
    listed = (
        plain[:12]
        + b"LIST"
        + struct.pack("<I", 5)
        + b"INFOx\0"
        + plain[12:]
        + (b"id3 " + struct.pack("<I", 4) + b"tail")
    )
    assert np.array_equal(stream(listed, "audio/wav", 13), stream(plain, "audio/wav"))


def test_floats_that_are_no_numbers_become_silence():
    bad = np.array([0.5, np.nan, np.inf, -np.inf, 1e30, 0.25] * 100, np.float32)
    form = struct.pack("<HHIIHH", 3, 1, 16_000, 64_000, 4, 32)
    data = b"RIFF\0\0\0\0WAVEfmt " + struct.pack("<I", 16) + form + b"data\0\0\0\0" + bad.tobytes()
    samples = stream(data, "audio/wav")
    assert samples.size == 600
    assert np.isfinite(samples).all()
    assert samples[0] == 0.5
    assert samples[1] == samples[2] == samples[3] == 0
    assert np.abs(samples).max() <= 16


@pytest.mark.parametrize("rate", [44_100, 48_000])
def test_aac_as_safari_sends_it_is_the_same_for_any_cut(rate):
    data = mux("mp4", "aac", rate=rate, options=FRAGMENTED)
    assert data.count(b"moof") > 5
    whole = stream(data, "audio/mp4;codecs=mp4a.40.2")
    assert np.array_equal(stream(data, "audio/mp4", 1), whole)
    assert np.array_equal(stream(data, "audio/mp4", 1_009), whole)
    assert np.array_equal(np.concatenate(list(decode_file(data))), whole)
    assert abs(whole.size / 16_000 - 3) < 0.06


def test_aac_in_fragments_equals_ffmpegs_own_reading():
    data = mux("mp4", "aac", rate=16_000, options=FRAGMENTED)
    with av.open(io.BytesIO(data), format="mov") as source:
        reference = np.concatenate([f.to_ndarray()[0] for f in source.decode(audio=0)])
    ours = stream(data, "audio/mp4")
    assert np.array_equal(ours, reference[: ours.size])
    assert reference.size == ours.size


@settings(max_examples=25, deadline=None)
@given(cuts=st.lists(st.integers(0, 20_000), max_size=30))
def test_fragments_cut_at_random_give_the_whole(cuts):
    data, whole = FRAGMENTS
    edges = [0, *sorted(cut for cut in cuts if cut < len(data)), len(data)]
    opened = open_stream("audio/mp4")
    parts = [opened.push(data[a:b]) for a, b in pairwise(edges)]
    assert np.array_equal(np.concatenate([*parts, opened.finish()]), whole)


_AAC = mux("mp4", "aac", options=FRAGMENTED)
FRAGMENTS = (_AAC, stream(_AAC, "audio/mp4"))


def test_samples_come_while_the_stream_goes_on():
    data = mux("webm", "libopus", options={"live": "1"})
    opened = open_stream("audio/webm")
    early = opened.push(data[: len(data) // 2])
    assert early.size > 16_000


@pytest.mark.parametrize(
    "mime",
    [
        "audio/webm",
        "audio/webm;codecs=opus",
        'audio/webm; codecs="opus"',
        "AUDIO/WEBM;CODECS=OPUS",
        "audio/webm;codecs=pcm",
        "video/webm;codecs=vp8,opus",
        "audio/mp4;codecs=mp4a.40.2",
        "audio/mp4;codecs=opus",
        "audio/ogg;codecs=opus",
        "audio/wav",
        "audio/x-wav",
    ],
)
def test_the_recorders_types_are_known(mime):
    assert open_stream(mime).finish().size == 0


@pytest.mark.parametrize(
    "mime",
    ["", "audio/mpeg", "text/html", "audio/webm;codecs=vorbis", "audio/ogg;codecs=flac", None],
)
def test_other_types_are_refused(mime):
    with pytest.raises(AudioError) as caught:
        open_stream(mime)
    assert caught.value.code == "unsupported_media"


def test_charge_is_told_how_long_each_packet_is_before_it_is_decoded():
    recording = load("chr_speech_100")
    charged: list[float] = []
    samples = stream(recording.data, recording.mime, charge=charged.append)
    assert charged == [0.06] * len(charged)
    assert sum(charged) == pytest.approx(samples.size / 16_000)


def test_a_charge_that_refuses_stops_the_chunk_and_only_the_chunk():
    recording = load("chr_speech_100")
    broke = False

    def charge(seconds):
        if broke:
            raise PermissionError

    opened = open_stream(recording.mime, charge=charge)
    first = sum(opened.push(chunk).size for chunk in recording.chunks[:10])
    broke = True
    with pytest.raises(PermissionError):
        opened.push(recording.chunks[10])
    broke = False
    rest = sum(opened.push(chunk).size for chunk in recording.chunks[11:])
    assert first > 0
    assert 0 < first + rest < recording.decode().size


# Containers, corner by corner


def opus_packets(count: int = 12) -> list[bytes]:
    demuxer = WebmDemuxer()
    return [packet.data for packet in demuxer.push(load("ff_fake_250").data)[40 : 40 + count]]


def webm(blocks: bytes) -> np.ndarray:
    data = webm_header() + blocks
    whole = stream(data, "audio/webm")
    assert np.array_equal(stream(data, "audio/webm", 1), whole)
    return whole


def test_simple_blocks_and_block_groups_say_the_same():
    frames = opus_packets()
    simple = webm(b"".join(simple_block(frame) for frame in frames))
    grouped = webm(
        b"".join(
            element("a0", element("a1", b"\x81\0\0\0" + frame) + element("9b", b"\x14"))
            for frame in frames
        )
    )
    assert simple.size == 12 * 320
    assert np.array_equal(simple, grouped)


def test_discard_padding_cuts_the_end():
    frames = opus_packets()
    blocks = b"".join(simple_block(frame) for frame in frames[:-1])
    last = element("a1", b"\x81\0\0\0" + frames[-1])
    cut = element("75a2", (10_000_000).to_bytes(4, "big"))
    plain = webm(blocks + element("a0", last))
    trimmed = webm(blocks + element("a0", last + cut))
    assert trimmed.size == plain.size - 160
    assert np.array_equal(trimmed, plain[:-160])


@pytest.mark.parametrize("kind", [XIPH, FIXED, EBML])
def test_laced_blocks_hold_several_packets(kind):
    frames = opus_packets(4)
    if kind == FIXED:
        frames = [frames[0]] * 4
        body = b"".join(frames)
    elif kind == XIPH:
        sizes = b"".join(b"\xff" * (len(f) // 255) + bytes([len(f) % 255]) for f in frames[:-1])
        body = sizes + b"".join(frames)
    else:
        sizes = (0x4000 | len(frames[0])).to_bytes(2, "big")
        for before, after in pairwise(frames[:-1]):
            sizes += (0x4000 | (len(after) - len(before) + 0x1FFF)).to_bytes(2, "big")
        body = sizes + b"".join(frames)
    laced = webm(simple_block(bytes([3]) + body, flags=kind << 1))
    assert np.array_equal(laced, webm(b"".join(simple_block(frame) for frame in frames)))


@given(st.binary(max_size=60), st.sampled_from([XIPH, FIXED, EBML]))
def test_no_lace_loses_bytes_or_makes_them(body, kind):
    try:
        frames = split_lace(body, kind=kind)
    except AudioError:
        return
    assert len(frames) == body[0] + 1
    assert all(frames)
    assert body.endswith(b"".join(frames))


def test_other_tracks_blocks_are_skipped_however_long():
    frames = opus_packets()
    between = simple_block(bytes(700_000), track=2)
    data = webm_header() + b"".join(between + simple_block(frame) for frame in frames[:4])
    opened = open_stream("audio/webm")
    held, size = 0, 0
    for start in range(0, len(data), 5_000):
        size += opened.push(data[start : start + 5_000]).size
        held = max(held, opened.held)
    assert size == 4 * 320
    assert held < 10_000


def ogg_page(
    packets: list[bytes], *, flags: int, number: int, granule: int, serial: int = 7
) -> bytes:
    table = b"".join(b"\xff" * (len(p) // 255) + bytes([len(p) % 255]) for p in packets)
    return seal(flags, number, granule, serial, table, b"".join(packets))


def seal(flags: int, number: int, granule: int, serial: int, table: bytes, body: bytes) -> bytes:
    page = b"OggS" + struct.pack("<BBqIII", 0, flags, granule, serial, number, 0)
    page += bytes([len(table)]) + table + body
    return page[:22] + struct.pack("<I", page_checksum(page)) + page[26:]


def test_the_checksum_is_oggs():
    data = load("ff_ogg_250").data
    length = 27 + data[26] + sum(data[27 : 27 + data[26]])
    assert page_checksum(data[:length]) == struct.unpack("<I", data[22:26])[0] != 0


HEAD = b"OpusHead\x01\x01" + struct.pack("<HIhB", 0, 48_000, 0, 0)


def ogg_start(serial: int = 7) -> bytes:
    return ogg_page([HEAD], flags=2, number=0, granule=0, serial=serial) + ogg_page(
        [b"OpusTags" + bytes(2_000)], flags=0, number=1, granule=0, serial=serial
    )


def test_a_packet_may_go_on_over_pages():
    frames = opus_packets(3)
    frame = next(f for f in opus_packets(40) if len(f) > 60)
    # Padding makes it longer than 255 bytes: one frame, 254 + 100 bytes of padding (RFC 6716).
    long = bytes([frame[0] | 3, 0x41, 255, 100]) + frame[1:] + bytes(254 + 100)
    whole = ogg_start() + ogg_page([*frames, long], flags=4, number=2, granule=1 << 40)
    first = seal(
        0, 2, 3 * 960, 7, bytes([len(f) for f in frames]) + b"\xff", b"".join(frames) + long[:255]
    )
    second = seal(5, 3, 1 << 40, 7, bytes([len(long) - 255]), long[255:])
    expected = stream(whole, "audio/ogg")
    assert expected.size == 4 * 320
    assert np.array_equal(stream(ogg_start() + first + second, "audio/ogg", 1), expected)


def test_the_last_page_says_where_the_sound_ends():
    frames = opus_packets(6)
    pages = ogg_page(frames[:3], flags=0, number=2, granule=3 * 960)
    full = pages + ogg_page(frames[3:], flags=4, number=3, granule=6 * 960)
    short = pages + ogg_page(frames[3:], flags=4, number=3, granule=4 * 960 + 480)
    whole = stream(ogg_start() + full, "audio/ogg")
    assert whole.size == 6 * 320
    cut = stream(ogg_start() + short, "audio/ogg", 1)
    assert np.array_equal(cut, whole[: 4 * 320 + 160])


def test_other_streams_in_an_ogg_are_skipped():
    frames = opus_packets(6)
    ours = [
        ogg_page([frame], flags=0, number=2 + i, granule=(i + 1) * 960)
        for i, frame in enumerate(frames)
    ]
    alone = ogg_start() + b"".join(ours)
    other = ogg_page([b"\x80theora"], flags=2, number=0, granule=0, serial=8)
    mixed = (
        other
        + ogg_start()
        + b"".join(
            page + ogg_page([b"picture" * 50], flags=0, number=i + 1, granule=0, serial=8)
            for i, page in enumerate(ours)
        )
    )
    assert np.array_equal(stream(mixed, "audio/ogg", 1), stream(alone, "audio/ogg"))


@pytest.mark.parametrize(
    ("packet", "samples"),
    [
        (b"", 0),
        (b"\x00", 480),  # SILK 10 ms
        (b"\x18", 2880),  # SILK 60 ms
        (b"\x19ab", 5760),  # two of them
        (b"\x80", 120),  # CELT 2.5 ms
        (b"\xff\x03", 2880),  # three times 20 ms: what Chromium sends
        (b"\x1b\x03", 0),  # 180 ms: forbidden
        (b"\xff", 0),  # says it has a count, and has not
    ],
)
def test_a_packets_length_is_in_its_first_bytes(packet, samples):
    assert packet_samples(packet) == samples
