"""Which kind of file it is, by its first bytes; a name or a declared type is never trusted."""

from __future__ import annotations

from collections.abc import Callable

_MP4_BRANDS = (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"styp")
_MP3_KBPS = (
    (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),  # MPEG-2 and 2.5, layer III
    (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),  # MPEG-1, layer III
)
_MP3_RATES = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}


def sniff(data: bytes) -> str | None:
    """Tell the container.

    Parameters
    ----------
    data
        The whole file.

    Returns
    -------
    str or None
        ``wav``, ``flac``, ``mp3``, ``aac`` (ADTS), ``ogg``, ``webm``, ``mp4``; None for anything
        else.
    """
    head = data[:12]
    if head[:4] in (b"RIFF", b"RF64", b"BW64") and head[8:12] == b"WAVE":
        return "wav"
    if head[:4] == b"fLaC":
        return "flac"
    if head[:4] == b"OggS":
        return "ogg"
    if head[:4] == b"\x1aE\xdf\xa3":
        return "webm"
    if head[4:8] in _MP4_BRANDS:
        return "mp4"
    start = 0
    if head[:3] == b"ID3" and len(data) > 10:
        # A tag's size has seven bits a byte (ID3v2.4, section 3.1); it may stand before any of
        # these three.
        size = 0
        for byte in data[6:10]:
            size = size << 7 | byte & 0x7F
        start = 10 + size + (10 if data[5] & 0x10 else 0)
        if data[start : start + 4] == b"fLaC":
            return "flac"
        if _adts_frame(data, start) == 0:
            return "mp3"
    if _frames(data, start, _adts_frame):
        return "aac"
    if _frames(data, start, _mp3_frame):
        return "mp3"
    return None


def _frames(data: bytes, start: int, frame: Callable[[bytes, int], int]) -> bool:
    """Tell whether two frames follow each other; one alone could be chance."""
    length = frame(data, start)
    return length > 0 and (start + length >= len(data) or frame(data, start + length) > 0)


def _mp3_frame(data: bytes, pos: int) -> int:
    """Length in bytes of the MP3 frame at `pos`, 0 if there is none (ISO/IEC 11172-3, 2.4.1.3)."""
    if len(data) < pos + 4 or data[pos] != 0xFF or data[pos + 1] & 0xE6 != 0xE2:
        return 0
    rates = _MP3_RATES.get(data[pos + 1] >> 3 & 3)
    kbps, rate = data[pos + 2] >> 4, data[pos + 2] >> 2 & 3
    if rates is None or not 1 <= kbps <= 14 or rate == 3:
        return 0
    first = data[pos + 1] >> 3 & 1  # MPEG-1 has twice the samples a frame
    return (72 + 72 * first) * 1000 * _MP3_KBPS[first][kbps - 1] // rates[rate] + (
        data[pos + 2] >> 1 & 1
    )


def _adts_frame(data: bytes, pos: int) -> int:
    """Length in bytes of the ADTS frame at `pos`, 0 if there is none (ISO/IEC 13818-7, 6.2)."""
    if len(data) < pos + 7 or data[pos] != 0xFF or data[pos + 1] & 0xF6 != 0xF0:
        return 0
    return max(0, (data[pos + 3] & 3) << 11 | data[pos + 4] << 3 | data[pos + 5] >> 5)
