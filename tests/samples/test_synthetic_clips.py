"""The committed synthetic clips: what is listed is there, and sounds as its label says."""

from __future__ import annotations

import json
import subprocess
from functools import cache
from pathlib import Path

import librosa
import numpy as np
import pytest
import soundfile

from models import EMOTIONS

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "samples" / "synthetic"
ENTRIES = json.loads((FOLDER / "samples.json").read_text(encoding="utf-8"))
SAMPLE_RATE = 16_000
VOICES = ("woman", "man")

each_clip = pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry["file"])
each_voice = pytest.mark.parametrize("voice", VOICES)


@cache
def read(file: str) -> np.ndarray:
    samples, sample_rate = soundfile.read(FOLDER / file, dtype="float32")
    assert sample_rate == SAMPLE_RATE
    return samples


def clips(emotion: str, voice: str) -> list[np.ndarray]:
    return [read(e["file"]) for e in ENTRIES if (e["emotion"], e["voice"]) == (emotion, voice)]


def pitch_hz(voice: str, emotion: str) -> float:
    """The median pitch, found by another algorithm than the one that made the clips."""
    found = []
    for samples in clips(emotion, voice):
        track = librosa.yin(samples, fmin=65, fmax=500, sr=SAMPLE_RATE)
        level = librosa.feature.rms(y=samples)[0]
        found.append(np.median(track[level > 0.3 * level.max()]))
    return float(np.mean(found))


def level_db(samples: np.ndarray) -> float:
    frames = samples[: len(samples) // 320 * 320].reshape(-1, 320)
    power = (frames**2).mean(axis=1)
    return float(10 * np.log10(power[power > power.max() * 1e-4].mean()))


def bright_db(samples: np.ndarray) -> float:
    power = np.abs(np.fft.rfft(samples)) ** 2
    frequencies = np.fft.rfftfreq(len(samples), 1 / SAMPLE_RATE)
    return float(10 * np.log10(power[frequencies >= 1000].sum() / power[frequencies < 1000].sum()))


def mean(measure, emotion: str, voice: str) -> float:
    return float(np.mean([measure(samples) for samples in clips(emotion, voice)]))


def test_the_list_names_every_clip_in_the_folder_and_nothing_else():
    files = [entry["file"] for entry in ENTRIES]
    assert sorted(files) == sorted(path.name for path in FOLDER.glob("*.flac"))
    assert len({entry["name"] for entry in ENTRIES}) == len(files) >= 10


def test_each_emotion_is_spoken_by_each_voice():
    assert {(e["emotion"], e["voice"]) for e in ENTRIES} == {
        (emotion, voice) for emotion in EMOTIONS for voice in VOICES
    }


@each_clip
def test_a_clip_says_that_it_is_synthetic_and_free(entry: dict):
    assert entry["synthetic"] is True
    assert "synthetic" in entry["name"].lower()
    assert entry["licence"] == "CC0-1.0"
    assert entry["text"]
    assert entry["source"]


@each_clip
def test_a_clip_is_short_small_and_unclipped(entry: dict):
    samples = read(entry["file"])
    assert samples.ndim == 1
    assert 2.0 <= len(samples) / SAMPLE_RATE <= 4.0
    assert (FOLDER / entry["file"]).stat().st_size < 80_000
    assert np.abs(samples).max() < 0.95


@each_clip
def test_a_clip_is_loud_enough_to_hear_and_within_ten_decibels_of_the_others(entry: dict):
    assert -32 < level_db(read(entry["file"])) < -16


@each_voice
def test_fear_is_highest_and_sadness_lowest_in_pitch(voice: str):
    found = {emotion: pitch_hz(voice, emotion) for emotion in EMOTIONS}
    assert max(found, key=found.__getitem__) == "fearful"
    assert min(found, key=found.__getitem__) == "sad"
    assert found["happy"] > 1.15 * found["neutral"]


@each_voice
def test_anger_is_loudest_and_brightest_and_sadness_softest_and_dullest(voice: str):
    for measure in (level_db, bright_db):
        found = {emotion: mean(measure, emotion, voice) for emotion in EMOTIONS}
        assert max(found, key=found.__getitem__) == "angry"
        assert min(found, key=found.__getitem__) == "sad"


@each_voice
def test_sadness_takes_longest_to_say_the_same(voice: str):
    found = {emotion: mean(len, emotion, voice) for emotion in EMOTIONS}
    assert max(found, key=found.__getitem__) == "sad"
    assert found["sad"] > 1.3 * found["neutral"]


def test_the_womans_voice_is_higher_than_the_mans():
    assert pitch_hz("woman", "neutral") > 1.5 * pitch_hz("man", "neutral")


def test_making_the_clips_again_gives_the_same_clips():
    python = ROOT / ".cache" / "synthesis" / "bin" / "python"
    if not python.exists():
        pytest.skip("no synthesiser on this machine: `make synthetic-samples` installs one")
    command = [python, "-m", "scripts.make_synthetic_samples", "--check"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
