"""What the audio room may lean on."""

from __future__ import annotations

import ast
import subprocess
import sys

import pytest

from webapp.audio.opus_packet import packet_samples


def test_the_audio_room_imports_nothing_else_of_the_project(root):
    for path in (root / "webapp" / "audio").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0, path
                names = [node.module or ""]
            for name in names:
                inside = name.split(".")[0] in ("webapp", "models", "training", "benchmarks")
                assert not inside or name.startswith("webapp.audio"), f"{path}: {name}"


@pytest.mark.parametrize("package", ["av", "tensorflow", "librosa", "scipy", "soundfile"])
def test_a_live_opus_stream_does_without(root, package):
    program = (
        "import pathlib, sys; from webapp.audio import open_stream; "
        "d = pathlib.Path('tests/fixtures/mediarecorder/chr_speech_100.bin').read_bytes(); "
        f"assert open_stream('audio/webm').push(d).size; sys.exit({package!r} in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], cwd=root).returncode == 0


def test_a_packet_of_every_first_byte_is_a_multiple_of_two_and_a_half_milliseconds():
    lengths = {packet_samples(bytes([toc, 1])) for toc in range(256)}
    assert min(lengths) == 120
    assert max(lengths) == 5_760
    assert all(length % 120 == 0 for length in lengths)
