"""Decode mutated files: every outcome must be samples or an `AudioError`, within limits.

``make fuzz`` runs 200,000 mutations; CI runs a minute of them (test_audio_fuzz.py). A mutation is
determined by the seed and its number, so that a run can go on where another stopped
(``ARGS="--first 50000"``) and a failure can be repeated (``ARGS="--first 1234 --count 1"``, which
also writes the file with ``--save PATH``).

Batches run in forked processes with limits on memory and time; the process that dies names its
mutation. One mutation in a hundred goes through `decode_isolated` too, as uploads do.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import select
import signal
import struct
import sys
import time
import traceback
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from tests.audio.audio_files import FRAGMENTED, mux, sound_file
from tests.audio.test_audio_formats import FORMATS
from webapp.audio import AudioError, AudioWarning, decode_file, decode_isolated

ROOT = Path(__file__).parents[2]
CODES = {"unsupported_media", "undecodable", "empty", "too_long"}
MAX_S = 20.0
BATCH = 250
MEMORY = 400 << 20
"""Bytes of address space that a batch may use on top of its process."""
EACH_S = 20.0
"""Longest time for one mutation, seconds; a loaded machine takes many times what it takes alone."""
ISOLATED = 100
"""One of so many mutations goes through the decoder process."""


def corpus() -> list[bytes]:
    """Return the files that are mutated: recordings, cases, and half a second of each format."""
    files = [path.read_bytes() for path in sorted((ROOT / "tests/fixtures").rglob("*.bin"))]
    files += [
        path.read_bytes()
        for path in sorted((ROOT / "tests/fixtures/cases").iterdir())
        if path.stat().st_size < 100_000
    ]
    files += [path.read_bytes() for path in sorted((ROOT / "samples/synthetic").glob("*.flac"))[:2]]
    files += [row.make(seconds=0.5) for row in FORMATS]
    files += [
        mux("mp4", "aac", seconds=0.5, options=FRAGMENTED),
        mux("mp4", "aac", seconds=0.5, video="libx264"),
        mux("matroska", "aac", seconds=0.5, layout="5.1"),
        sound_file("WAVEX", "PCM_24", seconds=0.3),
    ]
    return [data[: 64 * 1024] for data in files]


NUMBERS = (0, 1, 2, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)


def mutate(files: Sequence[bytes], number: int, *, seed: int) -> bytes:
    """Return mutation `number`: up to six changes of one file, half of them near its beginning."""
    chance = random.Random(seed << 32 | number)
    data = bytearray(files[number % len(files)])

    def place() -> int:
        return chance.randrange(min(len(data), 400) if chance.random() < 0.5 else len(data))

    for _ in range(chance.choice((1, 1, 1, 2, 3, 6))):
        if not data:
            break
        at, kind = place(), chance.randrange(9)
        if kind == 0:
            data[at] ^= 1 << chance.randrange(8)
        elif kind == 1:
            data[at] = chance.randrange(256)
        elif kind == 2:
            form = chance.choice(("<H", ">H", "<I", ">I"))
            value = chance.choice(NUMBERS) & (0xFFFF if form[1] == "H" else 0xFFFFFFFF)
            packed = struct.pack(form, value)
            data[at : at + len(packed)] = packed
        elif kind == 3:
            del data[at : at + chance.choice((1, 4, 100, 5_000))]
        elif kind == 4:
            del data[at:]
        elif kind == 5:
            data[at:at] = chance.randbytes(chance.choice((1, 4, 100, 5_000)))
        elif kind == 6:
            data[at:at] = bytes([chance.choice((0, 255))]) * chance.choice((1, 8, 512, 70_000))
        elif kind == 7:
            data[at:at] = data[place() :][: chance.choice((16, 500, 20_000))]
        else:
            other = chance.choice(files)
            start = chance.randrange(len(other))
            data[at:at] = other[start : start + chance.choice((100, 5_000, 60_000))]
    return bytes(data)


def outcome(data: bytes, *, isolated: bool = False) -> str:
    """Decode a file; return ``samples`` or the error's code.

    Raises
    ------
    AssertionError
        The samples or the warnings are not as `decode_file` promises.
    """
    warnings: list[AudioWarning] = []
    total = 0
    decode = decode_isolated if isolated else decode_file
    try:
        for block in decode(data, max_s=MAX_S, warnings=warnings):
            assert block.dtype == np.float32
            assert block.ndim == 1
            assert np.isfinite(block).all()
            total += block.size
    except AudioError as error:
        code, message = error.code, error.message
    else:
        code, message = "samples", "."
    assert code in ({"samples"} if message == "." else CODES), code
    assert message.endswith("."), message
    assert total or code != "samples"
    assert total <= (MAX_S + 0.2) * 16_000
    assert len(warnings) <= 20
    if code == "samples":
        assert all(one.at_s is None or 0 <= one.at_s <= MAX_S + 1 for one in warnings), warnings
    return code


def _batch(files: Sequence[bytes], first: int, count: int, seed: int, writing: int) -> None:
    """Run mutations in this process; write each one's number before, and its outcome after it."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    size = pages * resource.getpagesize() + MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (size, size))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    for number in range(first, first + count):
        try:
            text = outcome(mutate(files, number, seed=seed))
        except Exception:
            text = "FAILED " + traceback.format_exc().replace("\n", "\\n")[-600:]
        os.write(writing, f"{text}\n".encode())


def _run_batch(
    files: Sequence[bytes], first: int, count: int, seed: int
) -> tuple[list[str], str | None]:
    """Return the outcomes of a batch, and what ended it too early."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.close(reading)
        _batch(files, first, count, seed, writing)
        os._exit(0)
    os.close(writing)
    text, ended = b"", None
    while True:
        ready, _, _ = select.select([reading], [], [], EACH_S)
        if not ready:
            ended = f"took more than {EACH_S:g} s"
            os.kill(child, signal.SIGKILL)
            break
        piece = os.read(reading, 65_536)
        if not piece:
            break
        text += piece
    os.close(reading)
    _, status = os.waitpid(child, 0)
    outcomes = text.decode().splitlines()
    if ended is None and len(outcomes) < count:
        ended = f"ended the process with status {status}"
    return outcomes, ended


def run(
    *, first: int = 0, count: int, seed: int = 1, seconds: float = float("inf"), quiet: bool = False
) -> tuple[Counter[str], list[str]]:
    """Run mutations; return how often each outcome was, and the failures."""
    files = corpus()
    outcomes: Counter[str] = Counter()
    failures: list[str] = []
    began = time.monotonic()
    number = first
    while number < first + count and time.monotonic() - began < seconds:
        size = min(BATCH, first + count - number)
        done, ended = _run_batch(files, number, size, seed)
        for offset, text in enumerate(done):
            outcomes[text.split()[0]] += 1
            if text.startswith("FAILED"):
                failures.append(f"mutation {number + offset}: {text}")
        if ended is not None:
            failures.append(f"mutation {number + len(done)}: {ended}")
            size = len(done) + 1
        for one in range(number, number + size):
            if one % ISOLATED == 0:
                try:
                    outcome(mutate(files, one, seed=seed), isolated=True)
                except Exception:
                    failures.append(f"mutation {one}, isolated: {traceback.format_exc()}")
        number += size
        if not quiet and (number - first) // BATCH % 8 == 0:
            rate = (number - first) / (time.monotonic() - began)
            print(f"{number} ({rate:.0f}/s) {dict(outcomes)} {len(failures)} failures", flush=True)
    return outcomes, failures


def main() -> int:
    """Run from the command line; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=200_000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--save", type=Path, help="write the first mutation to this file and stop")
    options = parser.parse_args()
    if options.save:
        options.save.write_bytes(mutate(corpus(), options.first, seed=options.seed))
        return 0
    outcomes, failures = run(first=options.first, count=options.count, seed=options.seed)
    print(f"{sum(outcomes.values())} mutations: {dict(outcomes)}")
    print(*failures, sep="\n")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
