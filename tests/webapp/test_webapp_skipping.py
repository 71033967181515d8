"""A recording that is behind: what its client is told, and what the summary still holds."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys

import pytest

from models import Recognizer
from tests.webapp.told import Told


@pytest.fixture(scope="module")
def recognizer():
    return Recognizer.load()


def behind(told, chunks, *, stall_s=2.0, each_s=0.002):
    """Hear six seconds as they come, then what has piled up in a stall, then the rest."""
    for chunk in chunks[:50]:
        told.hear(chunk, after_s=0.12)
    backlog = round(stall_s / (0.12 - each_s))
    told.now += stall_s
    for chunk in chunks[50 : 50 + backlog]:
        told.hear(chunk, after_s=each_s)
    for chunk in chunks[50 + backlog :]:
        told.hear(chunk, after_s=0.12)


def test_windows_that_were_skipped_are_told_and_counted_once(recognizer, long_speech):
    told = Told(recognizer)
    behind(told, long_speech.chunks[:100])
    predictions = told.of("prediction")
    missing = predictions[-1]["seq"] + 1 - len(predictions)
    assert missing >= 3
    assert sum(problem["windows"] for problem in told.problems) == missing == told.tally.skipped
    assert {problem["code"] for problem in told.problems} == {"skipped"}
    assert set(told.problems[0]) == {"code", "message", "retry_after_s", "windows"}
    messages, summary = told.session.stop()
    assert not [data for name, data in messages if name == "problem"]
    assert summary["duration_s"] == pytest.approx(12, abs=0.15)
    windows = list(summary["timeline"])
    assert all(b["start_s"] <= a["end_s"] for a, b in itertools.pairwise(windows))
    sent = predictions + [data for name, data in messages if name == "prediction"]
    assert [{k: v for k, v in data.items() if k != "seq"} for data in sent] == windows


def test_it_is_told_at_most_once_a_second_and_the_rest_at_the_stop(recognizer, long_speech):
    told = Told(recognizer)
    for chunk in long_speech.chunks[:20]:
        told.hear(chunk, after_s=0.12)
    told.now += 10
    times = []
    for chunk in long_speech.chunks[20:100]:  # ten seconds late, and hardly catching up
        before = len(told.problems)
        told.hear(chunk, after_s=0.06)
        times += [told.now] * (len(told.problems) - before)
    assert len(times) >= 3
    assert all(b - a >= 1 for a, b in itertools.pairwise(times))
    messages, _ = told.session.stop()
    rest = [data["windows"] for name, data in messages if name == "problem"]
    assert sum(rest) + sum(problem["windows"] for problem in told.problems) == told.tally.skipped


def test_sound_that_is_lost_is_in_the_times_of_everything_that_comes_after(recognizer, long_speech):
    told = Told(recognizer, mfcc=True)
    behind(told, long_speech.chunks[:110], stall_s=4.0, each_s=0.03)  # long work: sound is lost
    frames = told.of("frames")
    heard_s = sum(f["frames"] for f in frames) / 100
    last = frames[-1]
    assert heard_s < 12.5
    end_s = last["start_s"] + last["frames"] / 100
    assert end_s == pytest.approx(told.of("prediction")[-1]["end_s"], abs=0.01)
    received_s = told.session._recording._charged_s
    _, summary = told.session.stop()
    assert summary["duration_s"] == pytest.approx(received_s, abs=0.02)
    assert summary["duration_s"] - end_s < 0.5
    assert summary["emotion"] is not None


def test_a_pause_is_no_delay(recognizer, long_speech):
    told = Told(recognizer)
    for number, chunk in enumerate(long_speech.chunks[:60]):
        if number == 30:
            told.session.pause()
            told.now += 300
            told.messages += told.session.resume()
        told.hear(chunk, after_s=0.12)
    assert not told.problems


def test_nothing_grows_with_a_recordings_length_but_its_timeline(root):
    """Ten minutes, now in time, now late, now catching up."""
    ran = subprocess.run(
        [sys.executable, "-m", "tests.webapp.growth"],
        cwd=root,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    held = json.loads(ran.stdout)
    # The least of four minutes each: what is held for a moment only is no growth.
    assert min(held["others"][-4:]) - min(held["others"][:4]) < 2_000
    assert held["windows"][-1] > 2000
    assert held["timeline"][-1] < held["windows"][-1] * 24 * 1.25 + 2_000
