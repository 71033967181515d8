"""Opus packets to 16 kHz samples."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence

import numpy as np

from webapp.audio.channels import Downmix
from webapp.audio.decoder import Decoder
from webapp.audio.demuxer import Packet, Track
from webapp.audio.errors import undecodable
from webapp.audio.libopus import SET_GAIN, load_libopus
from webapp.audio.opus_packet import OPUS_RATE, packet_samples
from webapp.audio.resample import NO_SAMPLES, SAMPLE_RATE, Resampler, Samples

_RATIO = OPUS_RATE // SAMPLE_RATE
_CONCEALED = 960
"""How long a damaged packet is taken to be if nothing better is known: 20 ms, at 48 kHz."""


class _OpusBase(Decoder):
    """Duration of Opus packets; a packet that breaks the rules counts like the one before it."""

    def __init__(self) -> None:
        super().__init__()
        self._last = _CONCEALED  # samples at 48 kHz of the packet that was decoded last
        self._last_read = _CONCEALED  # and of the packet that `seconds` saw last

    def _samples(self, packet: Packet) -> int:
        self._last = packet_samples(packet.data) or self._last
        return self._last

    def seconds(self, packet: Packet) -> float:
        """Return the seconds of sound in `packet`, from its first two bytes."""
        self._last_read = packet_samples(packet.data) or self._last_read
        return self._last_read / OPUS_RATE


class OpusDecoder(_OpusBase):
    """libopus, decoding straight to 16 kHz.

    At 16 kHz libopus leaves out the work for what lies above 8 kHz. It decodes the channels of the
    track's header; `Downmix` makes one of them. The packets of one call are decoded into one array.
    The header's pre-skip is dropped, scaled to 16 kHz.

    Parameters
    ----------
    track
        An Opus track.
    library
        libopus, as from `load_libopus`.
    """

    def __init__(self, track: Track, *, library: ctypes.CDLL) -> None:
        super().__init__()
        channels = self._channels = track.channels
        # The state lives in memory of Python's own, so that it goes when the decoder goes.
        self._memory = ctypes.create_string_buffer(library.opus_decoder_get_size(channels))
        self._state = ctypes.addressof(self._memory)
        if library.opus_decoder_init(self._state, SAMPLE_RATE, channels) != 0:
            raise undecodable("libopus cannot be set up.")
        if track.gain:
            library.opus_decoder_ctl(self._state, SET_GAIN, ctypes.c_int32(track.gain))
        self._call = library.opus_decode_float
        self._downmix = Downmix(channels, rate=SAMPLE_RATE)
        self._skip = round(track.skip / _RATIO)

    def _decode(self, packets: Sequence[Packet]) -> Samples:
        durations = [self._samples(packet) // _RATIO for packet in packets]
        out = np.empty((sum(durations), self._channels), np.float32)
        address: int = out.__array_interface__["data"][0]  # a tenth of the cost of out.ctypes.data
        call, state, stride = self._call, self._state, 4 * self._channels
        filled = 0
        for packet, expected in zip(packets, durations, strict=True):
            data, trim = packet.data, packet.trim
            at = address + stride * filled
            count = call(state, data, len(data), at, expected, 0) if data else -1
            good = count > 0
            if not good:
                count = self._conceal(out, filled, expected)
            filled += max(0, count - round(trim / _RATIO)) if trim else count
            if not self._took(good=good):
                break
        return self._mix(out[:filled])

    def _conceal(self, out: Samples, start: int, count: int) -> int:
        """Fill a damaged packet's time with what libopus makes up for it."""
        at = out.ctypes.data + 4 * self._channels * start
        done = self._call(self._state, None, 0, at, count, 0)
        if done != count:
            out[start : start + count] = 0.0
        return count

    def _mix(self, samples: Samples) -> Samples:
        """Make one channel of samples, shape (n, channels), and drop the pre-skip."""
        mono = self._downmix.push(samples)
        skip = min(self._skip, mono.size)
        self._skip -= skip
        return mono[skip:]

    def _silence(self, seconds: float) -> Samples:
        return self._mix(np.zeros((round(seconds * SAMPLE_RATE), self._channels), np.float32))

    def _flush(self) -> Samples:
        return NO_SAMPLES


class AvOpusDecoder(_OpusBase):
    """FFmpeg's Opus decoder and a resampler, for a machine without libopus; 1.5 times the work.

    Parameters
    ----------
    track
        An Opus track.
    """

    def __init__(self, track: Track) -> None:
        super().__init__()
        from webapp.audio.ffmpeg import PacketCodec

        head = (
            b"OpusHead\x01" + bytes([track.channels]) + bytes(2) + OPUS_RATE.to_bytes(4, "little")
        )
        # Pre-skip is given as none and dropped here, whichever decoder FFmpeg was built with.
        self._codec = PacketCodec(
            "opus", extradata=head + track.gain.to_bytes(2, "little", signed=True) + b"\0"
        )
        self._skip = track.skip
        self._downmix = Downmix(track.channels, rate=OPUS_RATE)
        self._resampler = Resampler(OPUS_RATE)

    def _decode(self, packets: Sequence[Packet]) -> Samples:
        out: list[Samples] = []
        for packet in packets:
            expected = self._samples(packet)
            decoded = self._codec.decode(packet.data)
            good = decoded is not None and decoded[0].size > 0
            samples = (
                decoded[0]
                if decoded and good
                else np.zeros((expected, self._downmix.channels), np.float32)
            )
            out.append(self._push(samples[: max(0, len(samples) - packet.trim)]))
            if not self._took(good=good):
                break
        return np.concatenate(out) if out else NO_SAMPLES

    def _push(self, samples: Samples) -> Samples:
        mono = self._downmix.push(samples)
        skip = min(self._skip, mono.size)
        self._skip -= skip
        return self._resampler.push(mono[skip:])

    def _silence(self, seconds: float) -> Samples:
        return self._push(
            np.zeros((round(seconds * OPUS_RATE), self._downmix.channels), np.float32)
        )

    def _flush(self) -> Samples:
        return self._resampler.flush()


def open_opus(track: Track) -> Decoder:
    """Make the best Opus decoder that this machine has."""
    library = load_libopus()
    return AvOpusDecoder(track) if library is None else OpusDecoder(track, library=library)
