"""Teaching a voice over HTTP and at the command line: the contract, and every kind of bad clip."""

from __future__ import annotations

import dataclasses
import io
from pathlib import Path

import numpy as np
import pytest
import soundfile

from models import EMOTIONS, Recognizer
from models.bundle import DEFAULT_BUNDLE, load_bundle
from models.runtime import Network
from webapp.protocol import MAX_SPEAKER_LENGTH

URL = "/api/v1/speakers"


@pytest.fixture(scope="session")
def clips(root) -> dict[str, list[Path]]:
    """Return two synthetic clips of a man for each emotion."""
    folder = root / "samples" / "synthetic"
    return {emotion: sorted(folder.glob(f"{emotion}-man-*")) for emotion in EMOTIONS}


def form(files):
    """Return a form: each field's files as bytes or paths."""
    data = {
        field: [
            (io.BytesIO(f if isinstance(f, bytes) else f.read_bytes()), f"{k}.wav")
            for k, f in enumerate(own)
        ]
        for field, own in files.items()
    }
    return {"data": data, "content_type": "multipart/form-data"}


def teach(http, files):
    return http.post(URL, **form(files))


def predict(http, path, **fields):
    data = {"file": (io.BytesIO(path.read_bytes()), "a.flac")} | fields
    return http.post("/api/v1/predictions", data=data, content_type="multipart/form-data")


def refused(answer, status, code):
    assert answer.status_code == status, answer.json
    assert answer.json["error"]["code"] == code
    assert answer.json["error"]["message"].endswith(".")
    return answer.json["error"]


@pytest.fixture(scope="module")
def taught(app, clips):
    return teach(app.test_client(), clips).json


def test_clips_give_a_profile_their_numbers_and_a_check(taught, http, clips):
    assert set(taught) == {"speaker", "clips", "check", "separates", "doubts"}
    assert taught["clips"] == {emotion: len(own) for emotion, own in clips.items()}
    assert set(taught["check"]) == {"clips", "untaught", "taught"}
    assert taught["check"]["clips"] == sum(taught["clips"].values())
    assert isinstance(taught["separates"], bool)
    assert len(taught["speaker"]) <= MAX_SPEAKER_LENGTH
    schema = http.get("/api/v1/openapi.json").json["components"]["schemas"]["Speaker"]
    assert set(schema["required"]) == set(taught)


def test_one_clip_of_some_emotions_is_enough(http, clips):
    answer = teach(http, {"sad": clips["sad"][:1], "angry": clips["angry"][:1]}).json
    assert answer["clips"] == {"sad": 1, "angry": 1}
    assert answer["check"] is None
    assert answer["separates"]


def test_a_profile_changes_the_judgement_of_files(http, clips, taught):
    path = clips["angry"][0]
    stranger = predict(http, path).json["probabilities"]
    known = predict(http, path, speaker=taught["speaker"]).json["probabilities"]
    assert max(abs(known[label] - stranger[label]) for label in EMOTIONS) > 0.02


def test_files_the_stream_and_the_command_line_judge_a_taught_voice_alike(
    app, http, connect, make_wav, clips, taught, tmp_path
):
    path = clips["angry"][0]
    expected = predict(http, path, speaker=taught["speaker"]).json
    (tmp_path / "me.speaker").write_text(taught["speaker"] + "\n")
    arguments = ["predict", "--speaker", str(tmp_path / "me.speaker"), str(path)]
    done = app.test_cli_runner().invoke(args=arguments)
    assert done.exit_code == 0
    assert expected["emotion"] in done.stdout
    live = connect()
    start = {"mime_type": "audio/wav", "speaker": taught["speaker"]}
    assert live.emit("start", start)["ok"]
    samples, rate = soundfile.read(path)
    live.emit("audio", make_wav(samples, rate))
    summary = live.emit("stop")
    for label, share in expected["probabilities"].items():
        assert summary["probabilities"][label] == pytest.approx(share, abs=0.02)


@pytest.mark.parametrize(
    ("code", "status", "made"),
    [
        ("no_file", 400, lambda c, wav: {}),
        ("bad_message", 400, lambda c, wav: {"bored": c["happy"]}),
        ("bad_message", 400, lambda c, wav: {"file": c["happy"]}),
        ("no_voice", 422, lambda c, wav: {"happy": [wav(np.zeros(32000))]}),
        ("no_voice", 422, lambda c, wav: {"happy": [wav(tone(3.0))]}),
        ("too_short", 422, lambda c, wav: {"happy": [wav(part(c["happy"][0], 0.5, 0.8), 24000)]}),
        ("too_long", 422, lambda c, wav: {"happy": [wav(np.tile(tone(1.0), 61))]}),
        ("too_long", 422, lambda c, wav: {"happy": [wav(np.zeros(601 * 16000))]}),
        ("same_clip", 422, lambda c, wav: {"happy": c["happy"], "sad": c["happy"][:1]}),
        ("undecodable", 422, lambda c, wav: {"happy": [b"RIFF\x24\0\0\0WAVEfmt "]}),
        ("unsupported_media", 415, lambda c, wav: {"happy": [b"no sound at all, but a text"]}),
        ("empty", 422, lambda c, wav: {"happy": [b""]}),
        ("too_many", 422, lambda c, wav: {"happy": [wav(np.zeros(100))] * 51}),
    ],
    ids=[
        "nothing",
        "unknown emotion",
        "the field of predictions",
        "silence",
        "a tone",
        "0.3 s",
        "a minute and a second",
        "ten minutes",
        "same clip",
        "damaged",
        "no sound",
        "empty",
        "too many",
    ],
)
def test_bad_clips_are_refused_with_a_sentence(http, clips, make_wav, code, status, made):
    refused(teach(http, made(clips, make_wav)), status, code)


def tone(seconds):
    times = np.arange(int(16000 * seconds)) / 16000
    return 0.2 * np.sin(2 * np.pi * 440 * times)


def part(path, begin_s, end_s):
    samples, rate = soundfile.read(path)
    return samples[int(begin_s * rate) : int(end_s * rate)]


def test_a_refusal_names_the_emotion_and_the_clip(http, clips, make_wav):
    silent = teach(http, {"sad": [clips["sad"][0], make_wav(np.zeros(32000))]})
    error = refused(silent, 422, "no_voice")
    assert (error["emotion"], error["clip"]) == ("sad", 1)
    broken = teach(http, {"sad": [clips["sad"][0], b"not a sound, but a sentence"]})
    error = refused(broken, 415, "unsupported_media")
    assert (error["emotion"], error["clip"]) == ("sad", 1)
    assert "Clip 2 of sad" in error["message"]


def test_a_refused_profile_leaves_the_voice_unjudged(http, clips, taught):
    text = taught["speaker"]
    forged = text[:-40] + ("A" if text[-40] != "A" else "B") * 40
    for wrong in (forged[:-4], text[:-8], "A" * 5000):
        refused(predict(http, clips["sad"][0], speaker=wrong), 400, "bad_message")


def test_a_profile_of_another_bundle_is_refused(http, clips):
    card, weights = load_bundle(DEFAULT_BUNDLE)
    population = Recognizer.load().population
    assert population is not None
    other = dataclasses.replace(population, doubt=population.doubt + 1)
    foreign = Recognizer(card, Network(card, weights), other.to_bytes())
    samples = {e: [soundfile.read(p, dtype="float32")[0] for p in own] for e, own in clips.items()}
    text = foreign.to_text(foreign.teach(samples))
    error = refused(predict(http, clips["sad"][0], speaker=text), 400, "bad_message")
    assert "taught to another model" in error["message"]


def test_a_bundle_that_cannot_be_taught_says_so(make_app, clips):
    app = make_app()
    api = app.view_functions["api.speakers"].__self__
    api._predictor._recognizer.population = None
    refused(teach(app.test_client(), clips), 501, "unsupported")


def test_a_calibration_after_teaching_begins_a_profile_without_taught_clips(
    connect, make_wav, clips, taught
):
    live = connect()
    start = {"mime_type": "audio/wav", "speaker": taught["speaker"], "calibrate": True}
    assert live.emit("start", start)["ok"]
    samples, rate = soundfile.read(clips["neutral"][0])
    live.emit("audio", make_wav(samples, rate))
    kept = Recognizer.load().from_text(live.emit("stop")["speaker"])
    assert kept.taught is None
    assert kept.neutral


def run(app, *arguments):
    return app.test_cli_runner().invoke(args=list(map(str, arguments)))


def labelled(clips):
    return [f"{emotion}={path}" for emotion, own in clips.items() for path in own]


def test_the_command_line_prints_the_profile_alone(app, clips, taught):
    done = run(app, "teach", *labelled(clips))
    assert done.exit_code == 0
    assert done.stdout.strip() == taught["speaker"]
    check = taught["check"]
    assert f"Right on {check['untaught']} of {check['clips']} clips before" in done.stderr


@pytest.mark.parametrize("wrong", ["happy", "happy="], ids=["no file", "no name"])
def test_an_argument_that_names_no_clip_is_a_usage_error(app, wrong):
    done = run(app, "teach", wrong)
    assert done.exit_code == 2
    assert "EMOTION=FILE" in done.stderr


def test_a_bad_clip_at_the_command_line_is_named_and_nothing_is_printed(app, clips, tmp_path):
    silence = tmp_path / "silence.wav"
    soundfile.write(silence, np.zeros(32000), 16000)
    for file, words in ((silence, "holds no voice"), (tmp_path / "none.wav", "cannot be read")):
        done = run(app, "teach", f"sad={clips['sad'][0]}", f"sad={file}")
        assert done.exit_code == 1
        assert done.stdout == ""
        assert str(file) in done.stderr
        assert words in done.stderr


def test_a_profile_that_cannot_be_read_stops_the_prediction(app, clips, tmp_path):
    forged = tmp_path / "forged.speaker"
    forged.write_text("nobody")
    for file in (forged, tmp_path / "none.speaker"):
        done = run(app, "predict", "--speaker", file, clips["sad"][0])
        assert done.exit_code == 1
        assert done.stdout == ""
        assert str(file) in done.stderr


def test_one_voice_is_not_known_in_two_ways(app, clips, tmp_path):
    done = run(app, "predict", "--same-speaker", "--speaker", tmp_path, clips["sad"][0])
    assert done.exit_code == 2
    assert "exclude each other" in done.stderr
