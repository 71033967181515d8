"""A whole file's bytes to samples.

What a recorder sends (WebM, Ogg, fragmented MP4, WAV) goes through the live stream's own classes,
so that an upload gives the very samples that the stream gave. Everything else goes through FFmpeg,
its demuxer pinned by the file's first bytes: left to guess, FFmpeg would try every one it has,
playlists that open other files included.

A file that was cut off is decoded as far as it goes, if anything in it can be heard: a recording
that was interrupted is the commonest damaged file, and its beginning is as good as ever. Nothing
decodable is an `AudioError`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from webapp.audio.demuxer import Demuxer
from webapp.audio.errors import EMPTY, TOO_LONG, UNSUPPORTED, AudioError, undecodable, unsupported
from webapp.audio.mp4 import Mp4Demuxer
from webapp.audio.ogg import OggDemuxer
from webapp.audio.resample import SAMPLE_RATE, Samples
from webapp.audio.sniff import sniff
from webapp.audio.stream import AudioStream
from webapp.audio.wav import WavDemuxer
from webapp.audio.webm import WebmDemuxer

_STREAMED: dict[str, type[Demuxer]] = {
    "wav": WavDemuxer,
    "webm": WebmDemuxer,
    "ogg": OggDemuxer,
    "mp4": Mp4Demuxer,
}
_PIECE = 16 * 1024
_BLOCK = 10 * SAMPLE_RATE
_MAX_BLOCK = 30 * SAMPLE_RATE
_PADDING_S = 0.25
"""What a codec may add before and after the sound, and drops again."""
_ROUNDING_S = 0.06
"""An MP3 without a length of its own is up to two frames longer than what was encoded."""


class _Budget:
    """A file's charge: too long as soon as what is about to be decoded is beyond the limit."""

    def __init__(self, max_s: float) -> None:
        self._error = AudioError(TOO_LONG, f"The audio is longer than {max_s:g} seconds.")
        self._coded = max_s + _PADDING_S
        self._samples = round((max_s + _ROUNDING_S) * SAMPLE_RATE)

    def charge(self, seconds: float) -> None:
        self._coded -= seconds
        if self._coded < 0:
            raise self._error

    def took(self, count: int) -> None:
        self._samples -= count
        if self._samples < 0:
            raise self._error


def decode_file(data: bytes, *, max_s: float = 600.0) -> Iterator[Samples]:
    """Decode a sound file, or the sound of a video.

    Parameters
    ----------
    data
        The whole file: WAV, FLAC, MP3, AAC, Ogg, WebM or Matroska, MP4 or M4A. Its first bytes tell
        which.
    max_s
        Longest sound, seconds. Decoding stops there.

    Yields
    ------
    numpy.ndarray
        float32, shape (n,), mono at 16 kHz, at most 30 s each.

    Raises
    ------
    AudioError
        While the blocks are read. ``empty``: no bytes, or no samples; ``unsupported_media``: not
        sound, or a kind that is not read, or a video without sound; ``undecodable``: damaged;
        ``too_long``.
    """
    if not data:
        raise AudioError(EMPTY, "The file is empty.")
    kind = sniff(data)
    if kind is None:
        raise unsupported(
            "This is not a sound file that is read: WAV, FLAC, MP3, Ogg, WebM, MP4 and M4A are."
        )
    budget = _Budget(max_s)
    yield from _blocks(_decode(data, kind, budget), budget)


def _decode(data: bytes, kind: str, budget: _Budget) -> Iterator[Samples]:
    from webapp.audio.ffmpeg import decode_container

    if kind not in _STREAMED or (kind == "mp4" and data[4:8] not in (b"ftyp", b"styp", b"moov")):
        yield from decode_container(data, kind=kind)
        return
    stream = AudioStream(_STREAMED[kind](), charge=budget.charge)
    view = memoryview(data)
    try:
        for start in range(0, len(data), _PIECE):
            yield stream.push(bytes(view[start : start + _PIECE]))
    except AudioError as error:
        if error.code != UNSUPPORTED or stream.track is not None:
            raise
        # Another codec, or an ordinary MP4: nothing has been decoded yet, and FFmpeg knows many
        # more.
        yield from decode_container(data, kind=kind)
        return
    if stream.track is None:
        raise undecodable("The file is cut off before the sound begins.")
    yield stream.finish()


def _blocks(parts: Iterable[Samples], budget: _Budget) -> Iterator[Samples]:
    """Put pieces of any length into blocks of up to 30 s; too many samples or none is an error."""
    waiting: list[Samples] = []
    size = total = 0
    for part in parts:
        budget.took(part.size)
        total += part.size
        size += part.size
        waiting.append(part)
        if size >= _BLOCK:
            yield from _slices(np.concatenate(waiting))
            waiting, size = [], 0
    if size:
        yield from _slices(np.concatenate(waiting))
    if not total:
        raise AudioError(EMPTY, "There is no sound in the file: it has no samples.")


def _slices(samples: Samples) -> Iterator[Samples]:
    for start in range(0, samples.size, _MAX_BLOCK):
        yield samples[start : start + _MAX_BLOCK]
