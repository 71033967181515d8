from __future__ import annotations

import gc
import logging
import weakref

import pytest

from webapp.session import LiveSession


def start(live, recorded, **more):
    return live.emit("start", {"mime_type": recorded.mime_type, **more})


def test_start_is_acknowledged_with_the_labels_the_session_and_the_limits(connect, speech):
    answer = start(connect(), speech)
    assert answer["ok"] is True
    assert answer["labels"] == ["neutral", "happy", "sad", "angry", "fearful"]
    assert answer["session"]
    assert answer["limits"]["max_session_s"] == 1800


def test_a_recording_goes_from_start_to_its_summary(connect, speech):
    live = connect()
    start(live, speech)
    for chunk in speech.chunks:
        live.emit("audio", chunk)
    assert live.emit("pause") == {"ok": True}
    assert live.emit("resume") == {"ok": True}
    summary = live.emit("stop")
    assert summary["duration_s"] == pytest.approx(3.96, abs=0.1)
    assert summary["emotion"] in summary["probabilities"]
    assert set(summary["model"]) == {"name", "version"}
    assert len(live.of("prediction")) == len(summary["timeline"])
    assert not live.of("problem")


def test_a_calibration_is_handed_to_the_client_and_taken_back_from_it(connect, speech):
    live = connect()
    start(live, speech, calibrate=True)
    live.emit("audio", speech.data)
    told = live.emit("stop")
    assert told["speech_s"] > 1
    assert start(live, speech, speaker=told["speaker"])["ok"]
    live.emit("audio", speech.data)
    assert "speaker" not in live.emit("stop")
    assert start(live, speech, speaker=told["speaker"][:-1])["error"]["code"] == "bad_message"
    assert start(live, speech, calibrate="yes")["error"]["code"] == "bad_message"
    assert live.connected


def test_frames_arrive_as_bytes_where_they_are_wanted(connect, speech):
    live = connect()
    start(live, speech, mfcc=True)
    live.emit("audio", speech.data)
    frames = live.of("frames")
    assert frames
    assert all(isinstance(f["data"], bytes) for f in frames)


@pytest.mark.parametrize(
    ("event", "data", "code"),
    [
        ("audio", (b"abc",), "out_of_order"),
        ("audio", ("text",), "bad_message"),
        ("audio", (), "bad_message"),
        ("audio", (b"a", b"b"), "bad_message"),
        ("audio", ({"chunk": 1},), "bad_message"),
        ("start", (), "bad_message"),
        ("start", ("audio/webm",), "bad_message"),
        ("start", ({"mime_type": 5},), "bad_message"),
        ("start", ({"mime_type": "text/html"},), "unsupported_media"),
        ("pause", (), "out_of_order"),
        ("resume", (), "out_of_order"),
        ("stop", (), "out_of_order"),
        ("stop", ({"unexpected": 1}, 2), "out_of_order"),
        ("dance", (1,), "bad_message"),
    ],
)
def test_whatever_is_wrong_is_a_problem_and_the_connection_lives(
    connect, speech, event, data, code
):
    live = connect()
    answer = live.emit(event, *data)
    (problem,) = live.of("problem")
    assert problem["code"] == code
    assert set(problem) == {"code", "message", "retry_after_s"}
    if event != "audio":
        assert answer["ok"] is False
        assert answer["error"]["code"] == code
    assert live.connected
    assert start(live, speech)["ok"]


def test_a_second_start_is_a_problem_and_the_first_recording_goes_on(connect, speech):
    live = connect()
    start(live, speech)
    for chunk in speech.chunks[:3]:
        live.emit("audio", chunk)
    assert start(live, speech)["error"]["code"] == "out_of_order"
    live.emit("audio", "text")
    for chunk in speech.chunks[3:]:
        live.emit("audio", chunk)
    assert live.emit("stop")["duration_s"] == pytest.approx(3.96, abs=0.1)
    assert [p["code"] for p in live.of("problem")] == ["out_of_order", "bad_message"]


def test_an_oversize_chunk_ends_the_recording_with_a_problem(connect, speech):
    live = connect(max_chunk_kb=4)
    start(live, speech)
    live.emit("audio", speech.chunks[0])
    live.emit("audio", bytes(5000))
    live.emit("audio", speech.chunks[1])
    assert [p["code"] for p in live.of("problem")] == ["too_large"]
    assert start(live, speech)["ok"]


def test_recordings_beyond_the_limit_are_told_to_come_back_and_may_once_one_ends(
    connect, make_app, speech
):
    app = make_app(max_sessions=2)
    first, second, third = (connect(app=app) for _ in range(3))
    assert start(first, speech)["ok"]
    assert start(second, speech)["ok"]
    answer = start(third, speech)
    assert answer["error"]["code"] == "busy"
    assert answer["error"]["retry_after_s"] > 0
    first.emit("stop")
    assert start(third, speech)["ok"]


def test_one_sessions_failure_is_its_own_and_is_logged_without_audio(
    connect, make_app, speech, monkeypatch, caplog
):
    app = make_app()
    broken, healthy = connect(app=app), connect(app=app)
    start(broken, speech)
    start(healthy, speech)
    (_, session), _ = app.extensions["live"].crowd
    monkeypatch.setattr(session, "audio", lambda chunk: 1 / 0)
    with caplog.at_level(logging.ERROR):
        for chunk in speech.chunks:
            broken.emit("audio", chunk)
            healthy.emit("audio", chunk)
    assert broken.of("problem")[0]["code"] == "internal"
    assert "ZeroDivisionError" in caplog.text
    assert repr(speech.chunks[0][:8])[2:-1] not in caplog.text
    assert not healthy.of("problem")
    assert len(healthy.of("prediction")) > 10


def test_a_disconnection_frees_everything(connect, make_app, speech):
    app = make_app()
    live = connect(app=app)
    start(live, speech)
    live.emit("audio", speech.data)
    crowd = app.extensions["live"].crowd
    ((_, session),) = crowd
    assert isinstance(session, LiveSession)
    recording = weakref.ref(session._recording)
    live.disconnect()
    gc.collect()
    assert len(crowd) == crowd.recordings == 0
    assert recording() is None


def test_a_draining_server_tells_recordings_and_takes_no_new_ones(connect, make_app, speech):
    app = make_app()
    recording, waiting = connect(app=app), connect(app=app)
    start(recording, speech)
    app.extensions["live"].drain()
    recording.emit("audio", speech.data)
    assert recording.of("problem")[0]["code"] == "draining"
    assert len(recording.of("prediction")) > 10
    assert start(waiting, speech)["error"]["code"] == "draining"
    assert app.test_client().get("/readyz").status_code == 503
    assert app.test_client().get("/healthz").status_code == 200
