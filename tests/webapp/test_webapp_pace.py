"""How far behind a recording is, and whether leaving things out wins it back."""

from __future__ import annotations

import math
import random
from functools import partial

import pytest

from webapp.load import Load
from webapp.pace import Care, Pace

SLICE_S = 0.12


class Recorder:
    """Sends in real time; `arrive` says when the server gets to a chunk."""

    def __init__(self, *, free=True):
        self.load = Load()
        self.free = free
        self.now, self.audio_s = 100.0, 0.0
        self.more_came = False
        self.pace = Pace(self.load, self.now, more_came=lambda: self.more_came)

    def arrive(self, now, *, more_came=False):
        self.now = now
        self.more_came = more_came
        self.load.free_at = now - 0.05 if self.free else -math.inf
        self.audio_s += SLICE_S
        care = self.pace.care(now, self.audio_s)
        if care in (Care.ALL, Care.NEWEST):
            self.pace.judged(now)
        return care

    def in_time(self, seconds, jitter=0.0):
        rng = random.Random(5)
        began = self.now
        return [
            self.arrive(began + (n + 1) * SLICE_S + jitter * rng.random())
            for n in range(round(seconds / SLICE_S))
        ]


def test_a_recording_in_real_time_is_judged_whole_for_half_an_hour():
    assert set(Recorder().in_time(1800, jitter=0.3)) == {Care.ALL}


@pytest.mark.parametrize("drift", [0.9997, 1.0003])
def test_a_sound_card_whose_clock_differs_is_not_behind(drift):
    recorder = Recorder(free=False)
    cares = {recorder.arrive(100 + n * SLICE_S * drift) for n in range(1, 15000)}
    assert cares == {Care.ALL}


def test_what_comes_after_a_stall_is_skipped_but_for_the_newest_and_then_all_is_judged():
    recorder = Recorder(free=False)
    recorder.in_time(5)
    late = recorder.now + 2.0
    burst = [recorder.arrive(late + n * 0.002, more_came=n < 16) for n in range(17)]
    assert set(burst[:16]) == {Care.WAIT}
    assert burst[16] is Care.NEWEST
    assert set(recorder.in_time(5)) == {Care.ALL}


def test_what_a_network_held_back_is_judged_whole_if_it_is_little_and_the_server_had_time():
    recorder = Recorder()
    recorder.in_time(5)
    late = recorder.now + 0.48
    assert {recorder.arrive(late, more_came=n < 3) for n in range(4)} == {Care.ALL}


def test_of_what_an_overloaded_loop_finds_at_each_visit_the_newest_is_judged():
    recorder = Recorder(free=False)
    recorder.in_time(5)
    began = recorder.now
    visits = [
        [recorder.arrive(began + visit * 0.96, more_came=n < 7) for n in range(8)]
        for visit in range(1, 21)
    ]
    assert all(visit[-1] in (Care.NEWEST, Care.ALL) for visit in visits)
    assert all(Care.NEWEST not in visit[:-1] for visit in visits)


def test_a_chart_does_not_stand_still_because_there_is_always_something_newer():
    recorder = Recorder(free=False)
    recorder.in_time(5)
    recorder.now += 3
    cares = [recorder.arrive(recorder.now + SLICE_S, more_came=True) for _ in range(200)]
    assert 12 <= cares.count(Care.NEWEST) <= 20


def test_a_stall_that_is_soon_worked_off_loses_no_sound():
    recorder = Recorder(free=False)
    recorder.in_time(5)
    late = recorder.now + 5.0
    assert Care.LOST not in {recorder.arrive(late + n * 0.01) for n in range(42)}


def test_a_recorder_that_made_a_break_of_its_own_is_judged_whole_again_soon():
    recorder = Recorder()
    recorder.in_time(5)
    recorder.now += 10  # a sleeping laptop: nothing was recorded
    after = recorder.in_time(10)
    assert Care.LOST not in after
    assert set(after[round(6 / SLICE_S) :]) == {Care.ALL}


def test_who_sends_ahead_of_time_is_not_late_when_that_is_used_up():
    recorder = Recorder(free=False)
    for _ in range(3):
        began = recorder.now
        assert {recorder.arrive(began + n * 0.001) for n in range(40)} == {Care.ALL}
        recorder.now = began + 40 * SLICE_S


def test_after_a_pause_it_begins_anew():
    recorder = Recorder(free=False)
    recorder.in_time(5)
    recorder.now += 600
    recorder.pace.begin(recorder.now, recorder.audio_s)
    assert set(recorder.in_time(5)) == {Care.ALL}


COSTS = {Care.ALL: 1.0, Care.NEWEST: 0.9, Care.WAIT: 0.3, Care.NONE: 0.72, Care.LOST: 0.3}


def overloaded(times, *, batches, recordings=60, seconds=20.0, calm_s=10.0):
    """Serve recordings in turn by a server that is so many times overloaded for some seconds.

    Either a chunk of each in turn or, as a loop does whose readers go on while there is something
    to read, all that has come of each. Returns by when: how old the newest window of each recording
    was just before the next one, and which care every chunk met.
    """
    load = Load()
    rng = random.Random(1)
    whole_s = SLICE_S / recordings * times
    phases = [rng.random() * SLICE_S for _ in range(recordings)]
    paces = [
        Pace(load, 100.0 + phase, more_came=partial(lambda who: more_came(who), who))
        for who, phase in enumerate(phases)
    ]
    done = [0] * recordings
    newest = [100.0 + phase for phase in phases]  # until when each one's chart shows it
    ages, cares = [], []
    now, turn = 100.0, 0
    owed = [0.0] * recordings  # for what waits undecoded
    waits = [0] * recordings  # chunks since the last window, which takes two

    def due(who):
        return 100.0 + phases[who] + (done[who] + 1) * SLICE_S

    def more_came(who):
        return due(who) <= now

    while now < 100 + seconds + calm_s:
        busy = now < 100 + seconds
        waiting = (k % recordings for k in range(turn + 1, turn + 1 + recordings))
        turn = next((who for who in waiting if due(who) <= now), -1)
        if turn < 0:
            now += 0.001
            load.free_at = now
            continue
        judged = None
        while due(turn) <= now:
            spoken = due(turn)
            done[turn] += 1
            care = paces[turn].care(now, done[turn] * SLICE_S)
            cares.append((now, care))
            cost = COSTS[care]
            if care is Care.WAIT:
                owed[turn] += COSTS[Care.NONE] - cost
            elif care is not Care.LOST:
                cost, owed[turn] = cost + owed[turn], 0.0
            now += whole_s * cost * (1 if busy else 0.4 / times)
            waited = waits[turn] = waits[turn] + 1
            if care in (Care.ALL, Care.NEWEST) and waited >= 2:
                waits[turn] = 0
                paces[turn].judged(now)
                judged = spoken
            if not batches:
                break
        if judged is not None:
            ages.append((now, now - newest[turn]))
            newest[turn] = judged
    return ages, cares


@pytest.mark.parametrize("batches", [False, True])
@pytest.mark.parametrize("times", [1.2, 1.5, 2.0, 2.5])
def test_nobody_falls_behind_for_long_when_the_server_is_overloaded(times, batches):
    ages, cares = overloaded(times, batches=batches)
    steady = sorted(age for now, age in ages if 105 < now < 120)
    first = max(age for now, age in ages if now < 105)
    assert steady[-1] < (1.0 if batches else 2.5)
    assert first < (1.5 if batches else 2.5)
    assert steady[len(steady) // 2] < (0.9 if batches else 2.25)
    assert {care for now, care in cares if now > 122} == {Care.ALL}
    assert max(age for now, age in ages if now > 122) < 0.5


def test_a_little_too_much_costs_windows_and_no_sound():
    _, cares = overloaded(1.15, batches=False)
    assert Care.LOST not in {care for _, care in cares}
