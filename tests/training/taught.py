"""An encoder that was taught next to nothing, for tests of what is made of any."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.training.stores import imagined_held
from training.fitting.fit import Progress
from training.teaching.encoders import Taught, train_encoder
from training.teaching.lessons import Prompts
from training.teaching.pupil import PupilSettings

TINY = PupilSettings(units=6, states=3, steps=4, batch=4, frames=50)


def taught_in(
    cache: Path, store: Prompts, *, tell: Callable[[Progress], None] = print, **changed: Any
) -> Taught:
    """Return an encoder that heard a store, kept in a cache; `changed` are other settings."""
    options = {"settings": TINY, "seed": 1} | changed
    return train_encoder(store, imagined_held(store), cache=cache, tell=tell, **options)
