"""`make samples` against a real HTTP server with an archive of RAVDESS's layout."""

from __future__ import annotations

import io
import json
import os
import re
import socket
import subprocess
import sys
import threading
import wave
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models import EMOTIONS
from scripts.fetch_samples import Wanted
from scripts.range_file import RangeError, RangeFile

ROOT = Path(__file__).resolve().parents[2]
RATE = 48_000
CODES = {"neutral": "01", "happy": "03", "sad": "04", "angry": "05", "fearful": "06"}


def recording(seed: int) -> bytes:
    """One second that compresses as little as a voice does."""
    samples = np.random.default_rng(seed).normal(0, 3000, RATE).astype("<i2")
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setparams((1, 2, RATE, len(samples), "NONE", ""))
        sound.writeframes(samples.tobytes())
    return file.getvalue()


def make_archive(*, actors: int = 24, damage: str | None = None) -> bytes:
    """Both takes of both sentences in five emotions, by each actor, as RAVDESS lays them out."""
    sounds = [recording(seed) for seed in range(3)]
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for actor in range(1, actors + 1):
            archive.writestr(f"Actor_{actor:02}/", b"")
            for number, code in enumerate(("01", "03", "04", "05", "06")):
                for intensity in ("01", "02")[: 1 if code == "01" else 2]:
                    name = f"Actor_{actor:02}/03-01-{code}-{intensity}-01-01-{actor:02}.wav"
                    archive.writestr(name, sounds[(actor + number) % 3])
    data = bytearray(file.getvalue())
    if damage:
        with zipfile.ZipFile(io.BytesIO(bytes(data))) as archive:
            at = archive.getinfo(damage).header_offset
        data[at + 40_000 : at + 40_100] = bytes(100)
    return bytes(data)


@dataclass
class Site:
    """A server with one file, and what it was asked."""

    data: bytes
    ranges: bool = True
    break_off: bool = False
    status: int | None = None
    redirect: bool = False
    port: int = 0
    sent: int = 0
    asked: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/Audio_Speech_Actors_01-24.zip"


def start_site(data: bytes, **options) -> tuple[Site, ThreadingHTTPServer]:
    site = Site(data, **options)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = self.headers.get("Range", "")
            site.asked.append(asked)
            if site.redirect and not self.path.startswith("/elsewhere"):
                self.send_response(302)
                self.send_header("Location", "/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            if site.status:
                self.send_error(site.status)
                return
            first, last = re.fullmatch(r"bytes=(\d*)-(\d*)", asked).groups()
            size = len(site.data)
            begin = int(first) if first else max(size - int(last), 0)
            end = min(int(last), size - 1) if first and last else size - 1
            body = site.data[begin : end + 1] if site.ranges else site.data
            self.send_response(206 if site.ranges else 200)
            if site.ranges:
                self.send_header("Content-Range", f"bytes {begin}-{end}/{size}")
            self.send_header("ETag", '"one"')
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if site.break_off and first:
                body = body[: len(body) // 2]
            try:
                self.wfile.write(body)
                site.sent += len(body)
            except OSError:
                pass  # the client has heard enough

        def log_message(self, *arguments) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    site.port = server.server_port
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return site, server


@pytest.fixture
def serve() -> Iterator:
    servers = []

    def start(data: bytes, **options) -> Site:
        site, server = start_site(data, **options)
        servers.append(server)
        return site

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="module")
def archive() -> bytes:
    return make_archive()


def fetch(url: str, folder: Path, *arguments: str) -> subprocess.CompletedProcess:
    environment = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")}
    return subprocess.run(
        [sys.executable, "-m", "scripts.fetch_samples", "--to", folder, *arguments],
        cwd=ROOT,
        env={**environment, "RAVDESS_URL": url},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def entries(folder: Path) -> list[dict]:
    return json.loads((folder / "samples.json").read_text(encoding="utf-8"))


def assert_one_sentence(done: subprocess.CompletedProcess, *words: str) -> None:
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1, done.stderr
    assert "Traceback" not in done.stderr
    for word in ("samples: ", *words):
        assert word in done.stderr


def test_ten_clips_are_fetched_whole_and_listed(serve, archive, tmp_path):
    done = fetch(serve(archive).url, tmp_path / "fetched")
    assert done.returncode == 0, done.stderr
    listed = entries(tmp_path / "fetched")
    assert {(e["emotion"], e["voice"]) for e in listed} == {
        (emotion, voice) for emotion in EMOTIONS for voice in ("woman", "man")
    }
    with zipfile.ZipFile(io.BytesIO(archive)) as original:
        for entry in listed:
            member = f"Actor_{entry['file'][-6:-4]}/{entry['file']}"
            assert (tmp_path / "fetched" / entry["file"]).read_bytes() == original.read(member)
            assert entry["file"].split("-")[2] == CODES[entry["emotion"]]
            assert entry["duration_s"] == 1.0
            assert entry["licence"] == "CC BY-NC-SA 4.0"
            assert entry["synthetic"] is False
            assert "Livingstone" in entry["source"]


def test_the_licence_is_shown(serve, archive, tmp_path):
    shown = fetch(serve(archive).url, tmp_path).stdout
    assert "CC BY-NC-SA 4.0" in shown.splitlines()[1]
    assert "Livingstone" in shown


def test_only_a_small_part_of_the_archive_is_sent(serve, archive, tmp_path):
    site = serve(archive)
    fetch(site.url, tmp_path)
    clips = sum((tmp_path / entry["file"]).stat().st_size for entry in entries(tmp_path))
    assert all(asked.startswith("bytes=") for asked in site.asked)
    assert site.sent < clips + 256 * 1024 + 20 * 65536
    assert site.sent < len(archive) / 5


def test_a_second_run_asks_the_server_nothing(serve, archive, tmp_path):
    site = serve(archive)
    fetch(site.url, tmp_path)
    asked = len(site.asked)
    assert fetch(site.url, tmp_path).returncode == 0
    assert len(site.asked) == asked


def test_a_run_goes_on_where_the_last_one_stopped(serve, archive, tmp_path):
    site = serve(archive)
    fetch(site.url, tmp_path)
    lost = tmp_path / Wanted(2, "angry").file
    kept = tmp_path / Wanted(2, "happy").file
    before = kept.stat().st_mtime_ns
    sent = site.sent
    lost.unlink()
    assert fetch(site.url, tmp_path).returncode == 0
    assert lost.is_file()
    assert kept.stat().st_mtime_ns == before
    assert site.sent - sent < 256 * 1024 + 2 * lost.stat().st_size


def test_other_actors_can_be_asked_for_and_join_the_list(serve, archive, tmp_path):
    site = serve(archive)
    fetch(site.url, tmp_path)
    assert fetch(site.url, tmp_path, "--actors", "23").returncode == 0
    assert len(entries(tmp_path)) == 15


def test_a_redirection_is_followed(serve, archive, tmp_path):
    assert fetch(serve(archive, redirect=True).url, tmp_path).returncode == 0


def test_a_server_that_ignores_ranges_is_refused_without_fetching_the_whole(
    serve, archive, tmp_path
):
    site = serve(archive, ranges=False)
    assert_one_sentence(fetch(site.url, tmp_path / "fetched"), "does not send parts of files")
    assert not (tmp_path / "fetched").exists()
    assert site.sent < len(archive)


def test_no_server_is_one_sentence(tmp_path):
    with socket.socket() as reserved:  # bound but not listening: nobody answers, nobody takes it
        reserved.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{reserved.getsockname()[1]}/archive.zip"
        assert_one_sentence(fetch(url, tmp_path / "fetched"), "is there a network")
    assert not (tmp_path / "fetched").exists()


def test_no_network_is_one_sentence(tmp_path):
    done = fetch("http://no-such-host.invalid/archive.zip", tmp_path / "fetched")
    assert_one_sentence(done, "is there a network")


@pytest.mark.parametrize("status", [404, 429, 503])
def test_a_refusal_is_one_sentence_with_its_status(serve, archive, tmp_path, status):
    assert_one_sentence(fetch(serve(archive, status=status).url, tmp_path), str(status))


def test_an_address_that_is_no_http_is_refused(tmp_path):
    assert_one_sentence(fetch("file:///etc/hostname", tmp_path), "not an http or https address")


def test_a_truncated_archive_is_one_sentence(serve, archive, tmp_path):
    site = serve(archive[: len(archive) // 2])
    assert_one_sentence(fetch(site.url, tmp_path / "fetched"), "not a zip archive")
    assert not (tmp_path / "fetched").exists()


def test_a_connection_that_breaks_off_leaves_nothing_half_written(serve, archive, tmp_path):
    done = fetch(serve(archive, break_off=True).url, tmp_path)
    assert_one_sentence(done)
    assert list(tmp_path.iterdir()) == []


def test_an_archive_of_another_layout_is_one_sentence_and_nothing_is_written(serve, tmp_path):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as other:
        other.writestr("speech/01-neutral.wav", recording(1))
    done = fetch(serve(file.getvalue()).url, tmp_path / "fetched")
    assert_one_sentence(done, "holds no Actor_01/03-01-01-01-01-01-01.wav")
    assert not (tmp_path / "fetched").exists()


def test_a_damaged_member_is_found_by_its_checksum_and_not_kept(serve, tmp_path):
    bad = Wanted(1, "sad")
    done = fetch(serve(make_archive(actors=2, damage=bad.member)).url, tmp_path)
    assert_one_sentence(done, "damaged")
    assert not (tmp_path / bad.file).exists()
    # What came before it is whole and listed, so that the next run goes on from there.
    assert {e["file"] for e in entries(tmp_path)} == {p.name for p in tmp_path.glob("*.wav")}
    assert not list(tmp_path.glob(".part-*"))


def test_a_member_that_is_no_sound_is_refused(serve, tmp_path):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as other:
        for actor in (1, 2):
            for emotion in EMOTIONS:
                other.writestr(Wanted(actor, emotion).member, b"<html>not today</html>")
    assert_one_sentence(fetch(serve(file.getvalue()).url, tmp_path), "is not a WAV file")
    assert list(tmp_path.iterdir()) == []


def test_an_archive_in_zip64_form_is_read(serve, tmp_path):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as big:
        for actor in (1, 2):
            for emotion in EMOTIONS:
                with big.open(Wanted(actor, emotion).member, "w", force_zip64=True) as member:
                    member.write(recording(actor))
        for number in range(66_000):  # more members than the plain form can count
            big.writestr(f"x{number}", b"")
    assert fetch(serve(file.getvalue()).url, tmp_path).returncode == 0
    assert len(entries(tmp_path)) == 10


@pytest.fixture(scope="module")
def noise() -> Iterator[tuple[str, bytes]]:
    """A file at an address, for all of a property's examples."""
    data = np.random.default_rng(1).bytes(900_001)
    site, server = start_site(data)
    yield site.url, data
    server.shutdown()
    server.server_close()


@given(st.integers(0, 900_011), st.integers(-1, 200_000))
def test_a_file_read_in_ranges_is_the_file(noise, at, size):
    url, data = noise
    end = len(data) if size < 0 else at + size
    with RangeFile(url) as remote:
        assert remote.seek(at) == at
        assert remote.read(size) == data[at:end]
        assert remote.tell() == max(at, min(end, len(data)))


def test_a_file_shorter_than_the_first_request_is_read_whole(serve):
    with RangeFile(serve(b"short").url) as remote:
        assert remote.read() == b"short"
        assert remote.seek(-2, io.SEEK_END) == 3
        assert remote.read() == b"rt"
        with pytest.raises(OSError, match="before a file's start"):
            remote.seek(-1)


def test_a_file_that_changes_while_it_is_read_is_refused(serve):
    site = serve(bytes(2_000_000))
    remote = RangeFile(site.url)
    site.data = bytes(1_500_000)
    remote.seek(0)
    with pytest.raises(RangeError, match="changed"):
        remote.read(10)
