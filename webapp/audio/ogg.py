"""Ogg with Opus, read incrementally: Firefox's audio/ogg. Source: RFC 3533, RFC 7845."""

from __future__ import annotations

import zlib

from webapp.audio.demuxer import Demuxer, Packet
from webapp.audio.errors import undecodable, unsupported
from webapp.audio.opus_packet import packet_samples, read_opus_head

_HEADER = 27
_MAX_PACKET = 61_440  # the longest Opus packet (RFC 7845, section 6)
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


class OggDemuxer(Demuxer):
    """The first Opus stream of an Ogg stream.

    Other streams' pages are skipped. A damaged page ends the reading: its checksum says that the
    bytes are not those that were sent. On the page that is marked as last the position says how
    much of the last packets is padding.
    """

    name = "Ogg"

    def __init__(self, *, resync: bool = False) -> None:
        super().__init__(resync=resync)
        self._serial: int | None = None
        self._next_page = 0
        self._header_packets = 0
        self._partial = b""
        self._wanted = False  # whether the packet under way began on a page that was seen
        self._position = 0  # samples at 48 kHz at the end of the page before
        self._ended = False
        self._begun = False

    def _parse(self, packets: list[Packet]) -> None:
        buffer = self._buffer
        while True:
            left = len(buffer) - self._pos
            if not b"OggS".startswith(buffer[self._pos : self._pos + 4]):
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
            if end > len(buffer):
                return
            page = bytes(buffer[self._pos : end])
            if page_checksum(page) != int.from_bytes(page[22:26], "little") or page[4] != 0:
                raise undecodable("The Ogg stream is damaged: a page's checksum is wrong.")
            self._page(page, packets)
            self._begun = True
            self._pos = end

    def _page(self, page: bytes, packets: list[Packet]) -> None:
        flags = page[5]
        serial = int.from_bytes(page[14:18], "little")
        if not self._begun and not flags & _FIRST:
            raise self._no_header()
        body = page[_HEADER + page[26] :]
        if flags & _FIRST:
            if self._serial is None and body.startswith(b"OpusHead"):
                self.track = read_opus_head(body)
                self._serial, self._next_page = serial, 1
            elif self._header_packets:
                raise undecodable(
                    "A second recording begins inside the stream; each needs a stream of its own."
                )
            return
        if self._serial is None:
            raise unsupported("There is no Opus in this Ogg stream.")
        if serial != self._serial or self._ended:
            return
        if int.from_bytes(page[18:22], "little") != self._next_page:
            self._wanted = False  # a page is missing, and with it the rest of the packet under way
        self._next_page = (self._next_page + 1) & 0xFFFFFFFF
        complete = self._split(
            page[_HEADER : _HEADER + page[26]], body, continued=bool(flags & _CONTINUED)
        )
        if complete:
            self._emit(complete, page, packets)
        self._ended = bool(flags & _LAST)

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

    def _emit(self, complete: list[bytes], page: bytes, packets: list[Packet]) -> None:
        if not self._header_packets:
            complete = complete[1:]  # the comment header
            self._header_packets = 1
        if not complete:
            return
        granule = int.from_bytes(page[6:14], "little", signed=True)
        samples = [packet_samples(data) for data in complete]
        trim = [0] * len(complete)
        if page[5] & _LAST and granule >= 0:
            excess = self._position + sum(samples) - granule
            for index in range(len(complete) - 1, -1, -1):
                trim[index] = max(0, min(excess, samples[index]))
                excess -= trim[index]
        self._position = granule if granule >= 0 else self._position + sum(samples)
        packets.extend(Packet(data, cut) for data, cut in zip(complete, trim, strict=True))
