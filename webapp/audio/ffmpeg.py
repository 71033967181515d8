"""FFmpeg's codecs through PyAV; imported only where needed: live Opus does without them."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import cast

import av
import numpy as np
from av.audio.codeccontext import AudioCodecContext
from av.audio.frame import AudioFrame
from av.container import InputContainer
from av.stream import Stream

from webapp.audio.channels import Downmix
from webapp.audio.decoder import to_channels
from webapp.audio.errors import undecodable, unsupported
from webapp.audio.resample import NO_SAMPLES, FollowingResampler, Samples

_FORMATS = {"u8": "u8", "s16": "s16", "s32": "s32", "flt": "f32", "dbl": "f64"}
_DEMUXERS = {
    "wav": "wav",
    "flac": "flac",
    "mp3": "mp3",
    "aac": "aac",
    "ogg": "ogg",
    "webm": "matroska",
    "mp4": "mov",
}
# fmt: off
_CODECS = frozenset(
    [
        "aac", "ac3", "adpcm_ima_qt", "adpcm_ima_wav", "adpcm_ms", "alac", "eac3", "flac",
        "mp1", "mp1float", "mp2", "mp2float", "mp3", "mp3float", "opus", "libopus", "vorbis",
        "libvorbis", "libspeex", "speex", "pcm_alaw", "pcm_mulaw", "pcm_u8", "pcm_s8",
        "pcm_s16le", "pcm_s16be", "pcm_s24le", "pcm_s24be", "pcm_s32le", "pcm_s32be",
        "pcm_f32le", "pcm_f32be", "pcm_f64le", "pcm_f64be",
    ]
)
# fmt: on
"""Decoders of sound that may be run on other people's bytes."""


class PacketCodec:
    """One FFmpeg decoder, fed packet by packet.

    Parameters
    ----------
    name
        FFmpeg's name of the codec.
    extradata
        Its header, as the container holds it.
    """

    def __init__(self, name: str, *, extradata: bytes) -> None:
        self._context = cast(AudioCodecContext, av.CodecContext.create(name, "r"))
        self._context.extradata = extradata
        self._context.thread_count = 1

    def decode(self, data: bytes) -> tuple[Samples, int] | None:
        """Decode a packet to samples, shape (n, channels), and their rate, Hz.

        A damaged packet gives None; a packet that gives no samples yet has rate 0.
        """
        if not data:
            return None
        try:
            frames = self._context.decode(av.Packet(data))
        except av.FFmpegError:
            return None
        if not frames:
            return NO_SAMPLES.reshape(0, 1), 0
        parts = [frame_to_channels(frame) for frame in frames]
        return (parts[0] if len(parts) == 1 else np.concatenate(parts)), frames[0].sample_rate


def frame_to_channels(frame: AudioFrame) -> Samples:
    """Turn a decoded frame into float32, shape (n, channels).

    Raises
    ------
    AudioError
        ``unsupported_media`` for integers of 64 bits, which no codec on the list gives.
    """
    array = frame.to_ndarray()
    name = frame.format.name
    channels = frame.layout.nb_channels
    if name.endswith("p"):
        name, array = name[:-1], array.T
    if name not in _FORMATS:
        raise unsupported("The sound in this file is of a kind that is not read.")
    packed = np.ascontiguousarray(array)
    return to_channels(packed.tobytes(), sample_format=_FORMATS[name], channels=channels)


def decode_container(data: bytes, *, kind: str) -> Iterator[Samples]:
    """Decode the sound of a whole file.

    Parameters
    ----------
    data
        The file.
    kind
        As `sniff` names it; FFmpeg is made to use that demuxer and no other.

    Yields
    ------
    numpy.ndarray
        float32, shape (n,), mono at 16 kHz, some milliseconds each.

    Raises
    ------
    AudioError
        ``unsupported_media`` without sound or for a codec that is not read, ``undecodable`` for
        damage.
    """
    # Without the list FFmpeg would run a video's decoder too, to learn the size of its picture.
    options = {"codec_whitelist": ",".join(sorted(_CODECS))}
    try:
        container = av.open(
            io.BytesIO(data), "r", format=_DEMUXERS[kind], options=options, metadata_errors="ignore"
        )
    except (av.FFmpegError, ValueError) as error:
        raise undecodable("The file is damaged: its header cannot be read.") from error
    with container:
        stream = container.streams.best("audio")
        if stream is None:
            raise unsupported("There is no sound in this: it has no audio track.")
        context = stream.codec_context
        if not isinstance(context, AudioCodecContext) or context.name not in _CODECS:
            raise unsupported("The sound in this file is of a kind that is not read.")
        context.thread_count = 1
        resampler = FollowingResampler()
        downmix: Downmix | None = None
        good = bad = 0
        for frames in _decode_packets(container, stream):
            good, bad = (good, bad + 1) if frames is None else (good + 1, bad)
            for frame in frames or ():
                if frame.samples and frame.sample_rate:
                    samples, rate = frame_to_channels(frame), frame.sample_rate
                    if downmix is None or (downmix.channels, downmix.rate) != (
                        samples.shape[1],
                        rate,
                    ):
                        downmix = Downmix(samples.shape[1], rate=rate)
                    yield resampler.push(downmix.push(samples), rate=rate)
        if bad > good:
            raise undecodable("The sound is damaged: most of it cannot be decoded.")
        yield resampler.flush()


def _decode_packets(container: InputContainer, stream: Stream) -> Iterator[list[AudioFrame] | None]:
    """Yield the frames of each packet, None for a damaged one; a damaged container ends there."""
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets)
        except (StopIteration, av.FFmpegError):
            return
        try:
            yield [frame for frame in packet.decode() if isinstance(frame, AudioFrame)]
        except av.EOFError:
            return
        except av.FFmpegError:
            yield None
