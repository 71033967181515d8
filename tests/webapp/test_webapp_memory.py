"""What a session holds does not grow with its length."""

from __future__ import annotations

import psutil

from benchmarks.recording import load, prolong
from tests.servers import LiveClient, serve

MINUTES = 10
EACH = 50  # chunks, between two looks whether they have been heard


def test_ten_minutes_of_talking_hold_no_more_memory_than_two():
    recording = prolong(load(), seconds=60 * MINUTES)
    # Faster than anybody talks, so that it does not take ten minutes.
    settings = {"LIVE_RATE": "1000", "LIVE_BURST_S": "1000", "MAX_EVENTS_S": "1000000"}
    with serve(settings) as server, LiveClient(server.url) as client:
        (worker,) = server.workers
        held = []
        assert client.start(recording.mime_type)["ok"]
        for count, chunk in enumerate(recording.chunks, 1):
            client.send(chunk.data)
            if count % EACH == 0:
                client.call("are you there")  # no such event, but an answer
                held.append(psutil.Process(worker).memory_info().rss / 2**20)
        summary = client.stop()
    assert summary["duration_s"] > 59 * MINUTES
    assert client.predictions
    after_two = len(held) * 2 // MINUTES
    assert max(held) < 150
    assert max(held[after_two:]) - max(held[:after_two]) < 2
