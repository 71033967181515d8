"""Fragmented MP4, read incrementally: what Safari (AAC) and Chromium (Opus) record as audio/mp4.

Boxes are read as they come: moov says how the sound is coded, each moof where in the mdat behind it
the packets lie. An ordinary MP4 file, with one index for the whole, is refused here and read by
FFmpeg. Source: ISO/IEC 14496-12 (boxes, fragments), 14496-14 and 14496-1 (esds), "Encapsulation of
Opus in ISO BMFF" (dOps).
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from typing import NamedTuple

from webapp.audio.demuxer import MAX_HEADER, MAX_PACKET, Demuxer, Fields, Packet
from webapp.audio.errors import DAMAGED, AudioWarning, undecodable, unsupported
from webapp.audio.mp4_header import Mp4Track, boxes, read_movie

_MAX_SAMPLES = 16_384
"""Packets of one fragment; a recorder's have about fifty, a hostile one could claim billions."""
_FIRST_BOXES = frozenset({b"ftyp", b"styp", b"moov"})
_BOXES = frozenset(
    b"ftyp styp moov moof mdat free skip wide sidx ssix emsg prft mfra uuid meta udta pdin".split()
)
_UNTIL_END = 1 << 62
_SYNC = re.compile(rb"moof|ftyp")
_MISSING = "The MP4 stream is damaged: a fragment's sound is missing."


class _Sample(NamedTuple):
    """A packet's offset in the stream, its size in bytes and its time."""

    offset: int
    size: int
    time_s: float | None


class Mp4Demuxer(Demuxer):
    """The first sound track of a fragmented MP4 stream with Opus or AAC.

    A packet's time is its fragment's decode time (tfdt) plus the durations of the packets before
    it, moved by the edit list. With ``resync`` the demuxer goes on behind damage at the next
    fragment, and a second ftyp begins another recording.
    """

    name = "MP4"

    def __init__(self, *, resync: bool = False) -> None:
        super().__init__(resync=resync)
        self._movie: Mp4Track | None = None
        self._begun = False
        self._samples: deque[_Sample] = deque()
        self._origin = 0  # offset in the stream of the recording's first byte
        self._data_end = (
            -1
        )  # offset in the stream where the mdat that is being read ends; -1 outside

    def _parse(self, packets: list[Packet]) -> None:
        while not self._skip:
            if self._data_end >= 0:
                if not self._data(packets):
                    return
            elif self._trailing or (self._movie is not None and self._starts_with_zeros()):
                self._only_zeros(least=8)
                return
            elif not self._box(packets):
                return

    def _starts_with_zeros(self) -> bool:
        head = self._buffer[self._pos : self._pos + 8]
        return len(head) == 8 and not any(head)

    def _box(self, packets: list[Packet]) -> bool:
        """Read the next box; False if bytes are missing."""
        buffer, pos = self._buffer, self._pos
        if len(buffer) - pos < 8:
            return False
        size = int.from_bytes(buffer[pos : pos + 4], "big")
        kind = bytes(buffer[pos + 4 : pos + 8])
        header = 8
        if size == 1:
            header = 16
            if len(buffer) - pos < header:
                return False
            size = int.from_bytes(buffer[pos + 8 : pos + 16], "big")
        elif size == 0 and kind == b"mdat":
            size = _UNTIL_END
        if not self._begun:
            if kind not in _FIRST_BOXES:
                raise self._no_header()
            self._begun = True
        elif kind == b"ftyp" and self._resync and self._movie is not None:
            self._movie, self._origin = None, self._base + pos
            self._samples.clear()
        if not header <= size <= _UNTIL_END or not kind.isascii():
            raise undecodable("The MP4 stream is damaged: no box begins where one should.")
        if self._resync and kind not in _BOXES:
            raise undecodable("The MP4 file is damaged: a box is of no known kind.")
        if kind == b"mdat":
            if self._movie is None:
                raise unsupported("This MP4 is not fragmented; as a stream it cannot be read.")
            self._pos = pos + header
            self._data_end = self._base + pos + size
            return True
        if kind in (b"moov", b"moof"):
            if size > MAX_HEADER:
                if self._movie is None:  # the index of a long ordinary file
                    raise unsupported("This MP4 is not fragmented; as a stream it cannot be read.")
                raise undecodable("The MP4 stream is damaged: a header is too long.")
            if pos + size > len(buffer):
                return False
            body = memoryview(bytes(buffer[pos + header : pos + size]))
            if kind == b"moof":
                if self._samples and self._resync:
                    self._note(packets, AudioWarning(DAMAGED, _MISSING))
                    self._samples.clear()
                self._fragment(body, start=self._base + pos)
            elif self._movie is None:
                self._movie = read_movie(body)
                self._begin(self._movie.track, packets)
            self._pos = pos + size
            return True
        self._advance(size)
        return True

    def _data(self, packets: list[Packet]) -> bool:
        """Take the packets of an mdat as far as they have come; False if bytes are missing."""
        while self._samples:
            offset, size, time_s = self._samples[0]
            if offset + size > self._data_end:
                break
            start = offset - self._base
            if start < self._pos:
                raise undecodable("The MP4 stream is damaged: a packet lies where none can be.")
            if start > len(self._buffer):
                self._advance(start - self._pos)
                return False
            self._pos = start
            if start + size > len(self._buffer):
                return False
            packets.append(Packet(bytes(self._buffer[start : start + size]), 0, time_s))
            self._pos = start + size
            self._samples.popleft()
        if self._resync and self._pos + 16 > len(self._buffer) and not self._at_end:
            return False
        if not (self._resync and self._begins_box(self._pos)):  # else the mdat's size is wrong
            self._advance(self._data_end - self._base - self._pos)
        self._data_end = -1
        return True

    def _restart(self) -> None:
        self._damages += 9  # a hostile fragment of a megabyte takes 30 ms to read
        self._samples.clear()
        self._data_end = -1

    def _incomplete(self) -> bool:
        return bool(self._samples)

    def _find_sync(self) -> bool:
        for match in _SYNC.finditer(self._buffer, self._pos):
            start = match.start() - 4
            if start < self._pos:
                continue
            if start + 16 > len(self._buffer) and not self._at_end:
                self._pos = start
                return False
            if self._begins_box(start):
                self._pos = start
                return True
        self._pos = max(self._pos, len(self._buffer) - 7)
        return False

    def _begins_box(self, pos: int) -> bool:
        """Return whether a fragment's or a recording's first box begins at `pos`."""
        head = bytes(self._buffer[pos : pos + 16])
        size, kind = int.from_bytes(head[:4], "big"), head[4:8]
        if kind == b"moof":
            return 16 <= size <= MAX_HEADER and head[12:] == b"mfhd"
        return kind == b"ftyp" and 8 <= size <= 4096

    def _fragment(self, body: memoryview, *, start: int) -> None:
        """Read a moof: where the packets of our track lie."""
        if self._movie is None:
            raise undecodable("The MP4 stream is damaged: sound comes before the header.")
        if self._samples:
            raise undecodable(_MISSING)
        for kind, traf in boxes(body, what="MP4 fragment"):
            if kind == b"traf":
                self._samples.extend(
                    _run_samples(traf, movie=self._movie, start=start, origin=self._origin)
                )
        if len(self._samples) > _MAX_SAMPLES:
            raise undecodable("The MP4 stream is damaged: a fragment has too many packets.")


def _run_samples(
    traf: memoryview, *, movie: Mp4Track, start: int, origin: int
) -> Iterator[_Sample]:
    """Yield each packet of a track fragment, if it is of our track."""
    base, default_size, ours = start, movie.default_size, False
    default_duration, ticks = movie.default_duration, -1
    following = start
    for kind, body in boxes(traf, what="MP4 fragment"):
        fields = Fields(body, what="MP4 fragment")
        if kind == b"tfhd":
            flags = fields.uint(4) & 0xFFFFFF
            ours = fields.uint(4) == movie.number
            if flags & 0x1:
                base = origin + fields.uint(8)
            fields.take(4 * bool(flags & 0x2))
            if flags & 0x8:
                default_duration = fields.uint(4)
            if flags & 0x10:
                default_size = fields.uint(4)
            following = base
        elif kind == b"tfdt" and ours:
            ticks = fields.uint(8 if fields.uint(4) >> 24 else 4)
        elif kind == b"trun" and ours:
            flags = fields.uint(4) & 0xFFFFFF
            count = fields.uint(4)
            if count > _MAX_SAMPLES:
                raise undecodable("The MP4 stream is damaged: a fragment has too many packets.")
            offset = base + fields.sint(4) if flags & 0x1 else following
            fields.take(4 * bool(flags & 0x4))
            after = 4 * bool(flags & 0x400) + 4 * bool(flags & 0x800)
            for _ in range(count):
                duration = fields.uint(4) if flags & 0x100 else default_duration
                size = fields.uint(4) if flags & 0x200 else default_size
                fields.take(after)
                if size > MAX_PACKET:
                    raise undecodable("The MP4 stream is damaged: a packet is too long.")
                if size:
                    yield _Sample(offset, size, None if ticks < 0 else movie.time_s(ticks))
                offset += size
                if ticks >= 0:
                    ticks += duration
            following = offset
