"""People who speak to a real server in real time, and when they are answered."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from benchmarks.recording import Recording
from tests.servers import LiveClient


class Speaker(LiveClient):
    """A client that sends each chunk when it was recorded, and notes when each answer comes."""

    def __init__(self, url: str, speech: Recording, *, seconds: float = 12.0) -> None:
        super().__init__(url)
        self.speech = speech
        self.seconds = seconds
        self.arrivals: list[tuple[float, dict]] = []  # seconds since the recording's begin
        self.held = (0.0, 0.0)  # its network stands still in between
        self.summary: dict = {}

    def _keeper(self, kept: list[dict]) -> Callable[[dict], None]:
        keep = super()._keeper(kept)

        def note(data: dict) -> None:
            if kept is self.predictions:
                self.arrivals.append((time.monotonic() - self.began, data))
            keep(data)

        return note

    def speak(self) -> None:
        """Speak from the start to the summary."""
        with self:
            assert self.start(self.speech.mime_type)["ok"]
            self.began = time.monotonic() - self.speech.chunks[0].at_s + 0.12
            for chunk in self.speech.chunks:
                at_s = chunk.at_s
                if at_s > self.seconds:
                    break
                if self.held[0] <= at_s < self.held[1]:
                    at_s = self.held[1]
                time.sleep(max(0.0, self.began + at_s - time.monotonic()))
                self.send(chunk.data)
            self.summary = self.stop()

    def lags(self, after: float, before: float = 1e9) -> list[float]:
        """Return how old what was judged was when it came, between two times."""
        live = [(at, p["end_s"]) for at, p in self.arrivals if at < self.seconds]
        return [at - end for at, end in live if after <= at < before]

    @property
    def skipped(self) -> int:
        return sum(p["windows"] for p in self.problems if p["code"] == "skipped")


@contextmanager
def speaking(speakers: list[Speaker]) -> Iterator[float]:
    """Let them speak; yields when the last one has begun."""
    threads = [threading.Thread(target=speaker.speak) for speaker in speakers]
    for thread in threads:
        thread.start()
    time.sleep(0.5)
    yield time.monotonic()
    for thread in threads:
        thread.join(60)
    assert all(speaker.summary for speaker in speakers)


def covered(speaker: Speaker) -> None:
    """Assert that the summary tells of the whole recording: no sound lies between its windows."""
    summary, windows = speaker.summary, speaker.summary["timeline"]
    assert summary["duration_s"] == pytest.approx(speaker.seconds, abs=0.5)
    assert windows[-1]["end_s"] == pytest.approx(summary["duration_s"], abs=0.1)
    assert all(after["start_s"] <= w["end_s"] for w, after in itertools.pairwise(windows))
    assert len(windows) == len(speaker.predictions)
    seqs = [p["seq"] for p in speaker.predictions]
    assert seqs == sorted(set(seqs))
