"""An upload with something odd inside or behind its sound is read as far as a player plays it."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from audio_files import FRAGMENTED, mux, sound_file, sweep, wav
from audio_recordings import load
from hypothesis import given, settings
from hypothesis import strategies as st

from webapp.audio import AudioError, open_stream
from webapp.audio.demuxer import Demuxer
from webapp.audio.mp4 import Mp4Demuxer
from webapp.audio.ogg import OggDemuxer, page_checksum, repair_page
from webapp.audio.stream import AudioStream
from webapp.audio.wav import WavDemuxer
from webapp.audio.webm import WebmDemuxer

FILES: dict[str, tuple[type[Demuxer], str, bytes]] = {
    "webm": (WebmDemuxer, "audio/webm", load("chr_speech_100").data),
    "webm-file": (WebmDemuxer, "audio/webm", mux("webm", "libopus")),
    "ogg": (OggDemuxer, "audio/ogg", load("ff_ogg_250").data),
    "mp4": (Mp4Demuxer, "audio/mp4", load("chr_mp4opus_250").data),
    "mp4-aac": (Mp4Demuxer, "audio/mp4", mux("mp4", "aac", options=FRAGMENTED)),
    "wav": (WavDemuxer, "audio/wav", sound_file("WAV", "PCM_16", rate=16_000, seconds=1.0)),
}


def read(name: str, data: bytes, step: int = 4_096) -> tuple[np.ndarray, list[str]]:
    """Decode an upload; return its samples and the codes of its warnings."""
    stream = AudioStream(FILES[name][0](resync=True), patient=True)
    parts = [stream.push(data[i : i + step]) for i in range(0, len(data), step)]
    return np.concatenate([*parts, stream.finish()]), [w.code for w in stream.warnings]


def listen(name: str, data: bytes, step: int = 4_096) -> np.ndarray:
    """Decode a live stream."""
    stream = open_stream(FILES[name][1])
    parts = [stream.push(data[i : i + step]) for i in range(0, len(data), step)]
    return np.concatenate([*parts, stream.finish()])


@pytest.fixture(params=FILES)
def name(request):
    return request.param


def test_an_undamaged_file_has_no_warning_and_the_samples_of_the_live_stream(name):
    samples, warnings = read(name, FILES[name][2])
    assert warnings == []
    assert np.array_equal(samples, listen(name, FILES[name][2]))


@pytest.mark.parametrize("step", [1, 4_096])
def test_zeros_behind_the_sound_are_left_out_of_an_upload(name, step):
    data = FILES[name][2]
    samples, warnings = read(name, data + bytes(500), step)
    assert np.array_equal(samples, listen(name, data))
    assert warnings == ["trailing"]


@pytest.mark.parametrize("step", [1, 4_096])
def test_zeros_behind_the_sound_do_not_end_a_live_stream_with_an_error(name, step):
    data = FILES[name][2]
    assert np.array_equal(listen(name, data + bytes(500), step), listen(name, data))


@pytest.mark.parametrize("junk", [b"\xff" * 160, "Käse und Brot".encode("utf-16")])
def test_other_bytes_behind_the_sound_are_left_out_of_an_upload(name, junk):
    data = FILES[name][2]
    samples, warnings = read(name, data + junk)
    assert np.array_equal(samples, listen(name, data))
    assert warnings in (["trailing"], ["truncated"])


@pytest.mark.parametrize("junk", [b"\xff" * 160, "Käse und Brot".encode("utf-16")])
def test_other_bytes_behind_a_live_wav_are_skipped(junk):
    data = FILES["wav"][2]
    assert np.array_equal(listen("wav", data + junk), listen("wav", data))


@pytest.mark.parametrize("name", ["webm", "webm-file", "ogg", "mp4", "mp4-aac"])
def test_two_joined_recordings_are_both_played(name):
    data = FILES[name][2]
    once = listen(name, data)
    samples, warnings = read(name, data + data)
    assert np.array_equal(samples, np.concatenate([once, once]))
    assert warnings == ["joined"]


def test_joined_recordings_may_differ_in_their_channels():
    stereo, mono = FILES["webm"][2], load("ff_fake_250").data
    samples, warnings = read("webm", stereo + mono)
    assert np.array_equal(samples, np.concatenate([listen("webm", stereo), listen("webm", mono)]))
    assert warnings == ["joined"]


def test_a_recording_that_cannot_be_read_behind_another_is_left_out():
    data = FILES["ogg"][2]
    samples, warnings = read("ogg", data + sound_file("OGG", "VORBIS"))
    assert np.array_equal(samples, listen("ogg", data))
    assert set(warnings) <= {"damaged", "trailing"}
    assert warnings


def with_serial(data: bytes, serial: int) -> bytes:
    """Give all pages of an Ogg file another serial number."""
    out, pos = bytearray(data), 0
    while pos < len(out):
        end = pos + 27 + out[pos + 26]
        end += sum(out[pos + 27 : end])
        out[pos + 14 : pos + 18] = struct.pack("<I", serial)
        out[pos + 22 : pos + 26] = struct.pack("<I", page_checksum(bytes(out[pos:end])))
        pos = end
    return bytes(out)


def test_chained_ogg_with_another_serial_number_is_played():
    data = FILES["ogg"][2]
    once = listen("ogg", data)
    samples, warnings = read("ogg", data + with_serial(data, 99))
    assert np.array_equal(samples, np.concatenate([once, once]))
    assert warnings == ["joined"]


def test_junk_between_two_recordings_is_left_out():
    data = FILES["webm"][2]
    once = listen("webm", data)
    samples, warnings = read("webm", data + b"\xff\x00junk" * 9 + data)
    assert np.array_equal(samples, np.concatenate([once, once]))
    assert sorted(warnings) == ["damaged", "joined"]


@pytest.mark.parametrize("name", ["webm", "webm-file", "ogg", "mp4", "mp4-aac"])
def test_a_hole_in_the_middle_costs_only_the_sound_around_it(name):
    data = FILES[name][2]
    whole = listen(name, data)
    middle = len(data) // 2
    samples, warnings = read(name, data[:middle] + data[middle + 37 :])
    assert "damaged" in warnings
    assert abs(samples.size - whole.size) < (0.6 * whole.size if "mp4" in name else 1.3 * 16_000)
    early = samples.size // 4
    assert np.array_equal(samples[:early], whole[:early])


@pytest.mark.parametrize("name", ["webm", "ogg", "mp4-aac"])
def test_a_file_that_is_cut_off_is_read_to_its_end_and_says_so(name):
    data = FILES[name][2]
    whole = listen(name, data)
    samples, warnings = read(name, data[: len(data) * 2 // 3 + 1])
    assert 0.3 * whole.size < samples.size < 0.95 * whole.size
    assert warnings[-1] == "truncated"


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 8 * 3_000 - 1))
def test_one_flipped_bit_of_an_ogg_page_is_corrected(bit):
    data = FILES["ogg"][2]
    start = data.index(b"OggS", data.index(b"OggS", 4) + 4)  # behind the two header pages
    hurt = bytearray(data)
    hurt[start + 4 + bit // 8] ^= 1 << bit % 8
    samples, warnings = read("ogg", bytes(hurt))
    assert np.array_equal(samples, listen("ogg", data))
    assert warnings == ["damaged"]
    with pytest.raises(AudioError):
        listen("ogg", bytes(hurt))


def test_a_page_with_two_wrong_bits_is_not_corrected():
    data = FILES["ogg"][2]
    page = bytearray(data[: 27 + data[26] + sum(data[27 : 27 + data[26]])])
    page[30] ^= 3
    assert repair_page(bytes(page)) is None


def test_the_place_of_a_warning_does_not_depend_on_the_cuts():
    data = FILES["webm"][2]
    hurt = data[:9_000] + data[9_050:] + data

    def warn(step):
        stream = AudioStream(WebmDemuxer(resync=True), patient=True)
        for start in range(0, len(hurt), step):
            stream.push(hurt[start : start + step])
        stream.finish()
        return [(w.code, w.at_s) for w in stream.warnings if w.code != "damaged" or w.at_s]

    assert warn(1)[-1] == warn(5_000)[-1]


# WAV headers


def samples_16() -> np.ndarray:
    return (sweep(0.5, rate=16_000) * 32_767).astype(np.int16)


@pytest.mark.parametrize("align", [0, 1, 4, 0xFFFF])
def test_block_align_and_byte_rate_are_ignored(align):
    data = wav(samples_16(), rate=16_000)
    hurt = data[:28] + struct.pack("<IH", 7 * align, align) + data[34:]
    assert np.array_equal(listen("wav", hurt), listen("wav", data))


def test_samples_of_24_bits_that_are_stored_in_32_are_read_as_such():
    samples = samples_16().astype("<i4") << 16
    form = struct.pack("<HHIIHH", 1, 1, 16_000, 64_000, 4, 24)
    body = samples.tobytes()
    chunks = b"WAVEfmt " + struct.pack("<I", 16) + form + struct.pack("<4sI", b"data", len(body))
    data = b"RIFF" + struct.pack("<I", len(chunks) + len(body)) + chunks + body
    assert np.array_equal(listen("wav", data), listen("wav", wav(samples_16(), rate=16_000)))


@pytest.mark.parametrize("size", [6, 7])
def test_a_chunk_with_a_name_that_is_not_ascii_is_skipped(size):
    data = wav(samples_16(), rate=16_000)
    chunk = b"\xe4\xf6\xfc\xdf" + struct.pack("<I", size) + bytes(size + size % 2)
    assert np.array_equal(listen("wav", data[:36] + chunk + data[36:]), listen("wav", data))


@pytest.mark.parametrize("pad", [b"", b"\0"])
def test_the_pad_byte_of_an_odd_chunk_may_be_missing(pad):
    data = wav(samples_16(), rate=16_000)
    chunk = b"LIST" + struct.pack("<I", 5) + b"INFO!" + pad
    samples, warnings = read("wav", data[:36] + chunk + data[36:] + chunk)
    assert np.array_equal(samples, listen("wav", data))
    assert warnings == []


def test_a_wav_that_ends_too_early_says_so():
    data = wav(samples_16(), rate=16_000)
    samples, warnings = read("wav", data[:-1_000])
    assert samples.size == 8_000 - 500
    assert warnings == ["truncated"]


@pytest.mark.parametrize("head", [b"RIFX\0\0\0\0WAVE", b"riff\x2e\x91\xcf\x11\xa5\xd6\x28\xdb"])
def test_other_kinds_of_wav_are_unsupported_before_any_sound(head):
    with pytest.raises(AudioError) as caught:
        read("wav", head + bytes(100))
    assert caught.value.code == "unsupported_media"
