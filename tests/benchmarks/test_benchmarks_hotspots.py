"""What a stack of functions was at work on."""

from __future__ import annotations

import pytest

from benchmarks.hotspots import count, group, shown
from benchmarks.machine import ROOT

SITE = "/home/x/.venv/lib/python3.11/site-packages"


@pytest.mark.parametrize(
    ("path", "name"),
    [
        (f"{ROOT}/models/pitch.py", "features: pitch"),
        (f"{ROOT}/models/features.py", "features: MFCCs"),
        (f"{ROOT}/models/runtime.py", "network"),
        (f"{ROOT}/models/timeline.py", "rest of the recogniser"),
        (f"{ROOT}/webapp/audio/opus.py", "decoding"),
        (f"{ROOT}/webapp/live.py", "sessions and messages"),
        (f"{SITE}/eventlet/websocket.py", "WebSocket frames"),
        (f"{SITE}/eventlet/hubs/poll.py", "event loop and sockets"),
        (f"{SITE}/socketio/packet.py", "Socket.IO and Engine.IO"),
        (f"{SITE}/engineio/socket.py", "Socket.IO and Engine.IO"),
        (f"{SITE}/somebody/else.py", "the rest"),
    ],
)
def test_a_module_belongs_to_what_it_does(path, name):
    assert group([(path, "f")]) == name


def test_what_a_module_calls_of_the_library_is_its_cost():
    stack = [
        (f"{SITE}/numpy/fft/_pocketfft.py", "rfft"),
        (f"{ROOT}/models/features.py", "FeatureExtractor.block"),
        (f"{ROOT}/webapp/recording.py", "Recording.hear"),
    ]
    samples, groups, functions = count([(3, stack), (1, [("/usr/lib/python3/json.py", "loads")])])
    assert samples == 4
    assert groups == [("features: MFCCs", 0.75), ("the rest", 0.25)]
    assert functions[0] == ("models/features.py FeatureExtractor.block", 0.75)


def test_no_folder_of_this_machine_is_shown():
    assert shown(f"{ROOT}/webapp/live.py", "Live.emit") == "webapp/live.py Live.emit"
    assert shown(f"{SITE}/eventlet/greenio/base.py", "recv") == "eventlet/greenio/base.py recv"
    assert shown(f"{ROOT}/.venv/lib/site-packages/a/b.py", "c") == "a/b.py c"
    assert shown("/usr/lib/python3.11/json/encoder.py", "d") == "json/encoder.py d"
