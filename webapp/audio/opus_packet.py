"""Opus without decoding: how long a packet is, and what the header says."""

from __future__ import annotations

from webapp.audio.demuxer import Fields, Track
from webapp.audio.errors import undecodable, unsupported

OPUS_RATE = 48_000
MAX_PACKET_SAMPLES = 5_760
"""A packet holds at most 120 ms (RFC 6716, section 3.2.5), here at 48 kHz."""


def _frame_samples(config: int) -> int:
    if config < 12:  # SILK
        return (480, 960, 1920, 2880)[config % 4]
    if config < 16:  # hybrid
        return (480, 960)[config % 2]
    return (120, 240, 480, 960)[config % 4]  # CELT


_SAMPLES = tuple(_frame_samples(toc >> 3) * (1, 2, 2, 0)[toc & 3] for toc in range(256))
_FRAME = tuple(_frame_samples(toc >> 3) for toc in range(256))


def packet_samples(data: bytes) -> int:
    """Read how much sound an Opus packet holds from its first two bytes.

    Parameters
    ----------
    data
        The packet.

    Returns
    -------
    int
        Samples at 48 kHz, 120 to 5,760; 0 for a packet that breaks the rules (RFC 6716, section
        3.1).
    """
    if not data:
        return 0
    toc = data[0]
    samples = _SAMPLES[toc]
    if samples:
        return samples
    if len(data) < 2:
        return 0
    samples = _FRAME[toc] * (data[1] & 0x3F)
    return samples if samples <= MAX_PACKET_SAMPLES else 0


def read_opus_head(data: bytes | memoryview) -> Track:
    """Read an ``OpusHead`` (RFC 7845, section 5.1).

    Parameters
    ----------
    data
        The header, as in an Ogg stream's first packet or a WebM track's CodecPrivate.

    Raises
    ------
    AudioError
        ``undecodable`` if it is damaged, ``unsupported_media`` for more than two channels.
    """
    fields = Fields(data, what="Opus header")
    if bytes(fields.take(8)) != b"OpusHead":
        raise undecodable("The Opus header is damaged.")
    if fields.uint(1) > 15:
        raise unsupported("This version of Opus is not read.")
    channels = fields.uint(1)
    skip = fields.uint(2, order="little")
    fields.take(4)  # the rate of what was encoded; decoding goes its own way
    gain = fields.sint(2, order="little")
    family = fields.uint(1)
    streams = fields.uint(1) if family else 1
    return opus_track(channels=channels, skip=skip, gain=gain, streams=streams)


def opus_track(*, channels: int, skip: int, gain: int, streams: int = 1) -> Track:
    """Make the track of a mono or stereo Opus stream; anything wider is refused."""
    if channels not in (1, 2) or streams != 1:
        raise unsupported(f"Opus with {channels} channels is not read; mono and stereo are.")
    return Track(codec="opus", rate=OPUS_RATE, channels=channels, skip=skip, gain=gain)
