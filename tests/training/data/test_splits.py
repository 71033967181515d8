"""No speaker is ever on both sides of a split."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from training.corpora.manifest import Utterance, find_corpora
from training.data.splits import FOLDS, corpus_splits, limited, source_of, speaker_splits


def corpus(name, speakers, each):
    return [
        Utterance(Path(f"{name}-{s}-{k}.wav"), name, f"{name}_{s:02}", "F", "happy", "happy", 2.0)
        for s in range(1, speakers + 1)
        for k in range(each)
    ]


SMALL = [*corpus("ravdess", 24, 10), *corpus("nemo", 9, 30), *corpus("jl", 3, 10)]


def assert_no_leak(utterances, split):
    trained = {utterances[i].speaker for i in split.train}
    tested = {utterances[i].speaker for i in split.test}
    assert trained
    assert tested
    assert not trained & tested
    assert not set(split.train) & set(split.test)


def test_no_speaker_is_on_both_sides_of_any_split():
    for split in [*speaker_splits(SMALL), *corpus_splits(SMALL)]:
        assert_no_leak(SMALL, split)


def test_every_speaker_of_a_large_corpus_is_tested_exactly_once():
    splits = speaker_splits(SMALL)
    tested = [i for split in splits for i in split.test]
    assert len(splits) == FOLDS
    assert sorted(tested) == [i for i, u in enumerate(SMALL) if u.corpus != "jl"]


def test_a_small_corpus_is_always_training_material():
    for split in speaker_splits(SMALL):
        assert {SMALL[i].corpus for i in split.train} >= {"jl"}


def test_ravdess_has_the_published_folds():
    first = speaker_splits(SMALL)[0]
    actors = {SMALL[i].speaker for i in first.test if SMALL[i].corpus == "ravdess"}
    assert actors == {"ravdess_01", "ravdess_11", "ravdess_20", "ravdess_21"}


def test_leaving_a_corpus_out_leaves_all_of_it_out():
    for split in corpus_splits(SMALL):
        (left_out,) = {SMALL[i].corpus for i in split.test}
        assert left_out not in {SMALL[i].corpus for i in split.train}


def test_each_split_leaves_one_source_of_ordinary_speech_out_whole():
    read = [
        replace(u, corpus="ordinary", kind="read", path=Path(source) / u.path.name)
        for source in ("one", "other")
        for u in corpus("nemo", 2, 3)
    ]
    utterances = [*SMALL, *read]
    splits = corpus_splits(utterances)
    tested = [{source_of(utterances[i]) for i in split.test} - {""} for split in splits]
    assert [len(sources) for sources in tested] == [1] * len(splits)
    assert set().union(*tested) == {"one", "other"}
    for split, (source,) in zip(splits, tested, strict=True):
        assert source not in {source_of(utterances[i]) for i in split.train}


def test_one_corpus_alone_cannot_be_left_out():
    assert corpus_splits(corpus("nemo", 9, 30)) == []


def test_the_real_corpora_do_not_leak(corpora):
    utterances = [u for members in find_corpora(corpora).values() for u in members]
    splits = [*speaker_splits(utterances), *corpus_splits(utterances)]
    assert len(splits) >= FOLDS
    for split in splits:
        assert_no_leak(utterances, split)


@pytest.mark.parametrize("order", [1, -1])
def test_the_folds_do_not_depend_on_the_order_of_the_manifest(order):
    utterances = SMALL[::order]
    folds = [{utterances[i].speaker for i in s.test} for s in speaker_splits(utterances)]
    assert folds == [{SMALL[i].speaker for i in s.test} for s in speaker_splits(SMALL)]


def test_a_limited_split_tests_some_utterances_of_each_corpus_whatever_their_order():
    (split, *_) = speaker_splits(SMALL)
    few = limited(split, SMALL, most=3)
    counts = Counter(SMALL[i].corpus for i in few.test)
    assert set(counts.values()) == {3}
    assert set(few.test) <= set(split.test)
    assert few.train == split.train
    assert limited(few, SMALL, most=3) == few
