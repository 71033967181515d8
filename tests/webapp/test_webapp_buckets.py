"""How often something may happen."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.buckets import Bucket, Buckets


def test_a_bucket_gives_its_burst_and_then_what_comes_back():
    bucket = Bucket(per_s=10, burst=5)
    assert [bucket.take(100.0) > 0 for _ in range(7)] == [False] * 5 + [True] * 2
    assert bucket.take(100.0) == pytest.approx(0.1)
    assert bucket.take(100.11) == 0
    assert bucket.take(100.11) > 0
    assert [bucket.take(200.0) > 0 for _ in range(6)] == [False] * 5 + [True]


@given(st.lists(st.floats(0, 3), max_size=200))
def test_never_more_pass_than_the_burst_and_what_came_back(gaps):
    bucket, now, passed, began = Bucket(per_s=5, burst=3), 50.0, 0, 50.0
    for gap in gaps:
        now += gap
        passed += not bucket.take(now)
        assert passed <= 3 + 5 * (now - began) + 1e-6


def test_waiting_as_long_as_was_said_suffices():
    bucket = Bucket(per_s=3, burst=2)
    bucket.take(7.0), bucket.take(7.0)
    wait_s = bucket.take(7.0)
    assert wait_s > 0
    assert bucket.take(7.0 + wait_s + 1e-9) == 0


def test_keys_have_buckets_of_their_own():
    buckets = Buckets(per_s=1, burst=1)
    assert buckets.take("a", 10.0) == 0
    assert buckets.take("a", 10.0) == pytest.approx(1)
    assert buckets.take("b", 10.0) == 0


def test_however_many_keys_come_only_so_many_are_kept_and_the_busy_one_among_them():
    buckets = Buckets(per_s=1, burst=2, most=100)
    passed = 0
    for number in range(5000):
        buckets.take(str(number), number / 1000)
        passed += not buckets.take("busy", number / 1000)
    assert len(buckets) == 100
    assert passed <= 2 + 5
