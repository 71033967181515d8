"""AAC packets, as Safari records them, to 16 kHz samples."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from webapp.audio.channels import Downmix
from webapp.audio.decoder import Decoder
from webapp.audio.demuxer import Packet, Track
from webapp.audio.errors import undecodable
from webapp.audio.resample import MAX_RATE, MIN_RATE, NO_SAMPLES, FollowingResampler, Samples

_RATES = (96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350)


def read_aac_rate(config: bytes) -> int:
    """Read the core coder's sampling rate from an AudioSpecificConfig (ISO/IEC 14496-3, 1.6.2.1).

    Raises
    ------
    AudioError
        ``undecodable`` if it is damaged.
    """
    bits = int.from_bytes(config[:6].ljust(6, b"\0"), "big")
    position = 48 - 5
    if bits >> position & 31 == 31:
        position -= 6
    position -= 4
    index = bits >> position & 15
    rate = (
        bits >> (position - 24) & 0xFFFFFF
        if index == 15
        else _RATES[index]
        if index < len(_RATES)
        else 0
    )
    if len(config) < 2 or not MIN_RATE <= rate <= MAX_RATE:
        raise undecodable("The AAC header is damaged.")
    return rate


class AacDecoder(Decoder):
    """FFmpeg's AAC decoder and a resampler; the delay that the edit list names is dropped.

    Parameters
    ----------
    track
        An AAC track with its AudioSpecificConfig.
    """

    def __init__(self, track: Track) -> None:
        super().__init__()
        from webapp.audio.ffmpeg import PacketCodec

        self._core_rate = read_aac_rate(track.config)
        self._codec = PacketCodec("aac", extradata=track.config)
        self._skip_s = track.skip / track.rate
        self._skip = (
            -1
        )  # samples still to drop, once the decoded rate is known (it may be twice the core's)
        self._resampler = FollowingResampler()
        self._downmix = Downmix(1, rate=self._core_rate)

    def seconds(self, packet: Packet) -> float:  # noqa: ARG002 - all are of one length
        """Return the seconds of sound in a packet; all AAC packets have one length."""
        return 1024 / self._core_rate

    def _decode(self, packets: Sequence[Packet]) -> Samples:
        out: list[Samples] = []
        for packet in packets:
            decoded = self._codec.decode(packet.data)
            if decoded is None:
                rate = self._resampler.rate or self._core_rate
                count = round(1024 * rate / self._core_rate)
                samples = np.zeros((count, self._downmix.channels), np.float32)
            else:
                samples, rate = decoded
            if len(samples):
                if self._skip < 0:
                    self._skip = round(self._skip_s * rate)
                mono = self._mix(samples, rate=rate)
                out.append(self._resampler.push(self._drop_delay(mono), rate=rate))
            if not self._took(good=decoded is not None):
                break
        return np.concatenate(out) if out else NO_SAMPLES

    def _mix(self, samples: Samples, *, rate: int) -> Samples:
        """Mix decoded samples, shape (n, channels); channels and rate are known only from them."""
        held = NO_SAMPLES
        if (self._downmix.channels, self._downmix.rate) != (samples.shape[1], rate):
            held = self._downmix.flush()
            self._downmix = Downmix(samples.shape[1], rate=rate)
        mono = self._downmix.push(samples)
        return np.concatenate((held, mono)) if held.size else mono

    def _silence(self, seconds: float) -> Samples:
        rate = self._resampler.rate or self._core_rate
        empty = np.zeros((round(seconds * rate), self._downmix.channels), np.float32)
        return self._resampler.push(self._mix(empty, rate=rate), rate=rate)

    def _drop_delay(self, mono: Samples) -> Samples:
        """Drop the encoder's delay from the first samples."""
        skip = min(max(0, self._skip), mono.size)
        self._skip -= skip
        return mono[skip:]

    def _flush(self) -> Samples:
        held = self._drop_delay(self._downmix.flush())
        if held.size:
            held = self._resampler.push(held, rate=self._downmix.rate)
        return np.concatenate((held, self._resampler.flush()))
