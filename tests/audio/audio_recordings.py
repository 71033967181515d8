"""Recordings that browsers made: the bytes, and where MediaRecorder cut them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from webapp.audio import open_stream

FOLDER = Path(__file__).resolve().parent.parent / "fixtures" / "mediarecorder"
NAMES = sorted(path.stem for path in FOLDER.glob("*.bin"))


@dataclass(frozen=True)
class Recording:
    name: str
    data: bytes
    mime: str
    chunks: tuple[bytes, ...]
    last_ms: float

    def decode(self, pieces=None):
        stream = open_stream(self.mime)
        parts = [stream.push(piece) for piece in (self.chunks if pieces is None else pieces)]
        return np.concatenate([*parts, stream.finish()])


def load(name: str) -> Recording:
    data = (FOLDER / f"{name}.bin").read_bytes()
    about = json.loads((FOLDER / f"{name}.json").read_text())
    chunks = tuple(data[c["offset"] : c["offset"] + c["length"]] for c in about["chunks"])
    return Recording(name, data, about["mime"], chunks, about["chunks"][-1]["client_ms"])
