from __future__ import annotations

import contextlib
import socket
import threading
import time

import pytest

from tests.redis_servers import redis_server
from tests.servers import free_port
from webapp import redis_leases
from webapp.leases import LocalLeases
from webapp.meter import Meter
from webapp.redis_leases import RedisLeases
from webapp.redis_link import RedisLink


def spawn(target, *args):
    threading.Thread(target=target, args=args, daemon=True).start()


@pytest.fixture
def link_to():
    """A function that makes a link to an address; all of them are stopped at the end."""
    links = []

    def make(url):
        links.append(RedisLink(url, spawn=spawn, sleep=time.sleep, meter=Meter()))
        return links[-1]

    yield make
    for link in links:
        link.stop()
        until(lambda link=link: not link.up)


def until(condition, seconds=15.0):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.fixture
def redis():
    with redis_server() as server:
        yield server


@pytest.fixture
def worker(redis, link_to):
    """A function that makes a worker's leases, connected."""

    def make():
        link = link_to(redis.url)
        leases = RedisLeases(link)
        link.start()
        until(lambda: link.up)
        return leases

    return make


@pytest.fixture
def patient(monkeypatch):
    """Have answers waited for, however busy this machine is."""
    monkeypatch.setattr(redis_leases, "PATIENCE_S", 10.0)


def test_without_redis_each_process_counts_its_own():
    assert isinstance(redis_leases.leases(None), LocalLeases)


@pytest.mark.usefixtures("patient")
def test_a_limit_holds_over_all_workers(worker):
    one, other = worker(), worker()
    leases = [(w, w.take("192.0.2.1", limit=3)) for w in (one, other, one)]
    assert all(lease for _, lease in leases)
    assert one.take("192.0.2.1", limit=3) is None
    assert other.take("192.0.2.1", limit=3) is None
    assert other.take("192.0.2.2", limit=3)
    leases[1][0].give_back("192.0.2.1", leases[1][1])
    until(lambda: one.counts(["192.0.2.1"]) == [2])
    assert one.take("192.0.2.1", limit=3)
    assert other.counts(["192.0.2.1", "192.0.2.2", "192.0.2.3"]) == [3, 1, 0]


@pytest.mark.usefixtures("patient")
def test_workers_that_take_at_once_never_take_too_many(worker):
    taken = []
    workers = [worker() for _ in range(4)]

    def take(leases):
        taken.extend(lease for _ in range(20) if (lease := leases.take("a", limit=10)))

    threads = [threading.Thread(target=take, args=(leases,)) for leases in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken) == 10


def test_giving_back_twice_is_nothing(worker):
    one = worker()
    first, second = one.take("a", limit=2), one.take("a", limit=2)
    for _ in range(2):
        one.give_back("a", first)
    until(lambda: one.counts(["a"]) == [1])
    one.give_back("a", second)
    until(lambda: one.counts(["a"]) == [0])


@pytest.mark.usefixtures("patient")
def test_a_lease_that_nobody_renews_expires_within_fifteen_seconds(worker, monkeypatch):
    dead, other = worker(), worker()
    assert dead.take("a", limit=1)
    monkeypatch.setattr(dead, "renew", lambda: None)  # as one killed would
    began = time.monotonic()
    assert other.take("a", limit=1) is None
    until(lambda: other.take("a", limit=1), seconds=40)
    assert time.monotonic() - began < 15


def test_who_asks_again_and_again_for_a_place_does_not_take_it_from_others(worker):
    one, other = worker(), worker()
    kept = one.take("a", limit=1)
    asking = threading.Event()

    def ask():
        while not asking.is_set():
            if lease := other.take("a", limit=1):  # Redis was too slow to say no
                other.give_back("a", lease)

    thread = threading.Thread(target=ask)
    thread.start()
    for _ in range(200):
        other.renew()
        time.sleep(0.005)
    asking.set()
    thread.join()
    one.give_back("a", kept)
    until(lambda: one.counts(["a"]) == [0], seconds=5)


@pytest.mark.usefixtures("patient")
def test_a_lease_that_is_renewed_does_not_expire(worker, monkeypatch):
    monkeypatch.setattr(redis_leases, "LEASE_S", 0.5)
    one, other = worker(), worker()
    one.take("a", limit=1)
    deadline = time.monotonic() + 1.5
    while time.monotonic() < deadline:
        one.renew()
        assert other.take("a", limit=1) is None
        time.sleep(0.05)


def test_where_redis_is_away_local_counts_hold_and_nobody_waits(link_to):
    leases = RedisLeases(link_to(f"redis://127.0.0.1:{free_port()}"))
    began = time.monotonic()
    kept = [leases.take("a", limit=500) for _ in range(500)]
    assert time.monotonic() - began < 0.5
    assert all(kept)
    assert leases.take("a", limit=500) is None
    assert leases.counts(["a"]) is None
    leases.give_back("a", kept[0])
    assert leases.take("a", limit=500)


def test_a_redis_that_hangs_costs_one_of_many_a_twentieth_of_a_second(redis, worker):
    leases = worker()
    redis.freeze()
    took = []
    for _ in range(50):
        began = time.monotonic()
        assert leases.take("a", limit=100)
        took.append(time.monotonic() - began)
    assert sorted(took)[-1] < 0.2
    assert sum(took) < 0.5
    redis.thaw()
    until(lambda: (leases.counts(["a"]) or [0])[0] == 50)


def test_a_redis_that_was_killed_is_told_again_what_is_taken(redis, worker):
    one, other = worker(), worker()
    kept = one.take("a", limit=2)
    redis.kill()
    until(lambda: not one._link.up)
    assert one.take("a", limit=2)
    assert one.take("a", limit=2) is None
    assert other.take("a", limit=2)  # each counts its own
    redis.start()
    until(lambda: other.counts(["a"]) == [3])
    assert other.take("a", limit=3) is None
    one.give_back("a", kept)
    until(lambda: other.counts(["a"]) == [2])


def test_what_is_no_redis_is_an_outage_that_is_said_once(link_to, caplog):
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer():
            with contextlib.suppress(OSError):  # the end of the test
                while True:
                    connection, _ = listener.accept()
                    connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
                    connection.close()

        spawn(answer)
        link = link_to(f"redis://127.0.0.1:{listener.getsockname()[1]}")
        link.start()
        until(lambda: "Redis cannot be used" in caplog.text)
        time.sleep(1.5)
        assert caplog.text.count("Redis cannot be used") == 1
        assert not link.up
