"""An upload with several sound tracks: the decoder plays the first track that has sound."""

from __future__ import annotations

import io
from fractions import Fraction

import av
import numpy as np
import pytest
from audio_files import FRAGMENTED, sweep

from webapp.audio import AudioWarning, decode_file

RATE = 48_000


def with_tracks(
    container: str, codec: str, *sounds: np.ndarray, options: dict[str, str] | None = None
) -> bytes:
    """Write each array, float32 at 48 kHz, as a track of its own, in stereo."""
    out = io.BytesIO()
    with av.open(out, "w", format=container, options=options or {}) as target:
        tracks = [target.add_stream(codec, rate=RATE, layout="stereo") for _ in sounds]
        for track, sound in zip(tracks, sounds, strict=True):
            frame = av.AudioFrame.from_ndarray(sound[None], format="fltp", layout="mono")
            frame.sample_rate, frame.pts, frame.time_base = RATE, 0, Fraction(1, RATE)
            fit = av.AudioResampler(
                format=track.codec_context.format,
                layout="stereo",
                rate=RATE,
                frame_size=track.codec_context.frame_size or 1024,
            )
            for part in [*fit.resample(frame), *fit.resample(None)]:
                target.mux(track.encode(part))
            target.mux(track.encode())
    return out.getvalue()


def read(data: bytes) -> tuple[np.ndarray, list[str]]:
    """Decode a file; return its samples and the codes of its warnings."""
    warnings: list[AudioWarning] = []
    samples = np.concatenate(list(decode_file(data, warnings=warnings)))
    return samples, [warning.code for warning in warnings]


CONTAINERS = pytest.mark.parametrize(
    ("container", "codec", "options"),
    [
        ("webm", "libopus", None),
        ("matroska", "pcm_s16le", None),
        ("mp4", "aac", FRAGMENTED),
        ("mp4", "aac", None),
        ("mov", "pcm_s16le", None),
        ("mpegts", "aac", None),
    ],
)


@CONTAINERS
def test_a_silent_track_before_the_sound_is_passed_over(container, codec, options):
    sound = sweep(2.0, rate=RATE)
    samples, warnings = read(
        with_tracks(container, codec, np.zeros_like(sound), sound, options=options)
    )
    assert "other_track" in warnings
    assert samples.size == pytest.approx(2.0 * 16_000, abs=0.1 * 16_000)
    assert np.abs(samples).max() > 0.2


@CONTAINERS
def test_the_first_of_two_tracks_with_sound_is_played(container, codec, options):
    sound = sweep(2.0, rate=RATE)
    samples, warnings = read(with_tracks(container, codec, sound, 0.1 * sound, options=options))
    assert warnings == []
    assert np.abs(samples).max() > 0.2


@CONTAINERS
def test_a_file_whose_tracks_are_all_silent_is_as_long_as_its_first(container, codec, options):
    silence = np.zeros(RATE * 2, np.float32)
    samples, warnings = read(with_tracks(container, codec, silence, silence, options=options))
    assert warnings == []
    assert samples.size == pytest.approx(2.0 * 16_000, abs=0.1 * 16_000)
    assert np.abs(samples).max() < 1e-6
