"""Spoken prompts become clips at several speeds, and what the teacher holds of them as they are."""

from pathlib import Path

import av
import numpy as np
import pytest

from models.features import FeatureSettings, extractor
from models.steps import ends_of
from training.data.cache import Cache
from training.teaching import prompts as module
from training.teaching.prompts import (
    SPEEDS,
    VERSIONS,
    PromptsError,
    clips,
    fetch_prompts,
    load_prompts,
    read_prompt,
    voice_of,
)
from training.teaching.teacher import UNITS

RATE = 16000


def say(path, samples):
    """Write a prompt as an exchange has it: bare G.722."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w", format="g722") as container:
        stream = container.add_stream("g722", rate=RATE, layout="mono")
        whole = np.pad(samples, (0, -len(samples) % 320))
        frame = av.AudioFrame.from_ndarray(
            (whole * 32767).astype(np.int16)[np.newaxis], format="s16", layout="mono"
        )
        frame.sample_rate = RATE
        container.mux([*stream.encode(frame), *stream.encode(None)])


def tone(seconds, hertz=300):
    return 0.3 * np.sin(2 * np.pi * hertz * np.arange(int(seconds * RATE)) / RATE)


@pytest.fixture
def folder(tmp_path):
    sounds = tmp_path / "prompts" / "usr" / "sounds"
    for k in range(4):
        say(sounds / "en_US_f_Ada" / f"{k}.g722", tone(1.5 + 0.1 * k))
        say(sounds / "it_IT_m_Bruno" / "digits" / f"{k}.g722", tone(1.5, 120))
    say(sounds / "en_US_f_Ada" / "silence" / "1.g722", tone(2.0) * 1e-4)
    say(sounds / "en_US_f_Ada" / "letters" / "a.g722", tone(0.2))
    return tmp_path / "prompts"


def random_weights():
    rng = np.random.default_rng(0)
    weights = {}
    for layer, inputs in enumerate((40, UNITS)):
        for name, shape in {
            "weight_ih": (4 * UNITS, inputs),
            "weight_hh": (4 * UNITS, UNITS),
            "bias_ih": (4 * UNITS,),
            "bias_hh": (4 * UNITS,),
        }.items():
            weights[f"lstm.{name}_l{layer}"] = rng.normal(0, 0.05, shape).astype(np.float32)
    return weights


def test_a_prompt_is_read_as_it_was_said(folder):
    said = read_prompt(folder / "usr" / "sounds" / "en_US_f_Ada" / "0.g722")
    assert said.dtype == np.float32
    assert abs(len(said) - 1.5 * RATE) < 0.05 * RATE
    spectrum = np.abs(np.fft.rfft(said[:RATE]))
    assert spectrum.argmax() == 300
    assert 0.15 < np.sqrt(np.mean(said**2)) < 0.3


def test_what_is_no_sound_is_named(tmp_path):
    with pytest.raises(PromptsError, match="none"):
        read_prompt(tmp_path / "none.g722")


def test_a_voice_is_named_by_the_folder_of_its_language():
    sounds = Path("usr/share/asterisk/sounds")
    assert voice_of(sounds / "en_US_f_Allison" / "digits" / "1.g722") == "Allison"
    assert voice_of(sounds / "es_MX_f_Allison" / "1.g722") == "Allison"
    assert voice_of(Path("mine/hello.g722")) == "mine"


def test_clips_hold_one_voice_and_neither_silence_nor_scraps(folder):
    made = list(clips(fetch_prompts(folder), np.random.default_rng(0)))
    assert [voice for voice, _ in made] == ["Ada", "Bruno"]
    for _, samples in made:
        assert 4.0 * RATE < len(samples) <= 8.0 * RATE
        assert np.abs(samples).max() > 0.2


def test_a_folder_without_prompts_where_none_can_be_fetched_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(PromptsError, match=r"holds no prompts.*asterisk-core-sounds-en-g722"):
        fetch_prompts(tmp_path / "prompts")


def test_too_little_speech_is_said_to_be_too_little(tmp_path):
    say(tmp_path / "prompts" / "ada" / "1.g722", tone(1.0))
    with pytest.raises(PromptsError, match="1 prompts says 4 seconds"):
        load_prompts(tmp_path / "prompts", weights={}, cache=Cache(tmp_path / "cache"))


def test_a_clip_is_heard_at_every_speed_in_several_versions_of_one_length(folder, tmp_path):
    cache = Cache(tmp_path / "cache")
    store, held = load_prompts(folder, weights=random_weights(), cache=cache, jobs=1)
    assert len(store) == len(held) == 2 * len(SPEEDS)
    assert len({u.speaker for u in store.utterances}) == 2 * len(SPEEDS)
    lengths = []
    for versions, states in zip(store.columns, held, strict=True):
        assert len(versions) == VERSIONS
        assert {len(version) for version in versions} == {len(versions[0])}
        assert versions[0].shape[1] == FeatureSettings().columns
        assert states.shape == (len(ends_of(len(versions[0]))), UNITS)
        lengths.append(len(versions[0]))
    slowest, fastest = lengths[0], lengths[len(SPEEDS) - 1]
    assert slowest > 1.4 * fastest


def test_what_was_heard_once_comes_from_the_shelf(folder, tmp_path):
    cache = Cache(tmp_path / "cache")
    store, held = load_prompts(folder, weights=random_weights(), cache=cache, jobs=1)
    # Without weights the teacher could not be run again.
    again, held_again = load_prompts(folder, weights={}, cache=cache)
    assert again.utterances == store.utterances
    assert all(np.array_equal(a, b) for a, b in zip(held, held_again, strict=True))


def test_the_first_version_is_the_prompt_itself_and_the_others_are_not(folder):
    ((_, samples), *_) = clips(fetch_prompts(folder), np.random.default_rng(0))
    (_, versions, _), *_ = module._hear((0, ("Ada", samples)))
    frames = extractor(FeatureSettings()).frames(samples)
    # Slower, softer, but the same tone: the pitch is there, three quarters as high.
    assert len(versions[0]) > 1.2 * len(frames)
    pitches = [np.nanmedian(v[:, FeatureSettings().pitch_column]) for v in versions]
    expected = np.nanmedian(frames.pitch[:, 0]) + np.log2(0.75)
    assert abs(pitches[0] - expected) < 0.1
    assert not np.allclose(versions[1], versions[0], equal_nan=True)
