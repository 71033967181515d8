"""Ogg with Opus, read incrementally: Firefox's audio/ogg. Source: RFC 3533, RFC 7845."""

from __future__ import annotations

import zlib

from webapp.audio.demuxer import Demuxer, Packet
from webapp.audio.errors import DAMAGED, AudioWarning, undecodable, unsupported
from webapp.audio.opus_packet import OPUS_RATE, packet_samples, read_opus_head

_HEADER = 27
_MAX_PACKET = 61_440  # the longest Opus packet (RFC 7845, section 6)
_MAX_PAGE = 65_307  # RFC 3533, section 6
_POLYNOMIAL = 0x04C11DB7
_MAX_REPAIRS = 20
"""Pages of one file that may be repaired; each takes up to 50 ms."""
_NO_SERIAL = -1
_DAMAGED_PAGE = "The Ogg stream is damaged: a page's checksum is wrong."
_CONTINUED, _FIRST, _LAST = 1, 2, 4
_REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


def page_checksum(page: bytes) -> int:
    """Compute an Ogg page's CRC-32 with its checksum field taken as zero.

    Ogg's polynomial is zlib's with the bits in the other order, begun at 0 and not inverted; with
    each byte's bits reversed zlib computes it, a hundred times faster than Python could.
    """
    mirrored = (page[:22] + bytes(4) + page[26:]).translate(_REVERSED)
    crc = zlib.crc32(mirrored, 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int.from_bytes(crc.to_bytes(4, "little").translate(_REVERSED), "big")


def _is_good(page: bytes) -> bool:
    return page_checksum(page) == int.from_bytes(page[22:26], "little") and page[4] == 0


def repair_page(page: bytes) -> bytes | None:
    """Correct one flipped bit of an Ogg page by its checksum.

    A CRC is linear: the difference between the stored and the computed checksum depends on the
    flipped bit's distance from the end alone, and it is another one for each distance.

    Parameters
    ----------
    page
        The page, up to where the next one begins.

    Returns
    -------
    bytes or None
        The page with one bit corrected; None if more than one bit is wrong.
    """
    difference = page_checksum(page) ^ int.from_bytes(page[22:26], "little")
    if difference.bit_count() > 1:
        remainder, bit = _POLYNOMIAL, 0  # of an error in the last byte's lowest bit
        bits = 8 * len(page)
        while remainder != difference and bit < bits:
            remainder = (remainder << 1) ^ (_POLYNOMIAL | 1 << 32 if remainder >> 31 else 0)
            bit += 1
        if bit == bits:
            return None
        at = len(page) - 1 - bit // 8
        page = page[:at] + bytes([page[at] ^ 1 << bit % 8]) + page[at + 1 :]
    # One wrong bit in the checksum itself leaves the page as it is.
    length = _HEADER + page[26] + sum(page[_HEADER : _HEADER + page[26]])
    return page if page.startswith(b"OggS\0") and length == len(page) else None


class OggDemuxer(Demuxer):
    """The first Opus stream of an Ogg stream, and with ``resync`` those chained behind it.

    Pages of other streams are skipped. On the page that is marked as the last, the granule position
    says how much of the last packets is padding; on all other pages it gives the packets' time.
    After the last page, bytes that form no page are skipped, in live streams too.

    A page with a wrong checksum ends a live stream. With ``resync`` one flipped bit is corrected; a
    page with more damage is played, without its granule position, if the next page begins where it
    should, and is left out otherwise.
    """

    name = "Ogg"

    def __init__(self, *, resync: bool = False) -> None:
        super().__init__(resync=resync)
        self._serial: int | None = None
        self._next_page = 0
        self._header_packets = 0
        self._partial = b""
        self._wanted = False  # whether the packet under way began on a page that was seen
        self._position: int | None = None  # samples at 48 kHz at the end of the page before
        self._origin = 0  # position of the first sample
        self._delay_s = 0.0  # pre-skip
        self._missing = False  # whether a page before this one is missing
        self._ended = False
        self._begun = False
        self._repairs = 0

    def _parse(self, packets: list[Packet]) -> None:
        buffer = self._buffer
        while True:
            left = len(buffer) - self._pos
            if self._trailing or (self._begun and left and not buffer[self._pos]):
                self._only_zeros()
                return
            if not b"OggS".startswith(buffer[self._pos : self._pos + 4]):
                if self._ended:
                    self._trailing = True
                    if not self._resync:
                        self._pos = len(buffer)
                        return
                if self._begun:
                    raise undecodable("The Ogg stream is damaged: no page begins where one should.")
                raise self._no_header()
            if left < _HEADER:
                return
            segments = buffer[self._pos + 26]
            body = self._pos + _HEADER + segments
            if body > len(buffer):
                return
            end = body + sum(buffer[self._pos + _HEADER : body])
            if end > len(buffer) and not self._at_end:
                return
            page = bytes(buffer[self._pos : end])
            good = end <= len(buffer) and _is_good(page)
            if not good:
                if not self._resync:
                    raise undecodable(_DAMAGED_PAGE)
                following = buffer.find(b"OggS", self._pos + 4)
                if following < 0:
                    if left < _MAX_PAGE and not self._at_end:
                        return
                    following = len(buffer)
                self._repairs += 1
                whole = bytes(buffer[self._pos : min(following, self._pos + _MAX_PAGE)])
                repaired = repair_page(whole) if self._repairs <= _MAX_REPAIRS else None
                if repaired:
                    page, good, end = repaired, True, following
                elif end > len(buffer):
                    return
                elif end != following:
                    raise undecodable(_DAMAGED_PAGE)
                self._note(packets, AudioWarning(DAMAGED, _DAMAGED_PAGE))
            self._page(page, packets, good=good)
            self._begun = True
            self._pos = end

    def _find_sync(self) -> bool:
        found = self._buffer.find(b"OggS", self._pos)
        self._pos = found if found >= 0 else max(self._pos, len(self._buffer) - 3)
        return found >= 0

    def _page(self, page: bytes, packets: list[Packet], *, good: bool) -> None:
        flags = page[5] if good or not self._header_packets else page[5] & _CONTINUED
        serial = int.from_bytes(page[14:18], "little")
        if not self._begun and not flags & _FIRST:
            raise self._no_header()
        body = page[_HEADER + page[26] :]
        if flags & _FIRST:
            self._first_page(body, packets, serial=serial)
            return
        if self._serial is None:
            raise unsupported("There is no Opus in this Ogg stream.")
        if serial != self._serial or self._ended:
            return
        if good and int.from_bytes(page[18:22], "little") != self._next_page:
            # A page is missing, and with it the rest of the packet under way.
            self._wanted, self._missing = False, True
            self._next_page = int.from_bytes(page[18:22], "little")
        self._next_page = (self._next_page + 1) & 0xFFFFFFFF
        complete = self._split(
            page[_HEADER : _HEADER + page[26]], body, continued=bool(flags & _CONTINUED)
        )
        if complete:
            granule = int.from_bytes(page[6:14], "little", signed=True) if good else -1
            self._emit(complete, packets, granule=granule, last=bool(flags & _LAST))
        self._ended = bool(flags & _LAST)

    def _first_page(self, body: bytes, packets: list[Packet], *, serial: int) -> None:
        """Read the first page of a stream: the header, if it is Opus."""
        if self._header_packets:  # sound came before: a recording is chained behind another
            if not self._resync:
                raise undecodable(
                    "A second recording begins inside the stream; each needs a stream of its own."
                )
            if not body.startswith(b"OpusHead"):
                raise undecodable("A recording without Opus follows in the Ogg stream.")
        elif self._serial is not None or not body.startswith(b"OpusHead"):
            return
        self._serial = _NO_SERIAL  # until the header has been read
        track = read_opus_head(body)
        self._begin(track, packets)
        self._serial, self._next_page = serial, 1
        self._delay_s = track.skip / OPUS_RATE
        self._header_packets, self._partial, self._wanted = 0, b"", False
        self._position, self._ended = None, False

    def _split(self, table: bytes, body: bytes, *, continued: bool) -> list[bytes]:
        """Take a page's body apart by its segment table; what the next page continues is kept."""
        complete: list[bytes] = []
        if not continued:
            self._partial, self._wanted = b"", True
        pos = start = 0
        for size in table:
            pos += size
            if size == 255:
                continue
            if self._wanted:
                complete.append(self._partial + body[start:pos])
            self._partial, self._wanted = b"", True
            start = pos
        if start < pos:
            # The comment header may be as long as a picture, and is not needed: only sound is kept.
            keep = self._wanted and self._header_packets + len(complete) >= 1
            self._partial = self._partial + body[start:pos] if keep else b""
            if len(self._partial) > _MAX_PACKET:
                raise undecodable("The Ogg stream is damaged: a packet is too long.")
        return complete

    def _emit(
        self, complete: list[bytes], packets: list[Packet], *, granule: int, last: bool
    ) -> None:
        """Append a page's packets, with their times and, on the last page, the padding."""
        if not self._header_packets:
            complete = complete[1:]  # the comment header
            self._header_packets = 1
        if not complete:
            return
        samples = [packet_samples(data) for data in complete]
        start = self._position
        if granule >= 0 and not last:
            start = granule - sum(samples)
        elif granule >= 0 and self._missing:
            start = max(start or 0, granule - sum(samples))
        self._missing = False
        if self._position is None:
            self._origin = start or 0
        start = self._origin if start is None else start
        trim = [0] * len(complete)
        if last and granule >= 0:
            excess = start + sum(samples) - granule
            for index in range(len(complete) - 1, -1, -1):
                trim[index] = max(0, min(excess, samples[index]))
                excess -= trim[index]
        self._position = granule if granule >= 0 else start + sum(samples)
        time_s: float | None = (start - self._origin) / OPUS_RATE - self._delay_s
        for data, cut in zip(complete, trim, strict=True):
            packets.append(Packet(data, cut, time_s))
            time_s = None  # the others follow without a gap
