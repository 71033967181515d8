from __future__ import annotations

import json
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


def test_no_file_at_all_is_a_usage_error(app):
    result = app.test_cli_runner().invoke(args=["predict"])
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
