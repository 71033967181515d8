"""WAV, read incrementally: another program's lossless stream, and the simplest of files.

Source: RIFF and WAVE specification (Microsoft, IBM 1991), RFC 2361, EBU Tech 3306 (RF64).
"""

from __future__ import annotations

from webapp.audio.demuxer import Demuxer, Fields, Packet, Track
from webapp.audio.errors import undecodable, unsupported

_MAX_FORMAT = 4096
_UNKNOWN = 0xFFFFFFFF
_INTEGERS = {8: "u8", 16: "s16", 24: "s24", 32: "s32"}
_FLOATS = {32: "f32", 64: "f64"}
_PACKET = 4096


class WavDemuxer(Demuxer):
    """RIFF, RF64 or BW64 with PCM of 8 to 32 bits or floats.

    A data size of 0 or 0xFFFFFFFF means "until the end", as programs write that cannot seek back. A
    file that ends before its data size says is read as far as it goes.
    """

    name = "WAV"

    def __init__(self, *, resync: bool = False) -> None:
        super().__init__(resync=resync)
        self._opened = False
        self._left = 0  # bytes of the data chunk still to come; -1 without end
        self._wide_size = 0  # RF64: the size that does not fit the data chunk's own 32 bits
        self._pad = 0
        self._data = False

    def _parse(self, packets: list[Packet]) -> None:
        buffer = self._buffer
        if not self._opened:
            if not any(magic.startswith(buffer[:4]) for magic in (b"RIFF", b"RF64", b"BW64")):
                raise self._no_header()
            if not b"WAVE".startswith(buffer[8:12]):
                raise self._no_header()
            if len(buffer) < 12:
                return
            self._opened = True
            self._pos = 12
        while not self._skip:
            if self._data:
                if not self._sound(packets):
                    return
                continue
            if len(buffer) - self._pos < 8:
                return
            ident = bytes(buffer[self._pos : self._pos + 4])
            size = int.from_bytes(buffer[self._pos + 4 : self._pos + 8], "little")
            body = self._pos + 8
            if ident == b"data":
                if self.track is None:
                    raise undecodable(
                        "The WAV header is damaged: it does not say how the sound is coded."
                    )
                if size == _UNKNOWN and self._wide_size:
                    size = self._wide_size
                self._left = -1 if size in (0, _UNKNOWN) else size
                self._pad = size % 2
                self._data = True
                self._pos = body
            elif ident in (b"fmt ", b"ds64"):
                if size > _MAX_FORMAT:
                    raise undecodable("The WAV header is damaged.")
                if body + size > len(buffer):
                    return
                content = bytes(buffer[body : body + size])
                if ident == b"fmt ":
                    self.track = _read_format(content)
                else:
                    self._wide_size = int.from_bytes(content[8:16], "little")
                self._pos = body
                self._advance(size + size % 2)
            else:
                if not ident.isascii() or size == _UNKNOWN:
                    raise undecodable(
                        "The WAV stream is damaged: no chunk begins where one should."
                    )
                self._pos = body
                self._advance(size + size % 2)

    def _sound(self, packets: list[Packet]) -> bool:
        """Take what there is of the data chunk; False if more bytes are needed."""
        available = len(self._buffer) - self._pos
        count = available if self._left < 0 else min(available, self._left)
        while count:
            part = min(count, _PACKET)
            packets.append(Packet(bytes(self._buffer[self._pos : self._pos + part])))
            self._pos += part
            count -= part
            if self._left > 0:
                self._left -= part
        if self._left == 0:
            self._data = False
            self._advance(self._pad)
            return True
        return False


def _read_format(body: bytes) -> Track:
    fields = Fields(body, what="WAV header")
    tag = fields.uint(2, order="little")
    channels = fields.uint(2, order="little")
    rate = fields.uint(4, order="little")
    fields.take(4)  # bytes a second
    align = fields.uint(2, order="little")
    bits = fields.uint(2, order="little")
    if tag == 0xFFFE:  # extensible: the first two bytes of the sub-format are the old tag
        fields.take(8)
        tag = fields.uint(2, order="little")
    sample_format = {1: _INTEGERS, 3: _FLOATS}.get(tag, {}).get(bits)
    if sample_format is None:
        raise unsupported(f"WAV with coding {tag:#x} and {bits} bits is not read.")
    if not 1 <= channels <= 32 or align != channels * bits // 8 or not rate:
        raise undecodable("The WAV header is damaged.")
    return Track(codec="pcm", rate=rate, channels=channels, sample_format=sample_format)
