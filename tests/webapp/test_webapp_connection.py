"""What the short way tells an application, beside what the libraries' own way tells it."""

from __future__ import annotations

import engineio.packet
import pytest
import socketio
from hypothesis import example, given
from hypothesis import strategies as st

from webapp.connection import Connection, named

LIBRARYS = Connection.__mro__[1]
CHUNK = '451-/live,["audio",{"_placeholder":true,"num":0}]'


class Wire:
    """A WebSocket from which some messages come, and that keeps what is sent."""

    never_blocks = True

    class socket:  # noqa: N801 - the attribute's name
        @staticmethod
        def settimeout(seconds):
            pass

    def __init__(self, messages):
        self._messages = iter(messages)
        self.sent = []
        self.closed = False

    def wait(self):
        return None if self.closed else next(self._messages, None)

    def send(self, message):
        self.sent.append(message)

    def close(self):
        self.closed = True

    def abort(self):
        """Do nothing: what had come before may still be waiting."""


def served(kind, messages):
    """Return what handlers got and what was sent, with one class of socket or the other."""
    server = socketio.Server(async_mode="threading", async_handlers=False)
    got = []

    def handler(name):
        def handle(sid, *args):
            got.append((name, *args))
            if name == "broken":
                raise RuntimeError
            if name == "flood":
                server.eio.sockets["eio"].cut_off()
            if name == "leave":
                server.disconnect(sid, namespace="/live")
            server.emit("heard", {"name": name}, to=sid, namespace="/live")
            return {"ok": True}

        return handle

    server.on("connect", lambda sid, environ, auth: got.append("connect"), namespace="/live")
    server.on("disconnect", lambda sid, reason: got.append("gone"), namespace="/live")
    for name in ("audio", "broken", "leave", "flood"):
        server.on(name, handler(name), namespace="/live")
    server.on("*", lambda event, sid, *args: got.append(("any", event, *args)), namespace="/live")
    server.generate_id = lambda: "id"
    server.eio.generate_id = lambda: "sid"
    connection = kind(server.eio, "eio")
    server.eio.sockets["eio"] = connection
    connection.send(engineio.packet.Packet(engineio.packet.OPEN, {}))
    server.eio._trigger_event("connect", "eio", {}, run_async=False)
    wire = Wire(messages)
    connection._websocket_handler(wire)
    assert connection.closed
    assert not server.environ
    return got, wire.sent


MESSAGES = st.lists(
    st.sampled_from(
        [
            "40/live,",
            "41/live,",
            CHUNK,
            b"chunk",
            b"another",
            '451-/live,["broken",{"_placeholder":true,"num":0}]',
            '451-/live,["leave",{"_placeholder":true,"num":0}]',
            '451-/live,["dance",{"_placeholder":true,"num":0}]',
            '451-/live,["connect",{"_placeholder":true,"num":0}]',
            '451-/live,5["audio",{"_placeholder":true,"num":0}]',
            '451-/live,["audio",{"_placeholder":true,"num":0},"more"]',
            '451-/live,["audio",{"_placeholder":true,"num":7}]',
            '451-/live,["audio",{"deep":{"_placeholder":true,"num":0}}]',
            '452-/live,["audio",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]',
            '451-/live,["audio"',
            '451-["audio",{"_placeholder":true,"num":0}]',
            '451-/other,["audio",{"_placeholder":true,"num":0}]',
            '42/live,["audio","text"]',
            '42/live,7["audio"]',
            "461-/live,5[]",
            "3",
            "3probe",
            "9",
        ]
    ),
    max_size=12,
)


@given(messages=MESSAGES)
@example(messages=[CHUNK, "3", CHUNK, b"chunk"])  # an attachment that the library still waits for
@example(messages=[CHUNK, "3", b"chunk", CHUNK, b"another"])
def test_handlers_and_clients_are_told_the_same_as_by_the_libraries(messages):
    messages = ["40/live,", *messages]
    ours, sent = served(Connection, messages)
    theirs, expected = served(LIBRARYS, messages)
    assert ours == theirs
    assert sent == expected


@pytest.mark.parametrize("garbage", ["", "x", "é"])
def test_what_is_no_packet_ends_the_connection_and_the_application_hears_of_it(garbage):
    got, _ = served(Connection, ["40/live,", garbage, CHUNK, b"never heard"])
    assert got == ["connect", "gone"]


def test_the_text_before_a_chunk_is_known():
    assert named(CHUNK) == ("/live", "audio")
    assert named('451-["audio",{"_placeholder":true,"num":0}]') == ("/", "audio")


@pytest.mark.parametrize(
    "text",
    [
        '451-/live,5["audio",{"_placeholder":true,"num":0}]',  # wants an answer
        '451-/live,["connect",{"_placeholder":true,"num":0}]',
        '451-/live,["audio",{"_placeholder":true,"num":1}]',
        '451-/live,["audio",{"_placeholder":true,"num":0,"x":1}]',
        '451-/live,["audio",[{"_placeholder":true,"num":0}]]',
        '451-/live,["audio"]',
        '451-/live,[5,{"_placeholder":true,"num":0}]',
        "451-/live,5",
        "451-",
        "451-" + "[" * 190,
    ],
)
def test_any_other_text_is_left_to_the_libraries(text):
    assert named(text) is None


def test_a_handler_that_fails_leaves_the_connection_open():
    text = '451-/live,["broken",{"_placeholder":true,"num":0}]'
    got, _ = served(Connection, ["40/live,", text, b"1", CHUNK, b"2"])
    assert got == ["connect", ("broken", b"1"), ("audio", b"2"), "gone"]


def test_a_websocket_that_may_block_is_served_the_libraries_way(monkeypatch):
    monkeypatch.setattr(Wire, "never_blocks", False)
    sent_by = []
    monkeypatch.setattr(engineio.socket.Socket, "poll", lambda self: sent_by.append("writer") or [])
    served(Connection, ["40/live,", CHUNK, b"1"])
    assert sent_by


@pytest.mark.parametrize("never_blocks", [True, False])
@pytest.mark.parametrize("text", [CHUNK, '42/live,["audio"]'])
def test_nothing_is_heard_of_a_client_that_was_cut_off(monkeypatch, never_blocks, text):
    monkeypatch.setattr(Wire, "never_blocks", never_blocks)
    flood = ['451-/live,["flood",{"_placeholder":true,"num":0}]', b"1"]
    more = [text, b"2"] if text == CHUNK else [text]
    got, _ = served(Connection, ["40/live,", *flood, *more])
    assert got == ["connect", ("flood", b"1"), "gone"]
