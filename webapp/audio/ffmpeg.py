"""FFmpeg's demuxers and decoders through PyAV; imported only where needed."""

from __future__ import annotations

import ctypes
import ctypes.util
import io
from collections.abc import Callable, Iterator
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import cast

import av
import numpy as np
from av.audio.codeccontext import AudioCodecContext
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer

from webapp.audio.channels import Downmix
from webapp.audio.decoder import to_channels
from webapp.audio.errors import (
    DAMAGED,
    GAP,
    OTHER_TRACK,
    TRUNCATED,
    AudioError,
    AudioWarning,
    undecodable,
    unsupported,
)
from webapp.audio.resample import (
    NO_SAMPLES,
    SAMPLE_RATE,
    FollowingResampler,
    Samples,
    is_silent,
)
from webapp.audio.stream import MAX_DRIFT, MAX_JITTER_S, MAX_START_S, WARNED_GAP_S

MAX_ALLOCATION = 64 << 20
"""Bytes of one allocation of FFmpeg: a header may claim 2 GB for a tag or for an index."""

MAX_TRACKS = 16
"""Sound tracks that are tried; every try reads the whole file."""

_MAX_ERRORS = 20
"""Errors of a demuxer without a packet between them, after which the file has ended."""

_END_S = 0.5
"""A file that is shorter than its header says by this much was cut off."""

_PLANES = 8
"""Data pointers in FFmpeg's frame (AV_NUM_DATA_POINTERS)."""

_FORMATS = {"u8": "u8", "s16": "s16", "s32": "s32", "flt": "f32", "dbl": "f64"}
_DEMUXERS = {
    "webm": "matroska",
    "mp4": "mov",
    "wavpack": "wv",
    "sphere": "nistsphere",
    "latm": "loas",
}
"""FFmpeg's name of the demuxer, where it is not the name of the kind."""

_ZERO_IS_THE_CONTAINERS = frozenset({"webm", "mp4"})
"""Kinds whose timestamps count from 0; the others count from their earliest track."""

_STATES_LENGTH = frozenset(
    {"flac", "mp4", "wav", "w64", "aiff", "caf", "webm", "asf", "wavpack", "tta"}
)
"""Kinds whose header states the length. FFmpeg estimates it for the others from the bit rate."""

# fmt: off
_CODECS = frozenset(
    [
        "aac", "aac_latm", "ac3", "adpcm_ima_qt", "adpcm_ima_wav", "adpcm_ms", "adpcm_swf",
        "adpcm_yamaha", "alac", "amrnb", "amrwb", "dca", "eac3", "flac", "g722", "g723_1", "g726",
        "g726le", "g729", "gsm", "gsm_ms", "libopencore_amrnb", "libopencore_amrwb", "libopus",
        "libspeex", "libvorbis", "mp1", "mp1float", "mp2", "mp2float", "mp3", "mp3float",
        "nellymoser", "opus", "pcm_alaw", "pcm_bluray", "pcm_dvd", "pcm_f32be", "pcm_f32le",
        "pcm_f64be", "pcm_f64le", "pcm_mulaw", "pcm_s16be", "pcm_s16be_planar", "pcm_s16le",
        "pcm_s16le_planar", "pcm_s24be", "pcm_s24le", "pcm_s24le_planar", "pcm_s32be", "pcm_s32le",
        "pcm_s32le_planar", "pcm_s8", "pcm_s8_planar", "pcm_u16be", "pcm_u16le", "pcm_u24be",
        "pcm_u24le", "pcm_u32be", "pcm_u32le", "pcm_u8", "speex", "truespeech", "tta", "vorbis",
        "wavpack", "wmalossless", "wmapro", "wmav1", "wmav2", "wmavoice",
    ]
)
# fmt: on
"""Decoders that may run on the bytes of other people."""

_OPTIONS = {
    # FFmpeg would otherwise run a video's decoder too, to learn the size of its picture.
    "codec_whitelist": ",".join(sorted(_CODECS)),
    # A file may name others, to be opened by path or address. No protocol has this name.
    "protocol_whitelist": "none",
}


@lru_cache(maxsize=1)
def limit_allocations() -> bool:
    """Have FFmpeg refuse any allocation of more than `MAX_ALLOCATION` bytes, in this process.

    Returns
    -------
    bool
        False if FFmpeg's libavutil is not found.
    """
    spec = find_spec("av")
    found: list[str] = []
    if spec is not None and spec.origin is not None:
        package = Path(spec.origin).parent
        for folder in (package.parent / "av.libs", package / ".dylibs"):  # Linux; macOS
            found += sorted(str(path) for path in folder.glob("libavutil[-.]*"))
    system = ctypes.util.find_library("avutil") if not found else None
    for name in [*found, *filter(None, [system])]:
        try:
            library = ctypes.CDLL(name)
            library.av_max_alloc.argtypes = [ctypes.c_size_t]
            library.av_max_alloc.restype = None
        except (OSError, AttributeError):
            continue
        library.av_max_alloc(MAX_ALLOCATION)
        return True
    return False


limit_allocations()


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
        self._reader = FrameReader()

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
        parts = [self._reader.read(frame) for frame in frames]
        return (parts[0] if len(parts) == 1 else np.concatenate(parts)), frames[0].sample_rate


class FrameReader:
    """Decoded frames to float32 arrays.

    PyAV 18 looks for the planes of a frame up to a null pointer, which does not follow the eighth
    plane: `to_ndarray` reads wild pointers for planar sound of eight channels or more. Such frames
    are first converted to packed ones, which have one plane.
    """

    def __init__(self) -> None:
        self._packer: av.AudioResampler | None = None
        self._form: tuple[str, str, int] | None = None

    def read(self, frame: AudioFrame) -> Samples:
        """Return a decoded frame as float32, shape (n, channels), in -1..1.

        Raises
        ------
        AudioError
            ``unsupported_media`` for integers of 64 bits, which no codec on the list gives, and
            for more than 32 channels.
        """
        channels = frame.layout.nb_channels
        if not 1 <= channels <= 32:
            raise unsupported("The sound in this file is of a kind that is not read.")
        if channels >= _PLANES and frame.format.is_planar:
            frame = self._packed(frame)
        name = frame.format.name.removesuffix("p")
        if name not in _FORMATS:
            raise unsupported("The sound in this file is of a kind that is not read.")
        array = frame.to_ndarray()
        packed = np.ascontiguousarray(array.T if frame.format.is_planar else array)
        return to_channels(packed.tobytes(), sample_format=_FORMATS[name], channels=channels)

    def _packed(self, frame: AudioFrame) -> AudioFrame:
        form = frame.format.name, frame.layout.name, frame.sample_rate
        if self._packer is None or form != self._form:
            self._packer = av.AudioResampler(
                format=frame.format.packed, layout=frame.layout, rate=frame.sample_rate
            )
            self._form = form
        try:
            (packed,) = self._packer.resample(frame)
        except (av.FFmpegError, ValueError) as error:
            self._packer = None
            raise unsupported("The layout of this file's channels is not read.") from error
        if packed.samples != frame.samples or packed.layout.nb_channels != frame.layout.nb_channels:
            raise unsupported("The layout of this file's channels is not read.")
        return packed


def decode_container(
    data: bytes,
    *,
    kind: str,
    warnings: list[AudioWarning],
    charge: Callable[[float], None],
) -> Iterator[Samples]:
    """Decode the first track of a file that has sound.

    Damaged packets are left out, with a warning. The position of every frame comes from its
    timestamp: silence stands in for a late start and for a gap.

    Parameters
    ----------
    data
        The file, from the signature that `sniff` found.
    kind
        As `sniff` names it; FFmpeg uses that demuxer and no other.
    warnings
        Receives a warning for each part that was left out.
    charge
        Called with the seconds of a gap before silence fills it; its exception ends the decoding.

    Yields
    ------
    numpy.ndarray
        float32, shape (n,), mono at 16 kHz, at most about a second each.

    Raises
    ------
    AudioError
        ``unsupported_media`` without sound or for a codec that is not read; ``undecodable`` if
        nothing can be decoded; ``empty`` if there are no samples.
    """
    container = _open(data, kind)
    tracks = _tracks(container)
    error: AudioError | None = None
    silent = None
    for number in tracks:
        own: list[AudioWarning] = []
        if number != tracks[0]:
            container = _open(data, kind)
            own.append(
                AudioWarning(OTHER_TRACK, f"Track {number + 1} is the first with sound.", None)
            )
        zeros = 0
        try:
            parts = _decode_track(container, kind, number, warnings=own, charge=charge)
            for part in parts:
                if zeros >= 0 and len(tracks) > 1 and is_silent(part):
                    zeros += part.size
                    continue
                if zeros > 0:
                    yield from _silence(zeros)
                zeros = -1
                yield part
        except AudioError as caught:
            if zeros < 0 or len(tracks) == 1:
                warnings += own
                raise
            error = error or caught
            continue
        if zeros < 0 or len(tracks) == 1:
            warnings += own
            return
        silent = max(zeros, silent or 0)
    if silent:
        yield from _silence(silent)
    elif error is not None:
        raise error


def _silence(count: int) -> Iterator[Samples]:
    for start in range(0, count, SAMPLE_RATE):
        yield np.zeros(min(SAMPLE_RATE, count - start), np.float32)


def _open(data: bytes, kind: str) -> InputContainer:
    try:
        return av.open(
            io.BytesIO(data),
            "r",
            format=_DEMUXERS.get(kind, kind),
            options=_OPTIONS,
            metadata_errors="ignore",
        )
    except (av.FFmpegError, ValueError, MemoryError) as error:
        raise undecodable("The file is damaged: its header cannot be read.") from error


def _tracks(container: InputContainer) -> list[int]:
    """Return the indices of the readable sound tracks, those marked as default first.

    Raises
    ------
    AudioError
        ``unsupported_media`` if there is none.
    """
    sound = container.streams.audio
    if not sound:
        raise unsupported("There is no sound in this file: it has no audio track.")
    readable = [track for track in sound if _is_readable(track)]
    if not readable:
        raise unsupported("The sound in this file is of a kind that is not read.")
    default = av.stream.Disposition.default
    readable.sort(key=lambda track: not track.disposition & default)
    return [track.index for track in readable[:MAX_TRACKS]]


def _is_readable(track: AudioStream) -> bool:
    context = track.codec_context
    return isinstance(context, AudioCodecContext) and context.name in _CODECS


def _decode_track(
    container: InputContainer,
    kind: str,
    number: int,
    *,
    warnings: list[AudioWarning],
    charge: Callable[[float], None],
) -> Iterator[Samples]:
    """Decode one track of a file and close the file; see `decode_container`."""
    with container:
        track = cast(AudioStream, container.streams[number])
        clock = _Clock(_origin_s(container, kind), charge)
        chain = _Chain()
        good = bad = 0
        whole = True
        for frames in _decode_packets(container, track):
            if frames is None:
                bad += 1
                if whole:
                    warnings.append(_damaged(clock.position_s))
                whole = False
                continue
            for frame in frames:
                if not frame.samples or not frame.sample_rate:
                    continue
                good += 1
                whole = True
                begin_s = clock.position_s
                gap_s = clock.place(frame)
                if gap_s >= WARNED_GAP_S and good > 1:
                    warnings.append(_gap(begin_s, gap_s))
                yield from chain.push(frame, gap_s=gap_s)
        if bad and not good:
            raise undecodable("The sound is damaged: nothing in it can be decoded.")
        missing_s = _stated_s(track, kind) - clock.position_s
        if good and missing_s > max(_END_S, 0.02 * clock.position_s):
            warnings.append(
                AudioWarning(
                    TRUNCATED,
                    f"The file ends {missing_s:.1f} s before the end that its header states.",
                    round(clock.position_s, 3),
                )
            )
        yield chain.flush()


def _damaged(at_s: float) -> AudioWarning:
    return AudioWarning(DAMAGED, "A damaged part was left out.", round(at_s, 3))


def _gap(at_s: float, seconds: float) -> AudioWarning:
    return AudioWarning(
        GAP, f"The timestamps jump by {seconds:.1f} seconds; silence fills the gap.", round(at_s, 3)
    )


def _origin_s(container: InputContainer, kind: str) -> float:
    """Return the timestamp, in seconds, that a player shows as 0."""
    if kind in _ZERO_IS_THE_CONTAINERS or container.start_time is None:
        return 0.0
    return container.start_time / av.time_base


def _stated_s(track: AudioStream, kind: str) -> float:
    """Return the length of a track in seconds as its header states it, 0 if it does not."""
    if kind not in _STATES_LENGTH or not track.duration or track.time_base is None:
        return 0.0
    return float(track.duration * track.time_base)


class _Clock:
    """Compares the timestamps of frames with the sound so far, as `AudioStream` does."""

    def __init__(self, origin_s: float, charge: Callable[[float], None]) -> None:
        self._shift_s = -origin_s
        self._charge = charge
        self._started = False
        self.position_s = 0.0

    def place(self, frame: AudioFrame) -> float:
        """Advance behind a frame and return the seconds of silence before it; they are charged."""
        length_s = frame.samples / frame.sample_rate
        gap_s = 0.0 if frame.time is None else self._gap_before(frame.time, length_s)
        if gap_s:
            self._charge(gap_s)
        self._started = True
        self.position_s += gap_s + length_s
        return gap_s

    def _gap_before(self, time_s: float, length_s: float) -> float:
        late_s = time_s + self._shift_s - self.position_s
        if abs(late_s) <= MAX_JITTER_S:
            drift_s = MAX_DRIFT * length_s
            self._shift_s -= max(-drift_s, min(drift_s, late_s))
            return 0.0
        if late_s < 0 or (not self._started and late_s > MAX_START_S):
            self._shift_s -= late_s
            return 0.0
        return late_s


class _Chain:
    """Frames of any layout and rate to mono at 16 kHz."""

    def __init__(self) -> None:
        self._reader = FrameReader()
        self._resampler = FollowingResampler()
        self._downmix: Downmix | None = None
        self._form = (0, 0)

    def push(self, frame: AudioFrame, *, gap_s: float) -> Iterator[Samples]:
        """Yield the samples of a frame, after `gap_s` seconds of silence."""
        samples = self._reader.read(frame)
        form = samples.shape[1], frame.sample_rate
        if form != self._form or self._downmix is None:
            if self._downmix is not None:
                yield self._resampler.push(self._downmix.flush(), rate=self._form[1])
            self._form, self._downmix = form, Downmix(form[0], rate=form[1])
        left = round(gap_s * form[1])
        while left > 0:
            silence = np.zeros((min(left, form[1]), form[0]), np.float32)
            left -= len(silence)
            yield self._resampler.push(self._downmix.push(silence), rate=form[1])
        yield self._resampler.push(self._downmix.push(samples), rate=form[1])

    def flush(self) -> Samples:
        """Return the samples that were held back."""
        if self._downmix is None:
            return NO_SAMPLES
        tail = self._resampler.push(self._downmix.flush(), rate=self._form[1])
        return np.concatenate((tail, self._resampler.flush()))


def _decode_packets(
    container: InputContainer, track: AudioStream
) -> Iterator[list[AudioFrame] | None]:
    """Yield the frames of each packet; None for a damaged packet or a damaged part between them."""
    track.codec_context.thread_count = 1
    errors = 0
    packets = container.demux(track)
    while True:
        try:
            packet = next(packets)
        except StopIteration:
            return
        except IndexError:  # PyAV, for a packet of a track that the header does not name
            packets = container.demux(track)
            continue
        except (av.FFmpegError, MemoryError):
            yield None
            errors += 1
            if errors > _MAX_ERRORS:
                break
            packets = container.demux(track)  # goes on behind the damage
            continue
        errors = 0
        try:
            yield [frame for frame in packet.decode() if isinstance(frame, AudioFrame)]
        except av.EOFError:
            return
        except (av.FFmpegError, MemoryError):
            yield None
    try:
        yield list(track.codec_context.decode(None))
    except (av.FFmpegError, MemoryError):
        return
