"""What anything that counts leases must do, and what the count of one process does."""

from __future__ import annotations

from webapp.leases import Leases, LocalLeases


def test_a_key_has_as_many_places_as_its_limit_says() -> None:
    leases: Leases = LocalLeases()
    taken = [leases.take("a", limit=3) for _ in range(5)]
    assert [lease is None for lease in taken] == [False, False, False, True, True]
    assert len(set(taken[:3])) == 3


def test_keys_do_not_take_each_others_places() -> None:
    leases: Leases = LocalLeases()
    assert leases.take("a", limit=1)
    assert leases.take("b", limit=1)
    assert leases.take("a", limit=1) is None


def test_a_place_that_is_given_back_is_free_once() -> None:
    leases: Leases = LocalLeases()
    first = leases.take("a", limit=2)
    assert first
    assert leases.take("a", limit=2)
    leases.give_back("a", first)
    leases.give_back("a", first)
    leases.give_back("a", "nobody's")
    assert leases.take("a", limit=2)
    assert leases.take("a", limit=2) is None


def test_nothing_is_kept_of_keys_that_hold_nothing() -> None:
    leases = LocalLeases()
    for number in range(1000):
        lease = leases.take(str(number), limit=1)
        assert lease
        leases.give_back(str(number), lease)
        assert leases.take(str(number), limit=0) is None
    assert len(leases) == 0
    assert not leases._taken
