"""What is no usable recording is left out of a corpus, and said to be."""

from __future__ import annotations

import struct

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from tests.training.recordings import RATE, layout, record, voice
from tests.training.untrained import untrained
from training.corpora import CORPORA
from training.corpora.findings import Finding, Findings, contradictions
from training.corpora.manifest import find_corpora
from training.corpora.sound import SILENCE, UnusableError, examine
from training.corpora.survey import survey
from training.data.cache import Cache
from training.signal.store import load_store

SAVEE = CORPORA["savee"]


def surveyed(folder, corpus=SAVEE):
    recordings, findings = survey(folder, corpus)
    kept = [recording.path for recording in recordings]
    left_out = {finding.path: finding.reason for finding in findings.left_out}
    assert not set(kept) & set(left_out)
    return kept, left_out


@pytest.fixture
def savee(tmp_path):
    return layout(tmp_path / "savee", "DC/a01.wav", "DC/n01.wav")


def spoil_empty(path):
    path.write_bytes(b"")


def spoil_text(path):
    path.write_bytes(b"<html>Please log in</html>" * 20)


def spoil_pointer(path):
    path.write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 99\n")


def spoil_cut(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def spoil_header(path):
    path.write_bytes(path.read_bytes()[:30])


def spoil_silent(path):
    record(path, np.zeros(RATE, np.float32))


def spoil_faint(path):
    record(path, voice(1, peak=SILENCE / 2))


def spoil_short(path):
    record(path, voice(1, seconds=0.4))


def spoil_long(path):
    record(path, np.tile(voice(1), 60))


def spoil_numbers(path):
    samples = voice(1)
    samples[100] = np.nan
    soundfile.write(path, samples, RATE, subtype="FLOAT")


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (spoil_empty, "empty file"),
        (spoil_text, "corrupt"),
        (spoil_pointer, "git lfs pull"),
        (spoil_cut, "cut short"),
        (spoil_header, "corrupt"),
        (spoil_silent, "silent"),
        (spoil_faint, "silent"),
        (spoil_short, r"too short \(0.40 s\)"),
        (spoil_long, r"too long for one utterance \(42 s\)"),
        (spoil_numbers, "not all of its samples are numbers"),
    ],
)
def test_a_spoilt_recording_is_left_out_with_the_reason(savee, spoil, reason):
    spoil(savee / "DC/a01.wav")
    with pytest.raises(UnusableError, match=reason):
        examine(savee / "DC/a01.wav")
    kept, left_out = surveyed(savee)
    assert kept == ["savee/DC/n01.wav"]
    assert list(left_out) == ["savee/DC/a01.wav"]


def test_a_misnamed_recording_is_left_out_with_the_reason(savee):
    record(savee / "DC/notes on a01.wav")
    kept, left_out = surveyed(savee)
    assert len(kept) == 2
    assert left_out["savee/DC/notes on a01.wav"].startswith("misnamed: not a name like")


def test_of_two_that_sound_the_same_the_first_is_kept_whatever_the_format(savee):
    sound = voice(3)
    for name in ("JE/h05.wav", "JE/h04.wav"):
        record(savee / name, sound)
    samples, rate = soundfile.read(savee / "JE/h04.wav", dtype="int16")
    soundfile.write(savee / "JE/h06.flac", samples, rate)
    kept, left_out = surveyed(savee)
    assert "savee/JE/h04.wav" in kept
    same = "same sound as savee/JE/h04.wav"
    assert left_out == {"savee/JE/h05.wav": same, "savee/JE/h06.flac": same}


def test_the_same_sound_under_two_labels_is_said_to_be_so(savee):
    for name in ("JE/h04.wav", "JE/sa04.wav"):
        record(savee / name, voice(3))
    _, left_out = surveyed(savee)
    assert left_out["savee/JE/sa04.wav"].endswith("which is called happy, and this sad")


def test_what_is_left_out_as_a_duplicate_the_store_would_drop_too(tmp_path, savee):
    for name in ("JE/h04.wav", "JE/h05.wav", "KL/h01.wav", "DC/f02.wav"):
        record(savee / name, voice(3))
    _, left_out = surveyed(savee)
    rows = [f"savee/{p},savee,savee_{p[:2]},M,{e},,,,0.7,48000" for p, e in LABELS]
    header = "path,corpus,speaker,sex,emotion,intensity,sentence,take,duration_s,sample_rate"
    (savee / "manifest.csv").write_text("\n".join([header, *rows]) + "\n")
    utterances = find_corpora(tmp_path)["savee"]
    store = load_store(
        utterances, untrained().recognizer(), cache=Cache(tmp_path / "cache"), versions=1
    )
    dropped = {f"savee/{u.path.relative_to(savee).as_posix()}" for u in store.duplicates}
    assert (
        dropped
        == set(left_out)
        == {f"savee/{p}" for p in ("JE/h04.wav", "JE/h05.wav", "KL/h01.wav")}
    )


LABELS = [
    ("DC/a01.wav", "angry"),
    ("DC/f02.wav", "fearful"),
    ("DC/n01.wav", "neutral"),
    ("JE/h04.wav", "happy"),
    ("JE/h05.wav", "happy"),
    ("KL/h01.wav", "happy"),
]


def test_hidden_files_and_other_kinds_of_files_are_no_recordings(savee):
    for name in ("._DC/a01.wav", "DC/._a02.wav", "__MACOSX/DC/a03.wav", ".unpacking-x/DC/a04.wav"):
        record(savee / name)
    (savee / "DC/a01.txt").write_text("She had your dark suit")
    (savee / "DC/a05.mp3").write_bytes(b"sound")
    (savee / "DC/a06.wav").mkdir()
    kept, left_out = surveyed(savee)
    assert kept == ["savee/DC/a01.wav", "savee/DC/n01.wav"]
    assert not left_out


def test_a_name_whose_sex_contradicts_the_speakers_other_names_is_left_out(tmp_path):
    names = [f"04Sad/s4-0{k}-01-01-09.wav" for k in range(1, 5)]
    folder = layout(tmp_path / "ased", *names, "04Sad/s4-05-01-02-09.wav")
    kept, left_out = surveyed(folder, CORPORA["ased"])
    assert kept == [f"ased/{name}" for name in names]
    assert left_out == {
        "ased/04Sad/s4-05-01-02-09.wav": "misnamed: its name says that 09 is a man, "
        "4 others of the speaker do not"
    }


def test_the_five_contradicting_names_of_ased_are_told_and_left_out(corpora, capsys):
    members = find_corpora(corpora)["ased"]
    told = [
        line
        for line in capsys.readouterr().err.splitlines()
        if "/ased/" in f"/{line}" or "ased" in line
    ]
    assert len(told) == 5
    assert all(line.startswith("left out, misnamed: ") for line in told)
    assert len(members) == 2474 - 5


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("FM"))))
def test_after_leaving_contradictions_out_every_speaker_has_one_sex(members):
    wrong = contradictions(members)
    left = [member for position, member in enumerate(members) if position not in wrong]
    sexes = {speaker: {sex for s, sex in left if s == speaker} for speaker, _ in left}
    assert all(len(told) == 1 for told in sexes.values())
    if len({speaker for speaker, _ in members}) == len(set(members)):
        assert not wrong


def test_other_speech_in_kettss_repository_is_counted_and_not_used(tmp_path):
    base = "Dataset/SpeechCorpus"
    folder = layout(
        tmp_path / "ketts",
        f"{base}/Emotional/plain-to-emotional/ema/wav/ema00001.wav",
        f"{base}/Main/lee/wav/lee00001.wav",
        "CSD/English/wav/en001a.wav",
    )
    recordings, findings = survey(folder, CORPORA["ketts"])
    assert [recording.clip.speaker for recording in recordings] == ["ema"]
    assert findings.outside == 2
    assert list(findings.lines()) == ["2 recordings are in folders that are not the corpus's"]


def test_each_finding_is_a_line_with_its_reason_and_path():
    findings = Findings([Finding("a/b.wav", "silent")], [Finding("a/c.wav", "odd")], 1)
    lines = list(findings.lines())
    assert lines[:2] == ["left out, silent: a/b.wav", "doubtful, odd: a/c.wav"]
    assert len(lines) == 3


def test_a_wav_file_written_to_a_pipe_is_whole_though_its_header_does_not_say_how_long(savee):
    path = savee / "DC/a01.wav"
    data = bytearray(path.read_bytes())
    at = data.index(b"data") + 4
    data[at : at + 4] = struct.pack("<I", 0xFFFFFFFF)
    path.write_bytes(bytes(data))
    assert examine(path).duration_s == pytest.approx(0.7)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_recording_or_refused(tmp_path_factory, data):
    path = tmp_path_factory.getbasetemp() / "any.wav"
    for head in (b"", b"RIFF\0\0\0\0WAVE", b"RIFF\0\0\0\0WAVEdata\xff\0\0\0"):
        path.write_bytes(head + data)
        with pytest.raises(UnusableError):
            examine(path)
