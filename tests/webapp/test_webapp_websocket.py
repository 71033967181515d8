from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wsproto.connection import Connection, ConnectionType
from wsproto.events import BytesMessage, CloseConnection, Ping, Pong, TextMessage
from wsproto.frame_protocol import CloseReason

from webapp import websocket
from webapp.websocket import BINARY, CLOSE, PING, PONG, TEXT, Reader, WebSocketError

SIZES = st.sampled_from([0, 1, 125, 126, 127, 3000, 65535, 65536, 70000])
CUTS = st.lists(st.floats(0, 1), max_size=8)
LIMIT = 1 << 20


def frame(payload, opcode, *, final=True, key=b"\x12\x00\xfe\x77"):
    """Return a client's frame, built by the standard's definition, byte by byte."""
    size = len(payload)
    head = bytes([0x80 * final | opcode])
    if size < 126:
        head += bytes([0x80 | size])
    elif size < 1 << 16:
        head += bytes([0x80 | 126]) + size.to_bytes(2, "big")
    else:
        head += bytes([0x80 | 127]) + size.to_bytes(8, "big")
    masked = bytes(byte ^ key[index % 4] for index, byte in enumerate(payload))
    return head + key + masked


def cut(data, places):
    at = sorted({0, len(data), *(int(place * len(data)) for place in places)})
    return [data[begin:end] for begin, end in itertools.pairwise(at)]


def read(parts, limit=LIMIT):
    reader = Reader(limit=limit)
    messages = [message for part in parts for message in reader.push(part)]
    return messages, reader.error and reader.error.status


@st.composite
def conversations(draw):
    """Return some messages, and the same as frames: fragmented, with pings in between."""
    messages, frames = [], []
    key = st.binary(min_size=4, max_size=4)
    for _ in range(draw(st.integers(1, 5))):
        opcode = draw(st.sampled_from([TEXT, BINARY]))
        if opcode == TEXT:
            payload = draw(st.text(max_size=300)).encode()
        else:
            payload = draw(st.one_of(st.binary(max_size=300), SIZES.map(bytes)))
        pieces = cut(payload, draw(st.lists(st.floats(0, 1), max_size=3))) or [b""]
        for index, piece in enumerate(pieces):
            if draw(st.booleans()):
                ping = draw(st.binary(max_size=125))
                messages.append((PING, ping))
                frames.append(frame(ping, PING, key=draw(key)))
            final = index == len(pieces) - 1
            frames.append(frame(piece, 0 if index else opcode, final=final, key=draw(key)))
        messages.append((opcode, payload.decode() if opcode == TEXT else payload))
    return messages, b"".join(frames)


@given(conversation=conversations(), places=CUTS)
def test_any_cutting_of_the_bytes_gives_the_same_messages(conversation, places):
    messages, data = conversation
    assert read(cut(data, places)) == (messages, None)
    assert read([data]) == (messages, None)


@given(conversation=conversations())
def test_messages_are_found_even_if_every_byte_comes_alone(conversation):
    messages, data = conversation
    data = data[:4000]
    found, error = read([bytes([byte]) for byte in data])
    assert error is None
    assert found == messages[: len(found)] == read([data])[0]


@given(data=st.binary(max_size=200), places=CUTS)
def test_noise_is_read_the_same_however_it_is_cut(data, places):
    assert read([data]) == read(cut(data, places))


def judged(data):
    """Return what wsproto reads: its events, fragments joined; a breach ends them."""
    server = Connection(ConnectionType.SERVER)
    found, parts = [], []
    try:
        server.receive_data(data)
        for event in server.events():
            if isinstance(event, TextMessage | BytesMessage):
                parts.append(event.data)
                if event.message_finished:
                    whole = ("" if isinstance(event, TextMessage) else b"").join(
                        part if isinstance(part, str) else bytes(part) for part in parts
                    )
                    found.append((TEXT if isinstance(event, TextMessage) else BINARY, whole))
                    parts = []
            elif isinstance(event, Ping | Pong):
                opcode = PING if isinstance(event, Ping) else PONG
                found.append((opcode, bytes(event.payload)))
            elif isinstance(event, CloseConnection):
                return found, "closed"
    except Exception:
        return found, "broken"
    return found, None


# Text is judged when a message is whole here, as the standard allows, and by wsproto as it comes.
FRAMES = st.lists(
    st.builds(
        lambda payload, opcode, final: frame(payload, opcode, final=final),
        st.text(max_size=130).map(str.encode),
        st.sampled_from([0, 0, 1, 2, 2, 9, 10, 3, 11]),
        st.booleans(),
    ),
    max_size=4,
)


@given(frames=FRAMES)
def test_what_another_implementation_refuses_is_refused_and_all_else_is_read_alike(frames):
    data = b"".join(frames)
    theirs, verdict = judged(data)
    ours, error = read([data])
    assert (error is not None) == (verdict is not None)
    if error is None:
        assert ours == theirs
    else:
        assert ours[: len(theirs)] == theirs


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (frame(b"a", 3), 1002),
        (frame(b"a", 11), 1002),
        (frame(b"a", 0), 1002),  # goes on with nothing
        (frame(b"a", 1, final=False) + frame(b"b", 1), 1002),
        (frame(b"a", PING, final=False), 1002),
        (frame(bytes(126), PING), 1002),
        (b"\xc1" + frame(b"a", 1)[1:], 1002),  # compressed
        (b"\x81\x01a", 1002),  # not masked
        (b"\x82\xfe\x00\x7d", 1002),  # 125, written as 126 are
        (b"\x82\xff" + (65535).to_bytes(8, "big"), 1002),
        (frame(b"\xff\xfe", 1), 1007),
        (frame(b"\xe2\x82", 1, final=False) + frame(b"\x28", 0), 1007),
        (b"\x82\xff" + (LIMIT + 1).to_bytes(8, "big"), 1009),
        (b"\x82\xff" + b"\xff" * 8, 1009),
        (frame(bytes(LIMIT), 2, final=False) + b"\x80\x81", 1009),
    ],
)
def test_a_breach_has_its_close_code_before_any_payload_is_waited_for(data, status):
    assert read([data])[1] == status
    assert read([data, frame(b"more", 1)]) == read([data])


def test_messages_before_a_breach_are_handed_out():
    good = frame(b"good", TEXT)
    assert read([good + frame(b"bad", 3) + good]) == ([(TEXT, "good")], 1002)


def test_a_message_may_be_as_long_as_the_limit_and_its_fragments_count_together():
    assert read([frame(bytes(100), 2)], limit=100) == ([(BINARY, bytes(100))], None)
    assert read([frame(bytes(101), 2)], limit=100) == ([], 1009)
    halves = [frame(bytes(60), 2, final=False), frame(bytes(60), 0)]
    assert read(halves, limit=100) == ([], 1009)
    again = [frame(bytes(40), 2, final=False), frame(bytes(60), 0)] * 3
    assert read(again, limit=100) == ([(BINARY, bytes(100))] * 3, None)


def test_endless_empty_fragments_hold_no_memory():
    reader = Reader(limit=100)
    reader.push(frame(b"", 2, final=False))
    empty = frame(b"", 0, final=False) * 1000
    for _ in range(20):
        assert reader.push(empty) == []
    assert len(reader._fragments) == len(reader._held) == 0


@given(size=SIZES, text=st.booleans())
def test_a_frame_of_the_server_arrives_at_a_client_as_it_was(size, text):
    payload = "ä" * (size // 2) if text else bytes(range(256)) * (size // 256)
    client = Connection(ConnectionType.CLIENT)
    client.receive_data(websocket.frame(payload))
    events = list(client.events())
    joined = ("" if text else b"").join(
        event.data if text else bytes(event.data) for event in events
    )
    assert joined == payload
    assert events[-1].message_finished


@pytest.mark.parametrize("reason", ["", "too long", "ü" * 200])
def test_a_client_learns_why_it_was_closed(reason):
    client = Connection(ConnectionType.CLIENT)
    client.receive_data(websocket.closing(1009, reason))
    (event,) = client.events()
    assert event.code == CloseReason.MESSAGE_TOO_BIG
    assert reason.startswith(event.reason or "")
    assert bool(event.reason) == bool(reason)


@pytest.mark.parametrize(
    ("payload", "code"),
    [(b"", 1000), (b"\x03\xe8", 1000), (b"\x0f\xa0bye", 4000), (b"\x03\xe9", 1001)],
)
def test_a_close_code_is_read(payload, code):
    assert websocket.close_code(payload) == code
    assert read([frame(payload, CLOSE)]) == ([(CLOSE, payload)], None)


@pytest.mark.parametrize(
    "payload", [b"\x03", b"\x00\x00", b"\x03\xed", b"\x03\xe8\xff", b"\xff\xff"]
)
def test_a_wrong_close_code_is_a_breach(payload):
    with pytest.raises(WebSocketError):
        websocket.close_code(payload)


@given(data=st.binary(max_size=3000), key=st.binary(min_size=4, max_size=4))
def test_unmasking_equals_the_standards_definition(data, key):
    expected = bytes(byte ^ key[index % 4] for index, byte in enumerate(data))
    assert websocket.unmask(data, key) == expected
