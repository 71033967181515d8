"""A whole file's bytes to samples.

The formats of browsers' recorders (WebM, Ogg, fragmented MP4, WAV) go through the classes of the
live stream, so that an upload and a live recording of the same bytes give the same samples.
Everything else goes through FFmpeg, and so does a file of those formats from which the live
stream's classes get nothing. FFmpeg's demuxer is chosen by our own table of signatures: FFmpeg
itself would try all its demuxers, among them playlists that open other files.

What a player plays counts. Damaged parts are left out with a warning, and a file that was cut off
is decoded as far as it goes. Only a file in which nothing can be decoded is an `AudioError`.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator

import numpy as np

from webapp.audio.demuxer import Demuxer
from webapp.audio.errors import (
    DAMAGED,
    EMPTY,
    TOO_LONG,
    UNDECODABLE,
    UNSUPPORTED,
    AudioError,
    AudioWarning,
    undecodable,
    unsupported,
)
from webapp.audio.mp4 import Mp4Demuxer
from webapp.audio.ogg import OggDemuxer
from webapp.audio.resample import SAMPLE_RATE, Samples, is_silent
from webapp.audio.sniff import sniff
from webapp.audio.stream import MAX_WARNINGS, AudioStream
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
        """Charge a packet that is about to be decoded."""
        self._coded -= seconds
        if self._coded < 0:
            raise self._error

    def expect_silence(self, seconds: float) -> None:
        """Raise ``too_long`` if a gap goes beyond the limit, before silence fills it."""
        if seconds * SAMPLE_RATE > self._samples:
            raise self._error

    def took(self, count: int) -> None:
        """Charge samples that were decoded."""
        self._samples -= count
        if self._samples < 0:
            raise self._error


def decode_file(
    data: bytes, *, max_s: float = 600.0, warnings: list[AudioWarning] | None = None
) -> Iterator[Samples]:
    """Decode a sound file, or the sound of a video.

    A hostile file can make this function use much memory and CPU time, or crash the process:
    `webapp.audio.decode_isolated` is for files of other people.

    Parameters
    ----------
    data
        The whole file, of any kind in docs/formats.md. Its content tells the kind.
    max_s
        Longest sound, seconds. Decoding stops there.
    warnings
        Receives, in order of time, a warning for each part that was left out, at most
        `webapp.audio.stream.MAX_WARNINGS`; complete when the last block was read.

    Yields
    ------
    numpy.ndarray
        float32, shape (n,), mono at 16 kHz, at most 30 s each.

    Raises
    ------
    AudioError
        While the blocks are read. ``empty``: no bytes, or no samples; ``unsupported_media``: not
        sound, or a kind that is not read, or a video without sound; ``undecodable``: nothing in
        the file can be decoded; ``too_long``.
    """
    if not data:
        raise AudioError(EMPTY, "The file is empty.")
    found = sniff(data)
    if found is None:
        raise unsupported("This is not a sound file of a kind that is read.")
    kind = found.kind
    if found.start:
        data = data[found.start :]
    if data[:4] == b"RIFX":
        kind, data = "au", _as_au(data)
    budget = _Budget(max_s)
    own: list[AudioWarning] = []
    try:
        yield from _blocks(_decode(data, kind, budget, own), budget)
    finally:
        if warnings is not None:
            own.sort(key=lambda warning: warning.at_s or 0.0)
            warnings += own[:MAX_WARNINGS]


_AU_CODES = {(1, 16): 3, (1, 24): 4, (1, 32): 5, (3, 32): 6, (3, 64): 7, (6, 8): 27, (7, 8): 1}
"""Sun/NeXT's number of a coding, by WAV's format tag and bits per sample."""


def _as_au(rifx: bytes) -> bytes:
    """Return a big-endian WAV file as a Sun/NeXT file, whose samples are big-endian too.

    FFmpeg reads the header of RIFX as big-endian, but its samples as little-endian.

    Raises
    ------
    AudioError
        ``undecodable`` without a format or data; ``unsupported_media`` for other codings.
    """
    form: tuple[int, ...] = ()
    sub_format = 0
    pos = 12
    while pos + 8 <= len(rifx):
        name, size = struct.unpack_from(">4sI", rifx, pos)
        pos += 8
        if name == b"fmt " and size >= 16 and pos + 16 <= len(rifx):
            form = struct.unpack_from(">HHIIHH", rifx, pos)
            # Extensible: the sub-format begins with the old tag, in either byte order.
            field = rifx[pos + 24 : pos + 26] if size >= 26 else b""
            sub_format = sum(field)
        elif name == b"data" and form:
            tag, channels, rate, _, _, bits = form
            if tag == 0xFFFE:
                tag = sub_format
            if (tag, bits) not in _AU_CODES:
                raise unsupported("The sound in this file is of a kind that is not read.")
            code = _AU_CODES[tag, bits]
            return struct.pack(">4s5I", b".snd", 24, size, code, rate, channels) + rifx[pos:]
        pos += size + size % 2
    raise undecodable("The file is damaged: it has no format or no data.")


def _decode(
    data: bytes, kind: str, budget: _Budget, warnings: list[AudioWarning]
) -> Iterator[Samples]:
    """Decode with the live stream's classes, and with FFmpeg if they give no samples."""
    refusal: AudioError | None = None
    if kind in _STREAMED and (kind != "mp4" or data[4:8] in (b"ftyp", b"styp", b"moov")):
        stream = AudioStream(_STREAMED[kind](resync=True), charge=budget.charge, patient=True)
        some = False
        silence: list[Samples] = []  # before the first sound
        try:
            for part in _push(stream, data, warnings):
                if not some and kind != "wav" and is_silent(part):
                    silence.append(part)
                    continue
                yield from silence
                silence = []
                some = some or bool(part.size)
                yield part
        except AudioError as error:
            if error.code == TOO_LONG or stream.track is not None:
                raise
            refusal = error
        if some:
            return
        if any(part.size for part in silence):
            yield from _other_track(data, kind, budget, warnings, silence=silence)
            return
        warnings.clear()
    from webapp.audio.ffmpeg import decode_container

    some = False
    try:
        for part in decode_container(
            data, kind=kind, warnings=warnings, charge=budget.expect_silence
        ):
            some = some or bool(part.size)
            yield part
    except AudioError as error:
        if error.code == TOO_LONG or some or kind not in _STREAMED:
            raise
        if refusal is None:  # a header of a kind that is read, and nothing behind it
            return
        raise (error if refusal.code == UNSUPPORTED else refusal) from None


def _other_track(
    data: bytes, kind: str, budget: _Budget, warnings: list[AudioWarning], *, silence: list[Samples]
) -> Iterator[Samples]:
    """Decode the first track that has sound, after the live stream's classes found a silent one.

    If no track has sound, yield `silence`, the samples of the silent track.
    """
    from webapp.audio.ffmpeg import decode_container

    own: list[AudioWarning] = []
    some = False
    leading: list[Samples] = []
    try:
        for part in decode_container(data, kind=kind, warnings=own, charge=budget.expect_silence):
            if not some and is_silent(part):
                leading.append(part)
                continue
            if not some:
                some = True
                yield from leading
            yield part
    except AudioError as error:
        if some or error.code == TOO_LONG:
            raise
    if some:
        warnings[:] = own
    else:
        yield from silence


def _push(stream: AudioStream, data: bytes, warnings: list[AudioWarning]) -> Iterator[Samples]:
    """Decode a file with a stream; damage behind the first samples ends the file there."""
    view = memoryview(data)
    count = 0
    heard = False  # something else than the silence that replaces damaged packets
    try:
        for start in range(0, len(data), _PIECE):
            samples = stream.push(bytes(view[start : start + _PIECE]))
            count += samples.size
            heard = heard or bool(samples.any())
            yield samples
        if stream.track is None:
            raise undecodable("The file is cut off before the sound begins.")
        yield stream.finish()
    except AudioError as error:
        if error.code != UNDECODABLE or not heard:
            raise
        at_s = round(count / SAMPLE_RATE, 3)
        warnings.append(AudioWarning(DAMAGED, f"The rest was left out. {error.message}", at_s))
    finally:
        warnings += stream.warnings


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
