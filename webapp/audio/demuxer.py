"""What every incremental demuxer has in common: packets, the track, a bounded buffer."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import NamedTuple

from webapp.audio.errors import AudioError, undecodable

MAX_PACKET = 256 * 1024
"""Bytes of one block of sound. Opus packets have at most 61,440, a recorder's PCM about 25,000."""

MAX_HEADER = 1024 * 1024
"""Bytes of one header structure (Tracks, moov, moof); a recorder's have less than 1,000."""


class Packet(NamedTuple):
    """One packet of coded sound.

    ``trim`` is how many samples at 48 kHz the container says to drop from the packet's end
    (an Opus encoder pads its last packet); 0 almost always.
    """

    data: bytes
    trim: int = 0


@dataclass(frozen=True, kw_only=True)
class Track:
    """What a decoder must know about the sound before the first packet.

    Parameters
    ----------
    codec
        ``opus``, ``aac`` or ``pcm``.
    rate
        Samples a second as coded, Hz (48,000 for Opus, whatever its header says).
    channels
        Channels as coded.
    skip
        Samples at ``rate`` to drop from the beginning: the encoder's delay.
    gain
        Output gain of an Opus header, in 1/256 dB.
    config
        AAC: the AudioSpecificConfig.
    sample_format
        PCM: ``u8``, ``s16``, ``s24``, ``s32``, ``f32`` or ``f64``, little-endian, interleaved.
    """

    codec: str
    rate: int
    channels: int
    skip: int = 0
    gain: int = 0
    config: bytes = b""
    sample_format: str = ""


class Demuxer(ABC):
    """Bytes, cut anywhere, become the packets of the first usable sound track.

    A subclass writes `_parse`, which reads on from ``self._pos`` in ``self._buffer`` as far as it
    can. What stays in the buffer is less than one element that must be seen whole, and those have
    caps; elements that nobody needs are skipped as they come, however long they say they are.
    """

    name = "a stream"

    def __init__(self) -> None:
        self.track: Track | None = None
        self._buffer = bytearray()
        self._pos = 0
        self._base = 0  # offset in the stream of the buffer's first byte
        self._skip = 0
        self._failure: AudioError | None = None

    def push(self, data: bytes) -> list[Packet]:
        """Read on.

        Parameters
        ----------
        data
            The next bytes, any number.

        Returns
        -------
        list of Packet
            The packets that these bytes complete.

        Raises
        ------
        AudioError
            ``undecodable`` or ``unsupported_media``. Packets before the damage are returned first
            and the error is raised by the next call, so that how the bytes were cut changes
            nothing.
        """
        if self._failure is not None:
            raise self._failure
        if self._skip > len(data):
            self._skip -= len(data)
            self._base += len(data)
            return []
        self._buffer += data
        self._pos, self._skip = self._skip, 0
        packets: list[Packet] = []
        try:
            self._parse(packets)
        except AudioError as error:
            self._failure = error
            self._buffer.clear()
            self._pos = 0
            if not packets:
                raise
            return packets
        self._base += self._pos
        del self._buffer[: self._pos]
        self._pos = 0
        return packets

    def finish(self) -> None:
        """End the stream; an element that was cut off by the end is dropped without a word.

        A recorder that is stopped, and a download that was interrupted, both end in the middle of
        an element.
        """
        if self._failure is not None:
            raise self._failure

    @property
    def held(self) -> int:
        """Bytes in the buffer."""
        return len(self._buffer)

    @abstractmethod
    def _parse(self, packets: list[Packet]) -> None:
        """Append the packets that can be read to `packets`, moving ``self._pos``."""

    def _advance(self, count: int) -> None:
        """Go `count` bytes on, beyond the buffer's end if need be."""
        self._pos += count
        beyond = self._pos - len(self._buffer)
        if beyond > 0:
            self._skip = beyond
            self._pos = len(self._buffer)

    def _no_header(self) -> AudioError:
        return undecodable(
            f"This does not begin like {self.name}: a stream must begin with the recorder's "
            "first chunk, which alone holds the header."
        )


class Fields:
    """A cursor over a header that is wholly in memory; reading past its end is an `AudioError`."""

    def __init__(self, data: bytes | bytearray | memoryview, *, what: str) -> None:
        self._data = memoryview(data)
        self._what = what
        self._pos = 0

    @property
    def left(self) -> int:
        """Bytes not read yet."""
        return len(self._data) - self._pos

    def take(self, count: int) -> memoryview:
        """Read `count` bytes."""
        if count < 0 or count > self.left:
            raise undecodable(f"The {self._what} is damaged: it ends too early.")
        part = self._data[self._pos : self._pos + count]
        self._pos += count
        return part

    def uint(self, count: int, *, order: str = "big") -> int:
        """Read an unsigned integer of `count` bytes."""
        return int.from_bytes(self.take(count), "little" if order == "little" else "big")

    def sint(self, count: int, *, order: str = "big") -> int:
        """Read a signed integer of `count` bytes."""
        return int.from_bytes(
            self.take(count), "little" if order == "little" else "big", signed=True
        )
