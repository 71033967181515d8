"""Forms as clients really send them, and hostile files, over a real server's socket."""

from __future__ import annotations

import contextlib
import http.client
import json
import signal
import struct
import threading
import time
import urllib.parse
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import psutil
import pytest

from benchmarks.recording import load, prolong
from tests.servers import LiveClient, Server, is_ready, serve

PATH = "/api/v1/predictions"
J01 = b"RIFF\x32\0\0\0WAVELIST\x26\0\0\0INFOISFT" + struct.pack("<I", 0x7FFFFFF0) + bytes(26)


@pytest.fixture(scope="module")
def server(mode):
    """A real gunicorn of which no other test counts the uploads."""
    with serve({"ASYNC_MODE": mode, "MAX_UPLOADS_PER_MINUTE": "1000"}) as running:
        yield running


def send(server: Server, body: bytes, content_type: str = "multipart/form-data; boundary=b"):
    """Post a body as it is; return the status and the answer."""
    connection = http.client.HTTPConnection(urllib.parse.urlsplit(server.url).netloc, timeout=60)
    connection.request("POST", PATH, body, {"Content-Type": content_type})
    answer = connection.getresponse()
    found = answer.status, json.loads(answer.read())
    connection.close()
    return found


def part(head: bytes, body: bytes) -> bytes:
    return b"--b\r\n" + head + b"\r\n\r\n" + body + b"\r\n"


def form(disposition: bytes, data: bytes, *, more: bytes = b"") -> bytes:
    head = b"Content-Disposition: form-data; name=" + disposition
    return part(head, data) + more + b"--b--\r\n"


@pytest.mark.parametrize(
    ("disposition", "name"),
    [
        ('"file"; filename="Grüße.wav"'.encode(), "Grüße.wav"),
        ('"file"; filename="Grüße.wav"'.encode("latin-1"), "Grüße.wav"),
        ('"file"; filename="10 €.wav"'.encode("cp1252"), "10 €.wav"),
        ('"file"; filename="録音.wav"'.encode("shift-jis"), None),
        ('"file"; filename="録音.wav"'.encode(), "録音.wav"),
        (b'"file"; filename="a.wav"; filename*=UTF-8\'\'Gr%C3%BC%C3%9Fe.wav', "Grüße.wav"),
        (b"\"file\"; filename*=UTF-8''%E9%8C%B2.wav", "録.wav"),
        (b"\"file\"; filename*=iso-8859-1''Gr%FC%DFe.wav", "Grüße.wav"),
        (b'"file"; filename="he said \\"hello\\".wav"', 'he said "hello".wav'),
        (b'"file"; filename="C:\\\\Users\\\\me\\\\a.wav"', "a.wav"),
        (b'"file"; filename="/home/me/a.wav"', "a.wav"),
        (b'"file"; filename="../../a.wav"', "a.wav"),
        (b'"file"; filename=a.wav', "a.wav"),
        (b"file; filename=a.wav", "a.wav"),
        (b'"file"; filename=""', ""),
        (b'"file"\r\nContent-Type: audio/wav', ""),
        (b'"file"\r\nContent-Type: application/octet-stream', ""),
    ],
)
def test_a_file_is_found_however_its_name_is_written(server, speech_wav, disposition, name):
    status, answer = send(server, form(disposition, speech_wav))
    assert status == 200, answer
    assert answer["duration_s"] > 3
    if name is not None:
        assert answer["file"] == name


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"", "multipart/form-data; boundary=b"),
        (b"--b--\r\n", "multipart/form-data; boundary=b"),
        (b"--b--\r\n", "multipart/form-data"),
        (form(b'"file"', b"a text"), "multipart/form-data; boundary=b"),
        (form(b'"other"; filename="a.wav"', b"RIFF"), "multipart/form-data; boundary=b"),
        (form(b'"file"; filename="a.wav"', b"RIFF")[:-10], "multipart/form-data; boundary=b"),
        (
            b"--b\r\nContent-Type: audio/wav\r\n\r\nRIFF\r\n--b--\r\n",
            "multipart/form-data; boundary=b",
        ),
        (b"file=a.wav", "application/x-www-form-urlencoded"),
        (b"{}", "application/json"),
    ],
)
def test_a_form_without_a_file_is_refused_with_the_reason(server, body, content_type):
    status, answer = send(server, body, content_type)
    assert (status, answer["error"]["code"]) == (400, "no_file")
    assert answer["error"]["message"].endswith(".")


def test_each_limit_of_a_form_is_named_in_its_error(server, speech_wav):
    file = b'"file"; filename="a.wav"'
    field = part(b'Content-Disposition: form-data; name="speaker"', bytes(600_000))
    status, answer = send(server, form(file, speech_wav, more=field))
    assert (status, answer["error"]["code"]) == (413, "too_large")
    assert "field 'speaker'" in answer["error"]["message"]
    assert "500000 bytes" in answer["error"]["message"]

    many = part(b'Content-Disposition: form-data; name="a"', b"") * 1_001
    status, answer = send(server, form(file, speech_wav, more=many))
    assert (status, answer["error"]["code"]) == (413, "too_large")
    assert "1000 parts" in answer["error"]["message"]

    status, answer = send(server, form(b'"file"; filename="' + b"a" * 600_000 + b'"', speech_wav))
    assert (status, answer["error"]["code"]) == (413, "too_large")
    assert "headers" in answer["error"]["message"]

    status, answer = send(server, form(file, bytes(96 << 20)))
    assert (status, answer["error"]["code"]) == (413, "too_large")
    assert "95 MB" in answer["error"]["message"]


def rss(pid: int) -> float:
    return psutil.Process(pid).memory_info().rss / 2**20


def test_hostile_files_cost_other_visitors_nothing(server, speech_wav):
    """While hostile files arrive, a live recording and other uploads go on as before."""
    (worker,) = server.workers
    good = form(b'"file"; filename="a.wav"', speech_wav)
    endless = b"#!AMR-WB\n" + (b"\x44" + bytes(range(60))) * 500_000  # minutes of CPU
    hostile = [
        form(b'"file"; filename="x"', data)
        for data in (J01, endless, struct.pack(">I4s", 8, b"moov"), b"\x1a\x45\xdf\xa3" * 5_000)
    ]
    expected = send(server, good)
    before = rss(worker)
    recording = prolong(load(), seconds=12)
    answers = []

    def attack() -> None:
        answers.extend(send(server, body) for body in hostile)

    attacker = threading.Thread(target=attack)
    with LiveClient(server.url) as client:
        assert client.start(recording.mime_type)["ok"]
        attacker.start()
        began = time.monotonic()
        for count, chunk in enumerate(recording.chunks):
            time.sleep(max(0.0, began + 0.12 * count - time.monotonic()))
            client.send(chunk.data)
        others = [send(server, good) for _ in range(3)]
        summary = client.stop()
    attacker.join()
    assert summary["duration_s"] > 11
    assert not client.problems
    assert others == [expected] * 3
    codes = [answer["error"]["code"] for _, answer in answers]
    assert codes[:2] == ["undecodable", "too_long"]
    assert set(codes[2:]) <= {"undecodable", "unsupported_media", "empty"}
    assert server.workers == [worker]
    assert rss(worker) - before < 60


def growth(worker: int, before: float) -> float:
    """Return the MB that a worker keeps; wait up to 5 s, as it frees a file after its answer."""
    deadline = time.monotonic() + 5
    while (grown := rss(worker) - before) >= 100 and time.monotonic() < deadline:
        time.sleep(0.1)
    return grown


@pytest.mark.parametrize("byte", [b"\0", b"G"], ids=["unsupported", "undecodable"])
def test_a_refused_file_leaves_the_workers_memory_at_once(server, byte):
    (worker,) = server.workers
    refused = form(b'"file"; filename="x"', byte * (40 << 20))
    send(server, refused)
    before = rss(worker)
    for _ in range(4):
        status, _ = send(server, refused)
        assert status in (415, 422)
    assert growth(worker, before) < 100  # the bytes of four files are 160


def test_refused_files_of_many_threads_leave_the_workers_memory(server):
    """By default glibc keeps freed blocks below 32 MB in the arena of a thread."""
    (worker,) = server.workers
    bodies = [form(b'"file"; filename="x"', b"G" * (n << 20)) for n in (31, 28, 25, 20, 12)]
    send(server, bodies[0])
    before = rss(worker)
    for _ in range(2):
        with ThreadPoolExecutor(len(bodies)) as clients:
            codes = [status for status, _ in clients.map(partial(send, server), bodies)]
        assert set(codes) <= {415, 422, 429}
    assert growth(worker, before) < 100  # 306 MB without the threshold of webapp/wsgi.py


def test_bytes_behind_the_last_boundary_are_no_part_of_the_form(server, speech_wav):
    body = form(b'"file"; filename="a.wav"', speech_wav)
    assert send(server, body + bytes(1 << 20)) == send(server, body)


def test_a_killed_decoder_costs_its_file_only(server, speech_wav, make_wav):
    (worker,) = server.workers
    (decoder,) = psutil.Process(worker).children()
    good = form(b'"file"; filename="a.wav"', speech_wav)
    expected = send(server, good)
    for process in (decoder, *decoder.children()):
        with contextlib.suppress(psutil.NoSuchProcess):  # the child of the file just ends
            process.kill()
    assert send(server, good) == expected
    assert [child.is_running() for child in psutil.Process(worker).children()] == [True]


def test_the_decoder_process_is_small(server, speech_wav):
    """Next to its worker, which has most of the same libraries in memory."""
    send(server, form(b'"file"; filename="a.wav"', speech_wav))
    time.sleep(1.0)
    (worker,) = server.workers
    (decoder,) = psutil.Process(worker).children()
    pss = [process.memory_full_info().pss / 2**20 for process in (decoder, *decoder.children())]
    assert len(pss) == 2
    assert sum(pss) < 40


@pytest.mark.parametrize("how", ["stopped", "reloaded"])
def test_a_server_leaves_no_decoder_process_behind(mode, how, speech_wav):
    with serve({"ASYNC_MODE": mode}) as server:
        (worker,) = server.workers
        (decoder,) = psutil.Process(worker).children()
        processes = [decoder, *decoder.children()]
        if how == "reloaded":
            server.process.send_signal(signal.SIGHUP)
            assert not psutil.wait_procs(processes, timeout=20)[1]
            assert is_ready(server.url)
            (after,) = server.workers
            assert after != worker
            assert send(server, form(b'"file"; filename="a.wav"', speech_wav))[0] == 200
            assert psutil.Process(after).children()
    assert not psutil.wait_procs(processes, timeout=20)[1]
