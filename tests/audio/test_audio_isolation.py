"""Files are decoded in a process of their own, which no file can use to harm the server."""

from __future__ import annotations

import contextlib
import os
import struct
import subprocess
import sys
import threading
import time
import zlib
from pathlib import Path

import numpy as np
import psutil
import pytest
from audio_files import element, mux, simple_block, sound_file, wav, webm_header
from audio_recordings import NAMES, load

from webapp.audio import AudioError, decode_file, decode_isolated
from webapp.audio.isolation import DecoderProcess, Limits, Usage

J01 = b"RIFF\x32\0\0\0WAVELIST\x26\0\0\0INFOISFT" + struct.pack("<I", 0x7FFFFFF0) + bytes(26)


def cmov_bomb(megabytes: int) -> bytes:
    """A QuickTime file whose compressed header unpacks to so much."""
    pump = zlib.compressobj(9)
    packed = b"".join(pump.compress(bytes(1 << 20)) for _ in range(megabytes)) + pump.flush()

    def box(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I4s", 8 + len(body), name) + body

    size = struct.pack(">I", megabytes << 20)
    return box(b"moov", box(b"cmov", box(b"dcom", b"zlib") + box(b"cmvd", size + packed)))


def id3_bomb(megabytes: int) -> bytes:
    """An AIFF file whose ID3 tag has a compressed text frame that unpacks to so much."""
    pump = zlib.compressobj(9)
    packed = b"".join(pump.compress(bytes(1 << 20)) for _ in range(megabytes)) + pump.flush()

    def sevens(number: int) -> bytes:
        return bytes(number >> shift & 0x7F for shift in (21, 14, 7, 0))

    frame = b"TIT2" + sevens(4 + len(packed)) + b"\0\x09" + sevens(megabytes << 20) + packed
    tag = b"ID3\x04\0\0" + sevens(len(frame)) + frame
    tag += bytes(len(tag) % 2)
    return struct.pack(">4sI4s4sI", b"FORM", 12 + len(tag), b"AIFF", b"ID3 ", len(tag)) + tag


@pytest.fixture
def decoder():
    own = DecoderProcess()
    yield own
    if own.pid is not None:
        own.stop()


def samples_of(blocks) -> np.ndarray:
    return np.concatenate(list(blocks))


def children(decoder: DecoderProcess) -> list[psutil.Process]:
    return psutil.Process(decoder.pid).children()


def wait_until(condition, seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.parametrize("name", NAMES)
def test_a_recording_gives_the_same_samples_in_the_decoder_process(name):
    data = load(name).data
    assert np.array_equal(samples_of(decode_isolated(data)), samples_of(decode_file(data)))


def test_warnings_and_errors_come_back_from_the_decoder_process():
    data = sound_file("FLAC", "PCM_16")
    here, there = [], []
    list(decode_file(data[: len(data) // 2], warnings=here))
    list(decode_isolated(data[: len(data) // 2], warnings=there))
    assert here == there != []
    for wrong in (b"", b"no sound at all", J01, webm_header()):
        with pytest.raises(AudioError) as expected:
            list(decode_file(wrong))
        with pytest.raises(AudioError) as caught:
            list(decode_isolated(wrong))
        assert (caught.value.code, caught.value.message) == (
            expected.value.code,
            expected.value.message,
        )


def test_a_file_longer_than_the_limit_is_too_long_in_the_decoder_process():
    with pytest.raises(AudioError) as caught:
        list(decode_isolated(sound_file("WAV", "PCM_16"), max_s=1.0))
    assert caught.value.code == "too_long"


def test_the_decoder_process_reports_its_cpu_time():
    usage = Usage()
    list(decode_isolated(mux("mp4", "aac"), usage=usage))
    assert 0 < usage.cpu_s < 5


def test_many_threads_decode_at_once(decoder):
    data = [sound_file("WAV", "PCM_16"), mux("mp4", "aac"), mux("webm", "libopus")]
    expected = [samples_of(decode_file(one)) for one in data]
    wrong = []

    def work(number: int) -> None:
        for count in range(5):
            which = (number + count) % len(data)
            if not np.array_equal(samples_of(decoder.decode(data[which])), expected[which]):
                wrong.append(which)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


@pytest.mark.parametrize(
    "bomb", [J01, cmov_bomb(200), id3_bomb(200)], ids=["wav-info", "cmov", "id3"]
)
def test_a_header_cannot_claim_memory(bomb):
    assert len(bomb) < 300_000
    program = (
        "import sys, resource; from webapp.audio import decode_file, AudioError; "
        "import webapp.audio.ffmpeg; peak = lambda: resource.getrusage(0).ru_maxrss; "
        "data = sys.stdin.buffer.read(); before = peak()\n"
        "try: list(decode_file(data))\n"
        "except AudioError: pass\n"
        "print(peak() - before)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], input=bomb, capture_output=True, check=True
    )
    assert int(done.stdout) < 100_000  # KB


def test_a_file_that_takes_too_much_memory_is_undecodable(decoder):
    data = sound_file("FLAC", "PCM_16", rate=192_000)
    with pytest.raises(AudioError) as caught:
        list(decoder.decode(data, limits=Limits(memory_bytes=0)))
    assert caught.value.code == "undecodable"
    assert samples_of(decoder.decode(data)).size == 48_000


def test_a_file_that_takes_too_much_cpu_time_is_undecodable(decoder):
    data = b"#!AMR-WB\n" + (b"\x44" + bytes(range(60))) * 90_000  # 30 minutes, some 10 s of CPU
    began = time.monotonic()
    with pytest.raises(AudioError) as caught:
        for _ in decoder.decode(data, max_s=1800.0, limits=Limits(cpu_s=0.0, cpu_per_s=0.0)):
            pass
    assert caught.value.code == "undecodable"
    assert time.monotonic() - began < 30


def test_a_file_that_is_waited_for_too_long_is_undecodable(decoder):
    decoder.start()
    list(decoder.decode(sound_file("WAV", "PCM_16")))
    data = mux("mp3", "libmp3lame", rate=48_000, seconds=60)
    with pytest.raises(AudioError) as caught:
        list(decoder.decode(data, limits=Limits(wait_s=0.01)))
    assert caught.value.code == "undecodable"
    assert "limit" in caught.value.message or "time" in caught.value.message


def test_a_child_that_is_killed_costs_its_file_only(decoder):
    data = wav(np.zeros(16_000 * 1_200, np.int16), rate=16_000)
    blocks = decoder.decode(data, max_s=2_000)
    next(blocks)
    wait_until(lambda: len(children(decoder)) == 2)
    busy = min(children(decoder), key=lambda child: child.create_time())
    busy.kill()
    with pytest.raises(AudioError) as caught:
        list(blocks)
    assert caught.value.code == "undecodable"
    assert samples_of(decoder.decode(mux("mp4", "aac"))).size >= 48_000


def test_a_decoding_that_is_given_up_ends_its_child(decoder):
    data = wav(np.zeros(16_000 * 1_200, np.int16), rate=16_000)
    blocks = decoder.decode(data, max_s=2_000)
    next(blocks)
    wait_until(lambda: len(children(decoder)) == 2)
    busy = min(children(decoder), key=lambda child: child.create_time())
    blocks.close()
    wait_until(lambda: not busy.is_running() or busy.status() == psutil.STATUS_ZOMBIE)


def test_a_decoder_process_that_died_is_started_again(decoder):
    data = sound_file("WAV", "PCM_16")
    assert samples_of(decoder.decode(data)).size == 48_000
    first = decoder.pid
    for process in (psutil.Process(first), *children(decoder)):
        with contextlib.suppress(psutil.NoSuchProcess):  # the child of the file just ends
            process.kill()
    assert samples_of(decoder.decode(data)).size == 48_000
    assert decoder.pid != first


def test_the_decoder_process_ends_with_its_parent():
    program = (
        "import sys, time, psutil; from webapp.audio.isolation import DecoderProcess; "
        "d = DecoderProcess(); list(d.decode(sys.stdin.buffer.read())); "
        "found = []\n"
        "while len(found) != 1: time.sleep(0.05); found = psutil.Process(d.pid).children()\n"
        "print(d.pid, found[0].pid)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        input=sound_file("WAV", "PCM_16"),
        capture_output=True,
        check=True,
    )
    pids = [int(pid) for pid in done.stdout.split()]
    assert len(pids) == 2
    wait_until(lambda: not any(psutil.pid_exists(pid) for pid in pids))


def test_the_decoder_process_holds_none_of_its_parents_files(decoder):
    reading, writing = os.pipe()
    os.set_inheritable(reading, True)
    try:
        list(decoder.decode(sound_file("WAV", "PCM_16")))
        time.sleep(0.5)  # until the child of the file has ended and the next one waits
        inherited = Path(f"/proc/self/fd/{reading}").readlink()
        for process in (psutil.Process(decoder.pid), *children(decoder)):
            links = [link.readlink() for link in Path(f"/proc/{process.pid}/fd").iterdir()]
            assert inherited not in links
            assert len(links) <= 5
    finally:
        os.close(reading)
        os.close(writing)


def test_an_opus_bomb_is_charged_in_the_decoder_process_too():
    bomb = webm_header() + simple_block(b"\x1b\x02") * 8_000 + element("ec", b"")
    with pytest.raises(AudioError, match="longer than 60 seconds"):
        list(decode_isolated(bomb, max_s=60.0))
