"""The sounds that are no speech are sounds, and are no speech."""

import numpy as np
import pytest
import soundfile

from training.signal.negatives import held_out_noise, recorded_noise
from training.signal.nonspeech import EACH, KINDS, LENGTH_S, ROOMS, rooms, sounds
from training.signal.store import read_audio

RATE = 16000
SOUNDS = sounds(seed=1)


def test_there_are_as_many_of_every_kind():
    kinds = [sound.kind for sound in SOUNDS]
    assert {kind: kinds.count(kind) for kind in KINDS} == dict.fromkeys(KINDS, EACH)


@pytest.mark.parametrize("kind", KINDS)
def test_a_sound_is_finite_bounded_and_long_enough(kind):
    for sound in SOUNDS:
        if sound.kind == kind:
            assert sound.samples.shape == (round(LENGTH_S * RATE),)
            assert sound.samples.dtype == np.float32
            assert np.isfinite(sound.samples).all()
            assert 0.003 < np.abs(sound.samples).max() <= 1.0


@pytest.mark.parametrize("kind", KINDS)
def test_the_sounds_of_a_kind_differ_in_level_and_shape(kind):
    own = [sound.samples for sound in SOUNDS if sound.kind == kind]
    levels = [float(np.sqrt(np.mean(s**2))) for s in own]
    assert max(levels) > 8 * min(levels)
    unit = [s / np.linalg.norm(s) for s in own]
    assert all(abs(float(np.dot(unit[0], other))) < 0.99 for other in unit[1:])


def test_the_same_seed_makes_the_same_sounds_and_another_one_others():
    again, other = sounds(seed=1), sounds(seed=2)
    assert all(np.array_equal(a.samples, b.samples) for a, b in zip(SOUNDS, again, strict=True))
    assert not any(np.array_equal(a.samples, b.samples) for a, b in zip(SOUNDS, other, strict=True))


def voiced(samples):
    """Share that sounds like a voice: harmonics of a pitch of 75-400 Hz that glides for 0.1 s."""
    size, hop, lags = 1280, 640, np.arange(40, 213)
    pitches = []
    for start in range(0, len(samples) - size, hop):
        frame = samples[start : start + size].astype(np.float64)
        frame -= frame.mean()
        power = float(np.dot(frame, frame))
        pitches.append(0.0)
        if power < size * 1e-6:
            continue
        alike = np.array([np.dot(frame[lag:], frame[:-lag]) for lag in lags]) / power
        best = int(alike.argmax())
        if alike[best] < 0.5 or best in (0, len(lags) - 1):
            continue
        pitch = RATE / lags[best]
        spectrum = np.abs(np.fft.rfft(frame * np.hanning(size)))
        bins = np.rint(pitch * np.arange(1, 9) * size / RATE).astype(int)
        heights = [spectrum[b - 1 : b + 2].max() for b in bins]
        if sum(20 * np.log10(h / max(heights)) > -30 for h in heights) >= 4:
            pitches[-1] = pitch
    glides = [
        all(0.002 < abs(np.log2(later / one)) < 0.12 for one, later in ((a, b), (b, c)))
        for a, b, c in zip(pitches, pitches[1:], pitches[2:], strict=False)
        if a and b and c
    ]
    return sum(glides) * hop / len(samples)


def test_a_voice_passes_for_a_voice(root):
    for name in ("neutral-man-home", "neutral-woman-home", "sad-man-home"):
        samples, _ = soundfile.read(root / f"samples/synthetic/{name}.flac", dtype="float32")
        assert voiced(samples) > 0.3


@pytest.mark.parametrize("kind", KINDS)
def test_no_sound_is_a_voice(kind):
    for sound in SOUNDS:
        if sound.kind == kind:
            assert voiced(sound.samples) < 0.1


def test_recorded_rooms_are_those_that_are_held_out(corpora):
    paths = held_out_noise(corpora)
    if not paths:
        pytest.skip("no EmoSpeech here")
    recorded = rooms(corpora)
    assert len(recorded) == len(paths)
    assert {sound.kind for sound in recorded} == {ROOMS}
    assert all(2 * RATE < len(sound.samples) < 4 * RATE for sound in recorded)
    heard = {sound.samples.tobytes() for sound in recorded}
    assert not any(read_audio(path).tobytes() in heard for path in recorded_noise(corpora))


def test_without_the_corpus_there_are_no_rooms(tmp_path):
    assert rooms(tmp_path) == []
