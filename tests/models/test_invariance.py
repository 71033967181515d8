"""Silence in front, a codec's delay, a gain and the lack of pauses do not change the answer."""

import csv
import io

import av
import numpy as np
import pytest
import soundfile
import soxr

from models import Recognizer

RATE = 16000
RECOGNIZER = Recognizer.load()
CORPORA = ("ravdess", "nemo", "ased", "javanese", "emovo", "cremad")
EACH = 12


def resampled(path):
    samples, rate = soundfile.read(path, dtype="float32")
    return soxr.resample(samples, rate, RATE).astype(np.float32)


def rounded_to_16_bits(samples):
    return (np.rint(samples * 32767) / 32767).astype(np.float32)


def scaled(samples, gain_db):
    return rounded_to_16_bits(samples * np.float32(10 ** (gain_db / 20)))


def silence_before(samples):
    return np.concatenate([np.zeros(1024, np.float32), samples])


def noise_before(samples, count=1024):
    """Return the samples after a repetition of their softest part, which sounds like the room."""
    power = np.convolve(np.square(samples, dtype=np.float64), np.ones(count), "valid")
    softest = int(power.argmin())
    return np.concatenate([samples[softest : softest + count][::-1], samples])


def coded(samples, form, codec, bit_rate):
    """Return the samples after a codec whose file does not tell its delay."""
    high = soxr.resample(samples, RATE, 44100).astype(np.float32)
    file = io.BytesIO()
    options = {"write_xing": "0", "id3v2_version": "0"} if form == "mp3" else {}
    with av.open(file, "w", format=form, options=options) as target:
        stream = target.add_stream(codec, rate=44100, layout="mono")
        stream.bit_rate = bit_rate
        frame = av.AudioFrame.from_ndarray(high[np.newaxis], format="fltp", layout="mono")
        frame.sample_rate = 44100
        cutter = av.AudioResampler(stream.format, layout="mono", rate=44100, frame_size=1152)
        if form == "adts":
            cutter = av.AudioResampler(stream.format, layout="mono", rate=44100, frame_size=1024)
        for piece in [*cutter.resample(frame), *cutter.resample(None), None]:
            target.mux(stream.encode(piece))
    file.seek(0)
    with av.open(file, format="mp3" if form == "mp3" else "aac") as source:
        decoded = np.concatenate([part.to_ndarray()[0] for part in source.decode(audio=0)])
    return soxr.resample(decoded.astype(np.float32), 44100, RATE).astype(np.float32)


def without_pauses(samples):
    """Return only the 10 ms frames within 20 dB of the loud ones, at least 0.6 s."""
    frames = samples[: len(samples) // 160 * 160].reshape(-1, 160)
    level = 10 * np.log10(np.mean(frames**2, axis=1) + 1e-12)
    smooth = np.convolve(level, np.ones(3) / 3, "same")
    tight = frames[smooth > np.percentile(smooth, 95) - 20].ravel()
    return tight if len(tight) > 0.6 * RATE else np.resize(tight, int(0.6 * RATE))


CHANGES = {
    "64 ms of digital silence": (silence_before, 0.04),
    "64 ms of the room": (noise_before, 0.04),
    "MP3 without a LAME tag": (lambda x: coded(x, "mp3", "libmp3lame", 128_000), 0.05),
    "AAC in ADTS": (lambda x: coded(x, "adts", "aac", 96_000), 0.05),
    "20 dB softer": (lambda x: scaled(x, -20), 0.06),
    "30 dB softer": (lambda x: scaled(x, -30), 0.06),
    "12 dB louder": (lambda x: x * np.float32(4), 0.06),
}
"""A change, and the share of the emotions that it may change."""


@pytest.fixture(scope="module")
def clips(corpora):
    """Return 12 clips of each of six corpora."""
    found = []
    for corpus in CORPORA:
        with (corpora / corpus / "manifest.csv").open(encoding="utf-8") as lines:
            rows = list(csv.DictReader(lines))
        for row in rows[:: len(rows) // EACH][:EACH]:
            found.append(soundfile.read(corpora / row["path"], dtype="float32")[0])
    return found


@pytest.fixture(scope="module")
def synthetic(root):
    return [resampled(path) for path in sorted((root / "samples" / "synthetic").glob("*.flac"))]


@pytest.mark.parametrize("change", CHANGES)
def test_real_clips_keep_their_emotion(clips, change):
    apply, share = CHANGES[change]
    pairs = [(RECOGNIZER.predict(x).emotion, RECOGNIZER.predict(apply(x)).emotion) for x in clips]
    changed = sum(before != after for before, after in pairs)
    # Twice the binomial deviation of so few clips above the share that 480 clips are held to.
    allowed = share * len(clips) + 2 * np.sqrt(len(clips) * share * (1 - share))
    assert changed <= allowed


@pytest.mark.parametrize("change", CHANGES)
def test_synthetic_clips_keep_their_emotion(synthetic, change):
    apply, _ = CHANGES[change]
    pairs = [
        (RECOGNIZER.predict(x).emotion, RECOGNIZER.predict(apply(x)).emotion) for x in synthetic
    ]
    assert sum(before != after for before, after in pairs) <= 1


def test_a_real_clip_without_a_pause_is_not_silence(clips):
    judged = [RECOGNIZER.predict(without_pauses(samples)).emotion for samples in clips]
    assert sum(emotion is None for emotion in judged) == 0


@pytest.mark.parametrize("level_db", [-60, -40, -20])
@pytest.mark.parametrize("kind", ["white", "hum", "fan", "rain"])
def test_noise_alone_is_not_speech(kind, level_db):
    rng = np.random.default_rng(0)
    t = np.arange(6 * RATE) / RATE
    white = rng.standard_normal(len(t))
    if kind == "white":
        noise = white
    elif kind == "hum":
        noise = sum(np.sin(2 * np.pi * 50 * k * t + k) / k for k in range(1, 12)) + 0.01 * white
    elif kind == "fan":
        slope = 1 + (np.fft.rfftfreq(len(t), 1 / RATE) / 400) ** 2
        noise = np.fft.irfft(np.fft.rfft(white) / slope) * (1 + 0.1 * np.sin(2 * np.pi * 20 * t))
    else:
        drops = white * (rng.random(len(t)) < 0.02) * rng.exponential(1, len(t))
        noise = np.convolve(drops, np.exp(-np.arange(60) / 12), "same") + 0.1 * white
    noise *= 10 ** (level_db / 20) / np.sqrt(np.mean(noise**2))
    windows = RECOGNIZER.predict(noise.astype(np.float32)).windows
    assert {window.state for window in windows} == {"silence"}


def test_a_stream_in_chunks_ends_with_the_answer_of_the_whole_file(synthetic):
    samples = noise_before(synthetic[0], 30_000)
    stream = RECOGNIZER.stream()
    for start in range(0, len(samples), 1920):
        stream.push(samples[start : start + 1920])
    assert stream.finish() == RECOGNIZER.predict(samples)
