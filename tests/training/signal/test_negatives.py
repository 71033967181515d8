"""Sounds without speech to train on are sounds, differ, and are none of the evaluation's."""

import ast
import csv
from pathlib import Path

import numpy as np
import pytest

from training.corpora.manifest import COLUMNS, ManifestError
from training.signal import negatives, noises
from training.signal.negatives import (
    LOUDEST_DB,
    QUIETEST_DB,
    background,
    held_out,
    held_out_noise,
    made_sounds,
    recorded_noise,
)
from training.signal.noises import FAMILIES

RATE = 16000
SOUNDS = made_sounds(np.random.default_rng(1), 60)


def loudest_db(samples):
    blocks = samples[: len(samples) // 1600 * 1600].reshape(-1, 1600).astype(np.float64)
    return 10 * np.log10(np.square(blocks).mean(axis=1).max())


def test_a_sound_is_finite_bounded_and_three_to_five_seconds_long():
    for samples in SOUNDS:
        assert samples.dtype == np.float32
        assert 3 * RATE <= len(samples) <= 5 * RATE
        assert np.isfinite(samples).all()
        assert 0 < np.abs(samples).max() <= 1.0


def test_levels_are_within_range_and_spread_over_it():
    levels = np.array([loudest_db(samples) for samples in SOUNDS])
    assert levels.max() <= LOUDEST_DB + 0.1
    # A click's peaks may not leave full scale: such a sound may end up quieter, never louder.
    assert levels.min() >= QUIETEST_DB - 0.1
    assert np.ptp(levels) > 25


def test_the_same_seed_makes_the_same_sounds_and_another_one_others():
    again = made_sounds(np.random.default_rng(1), 60)
    other = made_sounds(np.random.default_rng(2), 60)
    assert all(np.array_equal(a, b) for a, b in zip(SOUNDS, again, strict=True))
    assert not any(np.array_equal(a, b) for a, b in zip(SOUNDS, other, strict=True))


def test_no_two_sounds_are_alike():
    shortest = min(len(samples) for samples in SOUNDS)
    unit = np.array([s[:shortest] / (np.linalg.norm(s[:shortest]) + 1e-12) for s in SOUNDS])
    alike = np.abs(unit @ unit.T) - np.eye(len(unit))
    assert alike.max() < 0.99


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_sounds_whatever_it_draws(family):
    rng = np.random.default_rng(3)
    for length in (3 * RATE, 4 * RATE + 7, 5 * RATE):
        for _ in range(8):
            wave = family(rng, length)
            assert wave.shape == (length,)
            assert np.isfinite(wave).all()
            assert np.abs(wave).max() > 1e-4


def test_the_sounds_differ_widely_in_spectrum_and_in_time():
    centres, crests = [], []
    for samples in SOUNDS:
        power = np.square(np.abs(np.fft.rfft(samples)))
        centres.append(power @ np.fft.rfftfreq(len(samples), 1 / RATE) / power.sum())
        crests.append(np.abs(samples).max() / np.sqrt(np.mean(np.square(samples))))
    assert np.percentile(centres, 90) > 6 * np.percentile(centres, 10)
    assert np.percentile(crests, 90) > 3 * np.percentile(crests, 10)


def test_nothing_is_borrowed_from_the_evaluations_sounds():
    for module in (negatives, noises):
        tree = ast.parse(Path(module.__file__).read_text(encoding="utf-8"))
        imported = {n.module for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
        assert "training.signal.nonspeech" not in imported


def corpus(folder, *names):
    own = folder / "emospeech"
    own.mkdir()
    with (own / "manifest.csv").open("w", newline="", encoding="utf-8") as lines:
        writer = csv.DictWriter(lines, COLUMNS, restval="")
        writer.writeheader()
        for name in names:
            (own / name).touch()
            _, keyword, surroundings, emotion, take = name.removesuffix(".ogg").split("-")
            row = {"path": f"emospeech/{name}", "corpus": "emospeech", "emotion": emotion}
            writer.writerow(row | {"sentence": f"{keyword}/{surroundings}", "take": take})
    return folder


def test_only_clips_without_speech_are_offered_and_a_scream_is_speech_enough(tmp_path):
    corpus(
        tmp_path,
        "unknown-background-safe-none-20190630123527.ogg",
        "unknown-background-scream-none-20190630123528.ogg",
        "c7b43119-bacho-safe-angry-1562996360436.ogg",
    )
    assert [path.name for path in background(tmp_path)] == [
        "unknown-background-safe-none-20190630123527.ogg"
    ]


def test_a_clip_is_either_for_training_or_held_out_and_an_hour_is_not_divided(tmp_path):
    names = [
        f"unknown-background-safe-none-201906{day:02}{hour:02}{minute:02}00.ogg"
        for day in range(1, 11)
        for hour in range(8, 20)
        for minute in (5, 50)
    ]
    corpus(tmp_path, *names)
    training, kept = set(recorded_noise(tmp_path)), set(held_out_noise(tmp_path))
    assert training.isdisjoint(kept)
    assert training | kept == set(background(tmp_path))
    assert 0.2 < len(kept) / len(names) < 0.5
    hours = [{path.name[:-8] for path in paths} for paths in (training, kept)]
    assert hours[0].isdisjoint(hours[1])
    assert all(held_out(path) for path in kept)


def test_without_the_corpus_there_is_no_recorded_noise(tmp_path):
    assert recorded_noise(tmp_path) == held_out_noise(tmp_path) == []


def test_a_missing_recording_is_named(tmp_path):
    name = "unknown-background-safe-none-20190630123527.ogg"
    corpus(tmp_path, name)
    (tmp_path / "emospeech" / name).unlink()
    with pytest.raises(ManifestError, match=f"{name} is missing"):
        background(tmp_path)


def test_the_real_corpus_has_some_for_both(corpora):
    if not background(corpora):
        pytest.skip("no EmoSpeech here")
    assert len(recorded_noise(corpora)) > 200
    assert len(held_out_noise(corpora)) > 80
