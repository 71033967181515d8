"""Shared views in one process: who may watch, what they are told, and what wrong clients meet."""

from __future__ import annotations

import contextlib
import json
import re
import time

import pytest

from webapp import watching
from webapp.extensions import socketio


class Watcher:
    """Flask-SocketIO's test client on /watch."""

    def __init__(self, app):
        self._client = socketio.test_client(app, namespace="/watch")

    def emit(self, event, *data):
        return self._client.emit(event, *data, namespace="/watch", callback=True)

    def watch(self, token):
        return self.emit("watch", {"view": token})

    def of(self, event):
        # Not `get_received`, which loses what another thread adds while it looks.
        return [m["args"][0] for m in list(self._client.queue) if m["name"] == event]

    def wait_for(self, event, count=1):
        until(lambda: len(self.of(event)) >= count)
        return self.of(event)

    @property
    def connected(self):
        return self._client.is_connected("/watch")

    def disconnect(self):
        self._client.disconnect("/watch")


def until(condition, seconds=15.0):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.fixture
def app(make_app):
    return make_app(max_watchers=2, metrics=True)


@pytest.fixture
def speaker(app, connect):
    live = connect(app=app)
    yield live
    if live.connected:
        live.disconnect()


def start(live, speech):
    return live.emit("start", {"mime_type": speech.mime_type})


def test_who_has_the_link_is_told_what_the_speaker_is_told(app, speaker, speech):
    start(speaker, speech)
    shared = speaker.emit("share")
    assert shared["ok"]
    assert shared["path"] == f"/watch/{shared['view']}"
    one = Watcher(app)
    answer = one.watch(shared["view"])
    assert answer == {
        "ok": True,
        "labels": ["neutral", "happy", "sad", "angry", "fearful"],
        "predictions": [],
        "recording": True,
        "interrupted": False,
    }
    for chunk in speech.chunks:
        speaker.emit("audio", chunk)
    speaker.emit("stop")
    told = speaker.of("prediction")
    assert one.wait_for("prediction", len(told)) == told
    assert one.wait_for("state") == [{"recording": False, "interrupted": False}]


def test_who_comes_late_is_shown_what_came_before_and_nothing_twice(app, speaker, speech):
    token = speaker.emit("share", {})["view"]
    start(speaker, speech)
    for chunk in speech.chunks[:8]:
        speaker.emit("audio", chunk)
    early = len(speaker.of("prediction"))
    assert early
    first = Watcher(app)
    until(lambda: len(app.extensions["live"]._audience._views[token].past) == early)
    late = first.watch(token)["predictions"]
    for chunk in speech.chunks[8:]:
        speaker.emit("audio", chunk)
    told = speaker.of("prediction")
    first.wait_for("prediction", len(told) - early)
    assert late + first.of("prediction") == told


def test_a_minute_is_kept_for_who_comes_late(app, speaker, speech):
    token = speaker.emit("share")["view"]
    start(speaker, speech)
    audience = app.extensions["live"]._audience
    (sid,) = audience._shared
    for seq in range(300):
        audience.heard(sid, [("prediction", {"seq": seq})], recording=True)
        until(lambda: not audience._views[token].pending)
    late = Watcher(app).watch(token)["predictions"]
    assert [prediction["seq"] for prediction in late] == list(range(60, 300))


def test_what_was_heard_before_sharing_and_in_an_earlier_recording_is_not_shown(
    app, speaker, speech
):
    start(speaker, speech)
    speaker.emit("audio", speech.data)
    token = speaker.emit("share")["view"]
    watcher = Watcher(app)
    assert watcher.watch(token)["predictions"] == []
    before = list(speaker.of("prediction"))
    speaker.emit("stop")
    start(speaker, speech)
    speaker.emit("audio", speech.data)
    assert [s["recording"] for s in watcher.wait_for("state", 2)] == [False, True]
    watcher.wait_for("prediction", len(speaker.of("prediction")) - len(before))
    latest = Watcher(app).watch(token)["predictions"]
    assert [p["seq"] for p in latest] == list(range(len(latest)))


def test_a_view_ends_with_a_click_or_with_the_connection(app, speaker, connect, speech):
    other = connect(app=app)
    tokens = [live.emit("share")["view"] for live in (speaker, other)]
    watchers = [Watcher(app) for _ in tokens]
    for watcher, token in zip(watchers, tokens, strict=True):
        assert watcher.watch(token)["ok"]
    assert speaker.emit("unshare") == {"ok": True}
    assert speaker.emit("unshare") == {"ok": True}
    other.disconnect()
    assert watchers[0].wait_for("ended") == [{"reason": "stopped sharing"}]
    assert watchers[1].wait_for("ended") == [{"reason": "disconnected"}]
    for token in tokens:
        assert Watcher(app).watch(token)["error"]["code"] == "no_view"
    assert not app.extensions["live"]._audience._views
    assert start(speaker, speech)["ok"]
    speaker.emit("audio", speech.data)
    assert watchers[0].of("prediction") == []


def test_to_share_twice_is_one_view_and_to_share_again_is_another(speaker):
    first = speaker.emit("share")["view"]
    assert speaker.emit("share")["view"] == first
    speaker.emit("unshare")
    again = speaker.emit("share")["view"]
    assert again != first
    assert re.fullmatch(r"[A-Za-z0-9_-]{24}", again)


def test_a_pause_is_told_and_takes_nothing_away(app, speaker, speech):
    token = speaker.emit("share")["view"]
    watcher = Watcher(app)
    watcher.watch(token)
    start(speaker, speech)
    for chunk in speech.chunks[:8]:
        speaker.emit("audio", chunk)
    speaker.emit("pause")
    assert [s["recording"] for s in watcher.wait_for("state", 2)] == [True, False]
    speaker.emit("resume")
    assert watcher.wait_for("state", 3)[2]["recording"] is True
    told = speaker.of("prediction")
    assert watcher.wait_for("prediction", len(told)) == told
    assert Watcher(app).watch(token)["predictions"] == told


def test_a_view_stays_while_the_speaker_does_not_record(app, speaker, speech):
    token = speaker.emit("share")["view"]
    watcher = Watcher(app)
    assert watcher.watch(token)["recording"] is False
    start(speaker, speech)
    speaker.emit("stop")
    assert [s["recording"] for s in watcher.wait_for("state", 2)] == [True, False]
    assert Watcher(app).watch(token)["ok"]


def test_no_more_watch_than_may_and_a_place_that_is_left_is_free(app, speaker):
    token = speaker.emit("share")["view"]
    one, two, three = (Watcher(app) for _ in range(3))
    assert one.watch(token)["ok"]
    assert one.watch(token)["ok"]  # again: the same place
    assert two.watch(token)["ok"]
    refused = three.watch(token)
    assert refused["error"]["code"] == "full"
    assert three.of("problem")[0]["code"] == "full"
    two.disconnect()
    assert three.watch(token)["ok"]


def test_the_speaker_is_told_how_many_watch(app, speaker):
    token = speaker.emit("share")["view"]
    watchers = [Watcher(app) for _ in range(2)]
    for watcher in watchers:
        watcher.watch(token)

    def count():
        queue = list(speaker._client.queue)
        return [m["args"][0]["count"] for m in queue if m["name"] == "watchers"][-1:]

    until(lambda: count() == [2])
    watchers[0].disconnect()
    until(lambda: count() == [1])


@pytest.mark.parametrize(
    ("event", "data", "code"),
    [
        ("watch", (), "bad_message"),
        ("watch", ("token",), "bad_message"),
        ("watch", ({"view": 5},), "bad_message"),
        ("watch", ({"view": "a"}, 2), "bad_message"),
        ("watch", ({"view": "short"},), "no_view"),
        ("watch", ({"view": "A" * 24},), "no_view"),
        ("watch", ({"view": "A" * 100_000},), "no_view"),
        ("audio", (b"abc",), "bad_message"),
        ("start", ({"mime_type": "audio/webm"},), "bad_message"),
    ],
)
def test_whatever_is_wrong_is_told_and_the_connection_lives(app, speaker, event, data, code):
    watcher = Watcher(app)
    answer = watcher.emit(event, *data)
    assert answer["ok"] is False
    assert answer["error"]["code"] == code
    assert [p["code"] for p in watcher.of("problem")] == [code]
    assert watcher.connected
    assert watcher.watch(speaker.emit("share")["view"])["ok"]


@pytest.mark.parametrize("data", [("yes",), (1, 2), ([],)])
def test_a_wrong_share_is_a_problem(speaker, data):
    assert speaker.emit("share", *data)["error"]["code"] == "bad_message"
    assert speaker.of("problem")[0]["code"] == "bad_message"


def test_who_guesses_is_slowed_down_and_let_go(app, speaker):
    guesser = Watcher(app)
    began = time.monotonic()
    for number in range(5):
        assert guesser.watch(f"{number:024}")["error"]["code"] == "no_view"
    assert time.monotonic() - began >= 5 * watching.MISS_S
    until(lambda: not guesser.connected)


def test_a_flood_is_told_once_and_then_ends(app, speaker, monkeypatch):
    monkeypatch.setattr(watching, "RATE", 0.001)
    token = speaker.emit("share")["view"]
    flooder, honest = Watcher(app), Watcher(app)
    assert honest.watch(token)["ok"]
    with contextlib.suppress(RuntimeError):  # once the connection has ended
        for _ in range(200):
            flooder.watch(token)
    assert [problem["code"] for problem in flooder.of("problem")] == ["too_fast"]
    until(lambda: not flooder.connected)
    assert honest.connected


def test_a_flood_of_a_speaker_is_refused(speaker, monkeypatch):
    monkeypatch.setattr(watching, "RATE", 0.001)
    codes = [speaker.emit("share").get("error", {}).get("code") for _ in range(40)]
    assert codes[0] is None
    assert codes[-1] == "too_fast"


def test_who_never_watches_is_let_go_and_who_watches_stays(app, speaker, monkeypatch):
    monkeypatch.setattr(watching, "WATCHLESS_S", 1.0)
    token = speaker.emit("share")["view"]
    idle, watcher = Watcher(app), Watcher(app)
    watcher.watch(token)
    until(lambda: not idle.connected)
    assert watcher.connected
    speaker.emit("unshare")
    until(lambda: not watcher.connected)


def test_where_nobody_could_find_it_nothing_is_shared(connect, make_app):
    app = make_app(workers=2)
    assert connect(app=app).emit("share")["error"]["code"] == "unavailable"
    config = app.test_client().get("/").text
    assert json.loads(re.search(r'id="config">(.*?)</script>', config)[1])["sharing"] is False


def test_those_who_watch_are_counted(app, speaker):
    token = speaker.emit("share")["view"]
    watcher = Watcher(app)
    watcher.watch(token)
    http = app.test_client()
    until(lambda: "speech_emotion_watchers 1.0" in http.get("/metrics").text)
    assert "speech_emotion_shared_views 1.0" in http.get("/metrics").text
    watcher.disconnect()
    speaker.disconnect()
    until(lambda: "speech_emotion_watchers 0.0" in http.get("/metrics").text)
    assert "speech_emotion_shared_views 0.0" in http.get("/metrics").text


def test_a_link_is_never_in_the_log(app, speaker, caplog):
    caplog.set_level("DEBUG")
    token = speaker.emit("share")["view"]
    Watcher(app).watch(token)
    speaker.emit("unshare")
    assert "A view is shared." in caplog.text
    assert not [r for r in caplog.records if r.name.startswith("webapp") and token in str(r.msg)]


@pytest.mark.parametrize("token", ["A" * 24, "short", "x" * 500, "%2e%2e"])
def test_the_watching_page_answers_the_same_for_every_link(app, token):
    http = app.test_client()
    answer = http.get(f"/watch/{token}")
    assert answer.status_code == 200
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["X-Robots-Tag"] == "noindex"
    assert "script-src 'self'" in answer.headers["Content-Security-Policy"]
    assert answer.data == http.get("/watch/other").data
