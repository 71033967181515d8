"""A long recording out of a short one: Chromium's packets, cut as Chromium cut them, in a new WebM.

A recorder's stream cannot be repeated by repeating its bytes: only its first chunk has a header.
So the packets of a fixture are taken out and written again, one time round after the other, behind
the fixture's own header, as one recording that goes on and on. At the seam libopus meets a jump;
the cost of decoding does not change.
"""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from models import Recognizer, Window
from webapp.audio import open_stream
from webapp.audio.webm import WebmDemuxer

FIXTURE = (
    Path(__file__).resolve().parent.parent / "tests/fixtures/mediarecorder/chr_speech_100.json"
)
CLUSTER_ID = b"\x1f\x43\xb6\x75"
CHUNK_MS = 120
PACKET_MS = 60  # what Chromium puts into a packet
CLUSTER_MS = 6000  # a block's time counts from its cluster's, in 16 bits


@dataclass(frozen=True)
class Chunk:
    """What a recorder gives at once: when, in seconds from its start, and the bytes."""

    at_s: float
    data: bytes


@dataclass(frozen=True)
class Recording:
    """A recorder's stream.

    Attributes
    ----------
    mime_type : str
    chunks : tuple of Chunk
    """

    mime_type: str
    chunks: tuple[Chunk, ...]

    @property
    def data(self) -> bytes:
        """The whole as one file."""
        return b"".join(chunk.data for chunk in self.chunks)

    def packets(self) -> list[list[bytes]]:
        """Return the Opus packets that each chunk completes."""
        demuxer = WebmDemuxer()
        return [[packet.data for packet in demuxer.push(chunk.data)] for chunk in self.chunks]

    def samples(self) -> list[npt.NDArray[np.float32]]:
        """Return the samples that each chunk gives, 16 kHz mono, each of shape (n,)."""
        stream = open_stream(self.mime_type)
        return [stream.push(chunk.data) for chunk in self.chunks]

    def windows(self, recognizer: Recognizer, *, step_s: float) -> list[list[Window]]:
        """Return the windows that each chunk completes: what a server will answer, and when."""
        stream = recognizer.stream(step_s=step_s)
        return [stream.push(samples) for samples in self.samples()]


def load(path: Path = FIXTURE) -> Recording:
    """Read a fixture: what MediaRecorder gave, chunk by chunk, and when."""
    about = json.loads(path.read_text(encoding="utf-8"))
    data = path.with_suffix(".bin").read_bytes()
    return Recording(
        about["mime"],
        tuple(
            Chunk(chunk["client_ms"] / 1000, data[chunk["offset"] :][: chunk["length"]])
            for chunk in about["chunks"]
        ),
    )


def echoed(chunks: int, *, step_s: float) -> int:
    """Return how many predictions the bare echo has sent after so many chunks."""
    return chunks * CHUNK_MS // round(1000 * step_s)


def prolong(recording: Recording, *, seconds: float) -> Recording:
    """Return a recording of at least so many seconds, made of this one's packets.

    Each chunk ends one byte into the next block, as Chromium's do.
    """
    groups = recording.packets()
    period_ms = PACKET_MS * sum(map(len, groups))
    pieces: list[bytes] = []
    times: list[float] = []
    now_ms, cluster_ms = 0, -CLUSTER_MS
    for turn in itertools.count():
        for chunk, packets in zip(recording.chunks, groups, strict=True):
            blocks = []
            for packet in packets:
                if now_ms - cluster_ms >= CLUSTER_MS:
                    cluster_ms = now_ms
                    blocks.append(_cluster(now_ms))
                blocks.append(_block(packet, now_ms - cluster_ms))
                now_ms += PACKET_MS
            pieces.append(b"".join(blocks))
            times.append(turn * period_ms / 1000 + chunk.at_s)
        if now_ms >= seconds * 1000:
            break
    first = recording.chunks[0].data
    stream = first[: first.index(CLUSTER_ID)] + b"".join(pieces)
    ends = np.cumsum([len(stream) - sum(map(len, pieces)) + len(pieces[0]), *map(len, pieces[1:])])
    cuts = [0, *(min(int(end) + 1, len(stream)) for end in ends)]
    return Recording(
        recording.mime_type,
        tuple(
            Chunk(at_s, stream[begin:end])
            for at_s, begin, end in zip(times, cuts[:-1], cuts[1:], strict=True)
        ),
    )


def _cluster(at_ms: int) -> bytes:
    """Return the head of a Cluster of unknown size, with its Timestamp (RFC 9559, 5.1.3)."""
    return CLUSTER_ID + b"\x01" + b"\xff" * 7 + b"\xe7\x84" + at_ms.to_bytes(4, "big")


def _block(packet: bytes, after_ms: int) -> bytes:
    """Return a SimpleBlock of track 1 (RFC 9559, 10.2)."""
    body = b"\x81" + after_ms.to_bytes(2, "big") + b"\x80" + packet
    return b"\xa3" + (0x4000 | len(body)).to_bytes(2, "big") + body
