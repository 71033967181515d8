"""An encoder is taught once for what makes it what it is."""

from dataclasses import replace

import pytest

from tests.training.stores import imagined_store
from tests.training.taught import TINY, taught_in
from training.teaching import encoders as module
from training.teaching.encoders import EXACT, SMALL


@pytest.fixture(scope="module")
def store():
    return imagined_store({"own": 3})


@pytest.fixture(scope="module")
def kept(store, tmp_path_factory):
    """A cache, and the encoder that was taught into it."""
    cache, told = tmp_path_factory.mktemp("encoders"), []
    return cache, taught_in(cache, store, tell=told.append), told


def test_the_same_again_comes_from_the_cache(store, kept):
    cache, taught, told = kept
    told_again = []
    again = taught_in(cache, store, tell=told_again.append)
    assert [progress.epoch for progress in told] == [4]
    assert told_again == []
    assert again.small == taught.small
    assert again.features == taught.features


@pytest.mark.parametrize("changed", [{"seed": 2}, {"settings": replace(TINY, units=5)}])
def test_another_input_is_another_encoder(store, kept, tmp_path, changed, monkeypatch):
    _, taught, _ = kept
    monkeypatch.setattr(module, "flatbuffer", lambda *_, int8: b"small" if int8 else b"exact")
    taught_in(tmp_path, store)
    told = []
    other = taught_in(tmp_path, store, tell=told.append, **changed)
    assert told
    assert len(list(tmp_path.iterdir())) == 2
    assert other.features.encoder != taught.features.encoder


def test_what_is_kept_is_an_encoder_of_its_features(kept):
    cache, taught, _ = kept
    (folder,) = cache.iterdir()
    assert (folder / SMALL).read_bytes() == taught.small
    assert (folder / EXACT).read_bytes() == taught.exact
    assert taught.features.states == taught.encoder().states == TINY.states
    assert not list(folder.glob("*.partial"))
