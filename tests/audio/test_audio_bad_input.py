"""What cannot be decoded says so, with its code, and costs little."""

from __future__ import annotations

import resource
import struct

import numpy as np
import pytest
from audio_files import (
    FRAGMENTED,
    element,
    mux,
    simple_block,
    sound_file,
    wav,
    webm_header,
)
from audio_recordings import NAMES, load
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from webapp.audio import AudioError, decode_file, open_stream
from webapp.audio.webm import WebmDemuxer

MIMES = ("audio/webm", "audio/mp4", "audio/ogg", "audio/wav")


def code_of(data: bytes, **limits) -> str:
    with pytest.raises(AudioError) as caught:
        for _ in decode_file(data, **limits):
            pass
    assert caught.value.message[-1] == "."
    return caught.value.code


@pytest.mark.parametrize(
    "data",
    [
        b"Hello, this is a text and no sound at all. " * 100,
        b"\x89PNG\r\n\x1a\n" + bytes(1000),
        b"%PDF-1.7" + bytes(1000),
        b"PK\x03\x04" + bytes(1000),
        b"#EXTM3U\n#EXT-X-TARGETDURATION:10\nfile:///etc/passwd\n",
        b"ffconcat version 1.0\nfile /etc/passwd\n",
        b"\xff\xfb",
        b"\xff\xfb\x90\x00" + bytes(2000),
        bytes(5000),
        b"x",
    ],
)
def test_what_is_no_sound_is_unsupported(data):
    assert code_of(data) == "unsupported_media"


@pytest.mark.parametrize(
    ("container", "video"), [("webm", "libvpx"), ("matroska", "libx264"), ("mp4", "libx264")]
)
def test_a_video_without_sound_is_unsupported(container, video):
    assert code_of(mux(container, None, video=video)) == "unsupported_media"


def test_nothing_is_empty():
    assert code_of(b"") == "empty"


@pytest.mark.parametrize(
    "data",
    [
        wav(np.zeros(0, np.int16), rate=16_000),
        sound_file("FLAC", "PCM_16", seconds=0),
        webm_header(),
        load("ff_ogg_250").data[:130],
        load("chr_mp4opus_250").data[:641],
    ],
    ids=["wav", "flac", "webm", "ogg", "mp4"],
)
def test_a_header_without_samples_is_empty(data):
    assert code_of(data) == "empty"


@pytest.mark.parametrize("name", NAMES)
def test_a_recording_cut_off_is_heard_as_far_as_it_goes(name):
    recording = load(name)
    whole = recording.decode()
    part = np.concatenate(list(decode_file(recording.data[: len(recording.data) * 2 // 3])))
    assert 0.3 * whole.size < part.size < 0.95 * whole.size
    assert np.array_equal(part, whole[: part.size])


@pytest.mark.parametrize(
    "make",
    [
        lambda: sound_file("WAV", "PCM_16"),
        lambda: sound_file("FLAC", "PCM_16"),
        lambda: sound_file("MP3", "MPEG_LAYER_III", rate=44_100),
        lambda: sound_file("OGG", "VORBIS", seconds=20),
    ],
    ids=["wav", "flac", "mp3", "vorbis"],
)
def test_a_file_cut_off_is_heard_as_far_as_it_goes(make):
    data = make()
    whole = sum(block.size for block in decode_file(data))
    part = np.concatenate(list(decode_file(data[: len(data) * 2 // 3])))
    assert 0.3 * whole < part.size < 0.9 * whole


def test_an_mp4_cut_off_before_its_index_is_undecodable():
    data = mux("mp4", "aac")
    assert code_of(data[: len(data) // 2]) == "undecodable"


@pytest.mark.parametrize("name", NAMES)
def test_a_stream_without_its_first_chunk_is_told_so(name):
    recording = load(name)
    opened = open_stream(recording.mime)
    with pytest.raises(AudioError, match="must begin with the recorder's first chunk") as caught:
        opened.push(recording.chunks[1])
    assert caught.value.code == "undecodable"
    with pytest.raises(AudioError):
        opened.push(recording.chunks[0])


@pytest.mark.parametrize("mime", MIMES)
def test_garbage_is_undecodable(mime):
    noise = np.random.default_rng(0).bytes(10_000)
    with pytest.raises(AudioError) as caught:
        open_stream(mime).push(noise)
    assert caught.value.code == "undecodable"


@pytest.mark.parametrize("mime", MIMES)
def test_text_is_undecodable(mime):
    with pytest.raises(AudioError):
        open_stream(mime).push(b"start of a text")


def test_a_stream_that_has_ended_takes_no_more():
    recording = load("chr_speech_100")
    opened = open_stream(recording.mime)
    opened.push(recording.data)
    opened.finish()
    assert opened.finish().size == 0
    with pytest.raises(AudioError):
        opened.push(b"more")


def test_a_second_recording_in_the_stream_is_refused():
    recording = load("chr_speech_100")
    opened = open_stream(recording.mime)
    assert opened.push(recording.data + recording.data).size
    with pytest.raises(AudioError, match="second recording"):
        opened.push(b"")


def test_sound_before_the_damage_is_given_first():
    recording = load("chr_speech_100")
    whole = recording.decode()
    opened = open_stream(recording.mime)
    samples = opened.push(recording.data + b"\x00\x00\x00\x00garbage")
    assert np.array_equal(samples, whole)
    with pytest.raises(AudioError) as caught:
        opened.finish()
    assert caught.value.code == "undecodable"


def test_codecs_that_are_not_read_are_unsupported():
    for codec in (b"A_VORBIS", b"A_AAC", b"A_MPEG/L3"):
        with pytest.raises(AudioError) as caught:
            open_stream("audio/webm").push(webm_header(codec, b""))
        assert caught.value.code == "unsupported_media"
    with pytest.raises(AudioError) as caught:
        open_stream("audio/mp4").push(mux("mp4", "aac"))
    assert caught.value.code == "unsupported_media"
    with pytest.raises(AudioError) as caught:
        open_stream("audio/ogg").push(sound_file("OGG", "VORBIS"))
    assert caught.value.code == "unsupported_media"


def test_surround_opus_is_unsupported():
    head = b"OpusHead\x01\x06" + struct.pack("<HIhB", 0, 48_000, 0, 1) + b"\x04\x02\0\4\1\2\3\5"
    with pytest.raises(AudioError) as caught:
        open_stream("audio/webm").push(webm_header(private=head))
    assert caught.value.code == "unsupported_media"


# Damaged packets

BAD = b"\x1b\x05"  # says 300 ms, more than a packet may hold


def packets() -> list[bytes]:
    return [packet.data for packet in WebmDemuxer().push(load("ff_fake_250").data)[40:70]]


def test_one_damaged_packet_keeps_its_time_and_the_stream_goes_on():
    good = packets()
    whole = open_stream("audio/webm").push(webm_header() + b"".join(map(simple_block, good)))
    hurt = [*good[:10], BAD, *good[11:]]
    opened = open_stream("audio/webm")
    samples = opened.push(webm_header() + b"".join(map(simple_block, hurt)))
    opened.finish()
    assert samples.size == whole.size == 30 * 320
    assert np.array_equal(samples[: 10 * 320], whole[: 10 * 320])
    assert np.isfinite(samples).all()


def test_ten_damaged_packets_in_a_row_end_the_stream():
    opened = open_stream("audio/webm")
    samples = opened.push(webm_header() + b"".join(map(simple_block, packets() + [BAD] * 10)))
    assert samples.size == 40 * 320
    with pytest.raises(AudioError) as caught:
        opened.push(simple_block(packets()[0]))
    assert caught.value.code == "undecodable"


def test_a_stream_of_damaged_packets_only_is_undecodable():
    opened = open_stream("audio/webm")
    opened.push(webm_header() + simple_block(BAD) * 3)
    with pytest.raises(AudioError):
        opened.finish()
    assert code_of(webm_header() + simple_block(BAD) * 3) == "undecodable"


def test_a_damaged_ogg_page_is_reported():
    data = bytearray(load("ff_ogg_250").data)
    data[9_000] ^= 1
    warnings = []
    assert sum(block.size for block in decode_file(bytes(data), warnings=warnings)) > 8_000
    assert [warning.code for warning in warnings] == ["damaged"]
    assert warnings[0].at_s > 0


# Bombs


def peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def test_an_opus_bomb_is_charged_before_it_is_decoded():
    bomb = webm_header() + simple_block(b"\x1b\x02") * 8_000  # 960 s in 110 KB
    decoded: list[int] = []
    with pytest.raises(AudioError, match="longer than 60 seconds"):
        decoded.extend(block.size for block in decode_file(bomb, max_s=60.0))
    assert sum(decoded) <= 60 * 16_000

    charged: list[float] = []

    def charge(seconds):
        charged.append(seconds)
        if sum(charged) > 1.0:
            raise OverflowError

    opened = open_stream("audio/webm", charge=charge)
    with pytest.raises(OverflowError):
        opened.push(bomb)
    assert len(charged) == 9  # of 8,000 packets of 120 ms
    assert opened.finish().size == 0


HUGE = 1 << 40
MP4_START = load("chr_mp4opus_250").data[:641]
HUGE_BLOCK = element("a1", b"\x81\0\0\0", size=HUGE)
CLAIMS = {
    "ebml": ("audio/webm", element("1a45dfa3", b"", size=HUGE)),
    "tracks": (
        "audio/webm",
        element("1a45dfa3", element("4282", b"webm"))
        + element("18538067", b"", size=-1)
        + element("1654ae6b", b"", size=HUGE),
    ),
    "block": ("audio/webm", webm_header() + element("a3", b"\x81\0\0\x80", size=HUGE)),
    "other-block": ("audio/webm", webm_header() + element("a3", b"\x82\0\0\x80", size=HUGE)),
    "group": (
        "audio/webm",
        webm_header() + element("a0", HUGE_BLOCK, size=HUGE),
    ),
    "attachments": ("audio/webm", webm_header() + element("1941a469", b"", size=HUGE)),
    "unknown": ("audio/webm", webm_header() + element("4fff", b"", size=HUGE)),
    "moov": ("audio/mp4", struct.pack(">I4sI4sQ", 8, b"ftyp", 1, b"moov", HUGE)),
    "free": ("audio/mp4", struct.pack(">I4sI4sQ", 8, b"ftyp", 1, b"free", HUGE)),
    "moof": (
        "audio/mp4",
        MP4_START + struct.pack(">I4sQ", 1, b"moof", HUGE),
    ),
    "mdat": (
        "audio/mp4",
        MP4_START + struct.pack(">I4sQ", 1, b"mdat", HUGE),
    ),
    "wav-chunk": ("audio/wav", b"RIFF\0\0\0\0WAVELIST\xf0\xff\xff\xff"),
    "wav-format": ("audio/wav", b"RIFF\0\0\0\0WAVEfmt \xf0\xff\xff\xff"),
}


@pytest.mark.parametrize("name", CLAIMS)
def test_a_size_that_is_claimed_is_not_held(name):
    mime, start = CLAIMS[name]
    opened = open_stream(mime)
    held = 0
    try:
        opened.push(start)
        for _ in range(300):
            opened.push(bytes(10_000))
            held = max(held, opened.held)
    except AudioError:
        pass
    assert held <= 300_000


def test_a_fragment_that_claims_a_billion_packets_is_refused():
    trun = struct.pack(">I4sIIi", 20, b"trun", 1, 1 << 30, 0)
    tfhd = struct.pack(">I4sIII", 20, b"tfhd", 0x10, 1, 1)
    traf = struct.pack(">I4s", 8 + len(tfhd) + len(trun), b"traf") + tfhd + trun
    moof = struct.pack(">I4s", 8 + len(traf), b"moof") + traf
    opened = open_stream("audio/mp4")
    with pytest.raises(AudioError, match="too many packets"):
        opened.push(load("chr_mp4opus_250").data[:641] + moof)


def test_a_sampling_rate_out_of_this_world_is_undecodable():
    assert code_of(wav(np.zeros(1000, np.int16), rate=1)) == "undecodable"
    assert code_of(wav(np.zeros(1000, np.int16), rate=900_000_000)) == "undecodable"


def test_a_hundred_megabytes_of_nothing_do_not_grow():
    opened = open_stream("audio/webm")
    opened.push(webm_header())
    void = element("ec", bytes(1_000_000))
    before = peak()
    for _ in range(100):
        opened.push(void)
    assert peak() - before < 20_000_000
    assert opened.held < 100


# Fuzz

SEEDS = {
    name: load(name) for name in ("chr_speech_100", "ff_fake_250", "ff_ogg_250", "chr_mp4opus_250")
}
FILES = {
    "aac": mux("mp4", "aac", seconds=0.5, options=FRAGMENTED),
    "wav": sound_file("WAV", "PCM_16", seconds=0.1),
    "flac": sound_file("FLAC", "PCM_16", seconds=0.5),
    "mp3": sound_file("MP3", "MPEG_LAYER_III", seconds=0.5),
    "vorbis": sound_file("OGG", "VORBIS", seconds=0.5),
    "m4a": mux("mp4", "aac", seconds=0.5),
    "webm": mux("webm", "libopus", seconds=0.5),
    **{name: recording.data for name, recording in SEEDS.items()},
}
LIVE = {
    "aac": "audio/mp4",
    "wav": "audio/wav",
    "webm": "audio/webm",
    **{n: r.mime for n, r in SEEDS.items()},
}


def corrupt(data: st.DataObject, original: bytes) -> bytes:
    hurt = bytearray(original)
    # Most of what there is to break lies at the beginning.
    places = st.one_of(st.integers(0, 400), st.integers(0, len(hurt) - 1))
    for place, value in data.draw(st.lists(st.tuples(places, st.integers(0, 255)), max_size=8)):
        if place < len(hurt):
            hurt[place] = value
    start, length = data.draw(
        st.tuples(st.integers(0, len(hurt)), st.sampled_from([0, 0, 1, 7, 300]))
    )
    del hurt[start : start + length]
    return bytes(hurt[: data.draw(st.one_of(st.just(len(hurt)), st.integers(0, len(hurt))))])


@pytest.mark.parametrize("name", FILES)
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_a_corrupted_file_is_decoded_or_refused(name, data):
    hurt = corrupt(data, FILES[name])
    total, code = 0, ""
    try:
        for block in decode_file(hurt, max_s=20.0):
            assert block.dtype == np.float32
            assert np.isfinite(block).all()
            total += block.size
    except AudioError as error:
        code = error.code
    assert code in ("", "unsupported_media", "undecodable", "empty", "too_long")
    assert total <= 20.1 * 16_000


@pytest.mark.parametrize("name", LIVE)
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_a_corrupted_stream_gives_the_same_for_any_cut(name, data):
    hurt = corrupt(data, FILES[name])

    def run(step: int) -> tuple[np.ndarray, str]:
        opened = open_stream(LIVE[name])
        parts = [np.zeros(0, np.float32)]
        try:
            for start in range(0, len(hurt), step):
                parts.append(opened.push(hurt[start : start + step]))
                assert opened.held <= 1 << 20
            parts.append(opened.finish())
        except AudioError as error:
            return np.concatenate(parts), error.code
        return np.concatenate(parts), ""

    whole, code = run(len(hurt) or 1)
    pieces, other = run(data.draw(st.sampled_from([1, 13, 500])))
    assert code == other
    assert np.array_equal(whole, pieces, equal_nan=True)
    assert np.isfinite(whole).all()


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(MIMES), st.binary(max_size=300))
def test_any_bytes_are_refused_or_wait(mime, noise):
    starts = {"audio/webm": webm_header(), "audio/mp4": load("chr_mp4opus_250").data[:641]}
    for start in (b"", starts.get(mime, b"")):
        opened, code = open_stream(mime), ""
        try:
            opened.push(start + noise)
            opened.finish()
        except AudioError as error:
            code = error.code
        assert code in ("", "unsupported_media", "undecodable")


def test_a_corrupted_file_says_nothing_on_standard_error(capfd):
    for data in FILES.values():
        try:
            for _ in decode_file(data[: len(data) // 2] + bytes(100)):
                pass
        except AudioError:
            pass
    assert capfd.readouterr().err == ""
