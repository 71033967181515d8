"""Who may begin a recording, by a clock that is set by hand."""

from __future__ import annotations

import pytest

from webapp.admission import PRIOR_LOAD, Admission, BusyError
from webapp.leases import LocalLeases
from webapp.load import Load
from webapp.settings import Settings


class World:
    """A worker: recordings cost a share of its core as soon as they are let in."""

    def __init__(self, *, cost=0.003, **settings):
        self.now = 1000.0
        self.cost = cost
        self.cpu_s = 0.0
        self.load = Load()
        self.load.begin(self.now, 0.0)
        self.leases = LocalLeases()
        self.places = []
        self.draws = iter(range(10**6))
        settings = {"max_sessions": 1000, "max_sessions_per_address": 1000} | settings
        self.admission = Admission(
            Settings(**settings),
            self.load,
            self.leases,
            clock=lambda: self.now,
            draw=lambda: next(self.draws) * 0.618 % 1,
        )

    def pass_s(self, seconds, late_s=0.0):
        for _ in range(round(seconds / 0.05)):
            self.now += 0.05
            self.cpu_s += 0.05 * min(1.0, self.cost * len(self.places))
            self.load.feel(self.now, self.cpu_s, late_s=late_s, turn_s=0.0)

    def enter(self, key="a"):
        """Return why there was no place."""
        try:
            self.places.append(self.admission.enter(key))
        except BusyError as busy:
            return busy
        return None


def test_a_worker_that_has_time_lets_in_up_to_the_count():
    world = World(max_sessions=5)
    answers = [world.enter() for _ in range(7)]
    assert [busy.cause for busy in answers if busy] == ["count", "count"]
    world.admission.leave(world.places.pop())
    assert world.enter() is None
    assert world.enter().cause == "count"


def test_a_crowd_that_comes_in_one_second_does_not_all_get_in():
    world = World()
    causes = set()
    for _ in range(20):
        causes |= {busy.cause for busy in (world.enter() for _ in range(10)) if busy}
        world.pass_s(0.05)
    assert causes == {"load"}
    assert 100 < len(world.places) < 200
    assert len(world.places) * PRIOR_LOAD == pytest.approx(0.85, abs=0.13)
    world.pass_s(5)  # now it is felt what they really take
    more = [world.enter() is None for _ in range(60)]
    assert 30 < sum(more) <= 60


@pytest.mark.parametrize("cost", [0.001, 0.003, 0.01, 0.03])
def test_whatever_a_recording_costs_those_let_in_over_time_come_to_the_limit_and_not_beyond(cost):
    world = World(cost=cost, max_sessions=5000, max_sessions_per_address=5000)
    for _ in range(900):
        world.enter()
        world.pass_s(0.1)
    assert 0.7 < cost * len(world.places) <= 0.87


def test_a_crowd_of_recordings_much_dearer_than_thought_is_stopped_as_soon_as_it_is_felt():
    world = World(cost=0.02)
    for _ in range(1000):  # over ten seconds
        world.enter()
        world.now += 0.005
        world.pass_s(0.05)
    assert world.cost * len(world.places) < 1.6


def test_places_are_free_again_and_starting_and_stopping_at_once_uses_nothing_up():
    world = World(max_sessions=3)
    for _ in range(500):
        assert world.enter() is None
        world.admission.leave(world.places.pop())
    assert len(world.admission) == len(world.leases) == 0


def test_a_loop_that_is_late_lets_nobody_in_until_it_keeps_up_again():
    world = World()
    world.pass_s(2, late_s=0.6)
    assert world.enter().cause == "late"
    world.pass_s(3)
    assert world.enter() is None


def test_a_limit_of_one_looks_at_no_load():
    world = World(max_load=1.0, cost=0.5)
    world.pass_s(2, late_s=5)
    assert all(world.enter() is None for _ in range(500))


def test_an_address_takes_no_more_than_its_share_and_the_others_keep_theirs():
    world = World(max_sessions_per_address=2)
    assert [bool(world.enter("a")) for _ in range(4)] == [False, False, True, True]
    busy = world.enter("a")
    assert (busy.code, busy.cause) == ("busy", "address")
    assert world.enter("b") is None
    world.admission.leave(world.places[0])
    assert world.enter("a") is None
    assert len(world.admission) == 3


def test_leases_that_fail_cost_no_place():
    world = World()
    world.leases.take = lambda key, *, limit: 1 / 0
    with pytest.raises(ZeroDivisionError):
        world.enter()
    assert len(world.admission) == 0


def test_those_who_wait_are_not_told_all_the_same():
    world = World(max_sessions=1)
    world.enter()
    waits = [world.enter().retry_after_s for _ in range(200)]
    assert all(5 <= wait <= 15 for wait in waits)
    assert len(set(waits)) > 50
    for second in range(6, 14):
        assert sum(second <= wait < second + 1 for wait in waits) < 50
