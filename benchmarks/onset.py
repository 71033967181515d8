"""From a sound in the browser to the prediction that covers it on the chart: one real Chromium.

Its microphone plays bursts of speech at known distances. The page notes when each begins in the
microphone's stream, and when the chart shows which prediction. Which of them covers a burst, the
recording itself tells: what the page sent is decoded here, and the bursts are found in it.
"""

from __future__ import annotations

import base64
import tempfile
import time
import wave
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from benchmarks.latency import OPEN, Cores, worker
from benchmarks.machine import ROOT
from models import SAMPLE_RATE
from webapp.audio import decode_file

ONSETS = 22
LEAD_S = 2.0  # until the recorder runs
BURST_S, GAP_S = 0.4, 0.4
LOUD = 0.02  # as in onset.js
QUIET_S = 0.25
MATCH_S = 0.06  # how far the page's clock and the recording's may be apart in one run
SCRIPT = Path(__file__).with_suffix(".js")
CLIPS = ROOT / "samples" / "synthetic"


@dataclass(frozen=True)
class Onsets:
    """What one recording gave.

    Attributes
    ----------
    step_s : float
        Between two predictions.
    latencies_s : list of float
        From each sound's onset to the chart.
    unanswered : int
        Onsets after which no prediction came that covers them.
    """

    step_s: float
    latencies_s: list[float] = field(default_factory=list)
    unanswered: int = 0


def onset_times(samples: np.ndarray, *, rate: int) -> list[float]:
    """Return when sound begins after silence, in seconds, by the rule of onset.js."""
    loud_s = np.flatnonzero(np.abs(samples) >= LOUD) / rate
    if not len(loud_s):
        return []
    first = np.concatenate([[True], np.diff(loud_s) > QUIET_S])
    return [float(at) for at in loud_s[first]]


def offset(page_s: Sequence[float], recorded_s: Sequence[float]) -> float:
    """Return what is to be added to the recording's times to get the page's.

    The distances between the bursts are all different: the right offset is the one that most pairs
    agree on.
    """
    differences = np.sort(np.subtract.outer(page_s, recorded_s).ravel())
    agreeing = [
        differences[(differences >= low) & (differences <= low + MATCH_S)] for low in differences
    ]
    return float(np.median(max(agreeing, key=len)))


def latencies(noted: dict[str, Any], recorded_s: Sequence[float], *, step_s: float) -> Onsets:
    """Return how long each onset took to reach the chart.

    Parameters
    ----------
    noted : dict
        What onset.js noted.
    recorded_s : sequence of float
        The onsets in the recording's own time, which the predictions' `end_s` counts too.
    step_s : float
    """
    shift_s = offset(noted["onsets"], recorded_s)
    ends_s = {str(prediction["seq"]): prediction["end_s"] for prediction in noted["predictions"]}
    shown = [(ends_s[show["seq"]], show["at"]) for show in noted["shown"] if show["seq"] in ends_s]
    found: list[float] = []
    unanswered = 0
    for at_s in recorded_s:
        began_s = min(noted["onsets"], key=lambda page_s: abs(page_s - at_s - shift_s))
        if abs(began_s - at_s - shift_s) > MATCH_S:
            continue  # before the page listened
        answers = [when_s for end_s, when_s in shown if end_s > at_s]
        if answers:
            found.append(min(answers) - began_s)
        else:
            unanswered += 1
    return Onsets(step_s, found, unanswered)


def write_bursts(target: Path, count: int) -> float:
    """Write a WAV with bursts of speech and silence between; return its seconds.

    The distances between them wander, so that they meet every phase of the predictions' step.
    """
    pieces: list[np.ndarray] = []
    clips = sorted(CLIPS.glob("*.flac"))
    rate = soundfile.info(clips[0]).samplerate
    pieces.append(np.zeros(round(LEAD_S * rate), np.float32))
    for number in range(count):
        samples, _ = soundfile.read(clips[number % len(clips)], dtype="float32")
        samples = samples / np.abs(samples).max() * 0.8
        begin = int(np.argmax(np.abs(samples) > 0.3))  # in a vowel: an onset as sharp as they come
        gap_s = GAP_S + 0.5 * ((number * 0.618) % 1.0)
        pieces += [
            samples[begin : begin + round(BURST_S * rate)],
            np.zeros(round(gap_s * rate), np.float32),
        ]
    sound = np.concatenate(pieces)
    with wave.open(str(target), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes((sound * 32767).astype("<i2").tobytes())
    return len(sound) / rate


def missing() -> str | None:
    """Return what this machine lacks for it, in a sentence, or None."""
    from tests.browser import chromium

    return chromium.missing()


def measure(cores: Cores, *, step_s: float, count: int = ONSETS) -> Onsets:
    """Record the bursts in a browser on the generator's core, with a server on the worker's."""
    from tests.browser import chromium

    environ = {**OPEN, "PREDICTION_STEP_S": str(step_s)}
    with tempfile.TemporaryDirectory() as folder, worker(cores, environ=environ) as (server, _):
        wav = Path(folder) / "bursts.wav"
        seconds = write_bursts(wav, count)
        driver = chromium.launch(microphone=wav, loop=False)
        try:
            source = SCRIPT.read_text(encoding="utf-8")
            driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": source})
            page = chromium.Page(driver).open(server.url)
            page.record()
            time.sleep(seconds + 1.0)
            noted = driver.execute_script("return noted")
            data = driver.execute_async_script("recorded().then(arguments[0])")
            page.stop()
        finally:
            driver.quit()
    samples = np.concatenate(list(decode_file(base64.b64decode(data))))
    return latencies(noted, onset_times(samples, rate=SAMPLE_RATE), step_s=step_s)
