"""Base class of the decoders, and the decoder of PCM."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from math import ceil

import numpy as np

from webapp.audio.channels import Downmix
from webapp.audio.demuxer import Packet, Track
from webapp.audio.errors import undecodable
from webapp.audio.resample import NO_SAMPLES, Resampler, Samples

MAX_BAD = 10
"""Damaged packets in a row after which a stream is given up."""


class Decoder(ABC):
    """Packets of one track become mono float32 samples at 16 kHz.

    One damaged packet does not end a stream: its time is filled (Opus: libopus's concealment; else
    silence), so that the sound after it keeps its place. `MAX_BAD` damaged packets in a row end a
    live stream: the call after raises an `AudioError`, so that the samples before are not lost. A
    stream without a single good packet is an error in any case.

    Attributes
    ----------
    patient : bool
        True (uploads): any number of damaged packets in a row is concealed.
    bad : int
        Damaged packets so far.
    """

    def __init__(self) -> None:
        self.patient = False
        self.bad = 0
        self._bad = 0  # in a row
        self._good = False

    @abstractmethod
    def seconds(self, packet: Packet) -> float:
        """Return the seconds of sound in `packet` without decoding it; call it in order."""

    @abstractmethod
    def _decode(self, packets: Sequence[Packet]) -> Samples:
        """Decode, calling `_took` for every packet and stopping where it says so."""

    @abstractmethod
    def _flush(self) -> Samples:
        """Return the samples that were held back."""

    @abstractmethod
    def _silence(self, seconds: float) -> Samples:
        """Return `seconds` of silence at the present position."""

    def silence(self, seconds: float) -> Samples:
        """Fill a gap between two packets with silence, float32 of shape (n,) at 16 kHz."""
        self._check()
        parts = [self._silence(min(10.0, seconds - done)) for done in range(0, ceil(seconds), 10)]
        return np.concatenate(parts) if parts else NO_SAMPLES

    def decode(self, packets: Sequence[Packet]) -> Samples:
        """Decode packets, in order.

        Returns
        -------
        numpy.ndarray
            float32, shape (n,), mono at 16 kHz.

        Raises
        ------
        AudioError
            ``undecodable`` after too many damaged packets in a row.
        """
        self._check()
        return self._decode(packets) if packets else NO_SAMPLES

    def skip(self, packets: Sequence[Packet]) -> None:  # noqa: B027 - most need nothing
        """Pass over packets that will not be decoded."""

    def flush(self) -> Samples:
        """End the stream: the samples that were held back."""
        self._check()
        if self._bad and not self._good:
            raise undecodable("The sound is damaged: nothing in it can be decoded.")
        return self._flush()

    def _took(self, *, good: bool) -> bool:
        """Count a packet; False if the stream is to be given up."""
        if good:
            self._bad, self._good = 0, True
            return True
        self._bad += 1
        self.bad += 1
        return not self._given_up

    @property
    def _given_up(self) -> bool:
        return self._bad >= MAX_BAD and not self.patient

    def _check(self) -> None:
        if self._given_up:
            raise undecodable("The sound is damaged: too many packets in a row cannot be decoded.")


_DTYPES = {"u8": "u1", "s16": "<i2", "s32": "<i4", "f32": "<f4", "f64": "<f8"}
_BYTES = {"u8": 1, "s16": 2, "s24": 3, "s32": 4, "f32": 4, "f64": 8}
_LOUDEST = (
    16.0  # far beyond any honest float sample; squares of larger ones could overflow further on
)


class PcmDecoder(Decoder):
    """Uncompressed samples of any rate and format; `Downmix` chooses the channel.

    A frame (one sample of each channel) may be split between packets. A float that is no number
    becomes 0.
    """

    def __init__(self, track: Track) -> None:
        super().__init__()
        if not 1 <= track.channels <= 32:
            raise undecodable(f"Sound with {track.channels} channels is not read.")
        self._format = track.sample_format
        self._channels = track.channels
        self._rate = track.rate
        self._downmix = Downmix(track.channels, rate=track.rate)
        self._frame = _BYTES[track.sample_format] * track.channels
        self._second = self._frame * track.rate
        self._rest = b""
        self._resampler = Resampler(track.rate)

    def seconds(self, packet: Packet) -> float:
        """Return the seconds of sound in `packet`."""
        return len(packet.data) / self._second

    def _decode(self, packets: Sequence[Packet]) -> Samples:
        data = b"".join((self._rest, *(packet.data for packet in packets)))
        whole = len(data) - len(data) % self._frame
        self._rest = data[whole:]
        return self._push(
            to_channels(data[:whole], sample_format=self._format, channels=self._channels)
        )

    def _silence(self, seconds: float) -> Samples:
        self._rest = b""
        return self._push(np.zeros((round(seconds * self._rate), self._channels), np.float32))

    def _push(self, samples: Samples) -> Samples:
        return self._resampler.push(self._downmix.push(samples))

    def skip(self, packets: Sequence[Packet]) -> None:
        """Pass over packets, but keep the beginning of a frame that the next packet completes."""
        data = b"".join((self._rest, *(packet.data for packet in packets)))
        whole = len(data) - len(data) % self._frame
        self._rest = data[whole:]

    def _flush(self) -> Samples:
        held = self._resampler.push(self._downmix.flush())
        return np.concatenate((held, self._resampler.flush()))


def to_channels(data: bytes, *, sample_format: str, channels: int) -> Samples:
    """Turn interleaved little-endian PCM into float32 in -1..1, shape (n, channels).

    Parameters
    ----------
    data
        Whole frames.
    sample_format
        One of the formats of `Track`.
    channels
        Number of channels.
    """
    if sample_format == "s24":
        wide = np.zeros((len(data) // 3, 4), np.uint8)
        wide[:, 1:] = np.frombuffer(data, np.uint8).reshape(-1, 3)
        raw = wide.reshape(-1).view("<i4")
    else:
        raw = np.frombuffer(data, _DTYPES[sample_format])
    if sample_format == "u8":
        samples = (raw.astype(np.float32) - 128.0) / 128.0
    elif sample_format in ("f32", "f64"):
        finite = np.nan_to_num(raw, nan=0.0, posinf=0.0, neginf=0.0)
        samples = np.clip(finite, -_LOUDEST, _LOUDEST).astype(np.float32)
    else:
        samples = raw.astype(np.float32) / np.float32(1 << (8 * raw.itemsize - 1))
    return samples.reshape(-1, channels)
