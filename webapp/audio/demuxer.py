"""Base class of the incremental demuxers: packets, track, bounded buffer, resynchronisation."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import NamedTuple

from webapp.audio.errors import (
    DAMAGED,
    JOINED,
    TRAILING,
    TRUNCATED,
    AudioError,
    AudioWarning,
    undecodable,
)

MAX_PACKET = 256 * 1024
"""Bytes of one block of sound. Opus packets have at most 61,440, a recorder's PCM about 25,000."""

MAX_HEADER = 1024 * 1024
"""Bytes of one header structure (Tracks, moov, moof); a recorder's have less than 1,000."""


class Packet(NamedTuple):
    """One packet of coded sound.

    ``trim`` is how many samples at 48 kHz the container says to drop from the packet's end
    (an Opus encoder pads its last packet); 0 almost always. ``time_s`` is the container's timestamp
    in seconds, less the encoder's delay, so that the first sample after the delay is at 0; None
    where the container has none, or where the packet follows the one before without a gap.
    """

    data: bytes
    trim: int = 0
    time_s: float | None = None


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


MAX_DAMAGES = 1_000
"""Resynchronisations of one file; each may search a megabyte. The rest is then left out."""


class Demuxer(ABC):
    """Cut bytes of any length into the packets of the first usable sound track.

    A subclass writes `_parse`, which reads on from ``self._pos`` in ``self._buffer`` as far as it
    can. The buffer keeps less than one element that must be seen whole, and such elements have a
    maximum size. Elements that no decoder needs are skipped as they come, whatever their size.

    Parameters
    ----------
    resync
        False (live streams): damage ends the stream with an error. True (uploads): the demuxer
        looks for the next place where sound can begin, goes on there and notes a warning; a second
        recording in the same stream is read too.

    Attributes
    ----------
    track : Track or None
        The first recording's track; None until its header is read.
    events : list of (int, AudioWarning or Track)
        Warnings, and the tracks of further recordings, each with the number of packets before it.
    """

    name = "a stream"

    def __init__(self, *, resync: bool = False) -> None:
        self.track: Track | None = None
        self.events: list[tuple[int, AudioWarning | Track]] = []
        self._resync = resync
        self._buffer = bytearray()
        self._pos = 0
        self._base = 0  # offset in the stream of the buffer's first byte
        self._skip = 0
        self._failure: AudioError | None = None
        self._count = 0  # packets returned by the calls before
        self._lost: AudioWarning | None = None  # while the next sync point is searched
        self._damages = 0
        self._at_end = False  # whether no more bytes will come
        self._trailing = False  # whether the bytes behind the sound belong to no element

    def push(self, data: bytes) -> list[Packet]:
        """Read the next bytes.

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
            nothing. With ``resync`` only damage before the first track is an error.
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
            self._read(packets)
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
        self._count += len(packets)
        return packets

    def finish(self) -> list[Packet]:
        """End the stream and return the packets that only the end completes.

        An element that the end cuts off is dropped: a recorder that is stopped and a download that
        was interrupted both end in the middle of an element. With ``resync`` the demuxer searches
        that element for packets, because its size may be damaged.
        """
        if self._failure is not None:
            raise self._failure
        packets: list[Packet] = []
        if not self._resync or self.track is None:
            return packets
        self._at_end = True
        cut_off = self._incomplete() or self._skip > 0
        while self._pos < len(self._buffer):
            self._read(packets)
            if self._lost is not None or self._pos >= len(self._buffer):
                break
            cut_off = True
            self._lose(AudioWarning(DAMAGED, "An element of the file is damaged and was left out."))
        if cut_off:
            message = "The file ends in the middle of its sound."
            self._note(packets, AudioWarning(TRUNCATED, message))
        elif self._lost is not None or self._trailing:
            message = "Bytes at the end of the file cannot be read as sound and were left out."
            self._note(packets, AudioWarning(TRAILING, message))
        self._count += len(packets)
        return packets

    @property
    def held(self) -> int:
        """Bytes in the buffer."""
        return len(self._buffer)

    @abstractmethod
    def _parse(self, packets: list[Packet]) -> None:
        """Append the packets that can be read to `packets`, moving ``self._pos``."""

    def _find_sync(self) -> bool:
        """Move ``self._pos`` to the next place where sound can begin; False if none has come yet.

        Without a place ``self._pos`` moves over the bytes that have been searched.
        """
        self._pos = len(self._buffer)
        return False

    def _restart(self) -> None:  # noqa: B027 - WAV and Ogg have nothing to forget
        """Forget the elements that were being read when the damage was found."""

    def _incomplete(self) -> bool:
        """Return whether the end of the bytes cuts off an element that holds sound."""
        return False

    def _read(self, packets: list[Packet]) -> None:
        """Parse the buffer and, with ``resync``, go on behind damage."""
        while True:
            if self._lost is not None:
                if self._damages >= MAX_DAMAGES or not self._find_sync():
                    self._pos = len(self._buffer) if self._damages >= MAX_DAMAGES else self._pos
                    return
                self._note(packets, self._lost)
                self._lost = None
            try:
                self._parse(packets)
                return
            except AudioError as error:
                if not self._resync or self.track is None:
                    raise
                self._lose(AudioWarning(DAMAGED, error.message))

    def _lose(self, warning: AudioWarning) -> None:
        """Begin to search for the next sync point, at least one byte further on."""
        self._lost = warning
        self._damages += 1
        self._trailing = False
        self._skip = 0
        self._advance(1)
        self._restart()

    def _note(self, packets: list[Packet], event: AudioWarning | Track) -> None:
        self.events.append((self._count + len(packets), event))

    def _begin(self, track: Track, packets: list[Packet]) -> None:
        """Note the track of the first or of a further recording."""
        if self.track is None:
            self.track = track
            return
        message = "The file holds several recordings; they are read one after the other."
        self._note(packets, AudioWarning(JOINED, message))
        self._note(packets, track)

    def _only_zeros(self, *, least: int = 1) -> bool:
        """Skip zero bytes where an element should begin; True if nothing else has come.

        Some programs pad a finished recording with zeros, which is no damage. At least `least`
        bytes must be there.

        Raises
        ------
        AudioError
            ``undecodable`` if other bytes follow the zeros.
        """
        buffer, pos = self._buffer, self._pos
        if not self._trailing and any(buffer[pos : pos + least]):
            return False
        rest = bytes(buffer[pos:]).lstrip(b"\0")
        if not rest:
            self._trailing = self._trailing or pos < len(buffer)
            # One zero byte stays, so that the search for other bytes begins behind it.
            self._pos = len(buffer) if self._at_end else max(pos, len(buffer) - 1)
            return True
        if self._trailing or len(rest) < len(buffer) - pos:
            self._pos = max(pos, len(buffer) - len(rest) - 1)
            raise undecodable(f"The {self.name} stream is damaged: zero bytes lie inside it.")
        return False

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
