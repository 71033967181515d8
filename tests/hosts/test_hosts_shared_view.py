"""A shared view on one host shows who speaks on another, through a real Redis."""

from __future__ import annotations

import contextlib
import time

from tests.hosts.cluster import until
from tests.hosts.people import Watcher
from tests.servers import LiveClient


class Sharer:
    """Somebody who speaks on one host and shares it: sends as much as is asked for."""

    def __init__(self, client, recording):
        self.client = client
        self._chunks = iter(recording.chunks)
        assert client.start(recording.mime_type)["ok"]
        answer = client.call("share")
        assert answer["ok"]
        assert answer["path"] == f"/watch/{answer['view']}"
        self.view = answer["view"]

    def speak(self, seconds):
        """Speak as fast as it is said; return how many predictions there are now."""
        for _ in range(round(seconds / 0.12)):
            self.client.send(next(self._chunks).data)
            time.sleep(0.12)
        time.sleep(0.3)
        return len(self.client.predictions)


@contextlib.contextmanager
def sharing(host, recording):
    with LiveClient(host.url, address="127.1.2.1") as client:
        yield Sharer(client, recording)


def same(watcher, client):
    return watcher.predictions == client.predictions


def test_whoever_opens_the_link_on_any_host_sees_what_the_speaker_sees(behind_nginx, recording):
    speaking, *_ = behind_nginx.hosts
    with contextlib.ExitStack() as stack:
        sharer = stack.enter_context(sharing(speaking, recording))
        assert sharer.speak(2)
        watchers = [
            stack.enter_context(Watcher(host.url, sharer.view)) for host in behind_nginx.hosts
        ]
        watchers += [stack.enter_context(Watcher(behind_nginx.url, sharer.view))]  # as people do
        assert all(watcher.answer["ok"] for watcher in watchers)
        assert all(watcher.answer["recording"] for watcher in watchers)
        assert sharer.speak(2) > 8
        for watcher in watchers:
            until(lambda w=watcher: same(w, sharer.client), "all see the same")
        sharer.client.stop()
        for watcher in watchers:
            until(lambda w=watcher: w.states and not w.states[-1]["recording"], "it is over")
        assert sharer.client.call("unshare")["ok"]
        for watcher in watchers:
            until(lambda w=watcher: w.ended, "the view ends")
            assert watcher.ended == [{"reason": "stopped sharing"}]
        for host in behind_nginx.hosts:
            with Watcher(host.url, sharer.view) as late:
                assert late.answer["error"]["code"] == "no_view"


def test_a_view_ends_with_its_speakers_connection_on_every_host(behind_nginx, recording):
    speaking, other, _ = behind_nginx.hosts
    with sharing(speaking, recording) as sharer, Watcher(other.url, sharer.view) as watcher:
        assert watcher.answer["ok"]
        sharer.client.io.disconnect()
        until(lambda: watcher.ended, "the view ends")
        assert watcher.ended == [{"reason": "disconnected"}]


def test_while_redis_is_gone_recordings_go_on_and_views_say_so_and_recover(behind_nginx, recording):
    speaking, other, _ = behind_nginx.hosts
    redis = behind_nginx.redis
    with sharing(speaking, recording) as sharer, Watcher(other.url, sharer.view) as watcher:
        assert watcher.answer["ok"]
        before = sharer.speak(1.5)
        redis.kill()
        until(lambda: any(state["interrupted"] for state in watcher.states), "it is interrupted")
        during = sharer.speak(2)
        assert during >= before + 6  # four a second
        assert not sharer.client.problems
        with LiveClient(speaking.url, address="127.1.2.9") as newcomer:
            assert newcomer.start(recording.mime_type)["ok"]
        redis.start()  # as empty as after a restart
        until(lambda: not watcher.states[-1]["interrupted"], "it goes on")
        sharer.speak(1.5)
        newest = sharer.client.predictions[-1]
        until(lambda: watcher.predictions[-1:] == [newest], "what is said is seen again")
        with Watcher(other.url, sharer.view) as late:
            assert late.answer["ok"]
        assert not watcher.ended
