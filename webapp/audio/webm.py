"""WebM (Matroska), read incrementally: what MediaRecorder sends in Chromium and Firefox.

A recorder's stream has a Segment and Clusters of unknown size, and its chunks are cut anywhere. So
the elements are read flat: the demuxer enters Segment, Cluster and BlockGroup, and needs only the
end of the BlockGroup. A packet's time is its cluster's timestamp plus its block's. Source: RFC
8794 (EBML), RFC 9559 (Matroska).
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator

from webapp.audio.demuxer import MAX_HEADER, MAX_PACKET, Demuxer, Packet, Track
from webapp.audio.errors import AudioError, undecodable, unsupported
from webapp.audio.lacing import split_lace
from webapp.audio.opus_packet import opus_track, read_opus_head

_EBML = 0x1A45DFA3
_SEGMENT = 0x18538067
_TRACKS = 0x1654AE6B
_CLUSTER = 0x1F43B675
_SIMPLE_BLOCK = 0xA3
_BLOCK_GROUP = 0xA0
_BLOCK = 0xA1
_DISCARD_PADDING = 0x75A2
_TRACK_ENTRY = 0xAE
_INFO = 0x1549A966
_TIMESTAMP_SCALE = 0x2AD7B1
_TIMESTAMP = 0xE7
_MAX_INFO = 64 * 1024
_LONG = frozenset(
    {0x114D9B74, _INFO, 0x1C53BB6B, 0x1254C367, 0x1941A469, 0x1043A770, 0xEC, 0x75A1, 0xA4}
)
"""Elements that may be long and that nobody here needs: SeekHead, Info, Cues, Tags, Attachments,
Chapters, Void, BlockAdditions, CodecState."""
_KNOWN = _LONG | {0xA7, 0xAB, 0xAF, 0x5854, 0xBF, 0x9B, 0xFB, 0xFA, 0xFD, 0xA2, 0x8E, 0xC8, 0x75A2}
"""Elements beside, and inside, clusters and block groups that the demuxer skips (RFC 9559)."""
_MAX_UNKNOWN = 1024 * 1024
_UNKNOWN_SIZE = -1
_SYNC_BLOCKS = (b"\xa3", b"\xa0")
_SYNC = re.compile(rb"\x1f\x43\xb6\x75|\x1a\x45\xdf\xa3|\xa3|\xa0")
_FOLLOWERS = frozenset(b"\xa3\xa0\x1f\x1c\xec\xe7\x1a\x12\xbf")
"""First bytes of the elements that may follow a block: blocks, Cluster, Cues, Void, ..."""
# Length of a variable-length integer by its first byte; 0 where no such integer exists (RFC 8794,
# section 4).
_LENGTH = tuple(9 - first.bit_length() if first else 0 for first in range(256))


def _read_header(buffer: bytearray | memoryview, pos: int) -> tuple[int, int, int] | None:
    """Read an element's header at `pos`.

    Returns ``(id, size, where the body begins)``, None if bytes are missing.
    """
    left = len(buffer) - pos
    if left < 2:
        if left == 1 and not 1 <= _LENGTH[buffer[pos]] <= 4:
            raise undecodable("The WebM stream is damaged: no element begins where one should.")
        return None
    id_length = _LENGTH[buffer[pos]]
    if not 1 <= id_length <= 4:
        raise undecodable("The WebM stream is damaged: no element begins where one should.")
    if left <= id_length:
        return None
    size_at = pos + id_length
    length = _LENGTH[buffer[size_at]]
    if length == 0:
        raise undecodable("The WebM stream is damaged: an element has no size.")
    body = size_at + length
    if body > len(buffer):
        return None
    ident = int.from_bytes(buffer[pos:size_at], "big")
    bits = (1 << (7 * length)) - 1
    size = int.from_bytes(buffer[size_at:body], "big") & bits
    return ident, (_UNKNOWN_SIZE if size == bits else size), body


def _find_header(buffer: bytearray, pos: int) -> tuple[int, int, int] | None:
    """Read an element's header like `_read_header`; None for damage too."""
    try:
        return _read_header(buffer, pos)
    except AudioError:
        return None


def _read_tick(info: memoryview) -> float:
    """Read the unit of the timestamps from the Info element, in seconds."""
    try:
        nanoseconds = int.from_bytes(dict(_children(info)).get(_TIMESTAMP_SCALE, b""), "big")
    except AudioError:
        nanoseconds = 0
    return nanoseconds * 1e-9 if 0 < nanoseconds <= 1_000_000_000 else 0.001


def _children(body: memoryview) -> Iterator[tuple[int, memoryview]]:
    pos = 0
    while pos < len(body):
        header = _read_header(body, pos)
        if header is None or header[1] == _UNKNOWN_SIZE or header[2] + header[1] > len(body):
            raise undecodable("The WebM header is damaged.")
        ident, size, start = header
        yield ident, body[start : start + size]
        pos = start + size


def _float(body: memoryview) -> float:
    if len(body) == 4:
        return float(struct.unpack(">f", body)[0])
    if len(body) == 8:
        return float(struct.unpack(">d", body)[0])
    return 0.0


class WebmDemuxer(Demuxer):
    """WebM or Matroska, cut anywhere: its first track of Opus or PCM; other tracks are skipped.

    With ``resync`` the demuxer goes on behind damage at the next cluster, or at the next block of
    the track that another element follows.
    """

    name = "WebM"

    def __init__(self, *, resync: bool = False) -> None:
        super().__init__(resync=resync)
        self._opened = False
        self._number = -1
        self._delay_s = 0.0  # the encoder's delay, which the timestamps include
        self._tick_s = 0.001
        self._cluster = 0  # timestamp of the cluster, ticks
        self._group_end = -1
        self._group_frames: list[Packet] = []
        self._group_trim = 0

    def _parse(self, packets: list[Packet]) -> None:
        buffer = self._buffer
        if not self._opened and not self._open():
            return
        while True:
            if 0 <= self._group_end <= self._base + self._pos:
                self._end_group(packets)
            if self._skip:
                return
            if self._trailing or (self._pos < len(buffer) and not buffer[self._pos]):
                self._only_zeros()
                return
            header = _read_header(buffer, self._pos)
            if header is None:
                return
            ident, size, body = header
            if ident in (_SIMPLE_BLOCK, _BLOCK):
                frames = self._block(size, body)
                if frames is None:
                    return
                if ident == _SIMPLE_BLOCK:
                    packets.extend(frames)
                else:
                    self._group_frames = frames
            elif ident in (_SEGMENT, _CLUSTER):
                if ident == _CLUSTER and self._number < 0:
                    raise undecodable("The WebM stream is damaged: sound comes before the header.")
                self._pos = body
            elif size == _UNKNOWN_SIZE:
                raise undecodable("The WebM stream is damaged: an element's size is missing.")
            elif ident == _TRACKS:
                if size > MAX_HEADER:
                    raise undecodable("The WebM header is too long.")
                if body + size > len(buffer):
                    return
                if self._number < 0:  # it may be repeated, and must then say the same
                    self._number, track = _choose_track(
                        memoryview(bytes(buffer[body : body + size]))
                    )
                    self._delay_s = track.skip / track.rate
                    self._begin(track, packets)
                self._pos = body + size
            elif ident == _INFO and size <= _MAX_INFO:
                if body + size > len(buffer):
                    return
                self._tick_s = _read_tick(memoryview(bytes(buffer[body : body + size])))
                self._pos = body + size
            elif ident == _TIMESTAMP and size <= 8:
                if body + size > len(buffer):
                    return
                self._cluster = int.from_bytes(buffer[body : body + size], "big")
                self._pos = body + size
            elif ident == _BLOCK_GROUP:
                self._pos = body
                self._group_end = self._base + body + size
                self._group_frames, self._group_trim = [], 0
            elif ident == _DISCARD_PADDING and size <= 8:
                if body + size > len(buffer):
                    return
                nanoseconds = int.from_bytes(buffer[body : body + size], "big", signed=True)
                self._group_trim = max(0, round(nanoseconds * 48e-6))
                self._pos = body + size
            elif ident == _EBML:
                if not self._resync:
                    raise undecodable(
                        "A second recording begins inside the stream; each needs a stream of its "
                        "own."
                    )
                self._opened, self._number, self._tick_s, self._cluster = False, -1, 0.001, 0
                if not self._open():
                    return
            else:
                if self._resync and ident not in _KNOWN:
                    raise undecodable("The WebM file is damaged: an element is of no known kind.")
                if size > _MAX_UNKNOWN and ident not in _LONG:
                    raise undecodable("The WebM stream is damaged: an unknown element is too long.")
                self._pos = body
                self._advance(size)

    def _open(self) -> bool:
        """Read the EBML header; False while it is incomplete."""
        buffer = self._buffer
        if not _EBML.to_bytes(4, "big").startswith(buffer[self._pos : self._pos + 4]):
            raise self._no_header()
        header = _read_header(buffer, self._pos) if buffer else None
        if header is None:
            return False
        _, size, body = header
        if not 0 <= size <= 4096:
            raise self._no_header()
        if body + size > len(buffer):
            return False
        document = dict(_children(memoryview(bytes(buffer[body : body + size])))).get(
            0x4282, memoryview(b"")
        )
        if bytes(document).rstrip(b"\0") not in (b"webm", b"matroska"):
            raise self._no_header()
        self._pos = body + size
        self._opened = True
        return True

    def _block(self, size: int, body: int) -> list[Packet] | None:
        """Read a block: its packets, none if it is another track's, None if bytes are missing."""
        buffer = self._buffer
        if self._number < 0:
            raise undecodable("The WebM stream is damaged: sound comes before the header.")
        if size < 4:
            raise undecodable("The WebM stream is damaged: a block has no content.")
        if body >= len(buffer):
            return None
        number_length = _LENGTH[buffer[body]]
        if number_length == 0 or size < number_length + 3:
            raise undecodable("The WebM stream is damaged: a block has no track.")
        start = body + number_length + 3
        if start > len(buffer):
            return None
        number = int.from_bytes(buffer[body : body + number_length], "big") & (
            (1 << (7 * number_length)) - 1
        )
        if number != self._number:
            self._pos = body
            self._advance(size)
            return []
        if size > MAX_PACKET:
            raise undecodable("The WebM stream is damaged: a block is too long.")
        end = body + size
        if end > len(buffer):
            return None
        lacing = buffer[start - 1] >> 1 & 3
        ticks = self._cluster + int.from_bytes(buffer[start - 3 : start - 1], "big", signed=True)
        time_s = ticks * self._tick_s - self._delay_s
        frame = bytes(buffer[start:end])
        first, *others = split_lace(frame, kind=lacing) if lacing else [frame]
        self._pos = end
        return [Packet(first, 0, time_s), *map(Packet, others)]

    def _end_group(self, packets: list[Packet]) -> None:
        frames = self._group_frames
        if frames:
            packets += frames[:-1]
            packets.append(frames[-1]._replace(trim=self._group_trim))
        self._restart()

    def _restart(self) -> None:
        self._group_end, self._group_frames, self._group_trim = -1, [], 0

    def _find_sync(self) -> bool:
        buffer = self._buffer
        for match in _SYNC.finditer(buffer, self._pos):
            self._pos = match.start()
            if match.group() in _SYNC_BLOCKS:
                found = self._begins_block()
            else:
                header = _find_header(buffer, self._pos)
                found = header is not None or (None if self._may_grow(16) else False)
            if found is None:
                return False  # more bytes tell
            if found:
                return True
        self._pos = max(self._pos, len(buffer) - 3)
        return False

    def _may_grow(self, count: int) -> bool:
        """Return whether fewer than `count` bytes stand in the buffer, and more may come."""
        return not self._at_end and len(self._buffer) - self._pos < count

    def _begins_block(self) -> bool | None:
        """Return whether a block of the track begins at ``self._pos``; None if bytes are missing.

        The bytes must be a block's header with this track's number, and another element, or the
        end, must follow the block.
        """
        buffer = self._buffer
        if self._may_grow(32):
            return None
        header = _find_header(buffer, self._pos)
        if header is None or self._number < 0:
            return False
        ident, size, body = header
        end = body + size
        if not 4 <= size <= MAX_PACKET:
            return False
        if ident == _BLOCK_GROUP:
            inner = _find_header(buffer, body)
            if inner is None or inner[0] != _BLOCK or inner[1] > size:
                return False
            body = inner[2]
        if body >= len(buffer) or self._number > 126 or buffer[body] != 0x80 | self._number:
            return False
        if end >= len(buffer):
            return end == len(buffer) if self._at_end else None
        return buffer[end] in _FOLLOWERS


def _choose_track(body: memoryview) -> tuple[int, Track]:
    """Read Tracks: number and description of the first sound track that can be decoded."""
    seen: list[str] = []
    for ident, entry in _children(body):
        if ident != _TRACK_ENTRY:
            continue
        fields = dict(_children(entry))
        if int.from_bytes(fields.get(0x83, b""), "big") != 2:
            continue
        codec = bytes(fields.get(0x86, b"")).rstrip(b"\0").decode("ascii", "replace")
        track = (
            None if 0x6D80 in fields else _read_track(codec, fields)
        )  # 6D80: compressed or encrypted
        if track is not None:
            return int.from_bytes(fields.get(0xD7, b""), "big"), track
        seen.append(codec)
    if seen:
        raise unsupported(f"Sound of this kind in WebM is not read: {', '.join(seen)[:80]}.")
    raise unsupported("There is no sound in this: it has no audio track.")


def _read_track(codec: str, fields: dict[int, memoryview]) -> Track | None:
    audio = dict(_children(fields.get(0xE1, memoryview(b""))))
    channels = int.from_bytes(audio.get(0x9F, b"\x01"), "big")
    if codec == "A_OPUS":
        if 0x63A2 in fields:
            return read_opus_head(fields[0x63A2])
        delay = int.from_bytes(fields.get(0x56AA, b""), "big")  # CodecDelay, nanoseconds
        return opus_track(channels=channels, skip=min(round(delay * 48e-6), 48_000), gain=0)
    bits = int.from_bytes(audio.get(0x6264, b""), "big")
    formats = {
        ("A_PCM/FLOAT/IEEE", 32): "f32",
        ("A_PCM/FLOAT/IEEE", 64): "f64",
        ("A_PCM/INT/LIT", 8): "u8",
        ("A_PCM/INT/LIT", 16): "s16",
        ("A_PCM/INT/LIT", 24): "s24",
        ("A_PCM/INT/LIT", 32): "s32",
    }
    sample_format = formats.get((codec, bits))
    if sample_format is None:
        return None
    rate = _float(audio.get(0xB5, memoryview(b""))) or 8000.0  # 8000 is Matroska's default
    if not 1 <= rate < 1e7:
        raise undecodable("The WebM header is damaged: no such sampling rate.")
    return Track(codec="pcm", rate=round(rate), channels=channels, sample_format=sample_format)
