"""Find out which kind of file it is, from its bytes; its name and declared type play no part.

Players accept a file whose sound does not begin at byte 0: tags stand in front of it, a recorder
began inside a frame, a card left zeros. So the signatures are first compared behind all leading
tags and padding, and then the first 64 KB are searched, as players do.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

SEARCH_BYTES = 64 * 1024
"""Longest search for the sound behind leading tags, bytes."""

_FRAMES = 4
"""MPEG frames that must follow each other: fewer occur by chance in 64 KB of other data."""

_MP4_BOXES = (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"styp", b"pnot")

_SIGNATURES: tuple[tuple[str, re.Pattern[bytes]], ...] = tuple(
    (kind, re.compile(pattern, re.DOTALL))
    for kind, pattern in (
        ("wav", rb"(RIFF|RF64|BW64|RIFX)....WAVE"),
        ("w64", rb"riff\x2e\x91\xcf\x11\xa5\xd6\x28\xdb\x04\xc1\x00\x00"),
        ("avi", rb"RIFF....AVI[ X\x19]"),
        ("aiff", rb"FORM....AIF[FC]"),
        ("caf", rb"caff\x00\x01"),
        ("au", rb"\.snd"),
        ("flac", rb"fLaC"),
        ("ogg", rb"OggS\x00"),
        ("webm", rb"\x1a\x45\xdf\xa3"),
        ("amr", rb"#!AMR(-WB)?\n"),
        ("asf", rb"\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9\x00\xaa\x00\x62\xce\x6c"),
        ("flv", rb"FLV\x01"),
        ("mpeg", rb"\x00\x00\x01\xba"),
        ("wavpack", rb"wvpk"),
        ("tta", rb"TTA1"),
        ("voc", rb"Creative Voice File\x1a"),
        ("sphere", rb"NIST_1A\n"),
    )
)
"""Signatures at the beginning of a file. The table leaves out FFmpeg's playlists and scripts on
purpose: they open other files."""

_ANYWHERE = re.compile(
    rb"(RIFF|RF64|BW64|RIFX)....WAVE|fLaC\x00\x00\x00\x22|OggS\x00[\x02\x06]"
    rb"|\x1a\x45\xdf\xa3.{5,40}(webm|matroska)|\x00\x00\x00[\x10-\x80]ftyp"
    rb"|RIFF....AVI |FORM....AIF[FC]|caff\x00\x01\x00\x00|riff\x2e\x91\xcf\x11"
    rb"|\x30\x26\xb2\x75\x8e\x66\xcf\x11|\x00\x00\x01\xba[\x20-\x2f\x40-\x7f]",
    re.DOTALL,
)
"""Signatures long enough to be looked for in the middle of other bytes."""

_ZEROS = re.compile(rb"\0{8,65536}")
_BOX_OR_CODE = re.compile(rb"\0\0(\x01\xba|..(%b))" % b"|".join(_MP4_BOXES), re.DOTALL)

_OTHER_TYPES = re.compile(
    rb"PK\x03\x04|%PDF|\x89PNG|\xff\xd8\xff[\xe0\xe1\xdb]|GIF8|\x7fELF|MZ|\x1f\x8b|7z\xbc\xaf|Rar!"
)
"""Archives, documents and pictures: a sound inside one is not what the file is."""

_MP3_KBPS = {
    # (MPEG-1, layer): kbit/s for the indices 1 to 14 (ISO/IEC 11172-3, 2.4.2.3; 13818-3, 2.4.2.3)
    (1, 1): (32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (1, 2): (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (1, 3): (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (0, 1): (32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (0, 2): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (0, 3): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_MP3_RATES = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}


class Found(NamedTuple):
    """Kind of a file, and the position at which its sound begins.

    Attributes
    ----------
    kind : str
        ``wav`` (also RIFX, RF64), ``w64``, ``avi``, ``aiff``, ``caf``, ``au``, ``flac``, ``ogg``,
        ``webm`` (also Matroska), ``mp4`` (also MOV, 3GP), ``amr``, ``asf``, ``flv``, ``mpeg``,
        ``mpegts``, ``wavpack``, ``tta``, ``voc``, ``sphere``, ``mp3`` (all layers), ``aac``
        (ADTS), ``latm``, ``ac3``.
    start : int
        Offset of its first byte in the file.
    """

    kind: str
    start: int


def sniff(data: bytes) -> Found | None:
    """Return the kind of a file and where its sound begins.

    Parameters
    ----------
    data
        The whole file.

    Returns
    -------
    Found or None
        None for anything that is not read.
    """
    start, tag = _behind_tags(data)
    exact = _at(data, start)
    if exact or _OTHER_TYPES.match(data, start):
        return exact
    # The last tag may lie about its length.
    return _search(data, tag) or (_search(data, start) if start > tag else None)


def _at(data: bytes, start: int) -> Found | None:
    """Return the kind of sound that begins exactly at `start`."""
    for kind, pattern in _SIGNATURES:
        if pattern.match(data, start):
            return Found(kind, start)
    if data[start + 4 : start + 8] in _MP4_BOXES:
        return Found("mp4", start)
    return _first_frames(data, start, start)


def _search(data: bytes, start: int) -> Found | None:
    """Search for the first frame or signature from `start` on."""
    window = data[start : start + SEARCH_BYTES]
    found = _first_frames(data, start, start + len(window))
    transport = _transport_stream(data, start)
    if transport is not None and (found is None or transport.start < found.start):
        found = transport  # frames of its sound may follow each other within a packet
    for match in _ANYWHERE.finditer(window):
        at = start + match.start()
        if found is not None and found.start < at:
            break
        exact = _at(data, at)
        if exact is not None:
            return exact
    return found


def _behind_tags(data: bytes) -> tuple[int, int]:
    """Return the offset behind all leading tags and zeros, and that behind the last tag's header.

    The offsets differ only as far as the tag says that it is long.
    """
    start = tag = 0
    while True:
        if data[start : start + 3] == b"ID3" and len(data) > start + 10:
            size = 0  # of seven bits a byte (ID3v2.4, section 3.1)
            for byte in data[start + 6 : start + 10]:
                size = size << 7 | byte & 0x7F
            tag = start + 10
            start = tag + size + (10 if data[start + 5] & 0x10 else 0)
        elif data[start : start + 8] == b"APETAGEX" and len(data) > start + 32:
            # The size counts the items and the footer, not the header of 32 bytes (APEv2).
            tag = start + 32
            start = tag + int.from_bytes(data[start + 12 : start + 16], "little")
        elif zeros := _ZEROS.match(data, start):
            # The size of an MP4 box and the start code of MPEG begin with zeros of their own.
            end = zeros.end()
            own = [count for count in (3, 2) if _BOX_OR_CODE.match(data, end - count)]
            start = end - own[0] if own else end
        else:
            return min(start, len(data)), min(tag, start)


def _first_frames(data: bytes, start: int, end: int) -> Found | None:
    """Return the first chain of frames of MP3, ADTS, LATM or AC-3 that begins before `end`."""
    for match in _SYNC.finditer(data, start, min(end + 1, len(data))):
        for kind, frame in _FRAME_KINDS:
            if _frames(data, match.start(), frame):
                return Found(kind, match.start())
    return None


def _frames(data: bytes, start: int, frame: Callable[[bytes, int], tuple[int, object]]) -> bool:
    """Tell whether frames of one format follow each other, to the end of a short file.

    At least two must be whole: one alone could be chance.
    """
    first, pos, count = None, start, 0
    while count < _FRAMES:
        length, form = frame(data, pos)
        if not length or (first is not None and form != first):
            return False
        first = form
        pos += length
        count += 1
        if pos >= len(data):
            return count > 1 or (start == 0 and pos == len(data))
        if len(data) - pos < 7:  # an ID3v1 tag has more, a cut frame less
            return count > 1
        if data[pos : pos + 3] == b"TAG" or data[pos : pos + 8] == b"APETAGEX":
            return True
    return True


def _mp3_frame(data: bytes, pos: int) -> tuple[int, object]:
    """Length and format of the MPEG audio frame at `pos` (ISO/IEC 11172-3, 2.4.1.3); 0 if none."""
    if len(data) < pos + 4 or data[pos] != 0xFF or data[pos + 1] & 0xE0 != 0xE0:
        return 0, None
    version, layer = data[pos + 1] >> 3 & 3, 4 - (data[pos + 1] >> 1 & 3)
    rates = _MP3_RATES.get(version)
    kbps, rate = data[pos + 2] >> 4, data[pos + 2] >> 2 & 3
    if rates is None or layer == 4 or not 1 <= kbps <= 14 or rate == 3:
        return 0, None
    mpeg1, padding = version & 1, data[pos + 2] >> 1 & 1
    bits = _MP3_KBPS[mpeg1, layer][kbps - 1] * 1000
    form = version, layer, rate
    if layer == 1:
        return (12 * bits // rates[rate] + padding) * 4, form
    return (144 if mpeg1 or layer == 2 else 72) * bits // rates[rate] + padding, form


def _adts_frame(data: bytes, pos: int) -> tuple[int, object]:
    """Length and format of the ADTS frame at `pos` (ISO/IEC 13818-7, 6.2); 0 if none."""
    if len(data) < pos + 7 or data[pos] != 0xFF or data[pos + 1] & 0xF6 != 0xF0:
        return 0, None
    if data[pos + 2] >> 2 & 15 > 12:
        return 0, None
    length = (data[pos + 3] & 3) << 11 | data[pos + 4] << 3 | data[pos + 5] >> 5
    form = data[pos + 1] & 8, data[pos + 2] & 0xFD, data[pos + 3] >> 6
    return (length if length > 7 else 0), form


def _latm_frame(data: bytes, pos: int) -> tuple[int, object]:
    """Length of the LOAS frame at `pos` (ISO/IEC 14496-3, 1.7.2); 0 if there is none."""
    if len(data) < pos + 3 or data[pos] != 0x56 or data[pos + 1] & 0xE0 != 0xE0:
        return 0, None
    return 3 + ((data[pos + 1] & 0x1F) << 8 | data[pos + 2]), "latm"


_AC3_KBPS = (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 448, 512, 576, 640)


def _ac3_frame(data: bytes, pos: int) -> tuple[int, object]:
    """Length and format of the AC-3 or E-AC-3 frame at `pos` (ATSC A/52, 5.4.1 and E.1.2)."""
    if len(data) < pos + 6 or data[pos : pos + 2] != b"\x0b\x77":
        return 0, None
    rate, code, version = data[pos + 4] >> 6, data[pos + 4] & 63, data[pos + 5] >> 3
    if 10 < version <= 16:
        return 2 * (((data[pos + 2] & 7) << 8 | data[pos + 3]) + 1), "eac3"
    if version > 10 or rate == 3 or code > 37:
        return 0, None
    kbps = _AC3_KBPS[code >> 1]
    words = (kbps * 2, kbps * 320 // 147 + (code & 1), kbps * 3)[rate]
    return 2 * words, ("ac3", rate)


_SYNC = re.compile(rb"\xff[\xe0-\xff]|\x56[\xe0-\xff]|\x0b\x77")
_FRAME_KINDS = (
    ("aac", _adts_frame),
    ("mp3", _mp3_frame),
    ("latm", _latm_frame),
    ("ac3", _ac3_frame),
)


_PACKETS = (
    (re.compile(rb"\x47(.{187}\x47){7}", re.DOTALL), 0),
    (re.compile(rb"\x47(.{191}\x47){7}", re.DOTALL), 4),
)
"""Eight packets in a row, and the length of the time stamp before each."""


def _transport_stream(data: bytes, start: int) -> Found | None:
    """Return where packets of an MPEG transport stream begin (ISO/IEC 13818-1, 2.4.3.2).

    A packet has 188 bytes and begins with 0x47; cameras put a time stamp of 4 bytes before each.
    """
    end = start + SEARCH_BYTES
    for pattern, stamp in _PACKETS:
        if match := pattern.search(data, start, end):
            return Found("mpegts", max(start, match.start() - stamp))
    return None
