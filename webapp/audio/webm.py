"""WebM (Matroska), read incrementally: what MediaRecorder sends in Chromium and Firefox.

A recorder's stream has a Segment and Clusters of unknown size, and its chunks are cut anywhere. So
the elements are read flat: Segment, Cluster and BlockGroup are entered, and where they end does not
matter but for the BlockGroup. Timestamps are not used: the packets follow each other. Source: RFC
8794 (EBML), RFC 9559 (Matroska).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from webapp.audio.demuxer import MAX_HEADER, MAX_PACKET, Demuxer, Packet, Track
from webapp.audio.errors import undecodable, unsupported
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
_LONG = frozenset(
    {0x114D9B74, 0x1549A966, 0x1C53BB6B, 0x1254C367, 0x1941A469, 0x1043A770, 0xEC, 0x75A1, 0xA4}
)
"""Elements that may be long and that nobody here needs: SeekHead, Info, Cues, Tags, Attachments,
Chapters, Void, BlockAdditions, CodecState."""
_MAX_UNKNOWN = 1024 * 1024
_UNKNOWN_SIZE = -1
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
    """WebM or Matroska, cut anywhere: its first track of Opus or PCM; other tracks are skipped."""

    name = "WebM"

    def __init__(self, *, resync: bool = False) -> None:
        super().__init__(resync=resync)
        self._opened = False
        self._number = 0
        self._group_end = -1
        self._group_frames: list[bytes] = []
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
            header = _read_header(buffer, self._pos)
            if header is None:
                return
            ident, size, body = header
            if ident in (_SIMPLE_BLOCK, _BLOCK):
                frames = self._block(size, body)
                if frames is None:
                    return
                if ident == _SIMPLE_BLOCK:
                    packets.extend(map(Packet, frames))
                else:
                    self._group_frames = frames
            elif ident in (_SEGMENT, _CLUSTER):
                if ident == _CLUSTER and self.track is None:
                    raise undecodable("The WebM stream is damaged: sound comes before the header.")
                self._pos = body
            elif size == _UNKNOWN_SIZE:
                raise undecodable("The WebM stream is damaged: an element's size is missing.")
            elif ident == _TRACKS:
                if size > MAX_HEADER:
                    raise undecodable("The WebM header is too long.")
                if body + size > len(buffer):
                    return
                if self.track is None:  # it may be repeated, and must then say the same
                    self._number, self.track = _choose_track(
                        memoryview(bytes(buffer[body : body + size]))
                    )
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
                raise undecodable(
                    "A second recording begins inside the stream; each needs a stream of its own."
                )
            else:
                if size > _MAX_UNKNOWN and ident not in _LONG:
                    raise undecodable("The WebM stream is damaged: an unknown element is too long.")
                self._pos = body
                self._advance(size)

    def _open(self) -> bool:
        """Read the EBML header; False while it is incomplete."""
        buffer = self._buffer
        if not _EBML.to_bytes(4, "big").startswith(buffer[:4]):
            raise self._no_header()
        header = _read_header(buffer, 0) if buffer else None
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

    def _block(self, size: int, body: int) -> list[bytes] | None:
        """Read a block: its frames, none if it is another track's, None if bytes are missing."""
        buffer = self._buffer
        if self.track is None:
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
        self._pos = end
        lacing = buffer[start - 1] >> 1 & 3
        frame = bytes(buffer[start:end])
        return split_lace(frame, kind=lacing) if lacing else [frame]

    def _end_group(self, packets: list[Packet]) -> None:
        frames = self._group_frames
        for index, frame in enumerate(frames):
            packets.append(Packet(frame, self._group_trim if index == len(frames) - 1 else 0))
        self._group_end, self._group_frames, self._group_trim = -1, [], 0


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
