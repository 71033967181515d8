"""The eventlet worker's WebSocket at its edges: a real server, and clients that do as they like."""

from __future__ import annotations

import base64
import contextlib
import json
import socket
import subprocess
import sys
import time
import urllib.parse

import psutil
import pytest
from wsproto import ConnectionType, WSConnection
from wsproto.events import (
    BytesMessage,
    CloseConnection,
    Ping,
    Pong,
    Request,
    TextMessage,
)

from tests.servers import is_ready, serve

CHUNK = '451-/live,["audio",{"_placeholder":true,"num":0}]'
UNREAD = "its client does not read what it is sent"


@pytest.fixture(scope="module")
def server():
    with serve({"ASYNC_MODE": "eventlet", "MAX_CHUNK_KB": "64", "MAX_EVENTS_S": "1000000"}) as made:
        yield made


class RawClient:
    """A WebSocket whose bytes are ours: wsproto makes and reads them."""

    def __init__(self, server, *, receive_bytes=0):
        address = urllib.parse.urlsplit(server.url)
        self.socket = socket.socket()
        if receive_bytes:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        self.socket.settimeout(10)
        self.socket.connect((address.hostname, address.port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.protocol = WSConnection(ConnectionType.CLIENT)
        self.heard = []
        target = "/socket.io/?EIO=4&transport=websocket"
        self.send(Request(host=address.netloc, target=target))
        self.wait_for(lambda event: isinstance(event, TextMessage))  # Engine.IO's first word
        self.say("40/live,")
        self.wait_for(lambda event: "sid" in getattr(event, "data", ""))

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.socket.close()

    def bytes_of(self, *events):
        return b"".join(self.protocol.send(event) for event in events)

    def send(self, *events):
        self.socket.sendall(self.bytes_of(*events))

    def say(self, text):
        self.send(TextMessage(data=text))

    def event(self, name, data):
        self.say("42/live," + json.dumps([name, data]))

    def wait_for(self, wanted):
        """Return the first event that is wanted, of those that have come or are to come."""
        seen = 0
        while True:
            for event in self.heard[seen:]:
                if wanted(event):
                    return event
            seen = len(self.heard)
            data = self.socket.recv(1 << 16)
            self.protocol.receive_data(data or None)
            self.heard += self.protocol.events()

    def closed(self):
        """Return the code with which the server closes."""
        return self.wait_for(lambda event: isinstance(event, CloseConnection)).code


def says(name):
    return lambda event: isinstance(event, TextMessage) and f'["{name}"' in event.data


def chunk_events(chunk):
    return TextMessage(data=CHUNK), BytesMessage(data=chunk)


def test_chunks_that_come_byte_by_byte_or_many_at_once_are_heard(server, speech):
    with RawClient(server) as client:
        client.event("start", {"mime_type": speech.mime_type})
        for byte in client.bytes_of(*chunk_events(speech.chunks[0])):
            client.socket.sendall(bytes([byte]))
        rest = [event for chunk in speech.chunks[1:] for event in chunk_events(chunk)]
        client.send(*rest)
        client.say('42/live,1["stop"]')
        client.wait_for(says("prediction"))
        summary = client.wait_for(lambda event: "duration_s" in getattr(event, "data", ""))
        assert abs(json.loads(summary.data[len("43/live,1") :])[0]["duration_s"] - 3.96) < 0.1


def test_a_chunk_in_fragments_with_a_ping_between_them_is_heard_and_the_ping_answered(
    server, speech
):
    with RawClient(server) as client:
        client.event("start", {"mime_type": speech.mime_type})
        data = speech.data
        client.send(
            TextMessage(data=CHUNK),
            BytesMessage(data=data[:1000], message_finished=False),
            Ping(payload=b"are you there"),
            BytesMessage(data=data[1000:2000], message_finished=False),
            BytesMessage(data=data[2000:]),
        )
        pong = client.wait_for(lambda event: isinstance(event, Pong))
        assert pong.payload == b"are you there"
        client.wait_for(says("prediction"))


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"\x82\x01a", 1002),  # not masked
        (b"\xc1\x81abcdx", 1002),  # compressed
        (b"\x83\x81abcdx", 1002),
        (b"\x81\x81\x00\x00\x00\x00\xff", 1007),
        (b"\x82\xff" + (1 << 30).to_bytes(8, "big"), 1009),
        (b"\x02\xfe\xff\xff\x00\x00\x00\x00" + bytes(65535) + b"\x00\xfe\xff\xff\x00\x00\x00\x00"
         + bytes(65535) + b"\x00\xff" + ((1 << 17) + 3).to_bytes(8, "big"), 1009),
    ],
)  # fmt: skip
def test_a_breach_closes_its_own_connection_with_the_code(server, speech, data, status):
    with RawClient(server) as client, RawClient(server) as other:
        client.socket.sendall(data)
        assert client.closed() == status
        other.event("start", {"mime_type": speech.mime_type})
        other.send(*chunk_events(speech.data))
        other.wait_for(says("prediction"))


def test_a_goodbye_is_answered(server):
    with RawClient(server) as client:
        client.send(CloseConnection(code=1001, reason="on to the next page"))
        assert client.closed() == 1001


def test_a_wrong_goodbye_is_a_breach(server):
    with RawClient(server) as client:
        client.socket.sendall(b"\x88\x82\x00\x00\x00\x00\x00\x01")
        assert client.closed() == 1002


def test_drafts_from_before_the_standard_are_not_spoken(server):
    address = urllib.parse.urlsplit(server.url)
    with socket.create_connection((address.hostname, address.port), timeout=10) as client:
        client.sendall(
            b"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: a\r\n"
            b"Upgrade: WebSocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Key1: 1 2\r\nSec-WebSocket-Key2: 1 2\r\n\r\n12345678"
        )
        assert client.recv(100).startswith(b"HTTP/1.1 400 ")


def test_compression_is_not_agreed_to(server):
    key = base64.b64encode(bytes(16))
    address = urllib.parse.urlsplit(server.url)
    with socket.create_connection((address.hostname, address.port), timeout=10) as client:
        client.sendall(
            b"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: a\r\n"
            b"Upgrade: WebSocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            b"Sec-WebSocket-Key: " + key + b"\r\n"
            b"Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n"
        )
        answer = client.recv(4096)
    assert answer.startswith(b"HTTP/1.1 101 ")
    assert b"Extensions" not in answer


@pytest.mark.parametrize("mode", ["eventlet", "gevent", "threading"])
def test_a_client_that_reads_nothing_is_let_go_and_costs_no_memory(mode):
    with serve({"ASYNC_MODE": mode, "MAX_EVENTS_S": "1000000"}) as server:
        is_let_go(server)


def is_let_go(server):
    (worker,) = server.workers
    with RawClient(server):
        before = psutil.Process(worker).memory_info().rss
    with RawClient(server, receive_bytes=4096) as client:
        # Each of these is answered twice, with a problem and an acknowledgement.
        question = client.bytes_of(TextMessage(data='42/live,1["start",5]')) * 50
        deadline = time.monotonic() + 60
        with contextlib.suppress(ConnectionError):
            while time.monotonic() < deadline:
                client.socket.sendall(question)
                time.sleep(0.01)
        assert time.monotonic() < deadline
    assert UNREAD in server.log.read_text()
    assert psutil.Process(worker).memory_info().rss - before < 8 << 20
    assert is_ready(server.url)


GREEN = """
import json, sys
from webapp import eventlet_worker
eventlet_worker.patch()
import eventlet
from eventlet import hubs
from webapp.eventlet_websocket import WebSocket
listener = eventlet.listen(("127.0.0.1", 0))
def pair():
    client = eventlet.connect(listener.getsockname())
    sock, _ = listener.accept()
    sock.settimeout(30)
    return WebSocket(sock, {}, max_frame_length=1 << 20), client
def read_all(client):
    data = b""
    while part := client.recv(50000):
        data += part
        eventlet.sleep(0)
    return data
told = {}

ws, client = pair()  # nothing comes
ws.socket.settimeout(0.3)
try:
    ws.wait()
except TimeoutError:
    told["timeout"] = True
ws._send_closing_frame(True)

ws, client = pair()  # each byte begins the wait anew
ws.socket.settimeout(0.4)
def drip():
    for byte in b"\\x81\\x85" + bytes(4) + b"hello":
        eventlet.sleep(0.1)
        client.sendall(bytes([byte]))
eventlet.spawn(drip)
told["dripped"] = ws.wait()
ws._send_closing_frame(True)

ws, client = pair()  # closed by another green thread while it waits
eventlet.spawn_after(0.1, ws.close)
told["woken"] = ws.wait()
told["goodbye"] = read_all(client).hex()
ws._send_closing_frame(True)

ws, client = pair()  # a long message, and a goodbye right behind it
message = "x" * (8 << 20)
ws.send(message)
ws.send("short")
ws.close()
reader = eventlet.spawn(read_all, client)
told["end"] = ws.wait()
data = reader.wait()
told["whole"] = data[10:-11] == message.encode() and data[-11:-4] == b"\\x81\\x05short"
ws._send_closing_frame(True)

ws, client = pair()  # nobody reads it, and what waits is bounded
ws.send(message)
most = 0
for _ in range(100):
    ws.send("x" * 10000)
    most = max(most, len(ws._unsent))
told["lost"], told["unsent"] = ws._lost, len(ws._unsent)
told["bounded"] = most < len(message) + (300 << 10)

ws, client = pair()  # nor does a second long message find a place
ws.send(message)
ws.send(message)
told["both"] = not ws._lost
ws._send_closing_frame(True)

ws, client = pair()  # the handler goes while others still have something to send
ws.send("x" * (8 << 20))
ws._send_closing_frame(True)
eventlet.sleep(0.1)
told["flusher"] = ws._flusher is None

ws, client = pair()  # busy with something else while bytes come
client.sendall(b"\\x81\\x82" + bytes(4) + b"hi")
told["first"] = ws.wait()
client.sendall(b"\\x81\\x85" + bytes(4) + b"again")
eventlet.sleep(0.2)
told["listens"] = ws._listener is not None
told["second"] = ws.wait()
ws._send_closing_frame(True)

hub = hubs.get_hub()
told["left"] = len(hub.listeners["read"]) + len(hub.listeners["write"])
told["timers"] = sum(not timer.called for _, timer in hub.timers + hub.next_timers)
print(json.dumps(told))
"""


def test_a_green_websocket_waits_wakes_and_lets_go():
    done = subprocess.run(
        [sys.executable, "-c", GREEN], capture_output=True, text=True, check=True, timeout=60
    )
    assert json.loads(done.stdout) == {
        "timeout": True,
        "dripped": "hello",
        "woken": None,
        "goodbye": "880203e8",
        "end": None,
        "whole": True,
        "lost": True,
        "unsent": 0,
        "bounded": True,
        "both": False,
        "flusher": True,
        "first": "hi",
        "listens": False,
        "second": "again",
        "left": 0,
        "timers": 0,
    }
    assert [line for line in done.stderr.splitlines() if UNREAD not in line] == []
