"""Uploaded files: how many times faster than real time they are answered, alone and not."""

from __future__ import annotations

import http.client
import json
import math
import threading
import time
import urllib.parse
import uuid
from dataclasses import dataclass, field
from io import BytesIO

import numpy as np
import soundfile

from benchmarks.generator import PACE, Pace
from benchmarks.latency import Cores, Level, measure_level
from benchmarks.recording import Recording
from benchmarks.script import Script
from models import SAMPLE_RATE

TIMEOUT_S = 120.0


@dataclass(frozen=True)
class Upload:
    """One uploaded file: what it was, how long it lasts and how long the answer took."""

    name: str
    audio_s: float
    took_s: float
    error: str = ""

    @property
    def speed(self) -> float:
        """Times real time."""
        return self.audio_s / self.took_s


@dataclass(frozen=True)
class File:
    """A file to send, with what it is called in the report."""

    name: str
    data: bytes
    audio_s: float

    def send(self, url: str) -> Upload:
        """Post it and wait for the answer."""
        address = urllib.parse.urlsplit(url)
        boundary = uuid.uuid4().hex
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
        body = head.encode() + self.data + f"\r\n--{boundary}--\r\n".encode()
        kind = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
        connection = http.client.HTTPConnection(address.netloc, timeout=TIMEOUT_S)
        began = time.perf_counter()
        try:
            connection.request("POST", "/api/v1/predictions", body, kind)
            answer = connection.getresponse()
            told = json.loads(answer.read())
            took_s = time.perf_counter() - began
            heard_s = told["duration_s"] if answer.status == 200 else None
        except (OSError, http.client.HTTPException, ValueError, KeyError) as error:
            return Upload(self.name, self.audio_s, math.nan, f"{type(error).__name__}: {error}")
        finally:
            connection.close()
        if heard_s is None:
            return Upload(self.name, self.audio_s, math.nan, f"{answer.status}: {told}")
        wrong = abs(heard_s - self.audio_s) >= 1
        told = f"the answer says {heard_s} s" if wrong else ""
        return Upload(self.name, self.audio_s, took_s, told)


def files(recording: Recording) -> list[File]:
    """Return a recording as the files that people upload."""
    samples = np.concatenate(recording.samples())
    wav = BytesIO()
    soundfile.write(wav, samples, SAMPLE_RATE, format="WAV", subtype="PCM_16")
    audio_s = len(samples) / SAMPLE_RATE
    return [
        File("WebM with Opus", recording.data, audio_s),
        File("WAV, 16 kHz, 16 bit", wav.getvalue(), audio_s),
    ]


@dataclass
class Meanwhile:
    """Uploads one after the other while others record.

    Attributes
    ----------
    level : Level
        The others, measured only while there was an upload under way.
    uploads : list of Upload
        Those that were answered within the measured part; the last one may reach beyond it.
    """

    level: Level
    uploads: list[Upload] = field(default_factory=list)


def measure_meanwhile(
    url: str,
    pids: list[int],
    script: Script,
    cores: Cores,
    file: File,
    *,
    clients: int,
    seconds: float,
    pace: Pace = PACE,
) -> Meanwhile:
    """Let clients record, and upload one file after the other all through the measured part."""
    uploads: list[Upload] = []
    over = threading.Event()

    def send() -> None:
        while not over.is_set():
            uploads.append(file.send(url))
            if uploads[-1].error:
                return

    thread = threading.Thread(target=send, daemon=True)

    level = measure_level(
        url,
        pids,
        script,
        cores,
        clients=clients,
        seconds=seconds,
        on_begin=thread.start,
        on_end=over.set,
        pace=pace,
    )
    thread.join(TIMEOUT_S)
    return Meanwhile(level, uploads)
