"""The cache returns arrays until their code, settings or inputs change."""

import numpy as np
import pytest

from training.data.cache import Cache, digest_of


def counted(made, value):
    """Return arrays, and note that they were made."""
    made.append(value)
    return {"a": np.arange(value), "b": np.array([[0.5]])}


def failing():
    """Fail, as an interrupted computation does."""
    raise KeyboardInterrupt


def test_arrays_are_made_once(tmp_path):
    made, cache = [], Cache(tmp_path)
    assert not cache.has(counted, key=["key", 1])
    first = cache.fetch(counted, made, 3, key=["key", 1])
    again = Cache(tmp_path).fetch(counted, made, 3, key=["key", 1])
    assert cache.has(counted, key=["key", 1])
    assert made == [3]
    assert set(first) == set(again) == {"a", "b"}
    np.testing.assert_array_equal(first["a"], again["a"])


def test_another_key_is_another_entry(tmp_path):
    made, cache = [], Cache(tmp_path)
    assert len(cache.fetch(counted, made, 3, key=1)["a"]) == 3
    assert len(cache.fetch(counted, made, 4, key=2)["a"]) == 4
    assert made == [3, 4]


def test_other_code_is_another_entry(tmp_path, monkeypatch):
    made, cache = [], Cache(tmp_path)
    cache.fetch(counted, made, 3, key=1)
    monkeypatch.setattr("training.data.cache.code_digest", lambda _: "other code")
    cache.fetch(counted, made, 3, key=1)
    assert made == [3, 3]


def test_an_interrupted_computation_leaves_no_entry(tmp_path):
    cache = Cache(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        cache.fetch(failing, key=1)
    assert not cache.has(failing, key=1)


def test_a_digest_follows_every_byte():
    one, other = np.arange(4.0), np.arange(4.0)
    assert digest_of(one, b"x") == digest_of(other, b"x")
    other[3] += 1e-9
    assert digest_of(one, b"x") != digest_of(other, b"x")
    assert digest_of(one, b"x") != digest_of(one, b"y")
