"""What a worker feels of its load."""

from __future__ import annotations

import threading
import time

import pytest

from webapp.load import TICK_S, Load, watch


def fed(share, seconds, *, load=None, late_s=0.0, turn_s=0.0001, now=100.0):
    load = load or Load()
    load.begin(now, 5.0)
    for tick in range(round(seconds / TICK_S)):
        at = (tick + 1) * TICK_S
        load.feel(now + at, 5.0 + share * at, late_s=late_s, turn_s=turn_s)
    return load


def test_a_steady_use_is_felt_within_seconds_and_an_end_of_it_too():
    assert fed(0.6, 1).share < 0.3
    load = fed(0.6, 10)
    assert load.share == pytest.approx(0.6, abs=0.01)
    for tick in range(200):
        load.feel(110 + (tick + 1) * TICK_S, 11.0, late_s=0.0, turn_s=0.0)
    assert load.share < 0.01


def test_a_short_pause_of_the_loop_is_little_and_a_long_one_much():
    load = fed(0.3, 5)
    load.feel(105.0 + TICK_S + 0.2, 6.6, late_s=0.2, turn_s=0.0)
    assert load.late_s < 0.1
    load = fed(0.3, 5)
    load.feel(105.0 + TICK_S + 2, 6.6, late_s=2.0, turn_s=0.0)
    assert load.late_s > 1
    for tick in range(80):
        load.feel(107.1 + (tick + 1) * TICK_S, 6.6, late_s=0.0, turn_s=0.0)
    assert load.late_s < 0.05


def test_it_had_time_to_spare_only_if_the_loop_was_on_time_and_nobody_had_anything_to_do():
    assert fed(0.9, 1).free_at == pytest.approx(101)
    assert fed(0.1, 1, turn_s=0.002).free_at < 100
    assert fed(0.0, 1, late_s=0.3).free_at < 100  # stopped, or another process had the core


def test_readings_of_the_same_moment_change_nothing():
    load = fed(0.5, 1)
    before = (load.share, load.late_s)
    load.feel(101.0, 50.0, late_s=5.0, turn_s=0.0)
    assert (load.share, load.late_s) == before


def test_watching_feels_a_thread_that_works_and_forgets_it_at_the_end():
    load, told, until = Load(), [], time.monotonic() + 4.0

    def work():
        while time.monotonic() < until:
            sum(range(1000))

    thread = threading.Thread(target=work)
    thread.start()
    watch(
        load,
        sleep=time.sleep,
        goes_on=lambda: time.monotonic() < until,
        cpu=time.process_time,
        tell=lambda load: told.append(load.share),
    )
    thread.join()
    assert max(told) > 0.03  # however many others want the core
    assert told[-1] == load.share == 0
