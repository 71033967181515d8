"""The command that counts changed emotions runs on any corpus and makes the changes it names."""

from __future__ import annotations

import csv
import io

import av
import numpy as np
import pytest
import soundfile
from click.testing import CliRunner
from measured import results

from benchmarks import invariance
from benchmarks.__main__ import write
from benchmarks.invariance import CHANGES, UNCHANGED, Change, Drawn, Outcome, draw, main, row, uar
from benchmarks.report import INVARIANCE
from models import EMOTIONS

RATE = 16_000


@pytest.fixture
def corpora_of_samples(root, tmp_path, monkeypatch):
    """Make a folder of one corpus from the synthetic samples and let CORPORA_DIR name it."""
    own = tmp_path / "synthetic"
    own.mkdir()
    with (own / "manifest.csv").open("w", newline="", encoding="utf-8") as lines:
        writer = csv.writer(lines)
        writer.writerow(("path", "emotion"))
        for clip in sorted((root / "samples" / "synthetic").glob("*.flac")):
            samples, rate = soundfile.read(clip, dtype="float32")
            soundfile.write(own / clip.name, samples, rate)
            writer.writerow((f"synthetic/{clip.name}", clip.name.split("-")[0]))
    monkeypatch.setenv("CORPORA_DIR", str(tmp_path))
    return tmp_path


def cells(output, name):
    line = next(line for line in output.splitlines() if line.startswith(f"| {name} "))
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_the_command_prints_a_line_for_each_change_and_an_unchanged_clip_keeps_its_emotion(
    corpora_of_samples,
):
    done = CliRunner().invoke(main, ["--clips", "5"])
    assert done.exit_code == 0, done.output
    lines = {change.name: cells(done.output, change.name) for change in CHANGES}
    assert lines[UNCHANGED][1:4] == ["5", "0", "0.0 %"]
    assert {line[1] for line in lines.values()} == {"5"}
    assert "CPU of the recogniser" in done.output


def test_an_unreadable_clip_is_named_and_the_others_are_judged(corpora_of_samples, monkeypatch):
    monkeypatch.setattr(invariance, "CHANGES", CHANGES[:1])
    broken = draw(corpora_of_samples, clips=5, seed=0, excluded=frozenset())[0].path
    broken.write_bytes(b"no sound")
    done = CliRunner().invoke(main, ["--clips", "5"])
    assert done.exit_code == 0
    assert f"{broken} is left out" in done.output
    assert cells(done.output, UNCHANGED)[1] == "4"


def test_without_corpora_the_command_says_what_is_missing(tmp_path, monkeypatch):
    monkeypatch.setenv("CORPORA_DIR", str(tmp_path))
    done = CliRunner().invoke(main, [])
    assert done.exit_code == 1
    assert "CORPORA_DIR" in done.output
    assert str(tmp_path) in done.output


def test_a_seed_draws_the_same_clips_of_each_emotion_and_never_an_excluded_one(corpora_of_samples):
    first = draw(corpora_of_samples, clips=10, seed=3, excluded=frozenset())
    assert draw(corpora_of_samples, clips=10, seed=3, excluded=frozenset()) == first
    assert [clip.emotion for clip in first] == [emotion for emotion in EMOTIONS for _ in range(2)]
    excluded = frozenset(clip.path.relative_to(corpora_of_samples).as_posix() for clip in first)
    second = draw(corpora_of_samples, clips=10, seed=3, excluded=excluded)
    assert len(second) == 10
    assert not {clip.path for clip in first} & {clip.path for clip in second}


def voice():
    times = np.arange(2 * RATE) / RATE
    beats = 0.3 * (np.sin(2 * np.pi * 2 * times) > 0)  # pauses of a quarter of a second
    return (beats * np.sin(2 * np.pi * 300 * times)).astype(np.float32)


def decoded(data):
    with av.open(io.BytesIO(data)) as source:
        frames = [frame.to_ndarray() for frame in source.decode(audio=0)]
        channels = source.streams.audio[0].channels
    return np.concatenate([frame.reshape(-1, channels) for frame in frames]) / 32768


def changed(name):
    encode = next(change.encode for change in CHANGES if change.name == name)
    return decoded(encode(voice()))


def rms_db(samples):
    return 10 * np.log10(np.mean(np.square(samples, dtype=np.float64)))


def test_silence_in_front_lasts_64_ms():
    assert len(changed("64 ms of zeros in front")) == len(voice()) + 0.064 * RATE
    assert len(changed("64 ms of room noise in front")) == len(voice()) + 0.064 * RATE


@pytest.mark.parametrize("level", [-40, -50])
def test_a_levelled_clip_has_that_root_mean_square(level):
    assert rms_db(changed(f"RMS of {level} dBFS")) == pytest.approx(level, abs=0.1)


@pytest.mark.parametrize("gain", ["-20", "-30"])
def test_a_gain_moves_the_level_by_as_much(gain):
    difference = rms_db(changed(f"{gain} dB")) - rms_db(voice())
    assert difference == pytest.approx(float(gain), abs=0.1)


def test_a_tight_cut_keeps_the_speech_and_no_pause():
    speech = invariance.tight(voice())
    assert len(speech) == pytest.approx(RATE, rel=0.06)  # half of the clip is pauses
    assert invariance.tight(voice()[: RATE // 2]) is None


def test_channel_layouts_hold_the_voice_where_they_say():
    inverted = changed("stereo, right inverted")
    assert np.array_equal(inverted[:, 0], -inverted[:, 1])
    late = changed("stereo, right 0.5 ms later")
    assert np.array_equal(late[:-8, 0], late[8:, 1])
    centre = changed("5.1, centre only")
    assert [bool(channel.any()) for channel in centre.T] == [False, False, True] + 3 * [False]


def outcome(emotion, before, after):
    clip = Drawn(invariance.ROOT, "corpus", emotion)
    return Outcome(clip, {"": before, UNCHANGED: before, "louder": after}, audio_s=1.0)


def test_the_line_counts_changes_silence_and_recall():
    judged = [
        outcome("happy", "happy", "happy"),
        outcome("happy", "happy", None),
        outcome("sad", "sad", "sad"),
        outcome("sad", "angry", "sad"),
    ]
    change = Change("louder", invariance.wav, changed_max=0.5)
    assert row(change, judged)[1:7] == ("4", "2", "50.0 %", "1", "0.750", "0.750")
    assert row(change, judged)[-1] == "yes"
    assert row(Change("louder", invariance.wav, changed_max=0.4), judged)[-1] == "no"
    assert row(Change("louder", invariance.wav, loss_max=0.0), judged)[-1] == "yes"
    assert row(Change("louder", invariance.wav, silent_max=0), judged)[-1] == "no"
    assert uar(judged, "louder") == 0.75


def test_a_new_page_of_figures_keeps_the_section_on_invariance(tmp_path):
    section = f"\n{INVARIANCE}\n\nThe table.\n"
    (tmp_path / "RESULTS.md").write_text(f"# Old figures\n{section}", encoding="utf-8")
    write(results(), tmp_path)
    text = (tmp_path / "RESULTS.md").read_text(encoding="utf-8")
    assert text.endswith(section)
    assert "Old figures" not in text
