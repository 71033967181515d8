from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys

import numpy as np
import pytest


@pytest.fixture
def run(app):
    """Run the command in this process; return its exit status, its lines and the rest."""

    def call(*args):
        result = app.test_cli_runner().invoke(args=["predict", *map(str, args)])
        return (
            result.exit_code,
            [json.loads(line) for line in result.stdout.splitlines()],
            result.stderr,
        )

    return call


@pytest.fixture
def voice(tmp_path, speech_wav):
    path = tmp_path / "voice.wav"
    path.write_bytes(speech_wav)
    return path


def test_a_file_gives_the_object_that_the_api_answers(run, app, voice):
    status, (line,), _ = run(voice)
    with voice.open("rb") as file:
        answer = (
            app.test_client().post("/api/v1/predictions", data={"file": (file, "voice.wav")}).json
        )
    assert status == 0
    assert line == answer | {"file": str(voice)}


def test_files_that_fail_have_their_line_and_the_others_are_still_predicted(run, voice, tmp_path):
    (tmp_path / "empty.wav").write_bytes(b"")
    (tmp_path / "text.txt").write_text("no sound at all")
    files = [
        tmp_path / "none.wav",
        voice,
        tmp_path,
        tmp_path / "empty.wav",
        tmp_path / "text.txt",
        voice,
    ]
    status, lines, _ = run(*files)
    assert status == 1
    assert [line["file"] for line in lines] == [str(file) for file in files]
    codes = [line.get("error", {}).get("code") for line in lines]
    assert codes == ["no_file", None, "no_file", "empty", "unsupported_media", None]
    assert all(set(line) == {"file", "error"} for line in lines if "error" in line)


def test_eleven_minutes_are_too_long(run, tmp_path, make_wav):
    path = tmp_path / "long.wav"
    path.write_bytes(make_wav(np.zeros(11 * 60 * 16000)))
    status, (line,), _ = run(path)
    assert (status, line["error"]["code"]) == (1, "too_long")


def test_a_file_over_the_limit_is_too_large(make_app, tmp_path):
    path = tmp_path / "large.wav"
    path.write_bytes(bytes((1 << 20) + 1))
    result = make_app(max_upload_mb=1).test_cli_runner().invoke(args=["predict", str(path)])
    assert result.exit_code == 1
    assert json.loads(result.stdout)["error"]["code"] == "too_large"


def test_the_same_speaker_is_judged_against_the_mean_of_all_files(run, voice, tmp_path, recordings):
    other = tmp_path / "other.webm"
    other.write_bytes(recordings["chr_speech_100"].data)
    alone = run(voice, other)[1]
    together = run("--same-speaker", voice, other)[1]
    assert [line["file"] for line in together] == [str(voice), str(other)]
    assert [line["probabilities"] for line in together] != [line["probabilities"] for line in alone]


def test_the_same_speaker_bears_a_file_that_fails(run, voice, tmp_path):
    alone = run("--same-speaker", voice)[1]
    status, lines, _ = run("--same-speaker", tmp_path / "none.wav", voice)
    assert status == 1
    assert [lines[1]] == alone
    status, (line,), _ = run("--same-speaker", tmp_path / "none.wav")
    assert (status, line["error"]["code"]) == (1, "no_file")


@pytest.fixture
def samples(root):
    """Synthetic clips of one voice, two of each emotion, as EMOTION=FILE."""
    paths = sorted((root / "samples" / "synthetic").glob("*-woman-*.flac"))
    return [f"{path.name.split('-')[0]}={path}" for path in paths]


def teach(app, *clips):
    """Teach in this process; return the exit status, standard output and standard error."""
    result = app.test_cli_runner().invoke(args=["teach", *map(str, clips)])
    return result.exit_code, result.stdout, result.stderr


def test_teach_prints_the_profile_alone_and_says_the_rest_elsewhere(app, samples):
    status, profile, said = teach(app, *samples)
    assert status == 0
    assert re.fullmatch(r"[A-Za-z0-9_-]+\n", profile)
    assert "2 neutral, 2 happy, 2 sad, 2 angry, 2 fearful." in said
    assert "Of 10 clips, each judged by the others, " in said
    _, _, said = teach(app, *samples[:1])
    assert "There is no check" in said


def test_teach_names_the_files_of_doubtful_clips(app, samples, monkeypatch):
    predictor = app.view_functions["api.predictions"].__self__._predictor
    enrol = predictor.enrol
    doubt = {"emotion": "happy", "clip": 1, "resembles": "sad"}
    monkeypatch.setattr(
        predictor, "enrol", lambda clips: enrol(clips) | {"doubts": [doubt], "separates": False}
    )
    _, _, said = teach(app, *samples)
    assert "happy-woman-letter.flac: The other clips suggest that this clip is sad, not" in said
    assert "The clips do not separate the emotions" in said


def test_a_profile_in_a_file_judges_another_file_and_is_its_owners_alone(
    app, run, samples, root, tmp_path
):
    profile, clip = tmp_path / "me.speaker", root / "samples/synthetic/happy-man-home.flac"
    profile.write_text(teach(app, *samples)[1])
    stranger, known = run(clip), run("--speaker", profile, clip)
    assert (stranger[0], known[0]) == (0, 0)
    assert known[1][0]["file"] == str(clip)
    assert known[1][0]["probabilities"] != stranger[1][0]["probabilities"]
    assert run(clip) == stranger


def test_what_cannot_be_taught_names_its_file_and_prints_no_profile(
    app, samples, tmp_path, make_wav
):
    (tmp_path / "text.txt").write_text("no sound at all")
    (tmp_path / "silence.wav").write_bytes(make_wav(np.zeros(32000)))
    copied = shutil.copy(samples[0].partition("=")[2], tmp_path / "copy.flac")
    for clip, reason in (
        (f"happy={tmp_path / 'none.wav'}", "cannot be read"),
        (f"happy={tmp_path}", "folder"),
        (f"happy={tmp_path / 'text.txt'}", "not a sound file"),
        (f"happy={tmp_path / 'silence.wav'}", "Clip 3 of happy holds no voice"),
        (f"surprised={tmp_path / 'none.wav'}", "none of the emotions neutral, happy"),
        (f"fearful={copied}", "is the same as clip 1 of angry"),
    ):
        status, profile, said = teach(app, *samples, clip)
        assert (status, profile) == (1, "")
        assert f"Error: {clip.partition('=')[2]}: " in said
        assert reason in said


def test_a_clip_without_its_emotion_is_a_usage_error(app, voice):
    for wrong in (voice, f"={voice}", "happy="):
        status, profile, said = teach(app, wrong)
        assert (status, profile) == (2, "")
        assert "is not EMOTION=FILE" in said


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "cannot be read"),
        (b"", "is empty"),
        (b"A" * 300, "is for another model"),
        (b"\xff\xfe", "not a profile"),
        (b"A" * 5000, "longer than 4096 characters"),
        (b"A" * (2 << 20), "larger than the 1 MB"),
    ],
)
def test_a_file_without_a_profile_is_named_and_nothing_is_judged(
    app, voice, tmp_path, content, reason
):
    profile = tmp_path / "me.speaker"
    if content is not None:
        profile.write_bytes(content)
    arguments = ["predict", "--speaker", str(profile), str(voice)]
    result = app.test_cli_runner().invoke(args=arguments)
    assert (result.exit_code, result.stdout) == (1, "")
    assert f"Error: {profile}: " in result.stderr
    assert reason in result.stderr


def test_a_profile_and_the_mean_of_the_files_exclude_each_other(app, voice):
    arguments = ["predict", "--same-speaker", "--speaker", "me.speaker", str(voice)]
    result = app.test_cli_runner().invoke(args=arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "exclude each other" in result.stderr


@pytest.mark.parametrize("name", ["predict", "teach"])
def test_no_file_at_all_is_a_usage_error(app, name):
    result = app.test_cli_runner().invoke(args=[name])
    assert result.exit_code == 2
    assert result.stdout == ""


def command(*args, **environ):
    import os

    return subprocess.run(
        [sys.executable, "-m", "flask", "--app", "webapp", "predict", *map(str, args)],
        capture_output=True,
        text=True,
        timeout=120,
        env=os.environ | environ,
        check=False,
    )


def test_as_a_process_only_json_lines_come_to_standard_output(voice, tmp_path):
    odd = tmp_path / "Grüße an alle.wav"
    odd.write_bytes(voice.read_bytes())
    done = command(odd, tmp_path / "none.wav")
    assert done.returncode == 1
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["file"] for line in lines] == [str(odd), str(tmp_path / "none.wav")]
    assert lines[0]["duration_s"] > 3


def test_a_wrong_setting_is_said_in_one_sentence(voice):
    done = command(voice, MAX_CLIP_S="long")
    assert done.returncode != 0
    assert done.stdout == ""
    assert "MAX_CLIP_S is 'long', not a number." in done.stderr
    assert "Traceback" not in done.stderr
