"""Files that recorders, messengers and players write: judged like the same speech in a plain WAV.

tests/fixtures/cases holds variants of one synthetic clip of 2.05 s, base.wav. The WAV variants are
made here from its bytes.
"""

from __future__ import annotations

import io
import json
import struct
from pathlib import Path

import numpy as np
import pytest

from webapp import create_app
from webapp.audio import decode_file
from webapp.settings import Settings

CASES = Path(__file__).parents[1] / "fixtures" / "cases"
BASE = (CASES / "base.wav").read_bytes()

EXACT = 0.01
"""Difference of probabilities where the samples, after some milliseconds, are the same."""
CODED = 0.1
"""The same where a codec changes the sound a little: Opus changes base.wav by up to 0.09."""

TELEPHONE = 0.35
"""The same where a telephone codec of 13 or 32 kbit/s removes all sound above 4 kHz. Such a codec
may also change the emotion of base.wav, whose two best emotions are close."""

# name: longest duration beyond base.wav's 2.05 s, codes of the warnings
CODED_CASES = {
    "A14-g722.wav": (0.0, []),
    "A14-g726.wav": (0.0, []),
    "A14-gsm.wav": (0.04, []),
    "B02-midframe.mp3": (0.08, []),
    "B02b-midframe44.mp3": (0.08, []),
    "B03-ff-run.mp3": (0.08, []),
    "B03b-zeros.mp3": (0.08, []),
    "B08-ape-front.mp3": (0.08, []),
    "B18-stereo-invert.mp3": (0.08, []),
    "B20d-adts-midframe.aac": (0.08, []),
    "C01b-apac-aac.qta": (0.08, []),
    "C10-51.m4a": (0.08, []),
    "C15-frag-trailing.mp4": (0.15, ["trailing"]),
    "D01-chained.ogg": (0.0, ["joined"]),
    "D01b-chained-same-serial.ogg": (0.0, ["joined"]),
    "D08-51.ogg": (0.0, []),
    "D10b-junk-end.ogg": (0.0, ["trailing"]),
    "D10d-bitflip.ogg": (0.0, ["damaged"]),
    "E02-two-recordings.webm": (0.06, ["joined"]),
    "E07-second-first.webm": (0.06, ["other_track"]),
    "E08-opus51.mkv": (0.0, []),
    "E13-trailing.webm": (0.06, ["trailing"]),
    "G01c-inverted.webm": (0.06, []),
    "G01d-inverted.m4a": (0.08, []),
}


def chunk(name: bytes, body: bytes) -> bytes:
    return name + struct.pack("<I", len(body)) + body


def wav_variant(
    *,
    align: int = 2,
    rate: int = 32_000,
    before: bytes = b"",
    behind: bytes = b"",
    channels: int = 1,
    samples: np.ndarray | None = None,
) -> bytes:
    """Write base.wav's samples with other header fields and other bytes around them."""
    pcm = BASE[44:] if samples is None else samples.astype("<i2").tobytes()
    form = struct.pack("<HHIIHH", 1, channels, 16_000, rate, align, 16)
    body = b"WAVE" + chunk(b"fmt ", form) + before + chunk(b"data", pcm) + behind
    return b"RIFF" + struct.pack("<I", len(body)) + body


MONO = np.frombuffer(BASE[44:], "<i2")
WAV_CASES = {
    "block align 1": (wav_variant(align=1), []),
    "block align 4": (wav_variant(align=4), []),
    "block align and byte rate 0": (wav_variant(align=0, rate=0), []),
    "a chunk whose name is not ASCII": (
        wav_variant(before=chunk("äöüß".encode("latin-1"), b"12")),
        [],
    ),
    "0xFF behind": (wav_variant(behind=b"\xff" * 100), ["trailing"]),
    "UTF-16 text behind": (wav_variant(behind="some text".encode("utf-16")), ["trailing"]),
    "an ID3 tag in front": (b"ID3\x03\0\0\0\0\0\x0a" + bytes(10) + BASE, []),
    "two ID3 tags in front": ((b"ID3\x03\0\0\0\0\0\x0a" + bytes(10)) * 2 + BASE, []),
    "inverted stereo": (
        wav_variant(channels=2, align=4, rate=64_000, samples=np.stack([MONO, -MONO], axis=1)),
        [],
    ),
}


@pytest.fixture(scope="module")
def app():
    """An application that no other test counts uploads of."""
    return create_app(Settings(max_uploads_per_minute=1_000))


@pytest.fixture(scope="module")
def base(app) -> dict:
    return post(app, BASE)


def post(app, data: bytes, name: str = "a") -> dict:
    form = {"file": (io.BytesIO(data), name)}
    answer = app.test_client().post("/api/v1/predictions", data=form)
    assert answer.status_code == 200, answer.json
    return answer.json


def by_command(app, path: Path) -> dict:
    result = app.test_cli_runner().invoke(args=["predict", str(path)])
    return json.loads(result.stdout)


def assert_alike(answer: dict, base: dict, *, tolerance: float, longer_s: float) -> None:
    assert tolerance == TELEPHONE or answer["emotion"] == base["emotion"]
    assert answer["probabilities"] == pytest.approx(base["probabilities"], abs=tolerance)
    assert base["duration_s"] - 0.02 <= answer["duration_s"] <= base["duration_s"] + longer_s + 0.02


@pytest.mark.parametrize("name", CODED_CASES)
def test_a_case_is_judged_like_the_plain_file_by_http_and_command_line(app, base, name):
    longer_s, codes = CODED_CASES[name]
    path = CASES / name
    answer = post(app, path.read_bytes(), str(path))
    tolerance = TELEPHONE if name in ("A14-g726.wav", "A14-gsm.wav") else CODED
    assert_alike(answer, base, tolerance=tolerance, longer_s=longer_s)
    assert [warning["code"] for warning in answer["warnings"]] == codes
    assert by_command(app, path) == answer | {"file": str(path)}
    samples = sum(block.size for block in decode_file(path.read_bytes()))
    assert samples / 16_000 == pytest.approx(answer["duration_s"], abs=0.001)


@pytest.mark.parametrize("name", WAV_CASES)
def test_a_wav_file_with_odd_bytes_is_judged_exactly_like_the_plain_one(app, base, tmp_path, name):
    data, codes = WAV_CASES[name]
    answer = post(app, data)
    assert_alike(answer, base, tolerance=EXACT, longer_s=0.0)
    assert [warning["code"] for warning in answer["warnings"]] == codes
    path = tmp_path / "a.wav"
    path.write_bytes(data)
    assert by_command(app, path) == answer | {"file": str(path)}


def test_sound_that_begins_two_seconds_after_the_picture_is_shown_there(app, base):
    answer = post(app, (CASES / "C21c-delayed.mp4").read_bytes())
    assert answer["duration_s"] == pytest.approx(base["duration_s"] + 2.0, abs=0.1)
    first = next(window for window in answer["timeline"] if window["state"] != "silence")
    assert first["end_s"] > 2.0


def test_a_jump_of_the_timestamps_is_silence_of_that_length(app, base):
    answer = post(app, (CASES / "E03-gap10s.webm").read_bytes())
    assert answer["duration_s"] == pytest.approx(base["duration_s"] + 10.0, abs=0.1)
    (warning,) = answer["warnings"]
    assert warning["code"] == "gap"
    assert warning["at_s"] == pytest.approx(1.0, abs=0.1)
    silent = [window for window in answer["timeline"] if 5.0 <= window["end_s"] <= 10.0]
    assert {window["state"] for window in silent} == {"silence"}


def test_a_header_that_claims_two_gigabytes_is_refused(app):
    form = {"file": (io.BytesIO((CASES / "J01-info-claims-2gb.wav").read_bytes()), "a")}
    answer = app.test_client().post("/api/v1/predictions", data=form)
    assert answer.status_code == 422
    assert answer.json["error"]["code"] == "undecodable"
