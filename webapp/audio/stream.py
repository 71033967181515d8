"""A recorder's bytes, as they come, to samples."""

from __future__ import annotations

from collections.abc import Callable

from webapp.audio.aac import AacDecoder
from webapp.audio.decoder import Decoder, PcmDecoder
from webapp.audio.demuxer import Demuxer, Packet, Track
from webapp.audio.errors import undecodable, unsupported
from webapp.audio.mp4 import Mp4Demuxer
from webapp.audio.ogg import OggDemuxer
from webapp.audio.opus import open_opus
from webapp.audio.resample import NO_SAMPLES, Samples
from webapp.audio.wav import WavDemuxer
from webapp.audio.webm import WebmDemuxer

Charge = Callable[[float], None]

_WAV = (WavDemuxer, ("1", "3", "pcm"))
_WEBM = (WebmDemuxer, ("opus", "pcm"))
_MP4 = (Mp4Demuxer, ("opus", "mp4a", "aac"))
_OGG = (OggDemuxer, ("opus",))
_CONTAINERS: dict[str, tuple[type[Demuxer], tuple[str, ...]]] = {
    "audio/webm": _WEBM,
    "video/webm": _WEBM,
    "audio/mp4": _MP4,
    "video/mp4": _MP4,
    "audio/ogg": _OGG,
    "application/ogg": _OGG,
    "audio/wav": _WAV,
    "audio/wave": _WAV,
    "audio/x-wav": _WAV,
    "audio/vnd.wave": _WAV,
}


class AudioStream:
    """Bytes of one recording become 16 kHz mono samples, in order, wherever they were cut.

    Parameters
    ----------
    demuxer
        The container's demuxer, new.
    charge
        Called with each packet's duration in seconds before any packet of a `push` is decoded. What
        it raises goes through `push`: then nothing of that chunk was decoded, and the stream may go
        on with the next.
    """

    def __init__(self, demuxer: Demuxer, *, charge: Charge | None = None) -> None:
        self._demuxer = demuxer
        self._charge = charge
        self._packets: list[Packet] = []  # read, and neither decoded nor passed over
        self._seconds: list[float] = []  # of sound in each
        self._decoder: Decoder | None = None
        self._finished = False

    @property
    def track(self) -> Track | None:
        """What the header says; None until it is read."""
        return self._demuxer.track

    @property
    def held(self) -> int:
        """Bytes that wait for the rest of their element."""
        return self._demuxer.held

    @property
    def waiting_s(self) -> float:
        """Seconds of sound that were read, and neither decoded nor passed over."""
        return sum(self._seconds)

    @property
    def waiting(self) -> int:
        """Packets of it."""
        return len(self._packets)

    def push(self, data: bytes) -> Samples:
        """Decode the next bytes.

        Parameters
        ----------
        data
            Any number of bytes.

        Returns
        -------
        numpy.ndarray
            float32, shape (n,), mono at 16 kHz, about -1..1; n may be 0.

        Raises
        ------
        AudioError
            ``undecodable`` or ``unsupported_media``; samples before the damage come first, and the
            error with the next call. After it, every call raises it again.
        """
        self.read(data)
        return self.decode()

    def read(self, data: bytes) -> None:
        """Take the next bytes without decoding them: `decode` or `skip` comes when it suits.

        Packets wait together, and whoever reads says how many may: one visit to a decoder's state,
        which many others have driven out of the caches, then serves them all.

        Raises
        ------
        AudioError
            As `push`.
        """
        if self._finished:
            raise undecodable("The stream has ended.")
        packets = self._demuxer.push(data)
        if not packets:
            return
        if self._decoder is None:
            assert self._demuxer.track is not None
            self._decoder = open_decoder(self._demuxer.track)
        seconds = [self._decoder.seconds(packet) for packet in packets]
        if self._charge is not None:
            for packet_s in seconds:
                self._charge(packet_s)
        self._packets += packets
        self._seconds += seconds

    def decode(self) -> Samples:
        """Return the samples of what was read.

        Raises
        ------
        AudioError
            As `push`.
        """
        if not self._packets:
            return NO_SAMPLES
        assert self._decoder is not None
        return self._decoder.decode(self._take())

    def skip(self, *, keep_s: float = 0.0) -> float:
        """Leave the oldest of what waits undecoded, so that no more than so much goes on waiting.

        Returns
        -------
        float
            Seconds of sound that are lost.
        """
        waiting_s, count = sum(self._seconds), 0
        while count < len(self._seconds) and waiting_s > keep_s:
            waiting_s -= self._seconds[count]
            count += 1
        if not count:
            return 0.0
        assert self._decoder is not None
        return self._decoder.skip(self._take(count))

    def _take(self, count: int | None = None) -> list[Packet]:
        """Return the oldest packets, all of them without a number; they wait no more."""
        taken = self._packets[:count]
        del self._packets[:count], self._seconds[:count]
        return taken

    def finish(self) -> Samples:
        """End the stream: the samples that were held back, of what has been decoded.

        An unfinished last element is dropped; a stream that never began gives no samples and no
        error.
        """
        if self._finished:
            return NO_SAMPLES
        self._finished = True
        self._demuxer.finish()
        return NO_SAMPLES if self._decoder is None else self._decoder.flush()


def open_decoder(track: Track) -> Decoder:
    """Make the decoder for a track.

    Raises
    ------
    AudioError
        ``undecodable`` where the track's description is damaged.
    """
    if track.codec == "opus":
        return open_opus(track)
    if track.codec == "aac":
        return AacDecoder(track)
    return PcmDecoder(track)


def open_stream(mime_type: str, *, charge: Charge | None = None) -> AudioStream:
    """Begin to decode a recording of which the bytes are still to come.

    Parameters
    ----------
    mime_type
        As MediaRecorder names it: ``audio/webm`` (Opus, PCM), ``audio/mp4`` (fragmented; Opus,
        AAC), ``audio/ogg`` (Opus) or ``audio/wav`` (PCM), with or without ``;codecs=``.
    charge
        See `AudioStream`.

    Returns
    -------
    AudioStream

    Raises
    ------
    AudioError
        ``unsupported_media`` for any other type.
    """
    kind, *parameters = [part.strip() for part in str(mime_type).lower().split(";")]
    known = _CONTAINERS.get(kind)
    if known is None:
        raise unsupported(
            f"A stream of type {str(mime_type)[:60]!r} is not read; WebM, MP4, Ogg and WAV are."
        )
    demuxer, codecs = known
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() != "codecs":
            continue
        # MediaRecorder names one codec of sound; a video's may stand beside it and does not matter.
        named = [codec.strip().split(".")[0] for codec in value.strip().strip("\"'").split(",")]
        if not set(named) & set(codecs):
            raise unsupported(f"Sound of type {str(mime_type)[:60]!r} is not read.")
    return AudioStream(demuxer(), charge=charge)
