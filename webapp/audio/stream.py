"""A recorder's bytes to samples, while they arrive."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from webapp.audio.aac import AacDecoder
from webapp.audio.decoder import Decoder, PcmDecoder
from webapp.audio.demuxer import Demuxer, Packet, Track
from webapp.audio.errors import (
    DAMAGED,
    GAP,
    TOO_LONG,
    AudioError,
    AudioWarning,
    undecodable,
    unsupported,
)
from webapp.audio.mp4 import Mp4Demuxer
from webapp.audio.ogg import OggDemuxer
from webapp.audio.opus import open_opus
from webapp.audio.resample import NO_SAMPLES, SAMPLE_RATE, Samples
from webapp.audio.wav import WavDemuxer
from webapp.audio.webm import WebmDemuxer

Charge = Callable[[float], None]
_Item = Packet | float | Decoder
"""A packet, a gap in seconds, or the decoder of the packets behind it."""

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


MAX_JITTER_S = 0.2
"""A packet that is later than the sound so far by more begins after a gap, which silence fills."""

MAX_DRIFT = 0.001
"""Timestamps may run slower or faster than the samples by this share without forming a gap."""

_DRIFT_S = MAX_DRIFT * 0.02
"""The same per packet, which mostly holds 20 ms."""

MAX_START_S = 60.0
"""A stream whose first timestamp is later was cut from a longer one and begins at 0."""

MAX_GAP_S = 3600.0
"""Longest gap; a longer one is an error even where no budget limits the stream."""

WARNED_GAP_S = 1.0
"""Shorter gaps are ordinary in a stream that sends nothing while nobody speaks; no warning."""

MAX_WARNINGS = 20
"""Warnings of one stream; further ones are dropped."""

AFTER_PAUSE_S = 1.0
"""Sound after a resume within which a jump of the timestamps stands for the pause."""


class AudioStream:
    """Bytes of one recording become 16 kHz mono samples, in order, wherever they were cut.

    The container's timestamps place the packets: where a packet is more than `MAX_JITTER_S` later
    than the end of the sound before it, silence fills the gap, and a first packet at 2 s comes
    after 2 s of silence. A packet that is too early follows the one before; no sound is dropped.

    Parameters
    ----------
    demuxer
        The container's demuxer, new.
    charge
        The stream calls it with the duration in seconds of each packet and of each gap before it
        decodes any packet of a `push` or fills any gap. An exception from it goes through `push`:
        then nothing of that chunk was decoded, and the stream may go on with the next.
    patient
        True (uploads): damaged packets never end the stream, however many follow each other.
    """

    def __init__(
        self, demuxer: Demuxer, *, charge: Charge | None = None, patient: bool = False
    ) -> None:
        self._demuxer = demuxer
        self._charge = charge
        self._patient = patient
        self._items: list[_Item] = []  # read, and neither decoded nor skipped
        self._seconds: list[float] = []  # of sound in each
        self._decoder: Decoder | None = None  # of the packets that are decoded next
        self._reading: Decoder | None = None  # of the packets that are read next
        self._events = 0  # of the demuxer that were handled
        self._packets = 0  # that were read
        self._position_s = 0.0  # where the next packet begins, if it follows the last
        self._shift_s = 0.0  # what is added to timestamps
        self._begins = True  # whether the next packet is the first of a recording
        self._resumed_until_s = -1.0
        self._decoded_s = 0.0
        self._finished = False
        self._failure: AudioError | None = None
        self.warnings: list[AudioWarning] = []

    @property
    def track(self) -> Track | None:
        """The header's description of the first recording; None until it is read."""
        return self._demuxer.track

    @property
    def held(self) -> int:
        """Bytes that wait for the rest of their element."""
        return self._demuxer.held

    @property
    def waiting_s(self) -> float:
        """Seconds of sound that were read, and neither decoded nor skipped."""
        return sum(self._seconds)

    @property
    def waiting(self) -> int:
        """Packets and gaps that were read, and neither decoded nor skipped."""
        return len(self._items)

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
            ``undecodable``, ``unsupported_media`` or ``too_long``; samples before the damage come
            first, and the error with the next call. After it, every call raises it again.
        """
        self.read(data)
        return self.decode()

    def read(self, data: bytes) -> None:
        """Take the next bytes without decoding them; call `decode` or `skip` later.

        Packets wait together, and the caller limits their number: one visit to a decoder's state,
        which many others have driven out of the caches, then serves them all.

        Raises
        ------
        AudioError
            As `push`.
        """
        if self._finished:
            raise undecodable("The stream has ended.")
        self._queue(self._demuxer.push(data))

    def decode(self) -> Samples:
        """Return the samples of the packets that wait.

        Raises
        ------
        AudioError
            As `push`.
        """
        if self._failure is not None:
            raise self._failure
        if not self._items:
            return NO_SAMPLES
        parts: list[Samples] = []
        run: list[Packet] = []
        try:
            for item in self._take():
                if isinstance(item, Packet):
                    run.append(item)
                    continue
                parts.append(self._decode(run))
                run = []
                if isinstance(item, Decoder):
                    parts.append(self._end_recording())
                    self._decoder = item
                else:
                    assert self._decoder is not None
                    parts.append(self._decoder.silence(item))
            parts.append(self._decode(run))
        except AudioError as error:
            self._failure = error
            if not any(part.size for part in parts):
                raise
        samples = parts[0] if len(parts) == 1 else np.concatenate(parts)
        self._decoded_s += samples.size / SAMPLE_RATE
        return samples

    def skip(self, *, keep_s: float = 0.0) -> float:
        """Drop the oldest packets undecoded, so that at most `keep_s` seconds go on waiting.

        Returns
        -------
        float
            Seconds of sound that are lost.
        """
        waiting_s, count, lost_s = sum(self._seconds), 0, 0.0
        while count < len(self._seconds) and waiting_s > keep_s:
            waiting_s -= self._seconds[count]
            lost_s += self._seconds[count]
            count += 1
        for item in self._take(count) if count else ():
            if isinstance(item, Decoder):
                self._decoder = item
            elif isinstance(item, Packet):
                assert self._decoder is not None
                self._decoder.skip([item])
        return lost_s

    def resume(self) -> None:
        """Note that the recorder resumes after a pause.

        Recorders leave a pause out of their timestamps (MediaRecorder in Chromium, Firefox and
        Safari), and so does this server's timeline. For recorders that count the pause, a jump
        within `AFTER_PAUSE_S` of sound after the resume is taken for the pause and not filled.
        """
        self._resumed_until_s = self._position_s + AFTER_PAUSE_S

    def finish(self) -> Samples:
        """End the stream and return the samples that were held back.

        The end drops an unfinished last element; a stream without any packet gives no samples and
        no error.
        """
        if self._finished:
            return NO_SAMPLES
        self._finished = True
        self._queue(self._demuxer.finish())
        samples = self.decode()
        if self._decoder is None:
            return samples
        return np.concatenate((samples, self._decoder.flush()))

    def _queue(self, packets: list[Packet]) -> None:
        """Put packets and the gaps before them into the queue, after charging all of them."""
        items: list[_Item] = []
        seconds: list[float] = []
        for packet in packets:
            if self._events < len(self._demuxer.events):
                self._handle_events(items, seconds)
            if self._reading is None:
                assert self._demuxer.track is not None
                self._reading = self._decoder = self._open(self._demuxer.track)
            if packet.time_s is not None and (gap_s := self._gap_before(packet.time_s)):
                items.append(gap_s)
                seconds.append(gap_s)
                self._position_s += gap_s
            packet_s = self._reading.seconds(packet)
            items.append(packet)
            seconds.append(packet_s)
            self._position_s += packet_s - packet.trim / 48_000 if packet.trim else packet_s
            self._begins = False
            self._packets += 1
        self._handle_events(items, seconds)
        if self._charge is not None:
            for item_s in seconds:
                if item_s:
                    self._charge(item_s)
        self._items += items
        self._seconds += seconds

    def _handle_events(self, items: list[_Item], seconds: list[float]) -> None:
        """Take the warnings and the further recordings that stand before the next packet."""
        events = self._demuxer.events
        while self._events < len(events) and events[self._events][0] <= self._packets:
            event = events[self._events][1]
            self._events += 1
            if isinstance(event, AudioWarning):
                self._warn(event.code, event.message, at_s=self._position_s)
                continue
            first = self._reading is None
            self._reading = self._open(event)
            if first:
                self._decoder = self._reading
            else:
                items.append(self._reading)
                seconds.append(0.0)

    def _open(self, track: Track) -> Decoder:
        self._begins = True
        self._position_s -= track.skip / track.rate
        decoder = open_decoder(track)
        decoder.patient = self._patient
        return decoder

    def _gap_before(self, time_s: float) -> float:
        """Return the seconds of silence before a packet with this timestamp.

        A timestamp that is early, or that drifts, moves the zero of the timestamps instead.

        Raises
        ------
        AudioError
            ``too_long``.
        """
        late_s = time_s + self._shift_s - self._position_s
        if -MAX_JITTER_S <= late_s <= MAX_JITTER_S:
            self._shift_s -= _DRIFT_S if late_s > _DRIFT_S else max(-_DRIFT_S, late_s)
            return 0.0
        first = self._begins and (self._packets > 0 or time_s > MAX_START_S)
        resumes = self._position_s <= self._resumed_until_s
        if late_s < 0 or first or resumes:
            self._shift_s -= late_s
            if late_s > 0:
                self._resumed_until_s = -1.0
            return 0.0
        if late_s > MAX_GAP_S:
            raise AudioError(TOO_LONG, f"The timestamps jump by {late_s:.0f} seconds.")
        if late_s >= WARNED_GAP_S and not self._begins:
            self._warn(
                GAP,
                f"The timestamps jump by {late_s:.1f} seconds; silence fills the gap.",
                at_s=self._position_s,
            )
        return late_s

    def _warn(self, code: str, message: str, *, at_s: float) -> None:
        if len(self.warnings) < MAX_WARNINGS:
            self.warnings.append(AudioWarning(code, message, max(0.0, round(at_s, 3))))

    def _decode(self, packets: list[Packet]) -> Samples:
        if not packets:
            return NO_SAMPLES
        assert self._decoder is not None
        bad = self._decoder.bad
        samples = self._decoder.decode(packets)
        if self._decoder.bad > bad:
            self._warn(
                DAMAGED,
                f"{self._decoder.bad - bad} damaged packets were replaced by estimated sound.",
                at_s=self._decoded_s,
            )
        return samples

    def _end_recording(self) -> Samples:
        """Flush the decoder of a recording that another one follows."""
        assert self._decoder is not None
        try:
            return self._decoder.flush()
        except AudioError as error:
            self._warn(DAMAGED, error.message, at_s=self._decoded_s)
            return NO_SAMPLES

    def _take(self, count: int | None = None) -> list[_Item]:
        """Remove and return the oldest items of the queue, all of them without a number."""
        taken = self._items[:count]
        del self._items[:count], self._seconds[:count]
        return taken


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
