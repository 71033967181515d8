"""A real worker that cannot keep up, and people who speak to it in real time."""

from __future__ import annotations

import itertools
import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from live_speakers import Speaker, covered, speaking

from tests.servers import serve


def test_after_a_stop_of_two_seconds_everybody_is_current_within_a_second(mode, long_speech):
    with serve({"ASYNC_MODE": mode, "METRICS": "1"}) as server:
        (worker,) = server.workers
        speakers = [Speaker(server.url, long_speech, seconds=9) for _ in range(6)]
        with speaking(speakers):
            time.sleep(2.5)
            os.kill(worker, signal.SIGSTOP)
            time.sleep(2)
            os.kill(worker, signal.SIGCONT)
        for speaker in speakers:
            after = speaker.lags(6.0)
            assert len(after) >= 8
            assert median(after) < 0.5
            assert after[-1] < 1.0
            assert speaker.skipped >= 2
            told = [p for p in speaker.problems if p["code"] == "skipped"]
            assert len(told) <= 3
            assert {p["code"] for p in speaker.problems} == {"skipped"}
            covered(speaker)


def test_who_comes_out_of_a_hole_in_the_network_is_current_and_the_others_notice_nothing(
    mode, long_speech
):
    with serve({"ASYNC_MODE": mode}) as server:
        speakers = [Speaker(server.url, long_speech, seconds=8) for _ in range(4)]
        speakers[0].held = (2.0, 4.5)
        with speaking(speakers):
            pass
        unlucky, *others = speakers
        assert unlucky.skipped >= 3
        assert median(unlucky.lags(5.5)) < 1.0
        covered(unlucky)
        for other in others:
            assert other.skipped <= 2  # of them all, where the machine is busy with other things
            assert median(other.lags(2)) < 0.5
            covered(other)


def cpu_s(worker: int) -> float:
    """Return what a process's main thread has used of its core, to the microsecond."""
    return int(Path(f"/proc/{worker}/schedstat").read_text().split()[0]) / 1e9


@contextmanager
def throttled(worker: int, *, share: float) -> Iterator[None]:
    """Let a process have only a share of a core: it is stopped whenever it has used that up."""
    done = threading.Event()

    def throttle() -> None:
        used, began = cpu_s(worker), time.monotonic()
        while not done.is_set():
            allowed = used + share * (time.monotonic() - began)
            os.kill(worker, signal.SIGCONT if cpu_s(worker) < allowed else signal.SIGSTOP)
            time.sleep(0.003)
        os.kill(worker, signal.SIGCONT)

    thread = threading.Thread(target=throttle)
    thread.start()
    yield
    done.set()
    thread.join()


def test_half_the_power_that_is_needed_lets_nobody_fall_behind_for_long(long_speech):
    with serve() as server:
        (worker,) = server.workers
        speakers = [Speaker(server.url, long_speech) for _ in range(16)]
        with speaking(speakers) as began:
            used, since = cpu_s(worker), time.monotonic()
            time.sleep(1.5)
            share = (cpu_s(worker) - used) / (time.monotonic() - since)
            with throttled(worker, share=share / 2):
                time.sleep(6)
            free_again = time.monotonic() - began + 0.5
        for speaker in speakers:
            during = sorted(speaker.lags(3.0, free_again))
            assert during[len(during) // 2] < 0.75
            assert during[-1] < 1.5
            shown = [at for at, _ in speaker.arrivals if at < free_again]
            assert max(after - at for at, after in itertools.pairwise(shown)) < 2.5
            assert median(speaker.lags(free_again + 1.0)) < 1.0
            assert speaker.skipped >= 4
            assert {p["code"] for p in speaker.problems} == {"skipped"}
            covered(speaker)
