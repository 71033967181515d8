"""A real python-socketio client over a real gunicorn: what only the whole can show."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.request
import uuid
from pathlib import Path

import numpy as np
import psutil
import pytest

from tests.servers import LiveClient, is_ready, pieces, serve
from webapp.audio import decode_file
from webapp.settings import Settings


def multipart(data, name="a.wav"):
    boundary = uuid.uuid4().hex
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
    return boundary, head.encode() + data + f"\r\n--{boundary}--\r\n".encode()


def upload(url, data, *, chunked=False):
    """Post a file; return the status and the object."""
    boundary, body = multipart(data)
    request = urllib.request.Request(
        f"{url}/api/v1/predictions",
        data=iter(pieces(body, 1 << 16)) if chunked else body,
        headers={"Content-Type": f"multipart/form-data; boundary={boundary}"},
    )
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def play(client, recorded, *, pace_s=0.0):
    client.start(recorded.mime_type)
    for chunk in recorded.chunks:
        client.send(chunk)
        time.sleep(pace_s)
    return client.stop()


def resting_memory(server):
    return sum(psutil.Process(pid).memory_info().rss for pid in server.workers) / 2**20


def test_the_setting_alone_decides_the_worker(server, mode):
    worker = {"eventlet": "Eventlet", "gevent": "Gevent", "threading": "Thread"}[mode]
    log = server.log.read_text()
    assert f".{worker}Worker" in log
    assert "Warning" not in log
    loaded = Path(f"/proc/{server.workers[0]}/maps").read_text()
    assert ("gevent" in loaded) is (mode == "gevent")


def test_every_browsers_recording_goes_live_and_equals_its_upload(server, recordings):
    with LiveClient(server.url) as client:
        for name, recorded in recordings.items():
            summary = play(client, recorded)
            status, answer = upload(server.url, recorded.data)
            assert status == 200, name
            assert {key: value for key, value in answer.items() if key != "file"} == summary, name
        assert not client.problems
        assert {p["state"] for p in client.predictions} >= {"speech"}


def test_two_who_send_the_same_at_once_are_told_the_same(server, speech):
    with LiveClient(server.url) as one, LiveClient(server.url) as other:
        one.start(speech.mime_type)
        other.start(speech.mime_type)
        for chunk in speech.chunks:
            one.send(chunk)
            other.send(chunk)
        assert one.stop() == other.stop()
        assert one.predictions == other.predictions


def test_predictions_follow_at_least_each_half_second_of_audio(server, speech):
    with LiveClient(server.url) as client:
        play(client, speech, pace_s=0.02)
        ends = [0.0] + [p["end_s"] for p in client.predictions]
    assert np.diff(ends).max() <= 0.5
    first_speech = next(p for p in client.predictions if p["state"] != "silence")
    assert first_speech["end_s"] <= 2.0


def test_a_wrong_client_disturbs_nobody_else(server, speech):
    """Wrong orders, text, a headerless stream, a huge chunk and a rude end beside a good one."""
    with LiveClient(server.url) as honest:
        honest.start(speech.mime_type)
        with LiveClient(server.url) as wrong:
            wrong.send(b"before start")
            wrong.emit("pause")
            wrong.emit("dance", 1)
            wrong.start(speech.mime_type)
            wrong.send("text")
            for chunk in speech.chunks[1:4]:
                wrong.send(chunk)
                honest.send(speech.chunks[0] if chunk is speech.chunks[1] else b"")
            wrong.wait_for(wrong.problems, 5)
            codes = [problem["code"] for problem in wrong.problems]
            assert codes == [
                "out_of_order",
                "out_of_order",
                "bad_message",
                "bad_message",
                "undecodable",
            ]
            assert wrong.start(speech.mime_type)["ok"]
            wrong.send(bytes(2 << 20))
            wrong.wait_for(wrong.problems, 6)
            assert wrong.problems[-1]["code"] == "too_large"
            assert play(wrong, speech)["duration_s"] > 3
            assert wrong.io.connected
        with LiveClient(server.url) as rude:
            rude.start(speech.mime_type)
            rude.send(speech.chunks[0])
            rude.io.eio.ws.sock.shutdown(socket.SHUT_RDWR)
        for chunk in speech.chunks[1:]:
            honest.send(chunk)
        assert honest.stop()["duration_s"] == pytest.approx(3.96, abs=0.1)
        assert not honest.problems


def test_a_message_beyond_every_limit_closes_only_its_own_connection(server, speech):
    with LiveClient(server.url) as honest, LiveClient(server.url) as wrong:
        honest.start(speech.mime_type)
        gone = threading.Event()
        wrong.io.on("disconnect", lambda *reason: gone.set(), namespace="/live")
        wrong.start(speech.mime_type)
        wrong.send(bytes(30 << 20))
        assert gone.wait(10)
        honest.send(speech.data)
        assert honest.stop()["duration_s"] > 3


@pytest.mark.parametrize("chunked", [False, True])
def test_a_hundred_megabytes_are_refused_and_the_answer_is_read(server, chunked):
    status, answer = upload(server.url, bytes(100 * 10**6), chunked=chunked)
    assert (status, answer["error"]["code"]) == (413, "too_large")
    assert resting_memory(server) < 600


def test_live_recordings_go_on_while_a_long_file_is_judged(server, speech, make_wav):
    samples = np.concatenate(list(decode_file(speech.data)))
    data = make_wav(np.tile(samples, 148))  # 586 s
    results = []
    uploading = threading.Thread(target=lambda: results.append(upload(server.url, data)))
    took_s = []
    with LiveClient(server.url) as client:
        began = time.monotonic()
        uploading.start()
        while uploading.is_alive():
            client.predictions.clear()
            started = time.monotonic()
            play(client, speech, pace_s=0.01)
            took_s.append(time.monotonic() - started)
            assert len(client.predictions) > 10
        upload_s = time.monotonic() - began
        assert not client.problems
    # If the loop waited for the file, one recording would last as long as its judging.
    assert max(took_s) < 0.7 * upload_s
    ((status, answer),) = results
    assert status == 200
    assert answer["duration_s"] == pytest.approx(len(samples) * 148 / 16000, abs=0.01)


def test_bad_files_are_told_so_and_the_server_stays_up(server, make_wav):
    for data, code in (
        (b"", "empty"),
        (make_wav(np.zeros(0)), "empty"),
        (b"not a sound at all", "unsupported_media"),
        (make_wav(np.zeros(11 * 60 * 16000)), "too_long"),
    ):
        status, answer = upload(server.url, data)
        assert 400 <= status < 500
        assert answer["error"]["code"] == code
    assert is_ready(server.url)


def test_long_polling_is_not_offered(server):
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(f"{server.url}/socket.io/?EIO=4&transport=polling", timeout=10)
    assert caught.value.code == 400


def test_a_body_that_nobody_reads_does_not_hold_the_connection(server):
    host, port = server.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=20) as rude:
        rude.sendall(b"POST /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 10000000000\r\n\r\n")
        sent = 0
        with contextlib.suppress(OSError):  # reset or broken pipe, as the timing has it
            while sent < 100 << 20:
                sent += rude.send(bytes(1 << 20))
        assert sent < 100 << 20


def test_serving_writes_no_file(server, speech, make_wav):
    """The worker's open files are watched while it takes a recording and a large upload."""
    process = Path(f"/proc/{server.workers[0]}")
    watching, written = threading.Event(), set()

    def watch():
        while not watching.is_set():
            for number in (process / "fd").iterdir():
                try:
                    name, info = str(number.readlink()), process / "fdinfo" / number.name
                    flags = int(re.search(r"flags:\s*(\d+)", info.read_text())[1], 8)
                except OSError:
                    continue
                if flags & (os.O_WRONLY | os.O_RDWR):
                    written.add(name)

    thread = threading.Thread(target=watch)
    thread.start()
    with LiveClient(server.url) as client:
        play(client, speech)
    upload(server.url, make_wav(np.zeros(16000 * 300)))
    watching.set()
    thread.join()
    files = {name for name in written if name.startswith("/") and "/__pycache__/" not in name}
    assert str(server.log) in files  # so any other would have been seen
    # gunicorn's heart beats in a file of /dev/shm that has no bytes and no name.
    assert all(name.startswith(("/dev/", str(server.log))) for name in files), files


def test_starting_takes_little_time_and_memory(server):
    assert resting_memory(server) < 600
    assert server.ready_s < 60  # the figure itself is for `make bench`


def test_a_stopping_worker_lets_a_recording_finish_and_refuses_new_ones(mode, speech):
    with (
        serve({"ASYNC_MODE": mode, "GRACEFUL_S": "20"}) as server,
        LiveClient(server.url) as client,
    ):
        idle = LiveClient(server.url).__enter__()
        gone = threading.Event()
        idle.io.on("disconnect", lambda *reason: gone.set(), namespace="/live")
        client.start(speech.mime_type)
        for chunk in speech.chunks[:3]:
            client.send(chunk)
        server.process.send_signal(signal.SIGTERM)
        client.wait_for(client.problems)
        assert client.problems[0]["code"] == "draining"
        assert gone.wait(5)
        assert not is_ready(server.url)
        for chunk in speech.chunks[3:]:
            client.send(chunk)
        assert client.stop()["duration_s"] == pytest.approx(3.96, abs=0.1)
        assert server.process.wait(10) == 0


def test_a_recording_that_never_ends_does_not_stop_the_stopping(mode, speech):
    default = {"ASYNC_MODE": mode, "GRACEFUL_S": str(Settings().graceful_s)}
    with serve(default) as server, LiveClient(server.url) as client:
        client.start(speech.mime_type)
        client.send(speech.chunks[0])
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(10) == 0


def test_a_reload_brings_new_workers_while_recordings_finish_on_the_old(mode, speech):
    with (
        serve({"ASYNC_MODE": mode, "GRACEFUL_S": "20"}) as server,
        LiveClient(server.url) as client,
    ):
        (old,) = server.workers
        client.start(speech.mime_type)
        client.send(speech.chunks[0])
        server.process.send_signal(signal.SIGHUP)
        client.wait_for(client.problems)
        deadline = time.monotonic() + 15
        while (
            not (is_ready(server.url) and set(server.workers) - {old})
            and time.monotonic() < deadline
        ):
            time.sleep(0.1)
        assert set(server.workers) - {old}
        with LiveClient(server.url) as newcomer:
            assert newcomer.start(speech.mime_type)["ok"]
        for chunk in speech.chunks[1:]:
            client.send(chunk)
        assert client.stop()["duration_s"] > 3
        while old in server.workers and time.monotonic() < deadline:
            time.sleep(0.1)
        assert old not in server.workers


def test_a_worker_is_replaced_after_its_requests(mode, speech):
    with serve({"ASYNC_MODE": mode, "MAX_REQUESTS": "20"}) as server:
        (old,) = server.workers
        deadline = time.monotonic() + 20
        while old in server.workers and time.monotonic() < deadline:
            is_ready(server.url)
            time.sleep(0.02)
        assert old not in server.workers
        while not is_ready(server.url) and time.monotonic() < deadline:
            time.sleep(0.05)
        with LiveClient(server.url) as client:
            assert play(client, speech)["duration_s"] > 3


def test_tls_carries_http_and_recordings(mode, speech, tmp_path):
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1",
         "-subj", "/CN=127.0.0.1", "-keyout", str(key), "-out", str(certificate)],
        check=True,
        capture_output=True,
    )  # fmt: skip
    tls = ("--certfile", str(certificate), "--keyfile", str(key))
    with serve({"ASYNC_MODE": mode}, args=tls) as server:
        host, port = server.url.removeprefix("https://").split(":")
        with socket.create_connection((host, int(port)), timeout=10) as plain:
            plain.sendall(b"GET / HTTP/1.1\r\n\r\n")  # not TLS at all
            with LiveClient(server.url) as client:
                summary = play(client, speech)
        assert summary["duration_s"] == pytest.approx(3.96, abs=0.1)


def test_a_client_that_falls_silent_is_told_and_may_start_again(mode, speech):
    with serve({"ASYNC_MODE": mode, "IDLE_S": "1"}) as server, LiveClient(server.url) as client:
        client.start(speech.mime_type)
        for chunk in speech.chunks[:4]:
            client.send(chunk)
        client.wait_for(client.problems)
        assert client.problems[0]["code"] == "idle"
        assert client.stop()["duration_s"] > 0.5  # what was heard until then
        assert play(client, speech)["duration_s"] > 3


def test_two_workers_serve_one_port(mode, speech):
    with serve({"ASYNC_MODE": mode, "WORKERS": "2"}) as server:
        assert len(server.workers) == 2
        clients = [LiveClient(server.url).__enter__() for _ in range(6)]
        assert all(play(client, speech)["duration_s"] > 3 for client in clients)
        for client in clients:
            client.__exit__()


def test_a_wrong_setting_is_one_sentence_at_the_start():
    with pytest.raises(RuntimeError) as caught, serve({"MAX_SESSIONS": "many"}):
        pass
    log = str(caught.value)
    assert "MAX_SESSIONS is 'many', not a whole number." in log
    assert "Traceback" not in log
