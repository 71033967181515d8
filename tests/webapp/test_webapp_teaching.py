"""POST /api/v1/speakers, and the profiles that it makes, wherever a speaker is accepted."""

from __future__ import annotations

import csv
import hashlib
import http.client
import io
import json
import shutil
import threading
import time
import urllib.parse

import numpy as np
import pytest
import soundfile
from jsonschema import Draft202012Validator

from models import SAMPLE_RATE, Recognizer
from models.bundle import DEFAULT_BUNDLE
from tests.servers import LiveClient, serve
from webapp import create_app
from webapp.settings import Settings

URL = "/api/v1/speakers"
MANY = {"max_teachings_per_minute": 10_000, "max_uploads_per_minute": 10_000}


@pytest.fixture(scope="module")
def app():
    """An application that no other test counts the uploads of."""
    return create_app(Settings(**MANY))


@pytest.fixture(scope="module")
def clips(root):
    """Synthetic clips of one voice, two of each emotion, as (emotion, file name, bytes)."""
    paths = sorted((root / "samples" / "synthetic").glob("*-woman-*.flac"))
    assert len(paths) == 10
    return [(path.name.split("-")[0], path.name, path.read_bytes()) for path in paths]


@pytest.fixture(scope="module")
def other(root):
    """A synthetic clip of another voice, as a WAV file."""
    return as_wav((root / "samples" / "synthetic" / "happy-man-home.flac").read_bytes())


@pytest.fixture(scope="module")
def taught(app, clips):
    """The answer to these clips."""
    answer = teach(app.test_client(), clips)
    assert answer.status_code == 200, answer.json
    return answer.json


def teach(client, clips, **more):
    """Post clips, each (emotion, file name, bytes)."""
    data = dict(more)
    for emotion, name, content in clips:
        data.setdefault(emotion, []).append((io.BytesIO(content), name))
    return client.post(URL, data=data, content_type="multipart/form-data")


def judge(client, content, **fields):
    data = {"file": (io.BytesIO(content), "a.wav")} | fields
    return client.post("/api/v1/predictions", data=data, content_type="multipart/form-data")


def refusal(answer, status, code, **where):
    """Return the message of a refused request after a look at the rest of its error."""
    error = answer.json["error"]
    assert (answer.status_code, error["code"]) == (status, code), error
    assert error["message"].endswith(".")
    assert {name: error[name] for name in error if name not in ("code", "message")} == where
    return error["message"]


def as_wav(content):
    """Return a clip as the WAV file that a live recording can stream."""
    samples, rate = soundfile.read(io.BytesIO(content), dtype="int16")
    file = io.BytesIO()
    soundfile.write(file, samples, rate, format="WAV", subtype="PCM_16")
    return file.getvalue()


def spoken_again(content, *, seconds):
    """Return a clip's speech, over and over, as a FLAC file."""
    samples, rate = soundfile.read(io.BytesIO(content), dtype="float32")
    file = io.BytesIO()
    soundfile.write(file, np.resize(samples, round(seconds * rate)), rate, format="FLAC")
    return file.getvalue()


def test_clips_are_answered_with_the_contracts_object(taught):
    assert list(taught) == ["speaker", "clips", "check", "separates", "doubts"]
    assert taught["clips"] == {"neutral": 2, "happy": 2, "sad": 2, "angry": 2, "fearful": 2}
    assert 0 < len(taught["speaker"]) <= 4096
    assert set(taught["check"]) == {"clips", "untaught", "taught"}
    assert taught["check"]["clips"] == 10
    assert taught["separates"] in (True, False)
    for doubt in taught["doubts"]:
        assert doubt["emotion"] != doubt["resembles"]
        assert doubt["clip"] in (0, 1)


def test_the_description_of_the_route_fits_its_answers(app, taught, clips):
    document = app.test_client().get("/api/v1/openapi.json").json
    route = document["paths"][URL]["post"]
    form = route["requestBody"]["content"]["multipart/form-data"]["schema"]["properties"]
    assert set(form) == set(taught["clips"])

    def check(name, instance):
        schema = {"$ref": f"#/components/schemas/{name}", "components": document["components"]}
        Draft202012Validator(schema).validate(instance)

    check("Speaker", taught)
    few = teach(app.test_client(), clips[:1]).json
    assert few["check"] is None
    check("Speaker", few)
    check("Error", teach(app.test_client(), [("happy", "a.wav", b"")]).json)
    assert set(route["responses"]) == {"200", "400", "413", "415", "422", "429", "501"}


def test_the_order_of_the_fields_does_not_change_the_profile(app, clips, taught):
    again = teach(app.test_client(), sorted(clips, reverse=True)).json
    assert again["check"] == taught["check"]
    assert again["clips"] == taught["clips"]


def test_a_profile_changes_the_judgement_and_the_other_visitors_judgements_stay(app, taught, other):
    client = app.test_client()
    before = judge(client, other).json
    with_it = judge(client, other, speaker=taught["speaker"]).json
    assert with_it["probabilities"] != before["probabilities"]
    assert judge(client, other).json == before


def test_a_profile_judges_alike_by_upload_by_live_recording_and_by_command_line(
    app, connect, taught, other, tmp_path
):
    by_upload = judge(app.test_client(), other, speaker=taught["speaker"]).json
    live = connect(app=app)
    assert live.emit("start", {"mime_type": "audio/wav", "speaker": taught["speaker"]})["ok"]
    for begin in range(0, len(other), 4000):
        live.emit("audio", other[begin : begin + 4000])
    by_live = live.emit("stop")
    (tmp_path / "a.wav").write_bytes(other)
    (tmp_path / "me.speaker").write_text(taught["speaker"] + "\n")
    arguments = ["--speaker", str(tmp_path / "me.speaker"), str(tmp_path / "a.wav")]
    result = app.test_cli_runner().invoke(args=["predict", *arguments])
    by_command = json.loads(result.stdout)
    assert result.exit_code == 0
    assert by_command | {"file": "a.wav"} == by_upload
    assert by_live["emotion"] == by_upload["emotion"]
    assert len(by_live["timeline"]) == len(by_upload["timeline"])
    for label, probability in by_upload["probabilities"].items():
        assert by_live["probabilities"][label] == pytest.approx(probability, abs=0.02)


def test_a_live_recording_with_a_profile_leaves_the_one_beside_it_as_it_was(
    app, connect, taught, other
):
    def record(live, **start):
        live.emit("start", {"mime_type": "audio/wav"} | start)
        for begin in range(0, len(other), 4000):
            yield live.emit("audio", other[begin : begin + 4000])
        yield live.emit("stop")

    *_, alone = record(connect(app=app))
    stranger, known = connect(app=app), connect(app=app)
    together = zip(record(stranger), record(known, speaker=taught["speaker"]), strict=True)
    *_, (untaught, adapted) = together
    assert untaught == alone
    assert adapted["timeline"] != alone["timeline"]


def test_a_calibration_with_a_taught_profile_is_refused_and_names_the_ways_out(
    connect, app, taught, speech
):
    live = connect(app=app)
    start = {"mime_type": speech.mime_type, "speaker": taught["speaker"], "calibrate": True}
    answer = live.emit("start", start)
    assert answer["error"]["code"] == "bad_message"
    assert "without calibrate" in answer["error"]["message"]
    assert live.emit("start", start | {"calibrate": False})["ok"]


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda clip: np.zeros(3 * SAMPLE_RATE), "no_voice"),
        (
            lambda clip: (
                sum(np.sin(np.arange(48000) * 2 * np.pi * f / 16000) for f in (440, 554)) / 4
            ),
            "no_voice",
        ),
        (lambda clip: clip[4800:9600], "too_short"),
        (lambda clip: np.resize(clip, 600 * SAMPLE_RATE), "too_long"),
        (lambda clip: np.zeros(0), "empty"),
    ],
    ids=["silence", "music", "0.3 s", "ten minutes", "no samples"],
)
def test_a_clip_that_cannot_be_used_is_named_by_its_emotion_its_position_and_its_file(
    app, clips, make_wav, make, code
):
    samples, _ = soundfile.read(io.BytesIO(clips[0][2]), dtype="float32")
    bad = make_wav(make(samples))
    answer = teach(app.test_client(), [*clips, ("happy", "bad one.wav", bad)])
    codes = {code, "no_voice"} if code == "too_short" else {code}
    assert answer.json["error"]["code"] in codes
    message = refusal(answer, 422, answer.json["error"]["code"], emotion="happy", clip=2)
    assert message.startswith("bad one.wav: Clip 3 of happy")


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (b"", 422, "empty"),
        (b"%PDF-1.7 and so on" * 100, 415, "unsupported_media"),
        (b"\x1aE\xdf\xa3" + bytes(range(256)) * 50, 422, "undecodable"),
    ],
)
def test_a_file_that_is_no_sound_is_named(app, clips, content, status, code):
    answer = teach(app.test_client(), [*clips, ("sad", "notes.pdf", content)])
    message = refusal(answer, status, code, emotion="sad", clip=2)
    assert message.startswith("notes.pdf: Clip 3 of sad: ")


def test_the_same_clip_under_two_emotions_is_refused(app, clips):
    angry = clips[0]
    answer = teach(app.test_client(), [angry, ("happy", "copy.flac", angry[2])])
    # The emotions come in the order of the model's labels, in which angry is behind happy.
    message = refusal(answer, 422, "same_clip", emotion="angry", clip=0)
    assert message.startswith(f"{angry[1]}: ")
    assert "clip 1 of happy" in message


def test_a_field_that_is_no_emotion_is_refused_and_the_emotions_are_named(app, clips):
    answer = teach(app.test_client(), [*clips, ("surprised", "a.wav", clips[0][2])])
    message = refusal(answer, 400, "bad_message")
    assert message.startswith('a.wav: "surprised" is none of the emotions neutral, happy, ')


def test_a_form_without_a_file_is_refused(app):
    client = app.test_client()
    for answer in (
        client.post(URL),
        client.post(URL, json={"happy": "a.wav"}),
        client.post(URL, data=b"RIFF", content_type="audio/wav"),
    ):
        assert "neutral, happy, sad" in refusal(answer, 400, "no_file")
    text = client.post(URL, data={"happy": "a.wav"}, content_type="multipart/form-data")
    assert '"happy" holds a text' in refusal(text, 400, "no_file")


def test_more_clips_than_count_are_refused_before_any_is_decoded(app):
    answer = teach(app.test_client(), [("happy", f"{n}.wav", b"no sound") for n in range(51)])
    assert "51 clips, more than the 50" in refusal(answer, 422, "too_many")


def test_fifty_clips_are_accepted(app, clips):
    many = [
        (emotion, f"{n}-{name}", spoken_again(content, seconds=1.5 + 0.1 * n))
        for n in range(5)
        for emotion, name, content in clips
    ]
    answer = teach(app.test_client(), many)
    assert answer.status_code == 200, answer.json
    assert sum(answer.json["clips"].values()) == 50


def test_clips_that_are_together_longer_than_a_file_may_be_are_refused(make_app, clips):
    client = make_app(max_clip_s=10).test_client()
    answer = teach(client, clips)
    where = {key: answer.json["error"][key] for key in ("emotion", "clip")}
    message = refusal(answer, 422, "too_long", **where)
    assert "together are longer than 10 seconds" in message


def test_files_that_are_together_too_large_are_refused(make_app):
    client = make_app(max_upload_mb=1).test_client()
    half = [("happy", "a.wav", bytes(600_000)), ("sad", "b.wav", bytes(460_000))]
    assert "files together" in refusal(teach(client, half), 413, "too_large")
    twice = [("happy", "a.wav", bytes(1 << 20)), ("sad", "b.wav", bytes(1 << 20))]
    assert "1 MB" in refusal(teach(client, twice), 413, "too_large")


def test_a_damaged_or_a_made_up_profile_is_refused(app, connect, taught, other):
    text = taught["speaker"]
    forged = [text[:-8], text + "AAAA", text[:400] + "____" + text[404:], "A" * 1000, "x" * 5000]
    live = connect(app=app)
    for profile in forged:
        answer = judge(app.test_client(), other, speaker=profile)
        if answer.status_code == 200:  # other numbers of a voice are a profile as well
            assert profile == forged[2]
            continue
        message = refusal(answer, 400, "bad_message")
        acknowledged = live.emit("start", {"mime_type": "audio/wav", "speaker": profile})
        assert acknowledged["error"]["code"] == "bad_message"
        assert acknowledged["error"]["message"] == message


def bundle_with(folder, population):
    """Return a copy of the bundle with other statistics of the population, or with none."""
    shutil.copytree(DEFAULT_BUNDLE, folder)
    (folder / "population.npz").unlink()
    card = json.loads((folder / "card.json").read_text())
    card["population_sha256"] = None
    if population:
        (folder / "population.npz").write_bytes(population)
        card["population_sha256"] = hashlib.sha256(population).hexdigest()
    (folder / "card.json").write_text(json.dumps(card))
    return folder


@pytest.fixture
def serve_bundle(monkeypatch, tmp_path):
    """A function that makes an application with another population."""
    load = Recognizer.load

    def make(population):
        folder = bundle_with(tmp_path / "bundle", population)
        monkeypatch.setattr("webapp.factory.Recognizer.load", lambda: load(folder))
        return create_app(Settings(**MANY))

    return make


def test_a_profile_of_another_bundle_is_refused_and_teaching_again_is_suggested(
    serve_bundle, taught, other, clips
):
    population = Recognizer.load().population
    moved = population.__class__(**vars(population) | {"means": population.means + 0.5})
    app = serve_bundle(moved.to_bytes())
    answer = judge(app.test_client(), other, speaker=taught["speaker"])
    assert "teach this one" in refusal(answer, 400, "bad_message")
    own = teach(app.test_client(), clips).json["speaker"]
    assert judge(app.test_client(), other, speaker=own).status_code == 200


def test_a_model_without_a_population_says_that_it_cannot_be_taught(
    serve_bundle, taught, other, clips, connect, tmp_path
):
    app = serve_bundle(b"")
    refusal(teach(app.test_client(), clips), 501, "unsupported")
    refusal(judge(app.test_client(), other, speaker=taught["speaker"]), 400, "bad_message")
    assert judge(app.test_client(), other).status_code == 200
    live = connect(app=app)
    start = {"mime_type": "audio/wav", "speaker": taught["speaker"]}
    assert live.emit("start", start)["error"]["code"] == "bad_message"
    (tmp_path / "a.wav").write_bytes(other)
    result = app.test_cli_runner().invoke(args=["teach", f"happy={tmp_path / 'a.flac'}"])
    assert (result.exit_code, result.stdout) == (1, "")
    assert "cannot be taught" in result.stderr


def test_each_take_may_be_sent_with_all_earlier_ones_and_uploads_count_apart(
    make_app, clips, other
):
    client = make_app(max_uploads_per_minute=1).test_client()
    for _ in range(3):
        for count in range(1, len(clips) + 1):
            answer = teach(client, clips[:count])
            assert answer.status_code == 200, answer.json
    assert judge(client, other).status_code == 200
    refusal(judge(client, other), 429, "rate_limited")


def test_a_flood_of_teaching_is_told_when_to_come_back(make_app, clips):
    client = make_app(max_teachings_per_minute=2).test_client()
    statuses = [teach(client, clips[:1]).status_code for _ in range(3)]
    assert statuses == [200, 200, 429]
    answer = teach(client, clips[:1])
    refusal(answer, 429, "rate_limited")
    assert 0 < int(answer.headers["Retry-After"]) <= 30


def test_teaching_is_counted_and_logged_without_names_and_profiles(make_app, clips, caplog):
    caplog.set_level("INFO", logger="webapp")
    client = make_app(metrics=True).test_client()
    profile = teach(client, clips).json["speaker"]
    teach(client, [("happy", "secret.wav", b"no sound")])
    text = client.get("/metrics").text
    assert 'speech_emotion_uploads_total{outcome="taught"} 1.0' in text
    assert 'speech_emotion_uploads_total{outcome="unsupported_media"} 1.0' in text
    (audio_s,) = [
        float(line.split()[1])
        for line in text.splitlines()
        if line.startswith('speech_emotion_audio_seconds_total{door="upload"}')
    ]
    assert 20 < audio_s < 30
    assert caplog.records
    logged = [str(vars(record)) for record in caplog.records]
    assert not [line for line in logged if "secret" in line or profile[:40] in line]


def post(url, clips):
    """Post clips to a real server; return the status and the answer."""
    body = b"".join(
        b'--b\r\nContent-Disposition: form-data; name="%s"; filename="%s"\r\n\r\n%s\r\n'
        % (emotion.encode(), name.encode(), content)
        for emotion, name, content in clips
    )
    connection = http.client.HTTPConnection(urllib.parse.urlsplit(url).netloc, timeout=120)
    kind = {"Content-Type": "multipart/form-data; boundary=b"}
    connection.request("POST", URL, body + b"--b--\r\n", kind)
    answer = connection.getresponse()
    found = answer.status, json.loads(answer.read())
    connection.close()
    return found


def test_live_recordings_go_on_while_the_longest_clips_are_taught(mode, clips, speech):
    long = [(emotion, name, spoken_again(content, seconds=59)) for emotion, name, content in clips]
    with serve({"ASYNC_MODE": mode}) as server, LiveClient(server.url) as client:
        results = []
        teaching = threading.Thread(target=lambda: results.append(post(server.url, long)))
        began = time.monotonic()
        teaching.start()
        took_s = []
        while teaching.is_alive():
            client.predictions.clear()
            started = time.monotonic()
            client.start(speech.mime_type)
            for chunk in speech.chunks:
                client.send(chunk)
                time.sleep(0.1)
            client.stop()
            took_s.append(time.monotonic() - started)
            assert len(client.predictions) > 5
        teaching_s = time.monotonic() - began
        # A busy machine may leave out windows; nothing else goes wrong.
        assert {problem["code"] for problem in client.problems} <= {"skipped"}
    ((status, answer),) = results
    assert status == 200, answer
    # If the loop waited for the clips, one recording would last as long as the teaching.
    assert max(took_s) < 0.7 * teaching_s


@pytest.fixture(scope="module")
def actor(corpora):
    """Real clips of one actor of RAVDESS: two of each emotion to teach with, and the others."""
    of_emotion = {}
    with (corpora / "ravdess" / "manifest.csv").open(newline="") as rows:
        for row in csv.DictReader(rows):
            if row["speaker"] == "ravdess_05" and row["emotion"] in (
                "neutral",
                "happy",
                "sad",
                "angry",
                "fearful",
            ):
                path = corpora / row["path"]
                of_emotion.setdefault(row["emotion"], []).append((row["emotion"], path.name, path))
    assert len(of_emotion) == 5
    taken = [clip for own in of_emotion.values() for clip in own[:2]]
    left = [clip for own in of_emotion.values() for clip in own[2:4]]
    return [
        [(emotion, name, path.read_bytes()) for emotion, name, path in c] for c in (taken, left)
    ]


def test_a_real_voice_is_taught_and_its_other_clips_are_judged_alike_by_every_door(
    app, connect, actor, tmp_path
):
    own, others = actor
    answer = teach(app.test_client(), own)
    assert answer.status_code == 200, answer.json
    taught = answer.json
    assert taught["check"]["clips"] == 10
    arguments = []
    for emotion, name, content in own:
        (tmp_path / name).write_bytes(content)
        arguments.append(f"{emotion}={tmp_path / name}")
    result = app.test_cli_runner().invoke(args=["teach", *arguments])
    assert result.exit_code == 0
    recognizer = Recognizer.load()
    by_command, by_http = map(recognizer.from_text, (result.stdout.strip(), taught["speaker"]))
    np.testing.assert_allclose(by_command.taught.means, by_http.taught.means, atol=0.02)
    changed = 0
    for _, _, content in others:
        by_upload = judge(app.test_client(), content, speaker=taught["speaker"]).json
        live = connect(app=app)
        live.emit("start", {"mime_type": "audio/wav", "speaker": taught["speaker"]})
        live.emit("audio", as_wav(content))
        assert live.emit("stop")["timeline"] == by_upload["timeline"]
        stranger = judge(app.test_client(), content).json
        changed += stranger["probabilities"] != by_upload["probabilities"]
    assert changed == len(others) or not taught["separates"]
