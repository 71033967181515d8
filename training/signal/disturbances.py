"""What may happen to a voice between the mouth and the server.

None of these is the training's own augmentation: the room is made of walls, the coder is libopus.
Each keeps the length and the time of what it disturbs.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from functools import lru_cache

import av
import numpy as np
import soxr
from scipy.signal import butter, fftconvolve, sosfiltfilt

from models.features import Floats
from training.signal.augmentation import coloured_noise

RATE = 16000
TELEPHONE = 8000
Disturbance = Callable[[Floats, np.random.Generator], Floats]


def opus(samples: Floats, _rng: np.random.Generator | None = None, *, kbit_s: int = 24) -> Floats:
    """Return samples at 16 kHz, shape (n,), after libopus at `kbit_s`, in packets of 20 ms."""
    file = io.BytesIO()
    with av.open(file, "w", format="ogg") as container:
        stream = container.add_stream("libopus", rate=RATE, layout="mono")
        stream.bit_rate = 1000 * kbit_s
        frame = av.AudioFrame.from_ndarray(
            np.ascontiguousarray(samples, np.float32)[None], format="fltp", layout="mono"
        )
        frame.sample_rate = RATE
        for packet in stream.encode(frame):
            container.mux(packet)
        for packet in stream.encode(None):
            container.mux(packet)
    file.seek(0)
    with av.open(file, "r", format="ogg") as container:
        decoded = [frame.to_ndarray()[0] for frame in container.decode(audio=0)]
        rate = container.streams.audio[0].rate
    return _fitted(soxr.resample(np.concatenate(decoded), rate, RATE), len(samples))


def noisy(samples: Floats, rng: np.random.Generator, *, snr_db: float = 10.0) -> Floats:
    """Return samples, shape (n,), under pink noise, at exactly `snr_db` over the whole clip."""
    noise = coloured_noise(len(samples), -1.0, rng).astype(np.float64)
    wanted = np.sum(np.square(samples, dtype=np.float64)) * 10 ** (-snr_db / 10)
    return np.asarray(samples + noise * np.sqrt(wanted / np.sum(np.square(noise))), np.float32)


def small_room(samples: Floats, _rng: np.random.Generator | None = None) -> Floats:
    """Return samples, shape (n,), heard at 1 m in a room of 4 x 3 x 2.5 m, as loud as before."""
    wet = fftconvolve(samples.astype(np.float64), shoebox())[: len(samples)]
    power = np.sum(np.square(samples, dtype=np.float64)) / max(float(np.sum(wet**2)), 1e-12)
    return np.asarray(wet * np.sqrt(power), np.float32)


@lru_cache(maxsize=2)
def shoebox(
    *,
    size: tuple[float, float, float] = (4.0, 3.0, 2.5),
    source: tuple[float, float, float] = (1.0, 1.1, 1.5),
    microphone: tuple[float, float, float] = (1.8, 1.6, 1.2),
    reflection: float = 0.8,
    seconds: float = 0.35,
) -> Floats:
    """Return a room's impulse response by the image method (Allen & Berkley 1979), shape (n,).

    Parameters
    ----------
    size, source, microphone : tuple of float
        Metres.
    reflection : float
        Of the pressure, at every wall: 0.8 gives a reverberation time of about 0.3 s.
    seconds : float
        Of the response after the direct sound, which comes first and has the height 1.
    """
    speed = 343.0
    reach = [int(seconds * speed / (2 * side)) + 1 for side in size]
    axes = []
    for side, own, mic, most in zip(size, source, microphone, reach, strict=True):
        copies = np.arange(-most, most + 1)
        # An image lies at 2 n L + x after 2 |n| walls, or at 2 n L - x after |2 n - 1| walls.
        places = np.concatenate([2 * copies * side + own, 2 * copies * side - own]) - mic
        walls = np.concatenate([np.abs(2 * copies), np.abs(2 * copies - 1)])
        axes.append((places, walls))
    (x, wx), (y, wy), (z, wz) = axes
    distance = np.sqrt(x[:, None, None] ** 2 + y[None, :, None] ** 2 + z[None, None, :] ** 2)
    height = reflection ** (wx[:, None, None] + wy[None, :, None] + wz[None, None, :]) / distance
    direct = float(distance.min())
    at = np.rint((distance - direct) / speed * RATE).astype(int)
    response = np.zeros(int(seconds * RATE))
    inside = at < len(response)
    np.add.at(response, at[inside], height[inside] * direct)
    return np.asarray(response, np.float64)


def telephone(samples: Floats, _rng: np.random.Generator | None = None) -> Floats:
    """Return samples, shape (n,), as a telephone lets them through: 300 to 3400 Hz, at 8 kHz."""
    narrow = soxr.resample(np.asarray(samples, np.float64), RATE, TELEPHONE)
    band = butter(4, (300, 3400), "bandpass", fs=TELEPHONE, output="sos")
    passed = sosfiltfilt(band, narrow, padlen=min(60, max(0, len(narrow) - 1)))
    return _fitted(soxr.resample(passed, TELEPHONE, RATE), len(samples))


def louder(samples: Floats, _rng: np.random.Generator | None = None, *, gain_db: float) -> Floats:
    """Return samples, shape (n,), `gain_db` louder; nothing is clipped."""
    return np.asarray(samples * np.float32(10 ** (gain_db / 20)), np.float32)


def overdriven(samples: Floats, rng: np.random.Generator) -> Floats:
    """Return samples, shape (n,), 12 dB louder and clipped at full scale."""
    return np.clip(louder(samples, rng, gain_db=12.0), -1.0, 1.0)


DISTURBANCES: dict[str, Disturbance] = {
    "Opus at 24 kbit/s": opus,
    "noise at 10 dB": noisy,
    "a small room": small_room,
    "telephone band": telephone,
    "12 dB louder": lambda samples, rng: louder(samples, rng, gain_db=12.0),
    "12 dB softer": lambda samples, rng: louder(samples, rng, gain_db=-12.0),
    "30 dB softer": lambda samples, rng: louder(samples, rng, gain_db=-30.0),
    "12 dB louder, clipped": overdriven,
}


def disturb(samples: Floats, how: str, *, clip: str) -> Floats:
    """Return samples, shape (n,), disturbed; a clip's name always draws the same noise."""
    seed = hashlib.sha256(f"{clip}/{how}".encode()).digest()
    return DISTURBANCES[how](samples, np.random.default_rng(int.from_bytes(seed[:8], "big")))


def _fitted(samples: np.ndarray, length: int) -> Floats:
    out = np.zeros(length, np.float32)
    out[: min(length, len(samples))] = samples[:length]
    return out
