"""When a number of sessions holds, and how the number that a worker carries is found."""

from __future__ import annotations

import dataclasses
import itertools
from collections import Counter

import pytest
from measured import level

from benchmarks.capacity import Limits, broken, climb, steps


def test_a_level_within_the_limits_holds():
    assert broken(level(100)) == ""
    assert broken(level(100, latencies_s=[0.1] * 100)) == ""


@pytest.mark.parametrize(
    ("load", "why"),
    [
        ({"latencies_s": [0.01] * 94 + [0.11] * 6}, "p95 is 110 ms"),
        ({"latencies_s": [0.01] * 98 + [0.3] * 2}, "p99 is 300 ms"),
        ({"latencies_s": []}, "p95 is nan"),
        ({"recording": 99, "refused": Counter(busy=1)}, "only 99 of 100 recorded"),
        ({"lateness_s": [0.001] * 90 + [0.02] * 10}, "the load generator was late"),
        ({"errors": ["lost"]}, "1 errors, the first: lost"),
        ({"missing": 1, "skipped": 1}, "2 of 102 predictions did not come"),
    ],
)
def test_a_level_that_does_not_hold_says_why(load, why):
    assert broken(level(100, **load)).startswith(why)


def test_other_limits_hold_where_they_are_given():
    slow = level(2, latencies_s=[0.3] * 9)
    assert broken(slow, Limits(1.0, 2.0)) == ""
    assert climb(lambda clients: slow, [2], limits=Limits(1.0, 2.0)).sessions == 2
    assert climb(lambda clients: slow, [2]).sessions == 0


def test_a_hundredth_of_the_windows_may_be_left_out():
    assert broken(level(100, skipped=1)) == ""


def test_sessions_are_added_until_it_breaks():
    asked = []

    def measure(clients):
        asked.append(clients)
        return level(clients, latencies_s=[0.5 if clients >= 300 else 0.01])

    curve = climb(measure, steps())
    assert asked == [1, 50, 100, 150, 200, 250, 300]
    assert curve.sessions == 250
    assert curve.why.startswith("p95 is 500 ms")
    assert len(curve.levels) == 7


def test_numbers_that_were_asked_for_are_measured_beyond_the_break_too():
    curve = climb(
        lambda clients: level(clients, latencies_s=[0.5 if clients == 2 else 0.01]),
        [1, 2, 3],
        on=True,
    )
    assert [measured.load.clients for measured in curve.levels] == [1, 2, 3]
    assert curve.sessions == 1
    assert curve.broke is curve.levels[1]


def test_the_numbers_that_are_tried_have_no_end():
    assert list(itertools.islice(steps(), 8, 12)) == [400, 500, 600, 700]


@pytest.mark.parametrize("again", [0.01, 0.5])
def test_a_level_that_breaks_while_others_work_is_measured_once_more(again):
    tries = iter([0.5, again])

    def measure(clients):
        latency_s = next(tries) if clients == 50 else 0.01
        return dataclasses.replace(level(clients, latencies_s=[latency_s]), others=0.3)

    curve = climb(measure, [1, 50, 100])
    assert curve.sessions == (100 if again < 0.1 else 1)
    assert [held.load.clients for held in curve.levels] == [1, 50, 100][: 3 if again < 0.1 else 2]


def test_memory_for_a_session_is_told_by_levels_that_hold():
    curve = climb(lambda clients: level(clients, mib=80 + clients * 0.2), [1, 101])
    assert curve.session_mib == pytest.approx(0.2)
    assert curve.sessions == 101
    assert curve.why == ""
