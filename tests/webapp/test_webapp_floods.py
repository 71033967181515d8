"""Those who send too much, come too often or come in crowds, at a real worker."""

from __future__ import annotations

import contextlib
import json
import threading
import time
import urllib.error
import urllib.request
from statistics import median

import pytest
import socketio
from live_speakers import Speaker, covered, speaking

from tests.servers import LiveClient, serve


def flood(client: LiveClient, event: str, *data: object, rate: float, seconds: float) -> int:
    """Send events until the connection ends or the time is over; return how many."""
    began, sent = time.monotonic(), 0
    with contextlib.suppress(Exception):
        while client.io.connected and time.monotonic() - began < seconds:
            client.emit(event, *data)
            sent += 1
            time.sleep(max(0.0, began + sent / rate - time.monotonic()))
    return sent


@pytest.mark.parametrize(
    ("event", "data"), [("pause", ()), ("dance", ({"a": 1},)), ("audio", (b"x",)), ("start", (5,))]
)
def test_a_flood_is_told_and_ended_and_costs_nobody_else_anything(mode, long_speech, event, data):
    with serve({"ASYNC_MODE": mode, "MAX_EVENTS_S": "20"}) as server:
        speakers = [Speaker(server.url, long_speech, seconds=5) for _ in range(3)]
        with speaking(speakers):
            flooder = LiveClient(server.url)
            flooder.__enter__()
            flooder.start(long_speech.mime_type)
            gone = threading.Event()
            flooder.io.on("disconnect", lambda *reason: gone.set(), namespace="/live")
            sent = flood(flooder, event, *data, rate=300, seconds=30)
            assert gone.wait(5)
            assert sent > 200
            assert "too_fast" in {problem["code"] for problem in flooder.problems}
        for speaker in speakers:
            assert {problem["code"] for problem in speaker.problems} <= {"skipped"}
            assert median(speaker.lags(1.0)) < 0.75
            covered(speaker)
        with LiveClient(server.url) as again:
            assert again.start(long_speech.mime_type)["ok"]


def test_chunks_of_60_ms_and_what_a_stalled_client_owes_are_no_flood(long_speech):
    with serve({"MAX_EVENTS_S": "20"}) as server, LiveClient(server.url) as client:
        client.start(long_speech.mime_type)
        for chunk in long_speech.chunks[:90]:  # eleven seconds, each chunk in two
            half = len(chunk.data) // 2
            client.send(chunk.data[:half])
            client.send(chunk.data[half:])
        assert client.stop()["duration_s"] > 10
        assert not client.problems


def test_a_recording_whose_chunks_come_too_fast_is_over_with_what_was_heard(long_speech):
    with serve({"MAX_EVENTS_S": "1"}) as server, LiveClient(server.url) as client:
        client.start(long_speech.mime_type)
        for chunk in long_speech.chunks[:14]:
            client.send(chunk.data)
        client.wait_for(client.problems)
        assert [problem["code"] for problem in client.problems] == ["too_fast"]
        assert client.problems[0]["retry_after_s"] > 0
        time.sleep(1.1)
        assert client.stop()["duration_s"] == pytest.approx(9 * 0.12, abs=0.13)


def test_a_crowd_is_let_in_as_far_as_the_worker_bears_and_the_rest_is_told_when_to_come_back():
    settings = {"MAX_SESSIONS_PER_ADDRESS": "1000", "MAX_LOAD": "0.1", "METRICS": "1"}
    with serve(settings) as server:
        clients = [socketio.Client(reconnection=False) for _ in range(40)]
        answers: list[dict] = []
        for client in clients:
            client.connect(server.url, namespaces=["/live"], transports=["websocket"])
        for client in clients:
            client.emit(
                "start", {"mime_type": "audio/webm"}, namespace="/live", callback=answers.append
            )
        deadline = time.monotonic() + 10
        while len(answers) < len(clients) and time.monotonic() < deadline:
            time.sleep(0.05)
        let_in = [answer for answer in answers if answer["ok"]]
        refused = [answer["error"] for answer in answers if not answer["ok"]]
        assert len(answers) == len(clients)
        assert 5 <= len(let_in) <= 25
        assert {error["code"] for error in refused} == {"busy"}
        waits = {error["retry_after_s"] for error in refused}
        assert len(waits) > 5
        assert all(2 <= wait <= 15 for wait in waits)
        with urllib.request.urlopen(f"{server.url}/metrics") as answer:
            text = answer.read().decode()
        assert f'speech_emotion_busy_total{{cause="load"}} {len(refused)}.0' in text
        with urllib.request.urlopen(f"{server.url}/readyz") as answer:
            assert 0 <= json.load(answer)["load"] <= 1
        for client in clients:
            client.disconnect()


def enter(url: str, forwarded: str) -> tuple[socketio.Client, dict]:
    """Connect as a proxy would for somebody, and start."""
    client = socketio.Client(reconnection=False)
    client.connect(
        url,
        headers={"X-Forwarded-For": forwarded},
        namespaces=["/live"],
        transports=["websocket"],
    )
    return client, client.call("start", {"mime_type": "audio/webm"}, namespace="/live", timeout=10)


def test_an_address_behind_a_trusted_proxy_takes_no_more_than_its_places(mode):
    settings = {"MAX_SESSIONS_PER_ADDRESS": "2", "TRUSTED_PROXIES": "127.0.0.1, 10.0.0.0/8"}
    with serve(settings | {"ASYNC_MODE": mode}) as server:
        first, told = enter(server.url, "2001:db8:1:2::1")
        assert told["ok"]
        second, told = enter(server.url, "2001:db8:1:2:ffff::2, 10.1.1.1")  # the same network
        assert told["ok"]
        third, told = enter(server.url, "6.6.6.6, 2001:db8:1:2::3")
        assert told["error"]["code"] == "busy"
        assert told["error"]["retry_after_s"] > 0
        other, told = enter(server.url, "203.0.113.9")
        assert told["ok"]
        first.disconnect()
        deadline = time.monotonic() + 5
        while not told.get("again") and time.monotonic() < deadline:
            told = third.call("start", {"mime_type": "audio/webm"}, namespace="/live", timeout=10)
            told["again"] = told["ok"]
            time.sleep(0.05)
        assert told["ok"]
        for client in (second, third, other):
            client.disconnect()


def test_what_a_stranger_forwards_is_not_believed():
    with serve({"MAX_SESSIONS_PER_ADDRESS": "1"}) as server:
        first, told = enter(server.url, "203.0.113.1")
        assert told["ok"]
        second, told = enter(server.url, "203.0.113.2")
        assert told["error"]["code"] == "busy"
        first.disconnect()
        second.disconnect()


def test_an_address_that_sends_many_files_is_told_when_to_come_back(mode):
    settings = {"MAX_UPLOADS_PER_MINUTE": "3", "TRUSTED_PROXIES": "127.0.0.1"}
    with serve(settings | {"ASYNC_MODE": mode}) as server:

        def post(client: str) -> tuple[int, dict, str | None]:
            request = urllib.request.Request(
                f"{server.url}/api/v1/predictions",
                data=b"--x--\r\n",
                headers={
                    "Content-Type": "multipart/form-data; boundary=x",
                    "X-Forwarded-For": client,
                },
            )
            try:
                urllib.request.urlopen(request, timeout=10)
            except urllib.error.HTTPError as error:
                return error.code, json.load(error), error.headers["Retry-After"]
            raise AssertionError

        assert [post("203.0.113.1")[0] for _ in range(3)] == [400] * 3
        status, answer, retry_after = post("203.0.113.1")
        assert (status, answer["error"]["code"]) == (429, "rate_limited")
        assert 1 <= int(retry_after) <= 20
        assert post("203.0.113.2")[0] == 400
