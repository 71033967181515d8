"""One port: what is said where it cannot be had, and how several workers share it."""

from __future__ import annotations

import os
import socket
import subprocess
import threading
import time

import psutil
import pytest

from tests.servers import GUNICORN, ROOT, serve
from webapp import workers
from webapp.listening import refusal


def start(*command, **environ):
    """Start a server that is to fail at once; return its exit status and what it said."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("MAKE", "MFLAGS"))}
    done = subprocess.run(
        command or (GUNICORN, "-c", "deploy/gunicorn.conf.py", "webapp.wsgi:app"),
        cwd=ROOT,
        env=clean | environ,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    said = [line for line in done.stderr.splitlines() if "[INFO]" not in line]
    return done.returncode, said


@pytest.fixture
def taken():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield str(listener.getsockname()[1])


WRONG = [
    ({"WORKERS": "0"}, "WORKERS is 0, not more than zero."),
    ({"WORKERS": "two"}, "WORKERS is 'two', not a whole number."),
    ({"ASYNC_MODE": "x"}, "ASYNC_MODE is 'x', not one of eventlet, gevent, threading."),
    ({"PORT": "70000"}, "PORT is 70000, not between 0 and 65535."),
    ({"GRACEFUL_S": "soon"}, "GRACEFUL_S is 'soon', not a whole number."),
    ({"HOST": "203.0.113.9"}, "HOST is '203.0.113.9', which is no address of this machine."),
    (
        {"HOST": "no.such.invalid"},
        "HOST is 'no.such.invalid', which is no address of this machine.",
    ),
]


@pytest.mark.parametrize(("environ", "sentence"), WRONG)
def test_gunicorn_says_what_is_wrong_with_a_setting_in_one_sentence(environ, sentence):
    assert start(**environ) == (1, [sentence])


def test_a_port_that_is_taken_is_one_sentence(taken):
    status, (sentence,) = start(PORT=taken)
    assert status == 1
    assert sentence == (
        f"PORT is {taken}, where another program listens already; another PORT may be free."
    )


def test_make_serve_says_the_same(taken):
    for environ, begin in (
        ({"PORT": taken}, f"PORT is {taken}, "),
        ({"WORKERS": "0"}, "WORKERS is "),
    ):
        status, said = start("make", "serve", **environ)
        assert status == 2  # make's own, for any failure
        sentence, makes = said
        assert sentence.startswith(begin)
        assert makes.startswith("make: *** ")


def test_a_port_is_waited_for_a_moment_as_its_server_may_just_be_stopping():
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    assert refusal("127.0.0.1", port, patience_s=0)
    threading.Timer(0.5, listener.close).start()
    assert refusal("127.0.0.1", port) == ""


def connections(server):
    """Return how many connections each worker has."""
    port = int(server.url.rsplit(":", 1)[1])
    return [
        sum(
            held.laddr.port == port and held.status == psutil.CONN_ESTABLISHED
            for held in psutil.Process(pid).net_connections("tcp")
        )
        for pid in server.workers
    ]


def test_a_burst_of_connections_is_shared_by_the_workers_of_a_port():
    with serve({"WORKERS": "4"}) as server:
        address = "127.0.0.1", int(server.url.rsplit(":", 1)[1])
        deadline = time.monotonic() + 30
        held = []
        while len(each := connections(server)) < 4 or not all(each):  # one still loads
            assert time.monotonic() < deadline, each
            held.append(socket.create_connection(address))
            time.sleep(0.05)
        while held:
            held.pop().close()
        while any(connections(server)):
            time.sleep(0.05)
        held = [socket.create_connection(address) for _ in range(60)]
        while sum(each := connections(server)) < len(held) and time.monotonic() < deadline:
            time.sleep(0.05)
        for connection in held:
            connection.close()
    assert sum(each) == 60
    assert min(each) >= 5, each


def test_who_has_fewer_connections_is_quicker_to_take_one():
    waits = [workers.hesitation_s(count, of=2) for count in (0, 1, 10, 100, 300)]
    assert waits == sorted(waits)
    assert len(set(waits)) == len(waits)
    assert workers.hesitation_s(10**6, of=2) < 0.1
    assert workers.hesitation_s(300, of=1) == 0
