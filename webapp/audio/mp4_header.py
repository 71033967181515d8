"""The header of a fragmented MP4: which track holds the sound, and how it is coded."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from webapp.audio.aac import read_aac_rate
from webapp.audio.demuxer import Fields, Track
from webapp.audio.errors import undecodable, unsupported
from webapp.audio.opus_packet import opus_track

_WHAT = "MP4 header"
_AAC_TYPES = (0x40, 0x66, 0x67, 0x68)  # MPEG-4, and MPEG-2's three profiles


@dataclass(frozen=True)
class Mp4Track:
    """A track's number and coding, and the defaults of its packets.

    Parameters
    ----------
    number
        The track's id.
    track
        The coding.
    default_size, default_duration
        Bytes and ticks of packets that do not state their own.
    timescale
        Ticks per second.
    shift_s
        What the edit list adds to decode times, seconds: an empty edit less the media time.
    """

    number: int
    track: Track
    default_size: int
    default_duration: int
    timescale: int
    shift_s: float

    def time_s(self, ticks: int) -> float | None:
        """Turn a decode time into seconds; None if the header has no timescale."""
        return ticks / self.timescale + self.shift_s if self.timescale else None


def boxes(body: memoryview, *, what: str) -> Iterator[tuple[bytes, memoryview]]:
    """Yield type and content of each box in `body`.

    Raises
    ------
    AudioError
        ``undecodable`` where a box does not fit.
    """
    pos = 0
    while len(body) - pos >= 8:
        size = int.from_bytes(body[pos : pos + 4], "big")
        header = 8
        if size == 1:
            size, header = int.from_bytes(body[pos + 8 : pos + 16], "big"), 16
        if not header <= size <= len(body) - pos:
            raise undecodable(f"The {what} is damaged: a box does not fit.")
        yield bytes(body[pos + 4 : pos + 8]), body[pos + header : pos + size]
        pos += size


def _find(body: memoryview, *path: bytes) -> memoryview | None:
    """Find the first box at `path`."""
    for kind, content in boxes(body, what=_WHAT):
        if kind == path[0]:
            return _find(content, *path[1:]) if len(path) > 1 else content
    return None


def read_movie(moov: memoryview) -> Mp4Track:
    """Read a moov: the first sound track that can be decoded.

    Raises
    ------
    AudioError
        ``unsupported_media`` for a file that is not fragmented or has no usable sound,
        ``undecodable`` for damage.
    """
    extends = _find(moov, b"mvex")
    if extends is None:
        raise unsupported("This MP4 is not fragmented; as a stream it cannot be read.")
    seen: list[str] = []
    for kind, trak in boxes(moov, what=_WHAT):
        if kind != b"trak":
            continue
        handler = _find(trak, b"mdia", b"hdlr")
        if handler is None or bytes(handler[8:12]) != b"soun":
            continue
        table = _find(trak, b"mdia", b"minf", b"stbl")
        description = None if table is None else _find(table, b"stsd")
        header = _find(trak, b"tkhd")
        if table is None or description is None or header is None or not len(header):
            raise undecodable("The MP4 header is damaged: a track is incomplete.")
        sizes = _find(table, b"stsz")
        if sizes is not None and len(sizes) >= 12 and int.from_bytes(sizes[8:12], "big"):
            raise unsupported("This MP4 is fragmented only in part; as a stream it cannot be read.")
        number_at = 20 if header[0] == 1 else 12
        number = int.from_bytes(header[number_at : number_at + 4], "big")
        timescale = _timescale(_find(trak, b"mdia", b"mdhd"))
        empty_s, skip_s = _read_edits(trak, timescale, _timescale(_find(moov, b"mvhd")))
        for codec, entry in boxes(description[8:], what=_WHAT):
            track = _read_entry(codec, entry, skip_s=skip_s)
            if track is not None:
                duration, size = _read_defaults(extends, number)
                return Mp4Track(number, track, size, duration, timescale, empty_s - skip_s)
            seen.append(codec.decode("latin-1"))
    if seen:
        raise unsupported(f"Sound of this kind in MP4 is not read: {', '.join(seen)[:80]}.")
    raise unsupported("There is no sound in this: it has no audio track.")


def _read_defaults(extends: memoryview, number: int) -> tuple[int, int]:
    """Read the default duration (ticks) and size (bytes) of the track's packets."""
    for kind, content in boxes(extends, what=_WHAT):
        if kind == b"trex":
            fields = Fields(content, what=_WHAT)
            fields.take(4)
            if fields.uint(4) == number:
                fields.take(4)
                return fields.uint(4), fields.uint(4)
    return 0, 0


def _timescale(header: memoryview | None) -> int:
    """Read the ticks per second from an mdhd or mvhd; 0 without one."""
    if header is None:
        return 0
    fields = Fields(header, what=_WHAT)
    fields.take(16 if fields.uint(4) >> 24 else 8)
    return fields.uint(4)


def _read_edits(trak: memoryview, timescale: int, movie_timescale: int) -> tuple[float, float]:
    """Read the edit list: seconds of silence before the sound, and of encoder's delay in it."""
    edits = _find(trak, b"edts", b"elst")
    if edits is None:
        return 0.0, 0.0
    fields = Fields(edits, what=_WHAT)
    size = 8 if fields.uint(4) >> 24 else 4
    empty_s = 0.0
    for _ in range(min(fields.uint(4), 16)):
        duration, begin = fields.uint(size), fields.sint(size)
        fields.take(4)
        if begin >= 0:
            return empty_s, min(begin / timescale, 1.0) if timescale else 0.0
        empty_s += duration / movie_timescale if movie_timescale else 0.0
    return empty_s, 0.0


def _read_entry(codec: bytes, entry: memoryview, *, skip_s: float) -> Track | None:
    """Read a sample entry of stsd; None for a codec that is not read."""
    fields = Fields(entry, what=_WHAT)
    fields.take(8)
    version = fields.uint(2)
    fields.take(6)
    channels = fields.uint(2)
    fields.take(
        10 + {0: 0, 1: 16, 2: 36}.get(version, 0)
    )  # QuickTime's versions 1 and 2 are longer
    children = entry[len(entry) - fields.left :]
    if codec == b"Opus":
        config = _find(children, b"dOps")
        if config is None:
            raise undecodable("The MP4 header is damaged: it does not describe the Opus stream.")
        return _read_dops(Fields(config, what=_WHAT))
    if codec == b"mp4a":
        config = _find(children, b"esds") or _find(children, b"wave", b"esds")
        specific = None if config is None else _read_esds(Fields(config, what=_WHAT))
        if specific is None:
            return None
        rate = read_aac_rate(specific)
        return Track(
            codec="aac", rate=rate, channels=channels, skip=round(skip_s * rate), config=specific
        )
    return None


def _read_dops(fields: Fields) -> Track:
    if fields.uint(1) != 0:
        raise unsupported("This version of Opus in MP4 is not read.")
    channels, skip = fields.uint(1), fields.uint(2)
    fields.take(4)
    gain, family = fields.sint(2), fields.uint(1)
    return opus_track(
        channels=channels, skip=skip, gain=gain, streams=fields.uint(1) if family else 1
    )


def _read_esds(fields: Fields) -> bytes | None:
    """Read the AudioSpecificConfig from an elementary stream descriptor; None if it is not AAC."""
    fields.take(4)
    tag, _ = _descriptor(fields)
    if tag != 3:
        raise undecodable("The MP4 header is damaged: no stream descriptor.")
    fields.take(2)
    flags = fields.uint(1)
    if flags & 0x80:
        fields.take(2)
    if flags & 0x40:
        fields.take(fields.uint(1))
    if flags & 0x20:
        fields.take(2)
    tag, _ = _descriptor(fields)
    if tag != 4:
        raise undecodable("The MP4 header is damaged: no decoder descriptor.")
    if fields.uint(1) not in _AAC_TYPES:
        return None
    fields.take(12)
    tag, size = _descriptor(fields)
    if tag != 5:
        raise undecodable("The MP4 header is damaged: no AAC header.")
    return bytes(fields.take(size))


def _descriptor(fields: Fields) -> tuple[int, int]:
    """Read a descriptor's tag and size (ISO/IEC 14496-1, 8.3.3)."""
    tag, size = fields.uint(1), 0
    for _ in range(4):
        byte = fields.uint(1)
        size = size << 7 | byte & 0x7F
        if not byte & 0x80:
            break
    return tag, size
