"""Measure the cost of the decoder process: `python -m benchmarks.decoding`.

Prints, for a clip of 3 s in several formats, the median wall time of decoding it in this process
and in the decoder process, and the memory of the decoder process. On a loaded machine the times
are the scheduler's; `chrt -f 5` before the command takes the other programs out of them.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import psutil

from tests.audio.audio_files import mux, sound_file
from webapp.audio import decode_file
from webapp.audio.isolation import DecoderProcess

ROUNDS = 40
PAUSE_S = 0.08  # between two files, as uploads come
FILES: dict[str, Callable[[], bytes]] = {
    "WAV, 16 kHz": lambda: sound_file("WAV", "PCM_16", rate=16_000),
    "WAV, 48 kHz": lambda: sound_file("WAV", "PCM_16"),
    "FLAC": lambda: sound_file("FLAC", "PCM_16"),
    "MP3": lambda: sound_file("MP3", "MPEG_LAYER_III", rate=44_100),
    "WebM, Opus": lambda: mux("webm", "libopus"),
    "M4A, AAC": lambda: mux("ipod", "aac", rate=44_100),
}


def median_ms(decode: Callable[[], object]) -> float:
    """Return the median wall time of a call, in milliseconds."""
    times = []
    for _ in range(ROUNDS):
        time.sleep(PAUSE_S)
        began = time.perf_counter()
        decode()
        times.append(time.perf_counter() - began)
    return 1e3 * statistics.median(times)


def main() -> None:
    """Measure and print a Markdown table."""
    decoder = DecoderProcess()
    list(decoder.decode(FILES["MP3"]()))
    print("| 3 s as | here, ms | decoder process, ms |\n|---|---|---|")
    for name, make in FILES.items():
        data = make()
        here = median_ms(lambda data=data: list(decode_file(data)))
        there = median_ms(lambda data=data: list(decoder.decode(data)))
        print(f"| {name} | {here:.2f} | {there:.2f} |")
    time.sleep(1.0)  # until the child of the last file has ended and the next one waits
    process = psutil.Process(decoder.pid)
    pss = [one.memory_full_info().pss / 2**20 for one in (process, *process.children())]
    print(f"\nMemory (PSS): {pss[0]:.1f} MB, and its waiting child {pss[1]:.1f} MB.")
    decoder.stop()


if __name__ == "__main__":
    main()
