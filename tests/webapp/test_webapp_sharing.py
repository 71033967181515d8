"""Shared views over real servers on one real Redis: each gunicorn is a host of its own."""

from __future__ import annotations

import contextlib
import os
import signal
import time

import pytest

from tests.redis_servers import RedisServer, redis_server
from tests.servers import LiveClient, is_ready, serve
from tests.watchers import WatchClient, until

LEASE_S = 15


@pytest.fixture(scope="module")
def redis():
    with redis_server() as server:
        yield server


@pytest.fixture
def own_redis():
    """One that the test may kill."""
    with redis_server() as server:
        yield server


@contextlib.contextmanager
def hosts(mode, redis: RedisServer, count=2, **settings):
    """Some gunicorns on one Redis, all of which have found it."""
    with contextlib.ExitStack() as stack:
        environ = {"ASYNC_MODE": mode, "REDIS_URL": redis.url, "LOG_FORMAT": "json", **settings}
        servers = [stack.enter_context(serve(environ)) for _ in range(count)]
        for server in servers:
            until(lambda server=server: "redis_connected" in server.log.read_text(), seconds=30)
        yield servers


@pytest.fixture(scope="module")
def pair(mode, redis):
    with hosts(mode, redis, MAX_WATCHERS="3") as servers:
        yield servers


def share(speaker):
    answer = speaker.io.call("share", namespace="/live", timeout=10)
    assert answer["ok"]
    return answer["view"]


def join(watcher, token):
    """Watch; once more where Redis had no time to say that there is the view."""
    answer = watcher.watch(token)
    if not answer["ok"] and answer["error"]["code"] in ("no_view", "busy"):
        answer = watcher.watch(token)
    assert answer["ok"]
    return answer


def say(speaker, chunks):
    """Send some chunks and wait until all of them are heard; to share again changes nothing."""
    for chunk in chunks:
        speaker.send(chunk)
    share(speaker)


def test_a_view_on_one_worker_shows_the_speaker_of_another(pair, speech):
    one, other = pair
    with LiveClient(one.url) as speaker, WatchClient(other.url) as watcher:
        counts = []
        speaker.io.on("watchers", lambda told: counts.append(told["count"]), namespace="/live")
        token = share(speaker)
        assert join(watcher, token)["recording"] is False
        speaker.start(speech.mime_type)
        say(speaker, speech.chunks[:8])
        early = len(speaker.predictions)
        assert watcher.wait_for("prediction", early) == speaker.predictions
        assert watcher.heard["state"] == [{"recording": True, "interrupted": False}]
        with WatchClient(other.url) as late, WatchClient(one.url) as near:
            assert late.watch(token)["predictions"] == speaker.predictions
            assert near.watch(token)["predictions"] == speaker.predictions
            until(lambda: counts[-1:] == [3])
            for chunk in speech.chunks[8:]:
                speaker.send(chunk)
            speaker.stop()
            told = speaker.predictions
            assert watcher.wait_for("prediction", len(told)) == told
            for client in (late, near):
                rest = len(told) - early
                client.wait_for("state")
                assert client.wait_for("prediction", rest) == told[-rest:]
            speaker.call("unshare")
            for client in (watcher, late, near):
                assert client.wait_for("ended") == [{"reason": "stopped sharing"}]
        assert watcher.watch(token)["error"]["code"] == "no_view"
        assert not watcher.heard["state"][2:]


def test_a_second_recording_is_shown_anew(pair, speech):
    one, other = pair
    with LiveClient(one.url) as speaker, WatchClient(other.url) as watcher:
        token = share(speaker)
        join(watcher, token)
        for _ in range(2):
            speaker.predictions.clear()
            speaker.start(speech.mime_type)
            for chunk in speech.chunks:
                speaker.send(chunk)
            speaker.stop()
        told = speaker.predictions
        watcher.wait_for("prediction", 2 * len(told))
        for url in (one.url, other.url):
            with WatchClient(url) as late:
                assert late.watch(token)["predictions"] == told
        states = [state["recording"] for state in watcher.wait_for("state", 4)]
        assert states == [True, False, True, False]


def test_so_many_and_no_more_watch_a_view_over_all_workers(pair):
    one, other = pair
    with contextlib.ExitStack() as stack:
        speaker = stack.enter_context(LiveClient(one.url))
        token = share(speaker)
        urls = (one.url, other.url, other.url)
        watchers = [stack.enter_context(WatchClient(url)) for url in urls]
        for watcher in watchers:
            join(watcher, token)
        for url in (one.url, other.url):
            with WatchClient(url) as fourth:
                assert fourth.watch(token)["error"]["code"] == "full"
        watchers[0].io.disconnect()
        with WatchClient(other.url) as fourth:
            until(lambda: fourth.watch(token)["ok"])


def test_a_view_ends_when_its_speaker_goes(pair):
    one, other = pair
    with WatchClient(other.url) as watcher:
        with LiveClient(one.url) as speaker:
            join(watcher, share(speaker))
        assert watcher.wait_for("ended") == [{"reason": "disconnected"}]


def test_the_views_of_a_killed_worker_end_within_fifteen_seconds(mode, redis, speech):
    with hosts(mode, redis) as (one, other), WatchClient(other.url) as watcher:
        with LiveClient(one.url) as speaker:
            speaker.start(speech.mime_type)
            token = share(speaker)
            join(watcher, token)
            say(speaker, speech.chunks[:6])
            (victim,) = one.workers
            os.kill(victim, signal.SIGKILL)
            took = until(lambda: watcher.heard["ended"], seconds=3 * LEASE_S)
        assert watcher.heard["ended"] == [{"reason": "disconnected"}]
        assert took < LEASE_S
        assert not [s for s in watcher.heard["state"] if s["interrupted"]]


def test_redis_gone_and_back_interrupts_only_who_watches_elsewhere(mode, own_redis, speech):
    with (
        hosts(mode, own_redis) as (one, other),
        LiveClient(one.url) as speaker,
        WatchClient(one.url) as near,
        WatchClient(other.url) as far,
    ):
        speaker.start(speech.mime_type)
        token = share(speaker)
        join(near, token)
        join(far, token)
        say(speaker, speech.chunks[:5])
        far.wait_for("prediction", len(speaker.predictions))

        own_redis.kill()
        assert far.wait_for("state") == [{"recording": True, "interrupted": True}]
        before = len(speaker.predictions)
        say(speaker, speech.chunks[5:10])
        assert len(speaker.predictions) > before
        near.wait_for("prediction", len(speaker.predictions))
        with WatchClient(other.url) as another, LiveClient(other.url) as local:
            join(another, token)  # what is known here is shown
            assert another.watch("A" * 24)["error"]["code"] == "busy"
            assert local.start(speech.mime_type)["ok"]

        own_redis.start()
        assert far.wait_for("state", 2)[1] == {"recording": True, "interrupted": False}
        for chunk in speech.chunks[10:]:
            speaker.send(chunk)
        speaker.stop()
        told = speaker.predictions
        assert far.wait_for("prediction", len(told)) == told  # what was missed too
        assert near.heard["prediction"] == told
        assert near.wait_for("state") == [{"recording": False, "interrupted": False}]
        with WatchClient(other.url) as late:
            assert late.watch(token)["predictions"] == told
        for server in (one, other):
            assert server.log.read_text().count("Redis cannot be used") == 1


def test_a_redis_that_hangs_keeps_no_speaker_waiting(mode, own_redis, speech):
    with (
        hosts(mode, own_redis, count=1) as (one,),
        LiveClient(one.url) as speaker,
        WatchClient(one.url) as near,
    ):
        speaker.start(speech.mime_type)
        join(near, share(speaker))
        own_redis.freeze()
        for chunk in speech.chunks:
            speaker.send(chunk)
        assert speaker.stop()["duration_s"] == pytest.approx(3.96, abs=0.1)
        told = speaker.predictions
        assert near.wait_for("prediction", len(told)) == told


def test_a_redis_that_is_not_there_at_the_start_is_said_once_and_found_later(mode, speech):
    with redis_server() as redis:
        redis.kill()
        with serve({"ASYNC_MODE": mode, "REDIS_URL": redis.url}) as server:
            until(lambda: "Redis cannot be used" in server.log.read_text(), seconds=30)
            with LiveClient(server.url) as speaker, WatchClient(server.url) as watcher:
                speaker.start(speech.mime_type)
                join(watcher, share(speaker))
                say(speaker, speech.chunks)
                watcher.wait_for("prediction", len(speaker.predictions))
            time.sleep(2)
            assert server.log.read_text().count("Redis cannot be used") == 1
            redis.start()
            until(lambda: "Redis is there again" in server.log.read_text(), seconds=30)


def test_who_watches_is_sent_elsewhere_by_a_worker_that_stops(mode, redis, speech):
    with (
        hosts(mode, redis, GRACEFUL_S="10") as (one, other),
        LiveClient(one.url) as speaker,
        WatchClient(other.url) as watcher,
    ):
        speaker.start(speech.mime_type)
        token = share(speaker)
        join(watcher, token)
        other.process.send_signal(signal.SIGTERM)
        until(lambda: not watcher.io.connected)
        assert other.process.wait(15) == 0
        with WatchClient(one.url) as again:
            join(again, token)
        assert is_ready(one.url)


def test_who_watches_a_worker_that_stops_sees_the_recording_to_its_end(mode, speech):
    with (
        serve({"ASYNC_MODE": mode, "GRACEFUL_S": "20"}) as server,
        LiveClient(server.url) as speaker,
        WatchClient(server.url) as watcher,
    ):
        join(watcher, share(speaker))
        speaker.start(speech.mime_type)
        say(speaker, speech.chunks[:4])
        server.process.send_signal(signal.SIGTERM)
        speaker.wait_for(speaker.problems)
        for chunk in speech.chunks[4:]:
            speaker.send(chunk)
        speaker.stop()
        told = speaker.predictions
        assert watcher.wait_for("prediction", len(told)) == told
        assert watcher.wait_for("ended") == [{"reason": "disconnected"}]
        assert server.process.wait(10) == 0


@pytest.mark.parametrize("url", ["http://127.0.0.1:6379", "127.0.0.1:6379"])
def test_a_wrong_address_of_redis_is_one_sentence_at_the_start(url):
    with pytest.raises(RuntimeError) as caught, serve({"REDIS_URL": url}):
        pass
    log = str(caught.value)
    assert "REDIS_URL begins with none of redis://, rediss://, unix://" in log
    assert "Traceback" not in log


def test_a_flood_on_watch_ends_its_own_connection(mode, speech):
    with (
        serve({"ASYNC_MODE": mode}) as server,
        LiveClient(server.url) as speaker,
        WatchClient(server.url) as honest,
        WatchClient(server.url) as flooder,
    ):
        token = share(speaker)
        join(honest, token)
        for _ in range(300):
            with contextlib.suppress(Exception):  # once the connection has ended
                flooder.io.emit("watch", {"view": token}, namespace="/watch")
        until(lambda: not flooder.io.connected)
        assert [problem["code"] for problem in flooder.heard["problem"]] == ["too_fast"]
        speaker.start(speech.mime_type)
        for chunk in speech.chunks:
            speaker.send(chunk)
        speaker.stop()
        told = speaker.predictions
        assert honest.wait_for("prediction", len(told)) == told
