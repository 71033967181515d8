"""What was measured before: arrays on disk, kept as long as nothing that made them changes."""

from __future__ import annotations

import ast
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

import models
from models.bundle import Card, Weights
from training.store import Store

Arrays = dict[str, np.ndarray]


@dataclass(frozen=True)
class Shelf:
    """Arrays by what they were made from.

    Attributes
    ----------
    folder : Path
        Made when the first arrays are put on it.
    """

    folder: Path

    def fetch(self, key: Any, make: Callable[[], Arrays]) -> Arrays:
        """Return the arrays that `make` gave for `key`, now or earlier.

        Parameters
        ----------
        key : JSON value
            All that the arrays depend on.
        make : callable
            Is only called if nothing is there.
        """
        file = self._file(key)
        if not file.is_file():
            arrays = make()
            self.folder.mkdir(parents=True, exist_ok=True)
            partial = file.with_suffix(".partial.npz")
            np.savez(partial, **arrays)  # type: ignore[arg-type]
            partial.replace(file)
        with np.load(file) as data:
            return {name: data[name] for name in data.files}

    def has(self, key: Any) -> bool:
        """Return whether `fetch` would find arrays for `key`."""
        return self._file(key).is_file()

    def _file(self, key: Any) -> Path:
        digest = hashlib.sha256(json.dumps(key, sort_keys=True).encode()).hexdigest()[:20]
        return self.folder / f"{digest}.npz"


def code_digest(*modules: ModuleType) -> str:
    """Return a digest of the source of modules."""
    source = b"".join(Path(str(module.__file__)).read_bytes() for module in modules)
    return hashlib.sha256(source).hexdigest()


def judging(
    card: Card, weights: Weights, store: Store, members: tuple[int, ...], *code: str
) -> list[Any]:
    """Return a key for what a network says of some utterances.

    Parameters
    ----------
    card, weights
        The network.
    store, members
        The utterances.
    *code : str
        Python files (`__file__`) whose code the measurement depends on; all of `models` but the
        network's shape, which the weights stand for, always counts. Comments and layout do not.
    """
    served = [
        path for path in Path(models.__file__).parent.glob("*.py") if path.name != "network.py"
    ]
    digest = hashlib.sha256()
    for path in [*sorted(served), *map(Path, code)]:
        digest.update(ast.dump(ast.parse(path.read_text(encoding="utf-8"))).encode())
    clips = [
        [u.path.name, u.speaker, u.emotion, u.duration_s]
        for u in (store.utterances[i] for i in members)
    ]
    return [digest.hexdigest(), card.to_json(weights=weights), clips]
