"""WAV, read incrementally: another program's lossless stream, and the simplest of files.

Source: RIFF and WAVE specification (Microsoft, IBM 1991), RFC 2361, EBU Tech 3306 (RF64).
"""

from __future__ import annotations

from webapp.audio.demuxer import Demuxer, Fields, Packet, Track
from webapp.audio.errors import undecodable, unsupported

_MAX_FORMAT = 4096
_UNKNOWN = 0xFFFFFFFF
_STREAMED = 0x7FFF_0000
"""Data sizes from here on are placeholders of programs that do not know the length yet."""
_INTEGERS = {8: "u8", 16: "s16", 24: "s24", 32: "s32"}
_FLOATS = {32: "f32", 64: "f64"}
_PACKET = 4096
_MAGICS = (b"RIFF", b"RF64", b"BW64", b"RIFX", b"riff")


class WavDemuxer(Demuxer):
    """RIFF, RF64 or BW64 with PCM of 8 to 32 bits or floats.

    A data size of 0 or 0xFFFFFFFF means "until the end": programs write it that cannot seek back.
    The sound of a file that is shorter than its data size ends with the file. Fields that no reader
    needs are ignored: block align, bytes per second, names of unknown chunks. After the sound, live
    or not, bytes that form no chunk are skipped, and the pad byte of an odd chunk may be missing.
    """

    name = "WAV"

    def __init__(self, *, resync: bool = False) -> None:
        super().__init__(resync=resync)
        self._opened = False
        self._left = 0  # bytes of the data chunk still to come; -1 without end
        self._wide_size = 0  # RF64: the size that does not fit the data chunk's own 32 bits
        self._odd = False  # whether a pad byte may stand before the next chunk
        self._data = False  # whether the next bytes are sound
        self._played = False  # whether a data chunk has ended
        self._truncates = False  # whether the data size is the true one

    def _parse(self, packets: list[Packet]) -> None:
        buffer = self._buffer
        if not self._opened and not self._open():
            return
        while not self._skip:
            if self._data:
                if not self._sound(packets):
                    return
                continue
            if self._odd:
                if len(buffer) - self._pos < 5 and not self._at_end:
                    return
                if not _is_name(buffer[self._pos : self._pos + 4]):
                    self._advance(1)
                self._odd = False
                continue
            if self._trailing or len(buffer) - self._pos < 8:
                if self._trailing or self._at_end:
                    self._trailing = self._trailing or self._pos < len(buffer)
                    self._pos = len(buffer)
                return
            if not self._chunk():
                return

    def _open(self) -> bool:
        """Read the RIFF header; False while it is incomplete."""
        head = bytes(self._buffer[:12])
        if head[:4] in (b"RIFX", b"riff"):
            raise unsupported("This kind of WAV (RIFX, W64) cannot be read as a stream.")
        if not any(magic.startswith(head[:4]) for magic in _MAGICS):
            raise self._no_header()
        if not b"WAVE".startswith(head[8:12]):
            raise self._no_header()
        if len(head) < 12:
            return False
        self._opened = True
        self._pos = 12
        return True

    def _chunk(self) -> bool:
        """Read the next chunk's header, or all of it if it describes the sound.

        Returns False if bytes are missing.
        """
        buffer = self._buffer
        ident = bytes(buffer[self._pos : self._pos + 4])
        size = int.from_bytes(buffer[self._pos + 4 : self._pos + 8], "little")
        body = self._pos + 8
        if self._played and (not _is_name(ident) or ident == b"RIFF" or size == _UNKNOWN):
            self._trailing = True  # what follows is no part of this recording
            return True
        if ident == b"data":
            if self.track is None:
                raise undecodable(
                    "The WAV header is damaged: it does not say how the sound is coded."
                )
            if size == _UNKNOWN and self._wide_size:
                size = self._wide_size
            self._left = -1 if size in (0, _UNKNOWN) and not self._played else size
            self._truncates = size < _STREAMED or size == self._wide_size
            self._odd = size % 2 == 1
            self._data = True
            self._pos = body
            return True
        if ident in (b"fmt ", b"ds64"):
            if size > _MAX_FORMAT:
                raise undecodable("The WAV header is damaged.")
            if body + size > len(buffer):
                if self._at_end:
                    self._pos = len(buffer)
                return False
            content = bytes(buffer[body : body + size])
            if ident == b"ds64":
                self._wide_size = int.from_bytes(content[8:16], "little")
            elif self.track is None:
                self.track = _read_format(content)
        elif size == _UNKNOWN:
            raise undecodable("The WAV stream is damaged: no chunk begins where one should.")
        self._odd = size % 2 == 1
        self._pos = body
        self._advance(size)
        return True

    def _sound(self, packets: list[Packet]) -> bool:
        """Take the data chunk as far as it has come; False if more bytes are needed."""
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
            self._played = True
            return True
        return False

    def _incomplete(self) -> bool:
        return self._data and self._left > 0 and self._truncates


def _is_name(name: bytes | bytearray) -> bool:
    """Return whether four bytes are printable ASCII, as the names of all known chunks are."""
    return len(name) == 4 and all(0x20 <= byte < 0x7F for byte in name)


def _read_format(body: bytes) -> Track:
    fields = Fields(body, what="WAV header")
    tag = fields.uint(2, order="little")
    channels = fields.uint(2, order="little")
    rate = fields.uint(4, order="little")
    fields.take(4)  # bytes per second: wrong in many files, and not needed
    align = fields.uint(2, order="little")  # wrong in many files too
    bits = fields.uint(2, order="little")
    if bits == 24 and align == 4 * channels:
        bits = 32  # 24 bits in 32, the lowest byte is 0; FFmpeg reads such files in this way
    if tag == 0xFFFE:  # extensible: the first two bytes of the sub-format are the old tag
        fields.take(8)
        tag = fields.uint(2, order="little")
    sample_format = {1: _INTEGERS, 3: _FLOATS}.get(tag, {}).get(bits)
    if sample_format is None:
        raise unsupported(f"WAV with coding {tag:#x} and {bits} bits is not read.")
    if not 1 <= channels <= 32 or not rate:
        raise undecodable("The WAV header is damaged.")
    return Track(codec="pcm", rate=rate, channels=channels, sample_format=sample_format)
