"""The lean client's bytes, judged by wsproto and python-socketio."""

from __future__ import annotations

import itertools
import json

import pytest
import socketio
from engineio.packet import Packet as EngineIoPacket
from hypothesis import given
from hypothesis import strategies as st
from socketio.packet import Packet as SocketIoPacket
from wsproto.connection import Connection, ConnectionType
from wsproto.events import BytesMessage, Message, Ping, TextMessage

from benchmarks import wire

SIZES = st.sampled_from([0, 1, 125, 126, 127, 65535, 65536, 70000])
MASKS = st.binary(min_size=4, max_size=4)


def cut(data, places):
    """Cut bytes at some places, given as fractions."""
    at = sorted({0, len(data), *(int(place * len(data)) for place in places)})
    return [data[begin:end] for begin, end in itertools.pairwise(at)]


CUTS = st.lists(st.floats(0, 1), max_size=5)


@given(size=SIZES, mask=MASKS)
def test_a_frame_of_any_size_and_mask_arrives_at_a_server_as_it_was(size, mask):
    payload = bytes(range(256)) * (size // 256 + 1)
    server = Connection(ConnectionType.SERVER)
    server.receive_data(wire.client_frame(payload[:size], opcode=wire.BINARY, mask=mask))
    parts = [event.data for event in server.events() if isinstance(event, BytesMessage)]
    assert b"".join(bytes(part) for part in parts) == payload[:size]


@given(sizes=st.lists(SIZES, max_size=4), cuts=CUTS)
def test_a_servers_messages_are_read_however_their_bytes_are_cut(sizes, cuts):
    server = Connection(ConnectionType.SERVER)
    data = b"".join(server.send(Message(data="x" * size)) for size in sizes)
    reader = wire.FrameReader()
    heard = [message for piece in cut(data, cuts) for message in reader.push(piece)]
    assert heard == [(wire.TEXT, b"x" * size) for size in sizes]


def test_a_message_in_several_frames_is_joined_around_a_ping():
    server = Connection(ConnectionType.SERVER)
    data = server.send(Message(data=b"one ", message_finished=False))
    data += server.send(Ping(payload=b"there?"))
    data += server.send(Message(data=b"two"))
    assert wire.FrameReader().push(data) == [(wire.PING, b"there?"), (wire.BINARY, b"one two")]


@pytest.mark.parametrize("data", [b"\x81\x83abcdefg", b"\x80\x01a"])
def test_what_no_server_may_send_is_an_error(data):
    with pytest.raises(wire.WireError):
        wire.FrameReader().push(data)


def messages(frames):
    """Read frames as python-socketio's server would."""
    server = Connection(ConnectionType.SERVER)
    server.receive_data(frames)
    return [
        event.data if isinstance(event, TextMessage) else bytes(event.data)
        for event in server.events()
    ]


@given(chunk=st.binary(min_size=1, max_size=2000), mask=MASKS)
def test_an_audio_event_is_what_python_socketio_reads(chunk, mask):
    text, attachment = messages(wire.audio(chunk, mask=mask))
    packet = SocketIoPacket(encoded_packet=EngineIoPacket(encoded_packet=text).data)
    packet.add_attachment(attachment)
    assert packet.namespace == "/live"
    assert packet.data == ["audio", chunk]


@pytest.mark.parametrize(
    ("frame", "kind", "number", "data"),
    [
        (wire.connect(), socketio.packet.CONNECT, None, None),
        (
            wire.start("audio/webm"),
            socketio.packet.EVENT,
            0,
            ["start", {"mime_type": "audio/webm"}],
        ),
        (wire.stop(), socketio.packet.EVENT, 1, ["stop"]),
    ],
)
def test_every_other_message_is_what_python_socketio_reads(frame, kind, number, data):
    (text,) = messages(frame)
    packet = SocketIoPacket(encoded_packet=EngineIoPacket(encoded_packet=text).data)
    assert packet.packet_type == kind
    assert packet.namespace == "/live"
    assert packet.id == number
    assert packet.data == data


def test_what_python_socketio_answers_is_understood():
    def message(kind, **more):
        return b"4" + SocketIoPacket(kind, namespace="/live", **more).encode().encode()

    prediction = {"seq": 3, "emotion": None, "probabilities": {"sad": 0.25}}
    event = wire.parse(message(socketio.packet.EVENT, data=["prediction", prediction]))
    assert (event.kind, event.name, event.data) == ("event", "prediction", prediction)
    acknowledged = wire.parse(message(socketio.packet.ACK, id=1, data=[{"ok": True}]))
    assert acknowledged == wire.Packet("ack", number=1, data={"ok": True})
    assert wire.parse(message(socketio.packet.CONNECT, data={"sid": "x"})).kind == "entered"
    refused = wire.parse(message(socketio.packet.CONNECT_ERROR, data={"message": "no"}))
    assert refused == wire.Packet("refused", data={"message": "no"})
    assert wire.parse(b"0" + json.dumps({"sid": "x"}).encode()).kind == "open"
    assert wire.parse(b"2").kind == "ping"


@pytest.mark.parametrize("message", [b"", b"9", b"42/live,[", b"43/live,x[]"])
def test_nonsense_is_an_error(message):
    with pytest.raises(wire.WireError):
        wire.parse(message)
