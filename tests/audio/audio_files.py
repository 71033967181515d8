"""Sound that the tests make themselves, in every container and codec that a person may send."""

from __future__ import annotations

import io
import struct
from fractions import Fraction

import av
import numpy as np
import soundfile

FRAGMENTED = {
    "movflags": "frag_keyframe+empty_moov+default_base_moof",
    "frag_duration": "200000",
}


def sweep(seconds: float = 3.0, *, rate: int) -> np.ndarray:
    """A tone that glides up and beats: every moment of it differs from every other."""
    t = np.arange(int(seconds * rate)) / rate
    tone = np.sin(2 * np.pi * (200 * t + 400 * t * t)) * (0.6 + 0.4 * np.sin(6 * np.pi * t))
    return (0.3 * tone).astype(np.float32)


def sound_file(container: str, subtype: str, *, rate: int = 48_000, seconds: float = 3.0) -> bytes:
    """Write the sweep with libsndfile."""
    out = io.BytesIO()
    soundfile.write(out, sweep(seconds, rate=rate), rate, format=container, subtype=subtype)
    return out.getvalue()


def mux(
    container: str,
    codec: str | None,
    *,
    rate: int = 48_000,
    seconds: float = 3.0,
    layout: str = "mono",
    options: dict[str, str] | None = None,
    video: str | None = None,
    bit_rate: int = 0,
    codec_options: dict[str, str] | None = None,
) -> bytes:
    """Write the sweep, and perhaps a picture, with FFmpeg."""
    out = io.BytesIO()
    with av.open(out, "w", format=container, options=options or {}) as target:
        if video is not None:
            picture = target.add_stream(video, rate=10)
            picture.width = picture.height = 64
            picture.pix_fmt = "yuv420p"
        sound = (
            None
            if codec is None
            else target.add_stream(codec, rate=rate, layout=layout, options=codec_options or {})
        )
        if sound is not None and bit_rate:
            sound.bit_rate = bit_rate
        if video is not None:
            for index in range(int(seconds * 10)):
                pixels = np.full((64, 64, 3), index * 8 % 255, np.uint8)
                target.mux(picture.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
            target.mux(picture.encode())
        if sound is not None:
            frame = av.AudioFrame.from_ndarray(
                sweep(seconds, rate=rate)[None], format="fltp", layout="mono"
            )
            frame.sample_rate, frame.pts, frame.time_base = rate, 0, Fraction(1, rate)
            fit = av.AudioResampler(
                format=sound.codec_context.format,
                layout=layout,
                rate=rate,
                frame_size=sound.codec_context.frame_size or 1024,
            )
            for part in [*fit.resample(frame), *fit.resample(None)]:
                target.mux(sound.encode(part))
            target.mux(sound.encode())
    return out.getvalue()


def element(ident: str, body: bytes, *, size: int | None = None) -> bytes:
    """An EBML element; `size` may lie, and -1 says that it is unknown."""
    length = len(body) if size is None else size
    coded = b"\x01" + (b"\xff" * 7 if length < 0 else length.to_bytes(7, "big"))
    return bytes.fromhex(ident) + coded + body


OPUS_HEAD = b"OpusHead\x01\x01" + struct.pack("<HIhB", 0, 48_000, 0, 0)


def webm_header(codec: bytes = b"A_OPUS", private: bytes = OPUS_HEAD, kind: int = 2) -> bytes:
    """The beginning of a WebM stream with track 1, up to the first cluster's content."""
    track = element("d7", b"\x01") + element("83", bytes([kind])) + element("86", codec)
    track += element("63a2", private) if private else b""
    return (
        element("1a45dfa3", element("4282", b"webm"))
        + element("18538067", b"", size=-1)
        + element("1654ae6b", element("ae", track))
        + element("1f43b675", b"", size=-1)
    )


def simple_block(frame: bytes, *, track: int = 1, flags: int = 0x80) -> bytes:
    """A SimpleBlock."""
    return element("a3", bytes([0x80 | track, 0, 0, flags]) + frame)


def wav(samples: np.ndarray, *, rate: int, data_size: int | None = None) -> bytes:
    """A WAV file of int16 samples, shape (n,) or (n, channels), with a data size that may lie."""
    channels = 1 if samples.ndim == 1 else samples.shape[1]
    body = samples.astype("<i2").tobytes()
    size = len(body) if data_size is None else data_size
    form = struct.pack("<HHIIHH", 1, channels, rate, rate * channels * 2, channels * 2, 16)
    riff = size if data_size is not None else size + 36
    return (
        b"RIFF"
        + struct.pack("<I", riff)
        + b"WAVEfmt "
        + struct.pack("<I", 16)
        + form
        + (b"data" + struct.pack("<I", size) + body)
    )
