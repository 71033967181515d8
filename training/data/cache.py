"""Cache of arrays on disk, keyed by the code, the settings and the inputs that made them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from training.data.digest import code_digest

Arrays = dict[str, np.ndarray]


@dataclass(frozen=True)
class Cache:
    """Cache of arrays.

    Attributes
    ----------
    folder : Path
        Created with the first entry. Each entry is one NPZ file.
    """

    folder: Path

    def fetch(self, make: Callable[..., Arrays], *arguments: Any, key: Any) -> Arrays:
        """Return `make(*arguments)`, from the cache if an entry exists.

        Parameters
        ----------
        make : callable
            A function of the project. The digest of its code is part of the entry's key
            (`training.data.digest.code_digest`).
        *arguments
            Passed to `make`.
        key : JSON value
            All settings and inputs that the arrays depend on.
        """
        file = self._file(make, key)
        if not file.is_file():
            arrays = make(*arguments)
            self.folder.mkdir(parents=True, exist_ok=True)
            partial = file.with_suffix(".partial.npz")
            np.savez(partial, **arrays)  # type: ignore[arg-type]
            partial.replace(file)
        with np.load(file) as data:
            return {name: data[name] for name in data.files}

    def has(self, make: Callable[..., Arrays], *, key: Any) -> bool:
        """Return whether the cache has an entry for `make` and `key`."""
        return self._file(make, key).is_file()

    def _file(self, make: Callable[..., Arrays], key: Any) -> Path:
        content = json.dumps([code_digest(make), key], sort_keys=True)
        return self.folder / f"{hashlib.sha256(content.encode()).hexdigest()[:20]}.npz"


def digest_of(*arrays: np.ndarray | bytes) -> str:
    """Return the SHA-256 of arrays or bytes, to be part of a cache key."""
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(array if isinstance(array, bytes) else np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()
