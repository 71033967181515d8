"""Opus at 16 kHz by libopus against FFmpeg's own decoder at 48 kHz: same sound at the same time."""

from __future__ import annotations

import io

import av
import numpy as np
import pytest
import soxr
from audio_recordings import NAMES, load

from webapp.audio.demuxer import Track
from webapp.audio.libopus import load_libopus
from webapp.audio.mp4 import Mp4Demuxer
from webapp.audio.ogg import OggDemuxer
from webapp.audio.opus import AvOpusDecoder, OpusDecoder
from webapp.audio.webm import WebmDemuxer

DEMUXERS = {
    "audio/webm": (WebmDemuxer, "matroska"),
    "audio/ogg": (OggDemuxer, "ogg"),
    "audio/mp4": (Mp4Demuxer, "mov"),
}


def ffmpeg_at_48k(data: bytes, container: str) -> np.ndarray:
    """Every sample that FFmpeg decodes, nothing skipped: the packets' own time."""
    parts = []
    with av.open(io.BytesIO(data), format=container) as source:
        codec = av.CodecContext.create("opus", "r")
        codec.extradata = b"OpusHead\x01\x02\0\0\x80\xbb\0\0\0\0\0"
        for packet in source.demux(source.streams.audio[0]):
            if packet.size:
                # A packet of our own has no side data, so FFmpeg cannot skip or trim.
                parts += [
                    frame.to_ndarray().mean(axis=0)
                    for frame in codec.decode(av.Packet(bytes(packet)))
                ]
    return np.concatenate(parts)


def delay(ours: np.ndarray, reference: np.ndarray, reach: int = 400) -> int:
    """Samples by which `ours` comes later than `reference`, by cross-correlation."""
    size = min(ours.size, reference.size) - 2 * reach
    middle = reference[reach : reach + size]
    scores = [float(ours[k : k + size] @ middle) for k in range(2 * reach)]
    return int(np.argmax(scores)) - reach


def assert_same_sound(ours: np.ndarray, reference: np.ndarray) -> None:
    """The same within a 16 kHz sample: so far do the SILK part's resamplers differ, by design."""
    late = delay(ours, reference)
    assert abs(late) <= 1
    ours, reference = ours[max(0, late) :], reference[max(0, -late) :]
    size = min(ours.size, reference.size)
    a, b = ours[:size], reference[:size]
    assert np.corrcoef(a, b)[0, 1] > 0.999
    assert np.sqrt(np.mean((a - b) ** 2)) < 0.05 * np.sqrt(np.mean(b**2))


@pytest.mark.parametrize("name", NAMES)
def test_opus_equals_ffmpeg_in_time_and_sound(name):
    recording = load(name)
    make, container = DEMUXERS[recording.mime.split(";")[0]]
    reference = ffmpeg_at_48k(recording.data, container)[demuxer_skip(make, recording.data) :]
    reference = soxr.resample(reference, 48_000, 16_000).astype(np.float32)
    ours = recording.decode()
    # Ogg says how much of its last packet is padding, and FFmpeg's bare codec is not told.
    assert 0 <= reference.size - ours.size < 0.12 * 16_000
    assert_same_sound(ours, reference)


def demuxer_skip(make, data: bytes) -> int:
    demuxer = make()
    demuxer.push(data)
    return demuxer.track.skip


@pytest.mark.parametrize("name", ["chr_speech_100", "ff_ogg_250", "chr_stereo_250"])
def test_the_decoder_for_machines_without_libopus_says_the_same(name):
    recording = load(name)
    demuxer = DEMUXERS[recording.mime.split(";")[0]][0]()
    packets = demuxer.push(recording.data)
    decoder = AvOpusDecoder(demuxer.track)
    other = np.concatenate([decoder.decode(packets), decoder.flush()])
    ours = recording.decode()
    assert abs(other.size - ours.size) <= 1
    assert_same_sound(ours, other)


def test_an_output_gain_in_the_header_is_applied():
    recording = load("chr_speech_100")
    demuxer = WebmDemuxer()
    packets = demuxer.push(recording.data)

    def loudness(gain):
        track = Track(codec="opus", rate=48_000, channels=2, gain=gain)
        return np.abs(OpusDecoder(track, library=load_libopus()).decode(packets)).mean()

    assert loudness(6 * 256) / loudness(0) == pytest.approx(10 ** (6 / 20), rel=1e-3)
