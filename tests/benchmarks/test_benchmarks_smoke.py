"""The whole benchmark against real servers, for a moment: that it works, not how fast."""

from __future__ import annotations

import os
import urllib.parse

import pytest
from click.testing import CliRunner

from benchmarks import onset, yardstick
from benchmarks.__main__ import main, write
from benchmarks.generator import PACE, Generator, Pace
from benchmarks.latency import Cores
from benchmarks.recording import load, prolong
from benchmarks.report import page
from benchmarks.run import PARTS, Plan, Run
from benchmarks.script import Script
from models import Recognizer
from tests.servers import serve

SOON = Pace(0.2, 0.3)


def play(server, script, *, clients, seconds):
    address = urllib.parse.urlsplit(server.url)
    with Generator((address.hostname, address.port), script) as generator:
        measured = generator.measure(clients, seconds=seconds, pace=SOON)
        generator.stop()
    return measured


@pytest.fixture(scope="module")
def script():
    recording = prolong(load(), seconds=SOON.length_s(2))
    return Script.judged(recording, Recognizer.load(), step_s=0.25)


def test_refusals_are_counted_and_the_others_go_on(script):
    with serve({"MAX_SESSIONS": "2"}) as server:
        load = play(server, script, clients=3, seconds=2.0)
    assert load.refused == {"busy": 1}
    assert load.recording == load.summaries == 2
    assert len(load.latencies_s) >= 12  # four a second each
    assert not load.errors


def test_more_clients_join_those_that_record_and_each_measurement_counts_its_own(script):
    with serve() as server:
        address = urllib.parse.urlsplit(server.url)
        with Generator((address.hostname, address.port), script) as generator:
            few, many = (
                generator.measure(clients, seconds=1.0, pace=Pace(0.2, 0.5)) for clients in (1, 3)
            )
            generator.stop()
            with pytest.raises(ValueError, match="too short"):
                generator.measure(3, seconds=60.0)
    assert (few.recording, many.recording) == (1, 3)
    # A recording has one window more where its grid begins anew with the speech.
    assert 3 <= len(few.latencies_s) <= 6 < len(many.latencies_s) <= 16
    assert (few.summaries, many.summaries) == (0, 3)
    assert not few.errors + many.errors


def test_a_server_that_is_gone_is_said_and_not_waited_for(script):
    with serve() as server:
        pass
    load = play(server, script, clients=2, seconds=0.5)
    assert load.recording == 0
    assert len(load.errors) == 2


@pytest.fixture(autouse=True)
def usual(monkeypatch):
    """What the command sets for the servers that it starts is gone after the test."""
    monkeypatch.setenv("PREDICTION_STEP_S", "")


@pytest.fixture
def environment(usual, monkeypatch):
    """As the command sets it."""
    monkeypatch.setenv("PREDICTION_STEP_S", "0.5")


@pytest.mark.slow
def test_a_short_run_measures_everything_without_a_breach_of_the_protocol(environment, tmp_path):
    parts = tuple(part for part in PARTS if part not in ("naive", "onset"))
    results = Run(Plan.quick(parts=parts)).measure()
    assert results.failures == []
    assert results.echo is not None
    assert results.meanwhile is not None
    assert results.hotspots is not None
    levels = [
        results.echo,
        *results.curve.levels,
        results.meanwhile.level,
        *(growth.level for growth in results.growth),
        results.hotspots.level,
    ]
    for level in levels:
        load = level.load
        assert load.recording == load.clients
        # Those whose number grows go on from level to level.
        assert load.summaries == (0 if level is results.curve.levels[0] else load.clients)
        assert len(load.latencies_s) >= 3 * load.clients
        assert min(load.latencies_s) > 0
        assert load.errors == []
        assert load.skipped == load.missing == 0
        assert not load.problems + load.refused
        assert level.worker_cpu_s > 0
        assert level.worker_mib > 10
    assert [level.load.clients for level in results.curve.levels] == [1, 2]
    assert len(results.growth[1].level.each_cpu_s) == 2
    assert results.admission is not None
    assert results.admission.load.recording == 2
    assert results.admission.load.refused == {"busy": 2}
    assert results.stages is not None
    assert all(stage.cpu_ms == stage.cpu_ms for stage in results.stages.stages)
    uploads = results.uploads + results.meanwhile.uploads
    assert len(uploads) >= 3
    assert not any(upload.error for upload in uploads)
    assert results.hotspots.samples > 0
    write(results, tmp_path)
    assert (tmp_path / "capacity.svg").stat().st_size < 200_000
    text = (tmp_path / "RESULTS.md").read_text()
    assert text == page(results)
    assert all(f"\n| {name}" in text for name in ("decode", "features", "network", "sockets"))


@pytest.mark.slow
@pytest.mark.browser
def test_sounds_in_a_real_browser_are_followed_to_its_chart():
    if (lack := onset.missing()) and not os.environ.get("CI"):
        pytest.skip(lack)
    onsets = onset.measure(Cores.choose(), step_s=0.25, count=4)
    assert len(onsets.latencies_s) == 4
    assert onsets.unanswered == 0
    assert min(onsets.latencies_s) > 0.02  # no sooner than light and a frame allow


@pytest.mark.slow
def test_the_naive_server_answers_at_its_price(environment):
    recording = prolong(load(), seconds=PACE.length_s(2.0))
    script = Script.echoed(recording, step_s=0.5)
    naive = yardstick.measure(script, Cores.choose(), seconds=2.0, first=1, around=())
    first = naive.curve.levels[0]
    assert first.load.recording == 1
    assert not first.load.errors
    assert first.cpu_ms > 20
    assert 1 < naive.computed < 50


def test_parts_can_be_measured_alone_and_write_nothing():
    done = CliRunner().invoke(main, ["--quick", "--only", "start"])
    assert done.exit_code == 0, done.output
    assert "| gunicorn's start to /readyz 200, s |" in done.output
    assert "RESULTS.md" not in done.output


@pytest.mark.parametrize("clients", ["none", "0,5", "1;2"])
def test_a_wrong_number_of_clients_is_refused_before_anything_starts(clients):
    done = CliRunner().invoke(main, ["--clients", clients])
    assert done.exit_code == 2
    assert "--clients" in done.output


def test_a_part_that_fails_is_named_and_costs_no_other(monkeypatch):
    monkeypatch.setattr(Run, "_echo", lambda self: 1 // 0)
    monkeypatch.setattr(Run, "_start", lambda self: self._results.ready_s.append(1.0))
    results = Run(Plan.quick(parts=("start", "echo"))).measure()
    assert results.ready_s == [1.0]
    assert results.failures == [
        "echo could not be measured: ZeroDivisionError: integer division or modulo by zero"
    ]
    assert f"**{results.failures[0]}**" in page(results)
