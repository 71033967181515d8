from __future__ import annotations

import json
import logging
import signal
import time
from io import BytesIO

import pytest

from tests.servers import LiveClient, serve
from webapp.logs import JsonLines, tell


@pytest.fixture
def told(caplog):
    """What was told since the test began: (event, fields), in order."""
    caplog.set_level(logging.INFO, logger="webapp")
    return lambda: [(r.event, r.fields) for r in caplog.records if hasattr(r, "event")]


def start(live, recorded, **more):
    return live.emit("start", {"mime_type": recorded.mime_type, **more})


def line(record: logging.LogRecord, *, addresses: bool = False) -> dict:
    text = JsonLines(addresses=addresses).format(record)
    assert "\n" not in text
    return json.loads(text)


def record(message: str, *args: object, exc_info: object = None) -> logging.LogRecord:
    return logging.LogRecord("webapp.x", logging.ERROR, "x.py", 1, message, args, exc_info)


def test_a_recording_is_told_from_its_beginning_to_its_end(connect, speech, told):
    live = connect()
    session = start(live, speech)["session"]
    live.emit("audio", speech.data)
    summary = live.emit("stop")
    (began, ended) = told()
    assert began == ("session_began", {"session": session})
    assert ended[0] == "session_ended"
    assert ended[1] == {
        "session": session,
        "reason": "stopped",
        "seconds": pytest.approx(summary["duration_s"], abs=0.01),
        "windows": len(summary["timeline"]),
    }


def test_why_a_recording_ended_is_told(connect, speech, told):
    live = connect()
    start(live, speech)
    live.emit("audio", speech.chunks[1])  # without the header
    live.emit("audio", speech.chunks[2])
    start(live, speech)
    live.disconnect()
    assert [fields["reason"] for event, fields in told() if event == "session_ended"] == [
        "undecodable",
        "disconnected",
    ]
    (failed,) = [fields for event, fields in told() if event == "decode_failed"]
    assert failed == {"session": told()[0][1]["session"], "door": "live", "kind": "undecodable"}


def test_a_client_that_is_refused_again_and_again_is_told_of_once(connect, make_app, speech, told):
    app = make_app(max_sessions=1)
    first, second = connect(app=app), connect(app=app)
    start(first, speech)
    for _ in range(5):
        start(second, speech)
    assert told()[1:] == [("session_refused", {"reason": "busy", "cause": "count"})]


def test_uploads_that_are_refused_are_told_of_without_their_names(make_app, told):
    file = (BytesIO(b"not a sound"), "secret.wav")
    make_app().test_client().post("/api/v1/predictions", data={"file": file})
    assert told() == [
        ("decode_failed", {"door": "upload", "kind": "unsupported_media"}),
        ("upload_refused", {"reason": "unsupported_media"}),
    ]


def test_draining_is_told_with_the_recordings_under_way(connect, make_app, speech, told):
    app = make_app()
    start(connect(app=app), speech)
    app.extensions["live"].drain()
    assert ("drain", {"recordings": 1}) in told()


@pytest.mark.parametrize("asked", [False, True])
def test_addresses_are_told_only_where_a_setting_asks(connect, speech, told, asked):
    start(connect(log_addresses=asked), speech)
    ((_, fields),) = told()
    assert ("address" in fields) is asked


@pytest.mark.parametrize("address", ["10.1.2.3", "fe80::1:2"])
def test_a_line_of_gunicorns_loses_its_address_too(address):
    broken = record(f"Invalid request from ip={address}: Invalid HTTP request line: ''")
    assert address not in line(broken)["message"]
    assert "Invalid HTTP request line" in line(broken)["message"]
    assert address in line(broken, addresses=True)["message"]


def test_a_line_has_its_time_its_level_and_what_goes_with_it(caplog):
    caplog.set_level(logging.INFO, logger="webapp.x")
    tell(logging.getLogger("webapp.x"), "dance", "Somebody danced.", steps=3, partner=None)
    told = line(caplog.records[0])
    assert told["time"].endswith("+00:00")
    assert (told["level"], told["event"], told["steps"]) == ("info", "dance", 3)
    assert told["message"] == "Somebody danced."
    assert "partner" not in told


def test_a_fault_is_one_line_with_its_traceback():
    try:
        raise ValueError("one\ntwo")
    except ValueError as error:
        told = line(record("It broke: %s", error, exc_info=(ValueError, error, None)))
    assert told["event"] == "log"
    assert told["message"] == "It broke: one\ntwo"
    assert "ValueError" in told["exception"]


def test_a_server_writes_objects_that_hold_no_sound_no_voice_and_no_address(speech):
    with serve({"LOG_FORMAT": "json"}) as server:
        with LiveClient(server.url) as client:
            session = client.start(speech.mime_type, calibrate=True)["session"]
            for chunk in speech.chunks:
                client.send(chunk)
            voice = client.stop()["speaker"]
            client.start(speech.mime_type, speaker=voice)
            client.start("text/html")
            client.start("x" * 500)
        server.process.send_signal(signal.SIGTERM)
        server.process.wait(10)
        text = server.log.read_text()
    # LiteRT writes a line of its own, from C++.
    lines = [json.loads(row) for row in text.splitlines() if not row.startswith("INFO: ")]
    assert {"time", "level", "event"} <= set.intersection(*map(set, lines))
    assert [row["event"] for row in lines if row.get("session") == session] == [
        "session_began",
        "session_ended",
    ]
    assert {"session_refused", "drain"} <= {row["event"] for row in lines}
    assert voice not in text
    assert speech.chunks[0][:4].hex() not in text
    assert not [
        row for row in lines if "127.0.0.1" in json.dumps(row) and "Listening" not in row["message"]
    ]


def test_people_read_sentences_unless_a_setting_says_otherwise(speech):
    with serve() as server:
        with LiveClient(server.url) as client:
            client.start(speech.mime_type)
        time.sleep(0.2)
        text = server.log.read_text()
    assert "[INFO] Listening at" in text
    assert "session_began" not in text
    assert "{" not in text
