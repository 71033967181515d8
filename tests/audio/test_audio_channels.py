"""One voice in any arrangement of channels sounds, and is judged, like the voice alone."""

from __future__ import annotations

import csv
import io
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile
from audio_files import sweep
from audio_recordings import load
from hypothesis import given, settings
from hypothesis import strategies as st

from models import Recognizer
from webapp.audio import decode_file, open_stream
from webapp.audio.channels import OPENING_S, Downmix
from webapp.audio.demuxer import Packet, Track
from webapp.audio.libopus import load_libopus
from webapp.audio.opus import OpusDecoder
from webapp.audio.webm import WebmDemuxer

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT.parent / "shared" / "data"
RATE = 16_000
CLIPS = ("angry-woman-home", "sad-man-letter", "neutral-woman-letter")


def clip(name: str) -> np.ndarray:
    samples, rate = soundfile.read(ROOT / "samples" / "synthetic" / f"{name}.flac", dtype="float32")
    assert rate == RATE
    return samples


def late(samples: np.ndarray, milliseconds: float) -> np.ndarray:
    count = round(milliseconds * RATE / 1000)
    return np.concatenate([np.zeros(count, np.float32), samples])[: samples.size]


def noise(samples: np.ndarray, decibels: float) -> np.ndarray:
    level = np.sqrt(np.mean(samples**2)) * 10 ** (decibels / 20)
    return (level * np.random.default_rng(1).standard_normal(samples.size)).astype(np.float32)


def silent(samples: np.ndarray) -> np.ndarray:
    return np.zeros_like(samples)


STEREO = {
    "dual mono": lambda x: (x, x),
    "left only": lambda x: (x, silent(x)),
    "right only": lambda x: (silent(x), x),
    "inverted": lambda x: (x, -x),
    "almost inverted": lambda x: (x, -0.9 * x),
    "0.5 ms apart": lambda x: (x, late(x, 0.5)),
    "1 ms apart": lambda x: (x, late(x, 1.0)),
    "noise 20 dB down": lambda x: (x, noise(x, -20)),
    "noise as loud as the voice": lambda x: (noise(x, 0), x),
}
LAYOUTS = {
    **STEREO,
    "mono": lambda x: (x,),
    "5.1, voice in the centre": lambda x: (
        silent(x),
        silent(x),
        x,
        silent(x),
        silent(x),
        silent(x),
    ),
    "2.1": lambda x: (x, x, silent(x)),
    "quad": lambda x: (x, x, x, x),
}


def make(layout: str, samples: np.ndarray) -> np.ndarray:
    return np.stack(LAYOUTS[layout](samples), axis=1).astype(np.float32)


def write(container: str, samples: np.ndarray, subtype: str) -> bytes:
    out = io.BytesIO()
    soundfile.write(out, samples, RATE, format=container, subtype=subtype)
    return out.getvalue()


def opus_webm(samples: np.ndarray) -> bytes:
    """Write stereo samples as Opus of 128 kbit/s in a live WebM stream."""
    out = io.BytesIO()
    with av.open(out, "w", format="webm", options={"live": "1"}) as target:
        sound = target.add_stream("libopus", rate=48_000, layout="stereo")
        sound.bit_rate = 128_000
        frame = av.AudioFrame.from_ndarray(
            np.ascontiguousarray(samples.T), format="fltp", layout="stereo"
        )
        frame.sample_rate = RATE
        fit = av.AudioResampler(
            format=sound.codec_context.format, layout="stereo", rate=48_000, frame_size=960
        )
        for part in [*fit.resample(frame), *fit.resample(None)]:
            target.mux(sound.encode(part))
        target.mux(sound.encode())
    return out.getvalue()


def live(data: bytes, step: int = 3_000) -> np.ndarray:
    stream = open_stream("audio/webm")
    parts = [stream.push(data[i : i + step]) for i in range(0, len(data), step)]
    return np.concatenate([*parts, stream.finish()])


@pytest.fixture(scope="module")
def recognizer() -> Recognizer:
    return Recognizer.load()


def assert_same_judgement(recognizer, samples, reference, *, tolerance=0.05):
    ours, expected = recognizer.predict(samples), recognizer.predict(reference)
    assert ours.emotion == expected.emotion
    assert ours.probabilities == pytest.approx(expected.probabilities, abs=tolerance)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("name", CLIPS)
@pytest.mark.parametrize("container", ["WAV", "FLAC"])  # our own demuxer, and FFmpeg's
def test_a_file_of_any_layout_is_judged_like_the_voice_alone(recognizer, container, name, layout):
    voice = clip(name)
    data = write(container, make(layout, voice), "PCM_24")
    samples = np.concatenate(list(decode_file(data)))
    assert samples.size == voice.size
    assert_same_judgement(recognizer, samples, voice)


@pytest.mark.parametrize("layout", STEREO)
@pytest.mark.parametrize("name", CLIPS[:2])
def test_live_opus_of_any_layout_is_judged_like_dual_mono(recognizer, name, layout):
    voice = clip(name)
    reference = live(opus_webm(make("dual mono", voice)))
    samples = live(opus_webm(make(layout, voice)))
    # Opus codes two channels that differ in another way than two equal ones.
    assert_same_judgement(recognizer, samples, reference, tolerance=0.08)


def test_equal_channels_give_their_samples_bit_by_bit():
    voice = clip(CLIPS[0])
    downmix = Downmix(2, rate=RATE)
    mono = np.concatenate([downmix.push(np.stack([voice, voice], axis=1)), downmix.flush()])
    assert np.array_equal(mono, voice)


def test_ordinary_stereo_is_the_mean_of_its_channels():
    voice = clip(CLIPS[0])
    left = voice + noise(voice, -25)
    right = 0.9 * voice + np.roll(noise(voice, -25), 999)
    downmix = Downmix(2, rate=RATE)
    mono = np.concatenate([downmix.push(np.stack([left, right], axis=1)), downmix.flush()])
    assert np.array_equal(mono, np.stack([left, right], axis=1).mean(axis=1, dtype=np.float32))


def test_both_people_of_a_call_on_two_channels_stay_audible():
    first, second = clip(CLIPS[0]), clip(CLIPS[1])
    pause = np.zeros_like(second)
    left = np.concatenate([first, pause, first])
    right = np.concatenate([np.zeros_like(first), second, np.zeros_like(first)])
    downmix = Downmix(2, rate=RATE)
    mono = downmix.push(np.stack([left, right], axis=1))
    half = second.size // 2
    spoken = slice(first.size + half, first.size + second.size)
    assert np.array_equal(mono[spoken], second[half:])
    assert np.array_equal(mono[-half:], first[-half:])


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(sorted(LAYOUTS)),
    st.sampled_from([8_000, 16_000, 44_100]),
    st.lists(st.integers(0, 40_000), max_size=12),
)
def test_the_mix_does_not_depend_on_the_cuts(layout, rate, cuts):
    voice = sweep(1.0, rate=40_000) * np.linspace(0, 1, 40_000, dtype=np.float32)
    samples = make(layout, voice)
    whole = Downmix(samples.shape[1], rate=rate)
    expected = np.concatenate([whole.push(samples), whole.flush()])
    pieces = Downmix(samples.shape[1], rate=rate)
    edges = [0, *sorted(cuts), len(samples)]
    parts = [pieces.push(samples[start:end]) for start, end in pairwise(edges)]
    assert expected.size == len(samples)
    assert np.array_equal(np.concatenate([*parts, pieces.flush()]), expected)


def test_nothing_is_held_back_after_the_opening():
    voice = np.stack([sweep(2.0, rate=RATE)] * 2, axis=1)
    downmix = Downmix(2, rate=RATE)
    opening = round(OPENING_S * RATE)
    assert downmix.push(voice[: opening - 1]).size == 0
    assert downmix.push(voice[opening - 1 : opening]).size == opening
    assert downmix.push(voice[opening : opening + 7]).size == 7


def stereo_packets() -> list[Packet]:
    return WebmDemuxer().push(load("chr_speech_250").data)


def test_a_decoder_that_is_sure_of_the_mean_decodes_one_channel_and_continues_the_sound():
    library = load_libopus()
    packets = stereo_packets() * 2
    track = Track(codec="opus", rate=48_000, channels=2)
    decoder = OpusDecoder(track, library=library)
    ours = np.concatenate([decoder.decode(packets), decoder.flush()])
    mono = OpusDecoder(Track(codec="opus", rate=48_000, channels=1), library=library)
    expected = mono.decode(packets)
    assert decoder._channels == 1
    assert ours.size == expected.size
    assert np.abs(ours - expected).max() < 0.02


def test_a_decoder_gives_the_same_for_packets_in_any_groups():
    packets = stereo_packets() * 2
    track = Track(codec="opus", rate=48_000, channels=2)
    whole, single = (OpusDecoder(track, library=load_libopus()) for _ in range(2))
    together = np.concatenate([whole.decode(packets), whole.flush()])
    apart = [single.decode([packet]) for packet in packets]
    assert np.array_equal(np.concatenate([*apart, single.flush()]), together)


def real_clips(count: int) -> list[np.ndarray]:
    """Read clips evenly spread over the corpora's manifests; skip the test without them."""
    if not DATA.is_dir():
        pytest.skip(f"The recordings of the corpora are not at {DATA}.")
    clips = []
    for corpus in ("cremad", "ravdess", "nemo", "javanese"):
        with (DATA / corpus / "manifest.csv").open() as file:
            rows = list(csv.DictReader(file))
        for row in rows[:: len(rows) // (count // 4)][: count // 4]:
            clips.append(soundfile.read(DATA / row["path"], dtype="float32")[0])
    return clips


@pytest.mark.slow
def test_real_voices_keep_their_emotion_in_every_layout(recognizer):
    layouts = {"inverted": 0.0, "almost inverted": 0.02, "0.5 ms apart": 0.03, "1 ms apart": 0.03}
    changed = dict.fromkeys(layouts, 0)
    clips = real_clips(120)
    for voice in clips:
        expected = recognizer.predict(voice).emotion
        for layout in layouts:
            downmix = Downmix(2, rate=RATE)
            mono = np.concatenate([downmix.push(make(layout, voice)), downmix.flush()])
            changed[layout] += recognizer.predict(mono).emotion != expected
    for layout, limit in layouts.items():
        assert changed[layout] <= limit * len(clips), (layout, changed)
