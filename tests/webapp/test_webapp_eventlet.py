from __future__ import annotations

import json
import subprocess
import sys

from webapp import async_mode


def test_outside_a_green_worker_the_mode_is_threads():
    mode = async_mode.current()
    assert mode.name == "threading"
    assert mode.offload(divmod, 7, 2) == (3, 1)


PATCHED = """
import json
from webapp import async_mode, eventlet_worker
eventlet_worker.patch()
import eventlet, eventlet.hubs as hubs, socket, threading, eventlet.websocket as ws
from eventlet import patcher
mode = async_mode.current()
native = patcher.original("threading")
turns = []
green = eventlet.spawn(lambda: [turns.append(1) or eventlet.sleep(0.01) for _ in range(20)])

def ready():
    pairs = [socket.socketpair() for _ in range(20)]
    for pair in pairs:
        pair[0].send(b"x")
        hubs.get_hub().add("read", pair[1].fileno(), None, None, None)
    return len(hubs.get_hub().do_poll(1))

thread = mode.offload(lambda: (native.get_ident(), patcher.original("time").sleep(0.3)))[0]
print(json.dumps({
    "mode": mode.name, "elsewhere": thread != native.get_ident(), "turns": len(turns),
    "takes turns": ready() == eventlet_worker.AT_ONCE,
    "own": ws.RFC6455WebSocket.__module__,
    "deflate": ws.WebSocketWSGI(None)._negotiate_permessage_deflate({"permessage-deflate": [{}]}),
}))
"""


def test_a_patched_process_works_in_threads_while_its_loop_goes_on():
    done = subprocess.run(
        [sys.executable, "-c", PATCHED], capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout) == {
        "mode": "eventlet",
        "elsewhere": True,
        "turns": 20,
        "takes turns": True,
        "own": "webapp.eventlet_websocket",
        "deflate": None,
    }
    assert done.stderr == ""


BEHIND = """
import json
from webapp import eventlet_worker
eventlet_worker.patch()
import eventlet
from eventlet.green import socket
from webapp.eventlet_websocket import LATE_READ_BYTES, READ_BYTES, WebSocket

def masked(size):
    return b"\\x82\\xfe" + size.to_bytes(2, "big") + bytes(4) + bytes(size)

server, client = socket.socketpair()
server.settimeout(5)
ws = WebSocket(server, {}, max_frame_length=1 << 20)

def heard(frames):
    client.sendall(b"".join(frames))
    told = []
    for _ in frames:
        ws.wait()
        told.append(ws.is_behind)
    return told

print(json.dumps([
    heard([masked(200)]),
    heard([masked(200)] * 3),
    heard([masked(READ_BYTES - 8)] + [masked(500)] * 20),
    heard([masked(200)]),
]))
"""


def test_a_websocket_knows_whether_something_newer_came_and_reads_on_to_it():
    done = subprocess.run(
        [sys.executable, "-c", BEHIND], capture_output=True, text=True, check=True
    )
    one, three, many, again = json.loads(done.stdout)
    assert one == again == [False]
    assert three == [True, True, False]
    assert many == [True] * 20 + [False]
