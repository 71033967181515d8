"""Training examples look like what will be served."""

from pathlib import Path

import numpy as np
import pytest

from models.labels import EMOTIONS
from training.batches import Batches, BatchSettings, Sums, estimate_normalisation
from training.manifest import Utterance
from training.store import Store

PLAIN = BatchSettings(
    batch=8,
    shares={},
    default_share=1.0,
    channel_db=0.0,
    time_mask=0,
    mfcc_mask=0,
    mfcc_noise=0.0,
    mixup=0.0,
)


@pytest.fixture(scope="module")
def store():
    rng = np.random.default_rng(0)
    made = Store([], [], [])
    for corpus, speakers in (("big", 12), ("small", 4)):
        for speaker in range(speakers):
            for take in range(10):
                emotion = EMOTIONS[take % 5]
                made.utterances.append(
                    Utterance(
                        Path(f"{corpus}-{speaker}-{take}"),
                        corpus,
                        f"{corpus}{speaker}",
                        "F",
                        emotion,
                        emotion,
                        3.0,
                    )
                )
                frames = int(rng.integers(150, 500))
                own = 10 * speaker + 0.1 * (take % 5)
                mfcc = [rng.normal(own, 2, (frames, 4)).astype(np.float16) for _ in range(2)]
                speech = np.ones(frames, bool)
                speech[:40] = False
                made.mfcc.append(mfcc)
                made.speech.append([speech, speech])
    return made


def batches(store, settings=PLAIN, seed=0):
    everything = np.arange(len(store))
    sums = Sums(store)
    normalisation = estimate_normalisation(store, everything, sums, channel_db=0.0)
    return Batches(
        store, everything, sums=sums, normalisation=normalisation, settings=settings, seed=seed
    )


def test_an_epoch_holds_each_emotion_alike(store):
    chosen = batches(store).epoch()
    counts = np.bincount([EMOTIONS.index(store.utterances[i].emotion) for i in chosen])
    assert counts.max() - counts.min() <= 1


def test_a_share_thins_a_corpus_out(store):
    settings = BatchSettings(shares={"big": 0.25}, default_share=1.0)
    corpora = [store.utterances[i].corpus for i in batches(store, settings).epoch()]
    assert corpora.count("big") == 30
    assert corpora.count("small") == 40


def test_the_same_seed_gives_the_same_batches(store):
    first, second = (next(iter(batches(store, seed=3))) for _ in range(2))
    np.testing.assert_array_equal(first[0], second[0])
    np.testing.assert_array_equal(first[1], second[1])


def test_windows_have_the_networks_shape_and_a_mask(store):
    for windows, targets in batches(store):
        assert windows.shape == (8, 300, 5)
        assert set(np.unique(windows[..., -1])) == {0.0, 1.0}
        np.testing.assert_allclose(targets.sum(axis=1), 1.0)


def test_a_crop_holds_at_least_a_second_of_frames(store):
    for windows, _ in batches(store):
        assert (windows[..., -1].sum(axis=1) >= 60).all()


def test_knowing_the_speaker_keeps_what_sets_an_utterance_apart(store):
    known = BatchSettings(**{**vars(PLAIN), "cold": 0.0})
    cold = BatchSettings(**{**vars(PLAIN), "cold": 1.0})

    def spread(settings):
        means = []
        for windows, _ in batches(store, settings):
            mask = windows[..., -1:]
            means.append((windows[..., :-1] * mask).sum(axis=(1, 2)) / mask.sum(axis=(1, 2)))
        return float(np.std(np.concatenate(means)))

    assert spread(known) > 3 * spread(cold)


def test_the_prior_is_weak_where_speakers_differ_much(store):
    everything, sums = np.arange(len(store)), Sums(store)
    known = estimate_normalisation(store, everything, sums, channel_db=0.0)
    unknown = estimate_normalisation(store, everything, sums, channel_db=10.0)
    assert (unknown.strength < known.strength).all()
    assert (known.strength < 20).all()  # these speakers lie far apart


def test_mixed_examples_have_mixed_targets(store):
    settings = BatchSettings(**{**vars(PLAIN), "mixup": 0.5})
    _, targets = next(iter(batches(store, settings)))
    assert (targets.max(axis=1) >= 0.5).all()
    assert ((targets > 0.01).sum(axis=1) == 2).any()
    np.testing.assert_allclose(targets.sum(axis=1), 1.0, rtol=1e-6)
