"""A batch holds groups of one speaker's utterances, and a few sounds that are no speech."""

from dataclasses import replace

import numpy as np
import pytest

from models.labels import EMOTIONS
from tests.training.stores import BANDS, PLAIN, batches_of, imagined_sounds, imagined_store
from training.batches import NO_VOICE, BatchSettings
from training.crops import CropSettings

SETTINGS = BatchSettings(
    steps=2, groups=3, utterances=4, pairs=2, sounds=2, shares={}, default_share=1.0, crops=PLAIN
)
SPEECH = (3 + 2) * 4


@pytest.fixture(scope="module")
def store():
    return imagined_store({"big": 12, "small": 4})


def groups_of(batches, count):
    rng = np.random.default_rng(5)
    return [batches.group(rng) for _ in range(count)]


def test_windows_have_the_cores_shape_and_a_mask_of_speech(store):
    for windows, targets in batches_of(store, SETTINGS, sounds=imagined_sounds()).epoch(0):
        assert windows.shape == (SPEECH + 2, 300, BANDS + 1)
        assert targets.shape == (SPEECH + 2,)
        assert np.isfinite(windows).all()
        assert set(np.unique(windows[..., -1])) == {0.0, 1.0}


def test_every_batch_ends_with_sounds_that_are_no_voice(store):
    for _, targets in batches_of(store, SETTINGS, sounds=imagined_sounds()).epoch(0):
        assert (targets[:SPEECH] != NO_VOICE).all()
        assert (targets[SPEECH:] == NO_VOICE).all()


def test_without_such_sounds_a_batch_is_of_speech_alone(store):
    made = batches_of(store, SETTINGS)
    assert made.size == SPEECH
    assert all((targets != NO_VOICE).all() for _, targets in made.epoch(0))


def test_a_group_is_of_one_speaker_and_knows_all_of_the_speakers_utterances(store):
    for chosen, everything in groups_of(batches_of(store, SETTINGS), 30):
        speakers = {store.utterances[i].speaker for i in chosen}
        assert len(speakers) == 1
        assert sorted(everything) == [
            i for i, u in enumerate(store.utterances) if u.speaker in speakers
        ]


@pytest.mark.parametrize("utterances", [3, 5, 8])
def test_a_group_holds_as_many_emotions_as_it_can(store, utterances):
    made = batches_of(store, replace(SETTINGS, utterances=utterances))
    for chosen, _ in groups_of(made, 20):
        assert len(chosen) == utterances
        emotions = {store.utterances[i].emotion for i in chosen}
        assert len(emotions) == min(utterances, len(EMOTIONS))


def test_emotions_and_speakers_come_alike_however_many_clips_there_are_of_each(store):
    # A speaker with few clips, and most of them neutral.
    few = [i for i, u in enumerate(store.utterances) if u.speaker == "small0"]
    kept = [i for i, u in enumerate(store.utterances) if u.speaker == "small1"]
    made = batches_of(store, SETTINGS, members=np.array([*few[:4], few[5], *kept]))
    drawn = [i for chosen, _ in groups_of(made, 400) for i in chosen]
    speakers = [store.utterances[i].speaker for i in drawn]
    assert 0.4 < speakers.count("small0") / len(speakers) < 0.6
    own = [store.utterances[i].emotion for i in drawn if i in few]
    assert 0.15 < own.count("neutral") / len(own) < 0.35  # of its four emotions


def test_the_targets_are_the_emotions_of_what_is_heard(store):
    made = batches_of(store, SETTINGS)
    heard = []
    fill = made.crops.fill

    def keep(window, columns, speech, **options):
        heard.append(columns)
        fill(window, columns, speech, **options)

    made.crops.fill = keep
    of = {id(columns): k for k, own in enumerate(store.columns) for columns in own}
    _, targets = next(made.epoch(0))
    expected = [EMOTIONS.index(store.utterances[of[id(columns)]].emotion) for columns in heard]
    assert targets.tolist() == expected


def test_the_first_groups_are_heard_twice_and_the_others_once(store):
    made = batches_of(store, SETTINGS)
    heard = []
    made.crops.fill = lambda _window, columns, *_, **__: heard.append(id(columns))
    _, targets = next(made.epoch(0))
    names = {id(columns): k for k, own in enumerate(store.columns) for columns in own}
    drawn = np.array([names[one] for one in heard]).reshape(3 + 2, 4)
    assert (drawn[3:] == drawn[:2]).all()
    assert (drawn[2] != drawn[:2]).any()
    targets = targets.reshape(3 + 2, 4)
    assert (targets[3:] == targets[:2]).all()


def test_only_what_is_heard_first_is_the_recording_itself_for_sure(store):
    made = batches_of(store, replace(SETTINGS, steps=20, crops=replace(PLAIN, clean=1.0)))
    versions = []
    made.crops.fill = lambda *_, disguise, **__: versions.append(disguise.version)
    list(made.epoch(0))
    drawn = np.array(versions).reshape(20, 3 + 2, 4)
    assert (drawn[:, :3] == 0).all()
    assert set(drawn[:, 3:].ravel()) == {0, 1}


def test_a_share_makes_a_corpus_rarer(store):
    made = batches_of(store, replace(SETTINGS, shares={"big": 0.1}))
    corpora = [store.utterances[chosen[0]].corpus for chosen, _ in groups_of(made, 600)]
    # 120 utterances of the weight 0.1 against 40 of the weight 1.
    assert 0.17 < corpora.count("big") / 600 < 0.3


def test_a_corpus_without_weight_and_a_clip_without_speech_are_not_drawn(store):
    silent = imagined_store({"big": 2, "small": 2})
    silent.speech[0] = [np.zeros_like(own) for own in silent.speech[0]]
    made = batches_of(silent, replace(SETTINGS, shares={"small": 0.0}))
    drawn = [(chosen, everything) for chosen, everything in groups_of(made, 100)]
    corpora = {silent.utterances[i].corpus for chosen, _ in drawn for i in chosen}
    assert corpora == {"big"}
    assert all(0 not in [*chosen, *everything] for chosen, everything in drawn)


def test_only_members_are_heard_and_known(store):
    members = np.arange(0, len(store), 3)
    for chosen, everything in groups_of(batches_of(store, SETTINGS, members=members), 50):
        assert set(chosen) | set(everything) <= set(members.tolist())


def every(batches, number):
    windows, targets = zip(*batches.epoch(number), strict=True)
    return np.array(windows), np.array(targets)


def test_an_epoch_depends_on_the_seed_and_its_number_alone(store):
    drawn = replace(SETTINGS, crops=CropSettings())
    first = batches_of(store, drawn, sounds=imagined_sounds(), seed=3)
    for number in (0, 1, 2):
        kept = every(first, number)
    # An interrupted training, that begins with the third epoch.
    again = every(batches_of(store, drawn, sounds=imagined_sounds(), seed=3), 2)
    for one, other in zip(kept, again, strict=True):
        np.testing.assert_array_equal(one, other)


def test_another_seed_or_epoch_gives_other_batches(store):
    kept = every(batches_of(store, SETTINGS, seed=3), 0)[0]
    assert (kept != every(batches_of(store, SETTINGS, seed=4), 0)[0]).any()
    assert (kept != every(batches_of(store, SETTINGS, seed=3), 1)[0]).any()
    # Within an epoch no batch is like another either.
    assert (kept[0] != kept[1]).any()


def test_a_disguise_is_shared_by_a_group_and_heard_again_a_group_has_another(store):
    made = batches_of(store, replace(SETTINGS, crops=CropSettings()), sounds=imagined_sounds())
    seen = []
    fill = made.crops.fill

    def keep(window, columns, speech, *, disguise, **options):
        seen.append(disguise)
        fill(window, columns, speech, disguise=disguise, **options)

    made.crops.fill = keep
    next(made.epoch(0))
    groups = [seen[k : k + 4] for k in range(0, SPEECH, 4)]
    assert all(disguise is group[0] for group in groups for disguise in group)
    assert len({id(disguise) for disguise in seen}) == 3 + 2 + 2


def test_some_crops_know_the_speaker_and_some_do_not(store):
    def known(cold):
        made = batches_of(store, replace(SETTINGS, crops=replace(PLAIN, cold=cold)))
        others = []
        made.crops.fill = lambda *_, others, into=others, **__: into.append(others)
        for number in range(10):
            list(made.epoch(number))
        return np.mean([other is not None for other in others])

    assert known(1.0) == 0
    assert known(0.0) == 1
    assert 0.4 < known(0.5) < 0.6
