"""The table of formats in docs/formats.md: this test makes each kind, decodes it and compares.

The test also compares the table in docs/formats.md with the list here. After a change of the list,
write the table anew: run this test with the environment variable UPDATE_FORMATS=1.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from tests.audio.audio_files import FRAGMENTED, mux, sound_file, sweep, wav
from webapp.audio import decode_file, open_stream

ROOT = Path(__file__).parents[2]
CASES = ROOT / "tests" / "fixtures" / "cases"
TABLE = ROOT / "docs" / "formats.md"
LONGEST_LAG_S = 0.07
"""Delay of a codec that its container does not state: at most one or two frames."""


class Format(NamedTuple):
    """A row of the table; `least` is the least correlation with the original, 0 for none."""

    container: str
    codec: str
    make: Callable[..., bytes]
    least: float = 0.999


def muxed(*args, **kwargs):
    return lambda seconds=3.0: mux(*args, seconds=seconds, **kwargs)


def by_libsndfile(*args, **kwargs):
    return lambda seconds=3.0: sound_file(*args, seconds=seconds, **kwargs)


def case(name):
    return lambda seconds=3.0: (CASES / name).read_bytes()


def rifx(seconds: float = 3.0) -> bytes:
    pcm = (sweep(seconds, rate=16_000) * 32_767).astype(">i2").tobytes()
    form = struct.pack(">HHIIHH", 1, 1, 16_000, 32_000, 2, 16)
    return (
        b"RIFX"
        + struct.pack(">I4s4sI", 36 + len(pcm), b"WAVE", b"fmt ", 16)
        + form
        + struct.pack(">4sI", b"data", len(pcm))
        + pcm
    )


def amr_wb(seconds: float = 3.0) -> bytes:
    """Frames of 20 ms at 23.85 kbit/s; their bits are noise, for want of an encoder."""
    noise = np.random.default_rng(0)
    return b"#!AMR-WB\n" + b"".join(b"\x44" + noise.bytes(60) for _ in range(int(50 * seconds)))


def ogg_page(body: bytes, *, number: int, flags: int = 0, granule: int = 0) -> bytes:
    lacing = bytes([255] * (len(body) // 255) + [len(body) % 255])
    head = struct.pack("<4sBBqIIIB", b"OggS", 0, flags, granule, 1, number, 0, len(lacing))
    page = bytearray(head + lacing + body)
    crc = 0
    for byte in page:
        crc ^= byte << 24
        for _ in range(8):
            crc = (crc << 1) ^ (0x04C11DB7 if crc & 0x80000000 else 0)
        crc &= 0xFFFFFFFF
    page[22:26] = struct.pack("<I", crc)
    return bytes(page)


def speex(seconds: float = 3.0) -> bytes:
    """Narrowband frames of 8 kbit/s; their bits are noise, for want of an encoder."""
    head = struct.pack(
        "<8s20s13i", b"Speex   ", b"1.2", 1, 80, 8000, 0, 4, 1, -1, 160, 0, 1, 0, 0, 0
    )
    noise = np.random.default_rng(0)
    pages = [ogg_page(head, number=0, flags=2), ogg_page(bytes(8), number=1)]
    pages += [
        ogg_page(b"\x1c" + noise.bytes(19), number=2 + count, granule=160 * (count + 1))
        for count in range(int(50 * seconds))
    ]
    return b"".join(pages)


VORBIS = {"codec_options": {"strict": "experimental"}, "layout": "stereo"}

FORMATS = [
    Format("WAV (.wav, .wave)", "PCM of 8 to 64 bits", by_libsndfile("WAV", "PCM_16")),
    Format("WAV", "PCM, float", by_libsndfile("WAV", "FLOAT")),
    Format("WAV", "A-law", muxed("wav", "pcm_alaw", rate=8_000)),
    Format("WAV", "mu-law", muxed("wav", "pcm_mulaw", rate=8_000)),
    Format("WAV", "ADPCM (Microsoft)", muxed("wav", "adpcm_ms", rate=16_000), 0.99),
    Format("WAV", "ADPCM (IMA)", muxed("wav", "adpcm_ima_wav", rate=16_000), 0.99),
    Format("WAV", "ADPCM (Yamaha)", muxed("wav", "adpcm_yamaha", rate=16_000), 0.99),
    Format("WAV", "GSM 06.10", by_libsndfile("WAV", "GSM610", rate=8_000), 0.95),
    Format("WAV", "G.722", muxed("wav", "g722", rate=16_000)),
    Format("WAV", "G.723.1", muxed("wav", "g723_1", rate=8_000, bit_rate=6_300), 0.95),
    Format("WAV", "G.726", muxed("wav", "g726", rate=8_000)),
    Format("WAV", "MP3", muxed("wav", "libmp3lame", rate=16_000)),
    Format("WAV, big-endian (RIFX)", "PCM", rifx),
    Format("WAV, 64 bit (RF64, BW64)", "PCM", by_libsndfile("RF64", "PCM_16")),
    Format("Wave64 (.w64)", "PCM", by_libsndfile("W64", "PCM_16")),
    Format("AIFF (.aif, .aiff)", "PCM", by_libsndfile("AIFF", "PCM_24")),
    Format("AIFF-C (.aifc)", "PCM, float", muxed("aiff", "pcm_f32be")),
    Format("AIFF-C", "mu-law", muxed("aiff", "pcm_mulaw", rate=8_000)),
    Format("CAF (.caf)", "PCM", muxed("caf", "pcm_s16le")),
    Format("CAF", "ALAC", muxed("caf", "alac")),
    Format("Sun/NeXT (.au, .snd)", "PCM", by_libsndfile("AU", "PCM_16")),
    Format("Sun/NeXT", "mu-law", muxed("au", "pcm_mulaw", rate=8_000)),
    Format("NIST SPHERE (.sph)", "PCM", by_libsndfile("NIST", "PCM_16", rate=16_000)),
    Format("Creative Voice (.voc)", "PCM", by_libsndfile("VOC", "PCM_16", rate=16_000)),
    Format("FLAC (.flac)", "FLAC", by_libsndfile("FLAC", "PCM_24", rate=44_100)),
    Format("WavPack (.wv)", "WavPack", muxed("wv", "wavpack")),
    Format("True Audio (.tta)", "TTA", muxed("tta", "tta")),
    Format("MP3 (.mp3)", "MP3", muxed("mp3", "libmp3lame", rate=44_100)),
    Format("MP2 (.mp2)", "MP2", muxed("mp2", "mp2"), 0.95),
    Format("AAC (.aac), ADTS", "AAC", muxed("adts", "aac"), 0.95),
    Format("AAC, LOAS/LATM", "AAC", muxed("latm", "aac"), 0.95),
    Format("AC-3 (.ac3)", "AC-3", muxed("ac3", "ac3"), 0.95),
    Format("AC-3 (.eac3)", "E-AC-3", muxed("eac3", "eac3"), 0.95),
    Format("AMR (.amr)", "AMR-NB", muxed("amr", "libopencore_amrnb", rate=8_000), 0.9),
    Format("AMR (.awb)", "AMR-WB", amr_wb, 0),
    Format("Ogg (.ogg, .oga, .opus)", "Opus", muxed("ogg", "libopus")),
    Format("Ogg", "Vorbis", by_libsndfile("OGG", "VORBIS", rate=44_100)),
    Format("Ogg", "FLAC", muxed("ogg", "flac")),
    Format("Ogg (.spx)", "Speex", speex, 0),
    Format("WebM (.webm)", "Opus", muxed("webm", "libopus", video="libvpx")),
    Format("WebM", "Vorbis", muxed("webm", "vorbis", **VORBIS), 0.99),
    Format("Matroska (.mka, .mkv)", "PCM", muxed("matroska", "pcm_s16le")),
    Format("Matroska", "AAC", muxed("matroska", "aac", video="libx264"), 0.99),
    Format("Matroska", "AC-3", muxed("matroska", "ac3"), 0.99),
    Format("Matroska", "E-AC-3", muxed("matroska", "eac3"), 0.99),
    Format("Matroska", "FLAC", muxed("matroska", "flac")),
    Format("Matroska", "MP3", muxed("matroska", "libmp3lame")),
    Format("MP4 (.mp4, .m4a)", "AAC", muxed("mp4", "aac", video="libx264"), 0.99),
    Format("MP4", "ALAC", muxed("ipod", "alac")),
    Format("MP4", "Opus", muxed("mp4", "libopus")),
    Format("MP4, fragmented", "AAC", muxed("mp4", "aac", options=FRAGMENTED), 0.95),
    Format("MP4, fragmented", "Opus", muxed("mp4", "libopus", options=FRAGMENTED)),
    Format("QuickTime (.mov)", "AAC", muxed("mov", "aac", video="libx264"), 0.99),
    Format("QuickTime", "PCM", muxed("mov", "pcm_s16be")),
    Format("QuickTime", "ADPCM (IMA)", muxed("mov", "adpcm_ima_qt"), 0.99),
    Format("QuickTime (.qta)", "AAC beside Apple's APAC", case("C01b-apac-aac.qta"), 0.95),
    Format("3GP (.3gp)", "AMR-NB", muxed("3gp", "libopencore_amrnb", rate=8_000), 0.9),
    Format("3GP (.3gp, .3g2)", "AAC", muxed("3gp", "aac", video="libx264"), 0.99),
    Format("ASF (.wma, .wmv)", "WMA 1", muxed("asf", "wmav1", rate=44_100, bit_rate=128_000), 0.99),
    Format("ASF", "WMA 2", muxed("asf", "wmav2", rate=44_100, bit_rate=128_000), 0.99),
    Format("AVI (.avi)", "PCM", muxed("avi", "pcm_s16le", video="mpeg4")),
    Format("AVI", "MP3", muxed("avi", "libmp3lame", rate=44_100, video="mpeg4"), 0.99),
    Format("AVI", "AC-3", muxed("avi", "ac3"), 0.95),
    Format("FLV (.flv)", "AAC", muxed("flv", "aac"), 0.95),
    Format("FLV", "MP3", muxed("flv", "libmp3lame", rate=44_100), 0.99),
    Format("FLV", "Nellymoser", muxed("flv", "nellymoser", rate=22_050), 0.95),
    Format("MPEG-TS (.ts)", "AAC", muxed("mpegts", "aac", video="libx264"), 0.95),
    Format("MPEG-TS", "MP2", muxed("mpegts", "mp2"), 0.95),
    Format("MPEG-TS", "AC-3", muxed("mpegts", "ac3"), 0.95),
    Format("MPEG-TS", "Opus", muxed("mpegts", "libopus")),
    Format(
        "MPEG-TS (.m2ts, .mts)",
        "AAC",
        muxed("mpegts", "aac", options={"mpegts_m2ts_mode": "1"}),
        0.95,
    ),
    Format("MPEG-PS (.mpg, .vob)", "AC-3", muxed("vob", "ac3"), 0.95),
]
IDS = [f"{row.container}: {row.codec}" for row in FORMATS]
HEAD = """# Formats

The server finds out what a file is from its content; neither its name nor its declared type
matters. tests/audio/test_audio_formats.py makes a file of each kind, decodes it, compares it with
the original and writes this table. "Correlation" is the least that the test accepts between the
decoded sound and the original; "length only" means that there is no encoder to make an original.

| Container | Sound | Correlation |
|---|---|---|
"""


def table() -> str:
    rows = [
        f"| {row.container} | {row.codec} | {f'{row.least:g}' if row.least else 'length only'} |\n"
        for row in FORMATS
    ]
    return HEAD + "".join(rows)


def agreement(samples: np.ndarray, original: np.ndarray) -> tuple[float, float]:
    """Return the best correlation with the original and its lag in seconds."""
    inner = original[3_200:-3_200]
    products = np.correlate(samples, inner, "valid")
    lag = int(products.argmax())
    found = samples[lag : lag + inner.size]
    scale = np.sqrt((found @ found) * (inner @ inner))
    return float(products[lag] / scale), (lag - 3_200) / 16_000


@pytest.mark.parametrize("row", FORMATS, ids=IDS)
def test_a_file_of_each_kind_becomes_its_sound(row):
    original = sweep(rate=16_000)
    data = row.make()
    if row.container.startswith("QuickTime (.qta)"):
        original = np.concatenate(list(decode_file((CASES / "base.wav").read_bytes())))
    warnings = []
    samples = np.concatenate(list(decode_file(data, warnings=warnings)))
    assert {warning.code for warning in warnings} <= {"other_track"}
    assert samples.size / 16_000 == pytest.approx(original.size / 16_000, abs=0.12)
    if row.least:
        correlation, lag_s = agreement(samples, original)
        assert correlation >= row.least
        assert abs(lag_s) <= LONGEST_LAG_S


def test_the_documents_table_is_the_tests_list():
    if os.environ.get("UPDATE_FORMATS"):
        TABLE.write_text(table(), "utf-8")
    assert TABLE.read_text("utf-8") == table()


@pytest.mark.parametrize("zeros", [8, 512, 40_000])
@pytest.mark.parametrize(
    "make",
    [
        muxed("mp3", "libmp3lame", rate=16_000),
        muxed("adts", "aac"),
        muxed("ogg", "libopus"),
        muxed("mp4", "aac"),
        muxed("webm", "libopus"),
        lambda: wav((sweep(rate=16_000) * 32_767).astype(np.int16), rate=16_000),
        by_libsndfile("FLAC", "PCM_16"),
        muxed("vob", "ac3"),
    ],
    ids=["mp3", "adts", "ogg", "mp4", "webm", "wav", "flac", "mpeg-ps"],
)
def test_zeros_in_front_of_a_file_change_nothing(make, zeros):
    data = make()
    expected = np.concatenate(list(decode_file(data)))
    assert np.array_equal(np.concatenate(list(decode_file(bytes(zeros) + data))), expected)


@pytest.mark.parametrize(
    "make",
    [
        muxed("mpegts", "mp2"),
        muxed("vob", "ac3"),
        muxed("asf", "wmav2", bit_rate=64_000),
        muxed("avi", "pcm_s16le"),
        muxed("w64", "pcm_s16le"),
        muxed("aiff", "pcm_s16be"),
        muxed("caf", "pcm_s16le"),
    ],
    ids=["mpeg-ts", "mpeg-ps", "asf", "avi", "w64", "aiff", "caf"],
)
@pytest.mark.parametrize("length", [37, 3_000])
def test_other_bytes_in_front_of_a_file_change_nothing(make, length):
    """A stream that was cut, a stored HTTP header, a MacBinary header."""
    data = make()
    junk = np.random.default_rng(length).bytes(length)
    expected = np.concatenate(list(decode_file(data)))
    assert np.array_equal(np.concatenate(list(decode_file(junk + data))), expected)


def test_a_program_stream_that_begins_inside_a_pack_is_read():
    data = mux("vob", "ac3")
    samples = np.concatenate(list(decode_file(data[len(data) // 4 :])))
    assert 1.5 * 16_000 < samples.size < 2.7 * 16_000


@pytest.mark.parametrize("tag", [1, 0xFFFE])
def test_a_big_endian_wav_may_have_an_extensible_header(tag):
    plain = rifx()
    guid = struct.pack(">H", 1) + bytes.fromhex("000000001000800000aa00389b71")
    form = struct.pack(">HHIIHHHHI", tag, 1, 16_000, 32_000, 2, 16, 22, 16, 4) + guid
    wide = plain[:12] + struct.pack(">4sI", b"fmt ", 40) + form + plain[36:]
    expected = np.concatenate(list(decode_file(plain)))
    assert np.array_equal(np.concatenate(list(decode_file(wide))), expected)


@pytest.mark.parametrize("layout", ["5.1", "7.1", "hexadecagonal"])
@pytest.mark.parametrize(
    ("container", "codec"), [("mp4", "aac"), ("matroska", "pcm_s16le"), ("wv", "wavpack")]
)
def test_many_channels_become_their_sound(container, codec, layout):
    """Planar frames of eight channels and more made PyAV read wild pointers."""
    samples = np.concatenate(list(decode_file(mux(container, codec, layout=layout))))
    correlation, lag_s = agreement(samples, sweep(rate=16_000))
    assert correlation > 0.95
    assert abs(lag_s) <= LONGEST_LAG_S


def test_a_live_stream_of_eight_channels_becomes_its_sound():
    data = mux("mp4", "aac", layout="7.1", options=FRAGMENTED)
    opened = open_stream("audio/mp4;codecs=mp4a.40.2")
    samples = np.concatenate([opened.push(data), opened.finish()])
    assert agreement(samples, sweep(rate=16_000))[0] > 0.95
