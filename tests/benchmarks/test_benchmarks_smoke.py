"""The whole benchmark against a real gunicorn, for a moment: that it works, not how fast."""

from __future__ import annotations

import urllib.parse

import pytest

from benchmarks.__main__ import measure
from benchmarks.generator import Generator
from benchmarks.recording import load, prolong
from benchmarks.report import page
from benchmarks.script import Script
from models import Recognizer
from tests.servers import serve


def play(server, script, **more):
    address = urllib.parse.urlsplit(server.url)
    generator = Generator(
        (address.hostname, address.port), script, stagger_s=0.2, settle_s=0.3, **more
    )
    return generator.run()


@pytest.fixture(scope="module")
def script():
    recording = prolong(load(), seconds=Generator.length_s(2, stagger_s=0.2, settle_s=0.3))
    return Script.judged(recording, Recognizer.load(), step_s=0.25)


def test_refusals_are_counted_and_the_others_go_on(script):
    with serve({"MAX_SESSIONS": "2"}) as server:
        load = play(server, script, clients=3, seconds=2.0)
    assert load.refused == {"busy": 1}
    assert load.recording == load.summaries == 2
    assert len(load.latencies_s) >= 12  # four a second each
    assert not load.errors


def test_a_server_that_is_gone_is_said_and_not_waited_for(script):
    with serve() as server:
        pass
    load = play(server, script, clients=2, seconds=0.5)
    assert load.recording == 0
    assert len(load.errors) == 2


@pytest.mark.slow
def test_a_short_run_measures_everything_without_a_breach_of_the_protocol():
    results = measure(clients=[1, 2], seconds=2.0, quick=True)
    for level in (results.echo, *results.serving.levels):
        load = level.load
        assert load.recording == load.clients == load.summaries
        assert len(load.latencies_s) >= 6 * load.clients
        assert min(load.latencies_s) > 0
        assert load.errors == []
        assert load.skipped == load.missing == 0
        assert not load.problems + load.refused
        assert level.worker_cpu_s > 0
        assert level.worker_mib > 10
    assert all(stage.cpu_ms == stage.cpu_ms for stage in results.stages.stages)
    assert not any(upload.error for upload in results.serving.uploads)
    assert all(
        f"\n| {name}" in page(results) for name in ("decode", "features", "network", "sockets")
    )
