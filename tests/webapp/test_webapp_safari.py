"""What Safari records, over a real server: AAC in fragmented MP4, a second at a time.

WebKit ends a fragment only once it holds a second of sound, however short the slices that are asked
for; until then its recorder hands out nothing, or empty blobs (WebKit's bug 301507). Here FFmpeg
writes such fragments of a sample clip, and they are cut where Safari cuts them.
"""

from __future__ import annotations

import io
import itertools
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import pytest

from tests.servers import LiveClient, Server
from tests.webapp.conftest import Recorded, wav
from tests.webapp.test_webapp_gunicorn import upload
from webapp.audio import decode_file

ROUNDS = 3  # the clip is short
CLIP = "samples/synthetic/angry-woman-home.flac"
NEW, OLD = "audio/mp4;codecs=mp4a.40.2", "audio/mp4"
KINDS = {
    "mono of 48 kHz": (48_000, "mono", 1.0, OLD),
    "stereo of 44.1 kHz": (44_100, "stereo", 1.0, NEW),
    "fragments of 0.2 s": (48_000, "mono", 0.2, NEW),
}


def as_safari(clip: Path, *, rate: int, layout: str, fragment_s: float) -> bytes:
    """Return a clip, some times over, as the file that Safari's recorder would have made of it."""
    with av.open(str(clip)) as source:
        frames = list(source.decode(audio=0))
    fragments = {
        "movflags": "empty_moov+default_base_moof",
        "frag_duration": str(round(fragment_s * 1e6)),
    }
    out = io.BytesIO()
    with av.open(out, "w", format="mp4", options=fragments) as target:
        sound = target.add_stream("aac", rate=rate, layout=layout)
        sound.bit_rate = 48_000
        fit = av.AudioResampler(
            format=sound.codec_context.format, layout=layout, rate=rate, frame_size=1024
        )
        for frame in [*frames * ROUNDS, None]:
            if frame is not None:
                frame.pts = None  # one after the other
            for part in fit.resample(frame):
                target.mux(sound.encode(part))
        target.mux(sound.encode())
    return out.getvalue()


def boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield the kind and the bytes of each outermost box."""
    at = 0
    while at < len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        yield data[at + 4 : at + 8], data[at : at + size]
        at += size


def cut(data: bytes) -> list[bytes]:
    """Cut it into whole fragments, the first with the header before it."""
    chunks, chunk = [], b""
    for kind, box in boxes(data):
        chunk += box
        if kind == b"mdat":
            chunks.append(chunk)
            chunk = b""
    return [*chunks, chunk]  # the index of the fragments, at its end


@pytest.fixture(scope="module", params=KINDS)
def safari(request: pytest.FixtureRequest, root: Path) -> Recorded:
    """A recording as Safari hands it out."""
    rate, layout, fragment_s, mime_type = KINDS[request.param]
    data = as_safari(root / CLIP, rate=rate, layout=layout, fragment_s=fragment_s)
    chunks = cut(data)
    assert b"".join(chunks) == data
    assert len(chunks) > 5 / fragment_s
    return Recorded(mime_type, chunks)


def test_what_safari_records_goes_live_and_equals_its_upload(
    server: Server, safari: Recorded
) -> None:
    with LiveClient(server.url) as client:
        assert client.start(safari.mime_type)["ok"]
        for chunk in safari.chunks[:-1]:
            client.send(chunk)
        client.wait_for(client.predictions, 4)
        assert {p["state"] for p in client.predictions} & {"speech", "unsure"}  # while it goes on
        client.send(safari.chunks[-1])
        summary = client.stop()
        assert not client.problems
    ends = [0.0] + [p["end_s"] for p in client.predictions]
    assert max(after - before for before, after in itertools.pairwise(ends)) <= 0.5
    status, answer = upload(server.url, safari.data)
    assert status == 200
    assert {key: value for key, value in answer.items() if key != "file"} == summary


def test_safaris_coding_changes_little_of_what_is_heard(
    server: Server, safari: Recorded, root: Path
) -> None:
    decoded = np.concatenate(list(decode_file((root / CLIP).read_bytes())))
    _, answer = upload(server.url, safari.data)
    _, plain = upload(server.url, wav(np.tile(decoded, ROUNDS)))
    assert answer["duration_s"] == pytest.approx(plain["duration_s"], abs=0.1)
    assert answer["emotion"] == plain["emotion"]
    for emotion, share in answer["probabilities"].items():
        assert share == pytest.approx(plain["probabilities"][emotion], abs=0.15), emotion
