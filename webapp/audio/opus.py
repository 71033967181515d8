"""Opus packets to 16 kHz samples."""

from __future__ import annotations

import ctypes
from collections import deque
from collections.abc import Sequence

import numpy as np

from webapp.audio.channels import Downmix
from webapp.audio.decoder import Decoder
from webapp.audio.demuxer import Packet, Track
from webapp.audio.errors import undecodable
from webapp.audio.libopus import SET_GAIN, load_libopus
from webapp.audio.opus_packet import MAX_PACKET_SAMPLES, OPUS_RATE, packet_samples
from webapp.audio.resample import NO_SAMPLES, SAMPLE_RATE, Resampler, Samples

_RATIO = OPUS_RATE // SAMPLE_RATE
_CHECK = 10
"""Packets after which the decoder looks again whether one channel is enough."""
_PRIMING = 6
"""Packets that a new decoder state decodes again: 120 ms or more."""
_CONCEALED = 960
"""How long a damaged packet is taken to be if nothing better is known: 20 ms, at 48 kHz."""


class _OpusBase(Decoder):
    """Duration of Opus packets; a packet that breaks the rules counts like the one before it."""

    def __init__(self) -> None:
        super().__init__()
        self._last = _CONCEALED  # samples at 48 kHz of the packet that was decoded last
        self._last_read = _CONCEALED  # and of the packet that `seconds` saw last
        self._delay = 0  # samples of the pre-skip still to drop

    def _samples(self, packet: Packet) -> int:
        self._last = packet_samples(packet.data) or self._last
        return self._last

    def seconds(self, packet: Packet) -> float:
        """Return the seconds of sound in `packet`, from its first two bytes."""
        self._last_read = packet_samples(packet.data) or self._last_read
        return self._last_read / OPUS_RATE

    def _drop_delay(self, mono: Samples) -> Samples:
        """Drop the pre-skip from the first samples."""
        skip = min(self._delay, mono.size)
        self._delay -= skip
        return mono[skip:]


class OpusDecoder(_OpusBase):
    """libopus, decoding straight to 16 kHz.

    At 16 kHz libopus leaves out the work for what lies above 8 kHz. The header's pre-skip is
    dropped, scaled to 16 kHz.

    Decoding to two channels costs 1.3 times as much as to one, and most browsers send one
    microphone as stereo. So two channels are decoded only from the first packet that is coded in
    stereo until `Downmix` is sure that their mean is right; from then on libopus makes the mean. A
    new decoder state first decodes the last packets again, so that it continues the sound.

    Parameters
    ----------
    track
        An Opus track.
    library
        libopus, as from `load_libopus`.
    """

    def __init__(self, track: Track, *, library: ctypes.CDLL) -> None:
        super().__init__()
        self._library = library
        self._gain = track.gain
        self._call = library.opus_decode_float
        self._delay = round(track.skip / _RATIO)
        self._downmix = Downmix(2, rate=SAMPLE_RATE)
        self._undecided = track.channels == 2
        self._recent: deque[bytes] = deque(maxlen=_PRIMING)
        self._packets = 0
        self._open_state(1)

    def _open_state(self, channels: int) -> None:
        """Make a decoder state for so many channels and let it decode the last packets."""
        self._channels = channels
        # The state lives in memory of Python's own, so that it goes when the decoder goes.
        self._memory = ctypes.create_string_buffer(self._library.opus_decoder_get_size(channels))
        self._state = ctypes.addressof(self._memory)
        if self._library.opus_decoder_init(self._state, SAMPLE_RATE, channels) != 0:
            raise undecodable("libopus cannot be set up.")
        if self._gain:
            self._library.opus_decoder_ctl(self._state, SET_GAIN, ctypes.c_int32(self._gain))
        if self._recent:
            count = MAX_PACKET_SAMPLES // _RATIO
            scratch = np.empty((count, channels), np.float32)
            for data in self._recent:
                self._call(self._state, data, len(data), scratch.ctypes.data, count, 0)

    def _decode(self, packets: Sequence[Packet]) -> Samples:
        if not self._undecided:
            return self._decode_run(packets)
        parts: list[Samples] = []
        run: list[Packet] = []
        for packet in packets:
            if self._undecided and self._channels == 1 and packet.data[:1] and packet.data[0] & 4:
                parts.append(self._decode_run(run))  # the first packet that is coded in stereo
                run = []
                self._open_state(2)
            run.append(packet)
            self._packets += 1
            # At fixed packets only, so that the result does not depend on the calls' sizes.
            if self._channels == 2 and self._packets % _CHECK == 0:
                parts.append(self._decode_run(run))
                run = []
                if self._downmix.settled:
                    self._undecided = False
                    self._open_state(1)
            if self._given_up:
                break
        parts.append(self._decode_run(run))
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def _decode_run(self, packets: Sequence[Packet]) -> Samples:
        """Decode packets with the present state into one array."""
        if not packets or self._given_up:
            return NO_SAMPLES
        durations = [self._samples(packet) // _RATIO for packet in packets]
        out = np.empty((sum(durations), self._channels), np.float32)
        address: int = out.__array_interface__["data"][0]  # a tenth of the cost of out.ctypes.data
        call, state, stride = self._call, self._state, 4 * self._channels
        filled = 0
        for (data, trim, _), expected in zip(packets, durations, strict=True):
            at = address + stride * filled
            count = call(state, data, len(data), at, expected, 0) if data else -1
            good = count > 0
            if not good:
                count = self._conceal(out, filled, expected)
            filled += max(0, count - round(trim / _RATIO)) if trim else count
            if not self._took(good=good):
                break
        if self._undecided:
            self._recent.extend(packet.data for packet in packets if packet.data)
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
        return self._drop_delay(
            samples[:, 0] if self._channels == 1 else self._downmix.push(samples)
        )

    def _silence(self, seconds: float) -> Samples:
        return self._mix(np.zeros((round(seconds * SAMPLE_RATE), self._channels), np.float32))

    def _flush(self) -> Samples:
        return self._drop_delay(self._downmix.flush())


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
        self._delay = track.skip
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
        return self._resampler.push(self._drop_delay(self._downmix.push(samples)))

    def _silence(self, seconds: float) -> Samples:
        return self._push(
            np.zeros((round(seconds * OPUS_RATE), self._downmix.channels), np.float32)
        )

    def _flush(self) -> Samples:
        held = self._drop_delay(self._downmix.flush())
        return np.concatenate((self._resampler.push(held), self._resampler.flush()))


def open_opus(track: Track) -> Decoder:
    """Make the best Opus decoder that this machine has."""
    library = load_libopus()
    return AvOpusDecoder(track) if library is None else OpusDecoder(track, library=library)
