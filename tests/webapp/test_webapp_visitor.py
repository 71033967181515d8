"""How a connection's events come."""

from __future__ import annotations

from webapp.visitor import Manner, Visitor


def manners(rate, seconds, *, max_events_s=50.0):
    visitor = Visitor("a", "a", max_events_s=max_events_s)
    return [visitor.manner(100 + n / rate) for n in range(round(rate * seconds))]


def test_chunks_of_60_ms_with_a_pause_now_and_then_are_fine_for_hours():
    assert set(manners(20, 3600)) == {Manner.FINE}


def test_what_a_recorder_owes_after_its_network_stood_still_for_half_a_minute_is_let_through():
    visitor = Visitor("a", "a", max_events_s=50)
    burst = [visitor.manner(100 + n / 1e4) for n in range(500)]
    assert set(burst) == {Manner.FINE, Manner.HASTY}
    assert [visitor.manner(102 + n * 0.06) for n in range(10)] == [Manner.HASTY] * 10


def test_a_flood_is_told_once_a_second_and_then_ended():
    flood = manners(1000, 4)
    first = flood.index(Manner.TOO_FAST)
    end = flood.index(Manner.FLOOD)
    assert 500 < first < 600
    assert 1990 < end - first < 2010
    assert flood[first:end].count(Manner.TOO_FAST) <= 3
    assert flood.count(Manner.FLOOD) == 1
    assert set(flood[end + 1 :]) == {Manner.ENDED}
    slower = manners(95, 60)  # never ends, but is told
    assert Manner.FLOOD not in slower
    assert 30 < slower.count(Manner.TOO_FAST) <= 60
    assert slower.count(Manner.TOLD) > 1000
