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
import eventlet, threading, eventlet.websocket as ws
from eventlet import patcher
mode = async_mode.current()
native = patcher.original("threading")
turns = []
green = eventlet.spawn(lambda: [turns.append(1) or eventlet.sleep(0.01) for _ in range(20)])
thread = mode.offload(lambda: (native.get_ident(), patcher.original("time").sleep(0.3)))[0]
print(json.dumps({
    "mode": mode.name, "elsewhere": thread != native.get_ident(), "turns": len(turns),
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
        "own": "webapp.eventlet_websocket",
        "deflate": None,
    }
    assert done.stderr == ""
