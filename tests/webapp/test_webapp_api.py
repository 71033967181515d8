from __future__ import annotations

import io
import json
import re
import tempfile
import threading

import av
import numpy as np
import pytest
import soundfile

from tests.servers import pieces

URL = "/api/v1/predictions"


def post(http, data, name="a.wav", **fields):
    return http.post(
        URL, data={"file": (io.BytesIO(data), name)} | fields, content_type="multipart/form-data"
    )


def error(answer, status, code):
    assert answer.status_code == status
    assert answer.mimetype == "application/json"
    assert answer.json["error"]["code"] == code
    assert answer.json["error"]["message"].endswith(".")
    return answer


def test_a_file_is_answered_with_the_contracts_object(http, speech_wav):
    answer = post(http, speech_wav, "voice.wav").json
    assert list(answer) == [
        "file",
        "duration_s",
        "emotion",
        "probabilities",
        "timeline",
        "model",
        "warnings",
    ]
    assert answer["warnings"] == []
    assert answer["file"] == "voice.wav"
    assert answer["duration_s"] == pytest.approx(3.96, abs=0.01)
    assert answer["emotion"] == max(answer["probabilities"], key=answer["probabilities"].get)
    assert sum(answer["probabilities"].values()) == pytest.approx(1, abs=1e-4)
    for window in answer["timeline"]:
        assert (window["emotion"] is None) == (window["state"] != "speech")
        assert 0 < window["end_s"] - window["start_s"] <= 3.001


@pytest.mark.parametrize("form", ["WAV", "FLAC", "MP3", "OGG"])
def test_formats_of_one_voice_agree(http, speech_wav, form):
    samples, rate = soundfile.read(io.BytesIO(speech_wav))
    file = io.BytesIO()
    soundfile.write(file, samples, rate, format=form)
    expected = post(http, speech_wav).json
    answer = post(http, file.getvalue(), f"a.{form.lower()}").json
    assert answer["duration_s"] == pytest.approx(expected["duration_s"], abs=0.1)
    for label, probability in expected["probabilities"].items():
        assert answer["probabilities"][label] == pytest.approx(probability, abs=0.15)


def test_every_recording_of_a_browser_is_accepted(http, recordings):
    for name, recorded in recordings.items():
        answer = post(http, recorded.data, name)
        assert answer.status_code == 200, (name, answer.json)
        assert answer.json["duration_s"] > 2


def test_silence_has_no_emotion(http, make_wav):
    answer = post(http, make_wav(np.zeros(32000))).json
    assert answer["emotion"] is None
    assert {window["state"] for window in answer["timeline"]} == {"silence"}


def test_a_form_without_a_file_is_told_so(http):
    error(http.post(URL), 400, "no_file")
    error(http.post(URL, data={"file": "text"}, content_type="multipart/form-data"), 400, "no_file")
    error(http.post(URL, data=b"RIFF", content_type="audio/wav"), 400, "no_file")
    error(http.post(URL, json={"file": "a.wav"}), 400, "no_file")


def test_what_is_not_a_sound_is_told_so(http, make_wav):
    error(post(http, b""), 422, "empty")
    error(post(http, make_wav(np.zeros(0))), 422, "empty")
    error(post(http, b"%PDF-1.7 and so on" * 100), 415, "unsupported_media")
    error(post(http, b"#EXTM3U\nfile:///etc/passwd\n"), 415, "unsupported_media")
    rubbish = bytes(np.random.default_rng(1).integers(0, 256, 20000, dtype=np.uint8))
    assert post(http, rubbish).status_code in (415, 422)
    error(post(http, b"\x1aE\xdf\xa3" + rubbish), 422, "undecodable")


def test_a_video_without_sound_is_unsupported(http):
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width = stream.height = 32
        for _ in range(10):
            frame = av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    answer = post(http, file.getvalue(), "silent.mp4")
    assert answer.status_code in (415, 422)
    assert answer.json["error"]["code"] in ("unsupported_media", "empty")


def test_a_truncated_file_is_judged_as_far_as_it_goes_or_refused(http, speech):
    answer = post(http, speech.data[: len(speech.data) // 2], "cut.webm")
    assert answer.status_code == 200
    assert 1 < answer.json["duration_s"] < 3
    assert post(http, speech.data[:20]).json["error"]["code"] in ("undecodable", "empty")


def test_eleven_minutes_are_too_long(http, make_wav):
    error(post(http, make_wav(np.zeros(11 * 60 * 16000))), 422, "too_long")


@pytest.mark.parametrize("chunked", [False, True])
def test_a_large_body_is_too_large_with_or_without_a_length(make_app, chunked):
    client = make_app(max_upload_mb=1).test_client()
    body = b"".join(
        [
            b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\n',
            bytes(2 << 20),
            b"\r\n--b--\r\n",
        ]
    )
    more = (
        {"environ_overrides": {"CONTENT_LENGTH": "", "wsgi.input_terminated": True}}
        if chunked
        else {}
    )
    answer = client.post(URL, data=body, content_type="multipart/form-data; boundary=b", **more)
    assert "1 MB" in error(answer, 413, "too_large").json["error"]["message"]


def test_a_large_upload_makes_no_file_on_the_disk(http, make_wav, monkeypatch):
    made = []
    for name in ("TemporaryFile", "SpooledTemporaryFile", "NamedTemporaryFile", "mkstemp"):
        monkeypatch.setattr(tempfile, name, lambda *args, name=name, **kwargs: made.append(name))
    monkeypatch.setattr(
        "werkzeug.formparser.SpooledTemporaryFile", lambda *args, **kwargs: made.append("werkzeug")
    )
    data = make_wav(np.zeros(16000 * 120))
    assert len(data) > 3_000_000
    assert post(http, data).status_code == 200
    assert made == []


def test_uploads_beyond_the_limit_are_told_to_come_back(make_app, speech_wav, monkeypatch):
    app = make_app(max_uploads=1)
    entered, leave = threading.Event(), threading.Event()
    predictor = app.view_functions["api.predictions"].__self__._predictor
    judge = predictor.judge

    def slowly(*args, **kwargs):
        entered.set()
        leave.wait(10)
        return judge(*args, **kwargs)

    monkeypatch.setattr(predictor, "judge", slowly)
    statuses = []
    first = threading.Thread(
        target=lambda: statuses.append(post(app.test_client(), speech_wav).status_code)
    )
    first.start()
    assert entered.wait(10)
    refused = error(post(app.test_client(), speech_wav), 429, "busy")
    assert int(refused.headers["Retry-After"]) > 0
    leave.set()
    first.join()
    assert statuses == [200]
    assert post(app.test_client(), speech_wav).status_code == 200


def test_an_upload_and_a_live_recording_of_the_same_bytes_agree_exactly(
    http, connect, app, recordings
):
    live = connect(app=app)
    for recorded in recordings.values():
        live.emit("start", {"mime_type": recorded.mime_type})
        for chunk in recorded.chunks:
            live.emit("audio", chunk)
        summary = live.emit("stop")
        answer = post(http, recorded.data).json
        assert {key: value for key, value in answer.items() if key != "file"} == summary


def test_a_lossless_live_stream_and_its_upload_give_one_timeline(http, connect, app, speech_wav):
    live = connect(app=app)
    live.emit("start", {"mime_type": "audio/wav"})
    for piece in pieces(speech_wav, 3333):
        live.emit("audio", piece)
    summary, answer = live.emit("stop"), post(http, speech_wav).json
    assert len(summary["timeline"]) == len(answer["timeline"]) > 10
    for one, other in zip(summary["timeline"], answer["timeline"], strict=True):
        assert [one[k] for k in ("start_s", "end_s", "state")] == [
            other[k] for k in ("start_s", "end_s", "state")
        ]
        for label, probability in one["probabilities"].items():
            assert other["probabilities"][label] == pytest.approx(probability, abs=0.02)


def test_an_upload_with_its_speaker_is_judged_as_a_live_recording_with_it(
    http, connect, app, speech
):
    live = connect(app=app)
    live.emit("start", {"mime_type": speech.mime_type, "calibrate": True})
    live.emit("audio", speech.data)
    speaker = live.emit("stop")["speaker"]
    live.emit("start", {"mime_type": speech.mime_type, "speaker": speaker})
    live.emit("audio", speech.data)
    warm = post(http, speech.data, speaker=speaker).json
    assert warm["timeline"] == live.emit("stop")["timeline"]
    cold = post(http, speech.data).json
    assert cold["timeline"] != warm["timeline"]
    assert post(http, speech.data, speaker="").json == cold  # as a form's empty field comes


@pytest.mark.parametrize("speaker", ["me", "A" * 226, "x" * 60000, "\N{SNOWMAN}"])
def test_a_speaker_that_no_calibration_gave_is_refused(http, speech_wav, speaker):
    error(post(http, speech_wav, speaker=speaker), 400, "bad_message")


@pytest.mark.parametrize("name", ["../../etc/a.wav", "/tmp/a.wav"])
def test_only_the_last_part_of_a_files_name_comes_back(http, speech_wav, name):
    assert post(http, speech_wav, name).json["file"] == "a.wav"


def test_errors_of_http_have_the_same_form(http):
    error(http.get("/api/v1/nothing"), 404, "not_found")
    answer = error(http.get(URL), 405, "method_not_allowed")
    assert "POST" in answer.headers["Allow"]


def test_an_error_of_ours_is_an_answer_too(make_app, speech_wav, monkeypatch):
    app = make_app()
    predictor = app.view_functions["api.predictions"].__self__._predictor
    monkeypatch.setattr(predictor, "judge", lambda *args, **kwargs: 1 / 0)
    error(post(app.test_client(), speech_wav), 500, "internal")


def test_the_description_names_every_route_and_matches_an_answer(http, speech_wav):
    document = http.get("/api/v1/openapi.json").json
    assert set(document["paths"]) == {
        "/api/v1/predictions",
        "/api/v1/speakers",
        "/api/v1/samples",
        "/api/v1/model",
    }
    schemas = document["components"]["schemas"]
    answer = post(http, speech_wav).json
    assert set(schemas["Prediction"]["required"]) == set(answer)
    assert set(schemas["Window"]["required"]) == set(answer["timeline"][0])
    (sample, *_) = http.get("/api/v1/samples").json
    assert set(schemas["Sample"]["required"]) <= set(sample)


def test_every_answer_carries_the_security_headers(http):
    for path in ("/", "/healthz", "/api/v1/samples", "/nothing"):
        headers = http.get(path).headers
        assert "script-src 'self'" in headers["Content-Security-Policy"]
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert "microphone=(self)" in headers["Permissions-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"


def test_the_page_runs_no_script_and_no_style_that_its_policy_forbids(http):
    page = http.get("/").text
    assert 'id="config"' in page
    assert " style=" not in page
    assert "<style" not in page
    assert " onclick=" not in page


def test_a_server_that_answers_is_alive_and_ready(http):
    assert http.get("/healthz").json == {"status": "alive"}
    answer = http.get("/readyz")
    assert answer.status_code == 200
    assert set(answer.json["model"]) == {"name", "version"}


def test_each_answer_of_the_page_admits_style_elements_by_a_nonce_of_its_own(http):
    seen = set()
    for _ in range(3):
        answer = http.get("/")
        found = re.search(
            r'<script type="application/json" id="config">(.*?)</script>', answer.text
        )
        nonce = json.loads(found[1])["style_nonce"]
        assert len(nonce) >= 20
        policy = dict(
            part.split(" ", 1) for part in answer.headers["Content-Security-Policy"].split("; ")
        )
        assert policy["style-src"] == f"'self' 'nonce-{nonce}'"
        assert policy["script-src"] == "'self'"
        assert answer.text.count(nonce) == 1
        assert answer.headers["Cache-Control"] == "no-cache"
        seen.add(nonce)
    assert len(seen) == 3
    other = http.get("/healthz").headers["Content-Security-Policy"]
    assert "style-src 'self';" in other
