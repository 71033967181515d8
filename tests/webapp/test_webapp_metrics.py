from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.servers import LiveClient, Server, serve


class Reading(dict):
    """What /metrics says: values by (name, the labels' values in alphabetical order of labels)."""

    def __init__(self, text: str) -> None:
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                labels = tuple(value for _, value in sorted(sample.labels.items()))
                name = sample.name.removeprefix("speech_emotion_")
                self[(name, *labels)] = sample.value

    def __missing__(self, key: object) -> float:
        return 0.0


def read(app) -> Reading:
    answer = app.test_client().get("/metrics")
    assert answer.status_code == 200
    assert answer.content_type.startswith("text/plain")
    return Reading(answer.text)


def fetch(url: str) -> Reading:
    with urllib.request.urlopen(f"{url}/metrics", timeout=10) as answer:
        return Reading(answer.read().decode())


def start(live, recorded):
    return live.emit("start", {"mime_type": recorded.mime_type})


@pytest.fixture
def app(make_app):
    return make_app(metrics=True, max_sessions=2)


def test_nothing_is_told_unless_a_setting_asks(make_app):
    answer = make_app().test_client().get("/metrics")
    assert answer.status_code == 404
    assert answer.json["error"]["code"] == "not_found"


def test_nothing_is_loaded_unless_a_setting_asks(root):
    code = "import sys; from webapp import create_app; create_app(); print(' '.join(sys.modules))"
    environ = {name: value for name, value in os.environ.items() if name != "METRICS"}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=root, env=environ, capture_output=True, text=True
    )
    assert done.returncode == 0
    assert "prometheus_client" not in done.stdout.split()


def test_everything_stands_at_zero_before_anybody_came(app):
    reading = read(app)
    assert set(reading.values()) - {0.0} <= {
        value for (name, *_), value in reading.items() if name.endswith("_created")
    }
    assert ("sessions",) in reading
    assert ("sessions_refused_total", "busy") in reading
    assert ("prediction_latency_seconds_bucket", "+Inf") in reading


def test_a_recording_is_counted_from_its_start_to_its_stop(app, connect, speech):
    live = connect(app=app)
    start(live, speech)
    for chunk in speech.chunks:
        live.emit("audio", chunk)
    under_way = read(app)
    assert under_way["sessions",] == 1
    assert under_way["sessions_ended_total", "stopped"] == 0
    live.emit("pause")
    summary = live.emit("stop")
    live.emit("dance")
    reading = read(app)
    assert reading["sessions",] == 0
    assert reading["sessions_ended_total", "stopped"] == 1
    assert reading["events_total", "start"] == reading["events_total", "stop"] == 1
    assert reading["events_total", "pause"] == reading["events_total", "other"] == 1
    assert reading["events_total", "audio"] == len(speech.chunks)
    assert reading["audio_seconds_total", "live"] == pytest.approx(summary["duration_s"], abs=0.01)
    assert reading["cpu_seconds_total", "decode"] > 0
    assert reading["cpu_seconds_total", "recognise"] > 0
    predicted = reading["prediction_latency_seconds_count",]
    assert 10 < predicted <= len(live.of("prediction"))
    assert predicted * 0.0001 < reading["prediction_latency_seconds_sum",] < predicted * 1.0


def test_why_a_recording_is_not_let_in_is_counted(app, connect, speech):
    first, second, third = (connect(app=app) for _ in range(3))
    start(first, speech)
    start(second, speech)
    for _ in range(3):
        start(third, speech)
    start(first, speech)
    third.emit("start", {"mime_type": 5})
    app.extensions["live"].drain()
    start(third, speech)
    reading = read(app)
    assert reading["sessions",] == 2
    assert reading["sessions_refused_total", "busy"] == 3
    assert reading["busy_total", "count"] == 3
    assert reading["busy_total", "load"] == reading["busy_total", "address"] == 0
    assert reading["sessions_refused_total", "out_of_order"] == 1
    assert reading["sessions_refused_total", "bad_message"] == 1
    assert reading["sessions_refused_total", "draining"] == 1


def test_windows_that_were_skipped_are_counted(app, connect, speech):
    live = connect(app=app)
    start(live, speech)
    ((_, session),) = app.extensions["live"].crowd
    now = time.monotonic()
    for number, chunk in enumerate(speech.chunks):  # of 250 ms
        at = now + 0.25 * number + (5.0 if number > 6 else 0.0)
        session._recording._clock = lambda at=at: at
        live.emit("audio", chunk)
    live.emit("stop")
    skipped = sum(problem["windows"] for problem in live.of("problem"))
    assert skipped > 0
    assert read(app)["windows_skipped_total",] == skipped


def test_the_load_is_shown_while_somebody_is_there(speech):
    with serve({"METRICS": "1"}) as server, LiveClient(server.url) as client:
        client.start(speech.mime_type)
        deadline = time.monotonic() + 15
        while not fetch(server.url)["load",] and time.monotonic() < deadline:
            client.send(speech.chunks[0])
            time.sleep(0.1)
        reading = fetch(server.url)
        assert 0 < reading["load",] <= 1
        assert ("loop_late_seconds",) in reading


def test_what_cannot_be_decoded_is_counted_by_kind_and_ends_the_recording(app, connect, speech):
    live = connect(app=app)
    start(live, speech)
    for chunk in speech.chunks[1:4]:  # without the header
        live.emit("audio", chunk)
    reading = read(app)
    assert reading["sessions",] == 0
    assert reading["sessions_ended_total", "undecodable"] == 1
    assert reading["decode_failures_total", "live", "undecodable"] == 1
    assert reading["events_total", "audio"] > 0


@pytest.mark.parametrize("how", ["disconnected", "internal"])
def test_a_recording_that_just_goes_is_counted_out(app, connect, speech, monkeypatch, how):
    live = connect(app=app)
    start(live, speech)
    if how == "disconnected":
        live.disconnect()
    else:
        ((_, session),) = app.extensions["live"].crowd
        monkeypatch.setattr(session._recording, "judge", lambda: 1 / 0)
        live.emit("stop")
    reading = read(app)
    assert reading["sessions",] == 0
    assert reading["sessions_ended_total", how] == 1


def test_uploads_are_counted_with_their_seconds_or_with_why_not(app, make_wav):
    http = app.test_client()
    for data in (make_wav(np.zeros(32000)), b"", b"not a sound at all", make_wav(np.zeros(16000))):
        http.post("/api/v1/predictions", data={"file": (BytesIO(data), "a.wav")})
    http.post("/api/v1/predictions")
    reading = read(app)
    assert reading["uploads_total", "judged"] == 2
    assert reading["uploads_total", "empty"] == 1
    assert reading["uploads_total", "unsupported_media"] == 1
    assert reading["uploads_total", "no_file"] == 1
    assert reading["audio_seconds_total", "upload"] == pytest.approx(3.0)
    assert reading["cpu_seconds_total", "upload"] > 0
    assert reading["decode_failures_total", "upload", "unsupported_media"] == 1
    assert reading["audio_seconds_total", "live"] == 0


def test_two_applications_count_apart(make_app, connect, speech):
    first, second = make_app(metrics=True), make_app(metrics=True)
    start(connect(app=second), speech)
    assert read(first)["sessions",] == 0
    assert read(second)["sessions",] == 1


def folders_of(server: Server) -> list[Path]:
    """Return the folders of metrics that its workers write to; other servers may have their own."""
    own = {str(pid) for pid in server.workers}
    places = {Path("/dev/shm"), Path(tempfile.gettempdir())}
    found = [folder for place in places for folder in place.glob("speech-emotion-metrics-*")]
    return [
        folder
        for folder in found
        if own & {pid for file in folder.glob("*.db") for pid in re.findall(r"\d+", file.stem)}
    ]


def settled(url: str, key: tuple[str, ...], value: float) -> Reading:
    """Read until a value is there."""
    deadline = time.monotonic() + 15
    reading = fetch(url)
    while reading[key] != value and time.monotonic() < deadline:
        time.sleep(0.1)
        reading = fetch(url)
    assert reading[key] == value
    return reading


def test_whichever_worker_is_asked_tells_of_all_even_of_those_that_died(mode, speech):
    with serve({"ASYNC_MODE": mode, "METRICS": "1", "WORKERS": "2"}) as server:
        clients = [LiveClient(server.url).__enter__() for _ in range(6)]
        for client in clients:
            client.start(speech.mime_type)
            for chunk in speech.chunks:
                client.send(chunk)
        for client in clients[:2]:
            client.stop()
        reading = settled(server.url, ("sessions",), 4)
        assert reading["sessions_ended_total", "stopped"] == 2
        for _ in range(8):  # whoever answers
            assert fetch(server.url)["sessions",] == 4
        (folder,) = folders_of(server)
        victim, other = server.workers
        os.kill(victim, signal.SIGKILL)
        os.kill(other, signal.SIGKILL)
        reading = settled(server.url, ("sessions",), 0)
        assert reading["sessions_ended_total", "stopped"] == 2
        assert reading["events_total", "start"] == 6
        assert folder.is_dir()
    assert not folder.exists()


def test_a_reload_keeps_what_was_counted(speech):
    with serve({"METRICS": "1"}) as server:
        (old,) = server.workers
        with LiveClient(server.url) as client:
            client.start(speech.mime_type)
            client.send(speech.data)
            client.stop()
        assert fetch(server.url)["sessions_ended_total", "stopped"] == 1
        server.process.send_signal(signal.SIGHUP)
        deadline = time.monotonic() + 15
        while old in server.workers and time.monotonic() < deadline:
            time.sleep(0.1)
        assert settled(server.url, ("sessions_ended_total", "stopped"), 1)["sessions",] == 0
