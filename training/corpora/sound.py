"""Tells whether a file is a usable recording: whole, audible, neither a blip nor a session."""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

SUFFIXES = frozenset({".wav", ".flac", ".ogg"})
LEAST_S, MOST_S = 0.5, 30.0
SILENCE = 10 ** (-60 / 20)
"""Peak of full scale below which nobody speaks: RAVDESS's quietest clip is 13 dB above it."""

_POINTER = b"version https://git-lfs"


class UnusableError(Exception):
    """The file is no usable recording; the message is the reason, without the name."""


@dataclass(frozen=True)
class Sound:
    """What a recording holds.

    Attributes
    ----------
    duration_s : float
    sample_rate : int
    digest : bytes
        Equal for recordings whose samples are equal, whatever the format.
    """

    duration_s: float
    sample_rate: int
    digest: bytes


def examine(path: Path) -> Sound:
    """Read a recording whole and return what it holds.

    Raises
    ------
    UnusableError
        It is empty, damaged, cut short, silent, too short or too long.
    """
    try:
        _check_container(path)
        samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    except soundfile.LibsndfileError as error:
        raise UnusableError(f"corrupt ({error.error_string.rstrip('.')})") from error
    except OSError as error:
        raise UnusableError(f"cannot be read ({error.strerror})") from error
    mono = samples.mean(axis=1)
    duration_s = len(mono) / rate
    if not np.isfinite(mono).all():
        raise UnusableError("corrupt (not all of its samples are numbers)")
    if duration_s < LEAST_S:
        raise UnusableError(f"too short ({duration_s:.2f} s)")
    if duration_s > MOST_S:
        raise UnusableError(f"too long for one utterance ({duration_s:.0f} s)")
    if np.abs(mono).max() < SILENCE:
        raise UnusableError("silent")
    digest = hashlib.sha256(struct.pack("<I", rate) + mono.tobytes()).digest()
    return Sound(duration_s, rate, digest)


def _check_container(path: Path) -> None:
    """Find what libsndfile forgives: a WAV file whose end is missing."""
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(12)
        if not head:
            raise UnusableError("empty file")
        if _POINTER.startswith(head):
            raise UnusableError("a pointer of Git LFS, not the recording; run git lfs pull")
        if head[:4] != b"RIFF" or head[8:] != b"WAVE":
            return
        while len(chunk := file.read(8)) == 8:
            name, length = chunk[:4], int.from_bytes(chunk[4:], "little")
            if name == b"data":
                missing = file.tell() + length - size
                # Programs that write to a pipe put the largest length there.
                if length // 100 < missing and length < 0xFFFFFF00:
                    raise UnusableError(f"cut short ({missing} of {length} bytes are missing)")
                return
            file.seek(length + length % 2, 1)
