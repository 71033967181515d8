"""Every kind of file that a person may upload becomes the same sound."""

from __future__ import annotations

import io

import numpy as np
import pytest
import soundfile
from audio_files import FRAGMENTED, mux, sound_file, sweep, wav

from webapp.audio import AudioError, decode_file, open_stream

DELAYED = {**FRAGMENTED, "movflags": "frag_keyframe+delay_moov+default_base_moof"}

# What is made, and the error that its coding may leave, of the signal's RMS.
LOSSLESS = {
    "wav-8": (lambda: sound_file("WAV", "PCM_U8"), 0.05),
    "wav-16": (lambda: sound_file("WAV", "PCM_16"), 1e-3),
    "wav-16-at-16k": (lambda: sound_file("WAV", "PCM_16", rate=16_000), 1e-3),
    "wav-16-at-44k": (lambda: sound_file("WAV", "PCM_16", rate=44_100), 1e-3),
    "wav-16-at-8k": (lambda: sound_file("WAV", "PCM_16", rate=8_000), 1e-3),
    "wav-24": (lambda: sound_file("WAV", "PCM_24"), 1e-5),
    "wav-32": (lambda: sound_file("WAV", "PCM_32"), 1e-5),
    "wav-float": (lambda: sound_file("WAV", "FLOAT"), 1e-5),
    "wav-double": (lambda: sound_file("WAV", "DOUBLE"), 1e-5),
    "wav-extensible": (lambda: sound_file("WAVEX", "PCM_16"), 1e-3),
    "rf64": (lambda: sound_file("RF64", "PCM_16"), 1e-3),
    "wav-mulaw": (lambda: sound_file("WAV", "ULAW"), 0.05),
    "flac": (lambda: sound_file("FLAC", "PCM_16"), 1e-3),
    "flac-24-at-44k": (lambda: sound_file("FLAC", "PCM_24", rate=44_100), 1e-3),
    "flac-in-ogg": (lambda: mux("ogg", "flac"), 1e-3),
    "pcm-in-matroska": (lambda: mux("matroska", "pcm_s16le"), 1e-3),
    "float-in-matroska": (lambda: mux("matroska", "pcm_f32le"), 1e-5),
    "alac-in-m4a": (lambda: mux("ipod", "alac"), 1e-3),
    "vorbis-in-ogg": (lambda: sound_file("OGG", "VORBIS", rate=44_100), 0.05),
    "opus-in-ogg": (lambda: mux("ogg", "libopus"), 0.05),
    "opus-in-webm": (lambda: mux("webm", "libopus"), 0.05),
    "mp3": (lambda: sound_file("MP3", "MPEG_LAYER_III", rate=44_100), 0.05),
}
PADDED = {  # these containers do not say where the sound ends, or not to the sample
    "mp3-with-id3": lambda: mux("mp3", "libmp3lame", rate=44_100),
    "opus-in-mp4": lambda: mux("mp4", "libopus"),
    "opus-in-fragmented-mp4": lambda: mux("mp4", "libopus", options=FRAGMENTED),
    "aac-in-mp4": lambda: mux("mp4", "aac"),
    "aac-in-m4a-at-44k": lambda: mux("ipod", "aac", rate=44_100),
    "aac-in-mov": lambda: mux("mov", "aac"),
    "aac-in-matroska": lambda: mux("matroska", "aac"),
    "aac-in-fragmented-mp4-with-edit-list": lambda: mux("mp4", "aac", options=DELAYED),
    "aac-beside-a-picture": lambda: mux("mp4", "aac", video="libx264"),
    "aac-beside-a-picture-in-fragments": lambda: mux(
        "mp4", "aac", video="libx264", options=DELAYED
    ),
    "opus-beside-a-picture": lambda: mux("webm", "libopus", video="libvpx"),
}


def decode(data: bytes, **limits) -> np.ndarray:
    return np.concatenate(list(decode_file(data, **limits)))


def error(ours: np.ndarray, rate: int = 16_000) -> float:
    reference = sweep(rate=rate)
    inner = slice(800, 46_000)  # codecs ring where the sound begins and ends out of nothing
    difference = ours[inner] - reference[inner]
    return float(np.sqrt(np.mean(difference**2) / np.mean(reference[inner] ** 2)))


@pytest.mark.parametrize("name", LOSSLESS)
def test_a_file_becomes_its_sound_to_the_sample(name):
    make, tolerance = LOSSLESS[name]
    samples = decode(make())
    assert samples.dtype == np.float32
    assert samples.size == 48_000
    assert error(samples) < tolerance


@pytest.mark.parametrize("name", PADDED)
def test_a_padded_file_becomes_its_sound_at_the_right_time(name):
    samples = decode(PADDED[name]())
    assert 48_000 <= samples.size < 48_000 + 1_200
    assert error(samples) < 0.08


def test_stereo_of_similar_channels_is_their_mean():
    pair = np.stack([sweep(rate=16_000), 0.9 * sweep(rate=16_000)], axis=1)
    for container in ("WAV", "FLAC"):
        out = io.BytesIO()
        soundfile.write(out, pair, 16_000, format=container, subtype="PCM_16")
        assert error(decode(out.getvalue()) / 0.95) < 1e-3


def test_wav_and_flac_of_one_sound_give_identical_samples():
    pcm = (sweep(rate=44_100) * 32_767).astype(np.int16)
    flac = io.BytesIO()
    soundfile.write(flac, pcm, 44_100, format="FLAC", subtype="PCM_16")
    assert np.array_equal(decode(flac.getvalue()), decode(wav(pcm, rate=44_100)))


def test_lossless_webm_live_gives_what_the_wav_file_gives():
    # Chromium's audio/webm;codecs=pcm, with clusters of unknown size as it writes them.
    live = mux("matroska", "pcm_f32le", options={"live": "1"})
    stream = open_stream("audio/webm;codecs=pcm")
    parts = [stream.push(live[i : i + 777]) for i in range(0, len(live), 777)]
    samples = np.concatenate([*parts, stream.finish()])
    assert np.array_equal(samples, decode(sound_file("WAV", "FLOAT")))


def test_blocks_are_at_most_thirty_seconds():
    quiet = np.zeros(100 * 8_000, np.int16)
    sizes = [block.size for block in decode_file(wav(quiet, rate=8_000))]
    assert sum(sizes) == 100 * 16_000
    assert len(sizes) > 3
    assert max(sizes) <= 30 * 16_000


@pytest.mark.parametrize(
    "make",
    [
        lambda: sound_file("WAV", "PCM_16"),
        lambda: sound_file("FLAC", "PCM_16"),
        lambda: mux("webm", "libopus"),
        lambda: mux("ogg", "libopus"),
        lambda: mux("mp4", "aac"),
        lambda: mux("mp4", "aac", options=FRAGMENTED),
        lambda: sound_file("MP3", "MPEG_LAYER_III", rate=44_100),
    ],
)
def test_a_file_of_exactly_the_limit_passes_and_a_longer_one_does_not(make):
    data = make()
    assert decode(data, max_s=3.0).size >= 48_000
    with pytest.raises(AudioError) as caught:
        decode(data, max_s=2.5)
    assert caught.value.code == "too_long"


def test_decoding_stops_at_the_limit():
    data = sound_file("WAV", "PCM_16", rate=16_000, seconds=60)
    blocks = []
    with pytest.raises(AudioError):
        blocks.extend(block.size for block in decode_file(data, max_s=20))
    assert sum(blocks) <= 20.1 * 16_000
