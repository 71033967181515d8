"""MFCCs, pitch, states: one definition for training and serving, streaming by nature.

The MFCCs are librosa's (Davis & Mermelstein 1980, with Slaney's mel scale)::

    librosa.feature.mfcc(S=librosa.power_to_db(librosa.feature.melspectrogram(
        y=samples, sr=16000, n_fft=512, hop_length=160, center=False,
        n_mels=64, fmin=50, fmax=7600), amin=power_floor, top_db=None), n_mfcc=40)

`center=False` and `top_db=None` make a frame depend on its own 512 samples alone, so that it can be
computed once, when its last sample arrives. librosa itself is not imported: it would cost 180 MB.
Pitch and voicing (`models.pitch`) come from the same power spectra; an encoder (`models.encoder`)
adds what it holds of the frames so far.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field, replace
from functools import lru_cache
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from models.activity import VoiceActivity
from models.level import Level
from models.pitch import PitchFinder

Floats = npt.NDArray[np.float32]

BLOCK = 25
"""Frames computed at a time. A matrix product's rounding depends on its shape; equal blocks make
the features equal bit for bit, however the samples were cut."""

_LEVEL_FLOOR = 1e-10  # digital silence is -100 dB


@dataclass(frozen=True)
class FeatureSettings:
    """What defines the features; stored in the bundle's card.

    Frequencies in Hz; `n_fft` and `hop` in samples; `power_floor` is the mel power below which all
    is the same (librosa.power_to_db's amin). `states` is how many numbers an encoder
    (`models.encoder`) adds to each frame, and `encoder` the SHA-256 of its file.
    """

    sample_rate: int = 16000
    n_fft: int = 512
    hop: int = 160
    n_mels: int = 64
    n_mfcc: int = 40
    fmin: float = 50.0
    fmax: float = 7600.0
    power_floor: float = 1e-10
    states: int = 0
    encoder: str = ""

    @property
    def frames_per_second(self) -> float:
        """Frames a second of audio."""
        return self.sample_rate / self.hop

    @property
    def columns(self) -> int:
        """Numbers that make a frame: the MFCCs, its pitch and its voicing, an encoder's states."""
        return self.n_mfcc + 2 + self.states

    @property
    def pitch_column(self) -> int:
        """Which of the columns is the pitch; NaN where a frame is not voiced."""
        return self.n_mfcc

    def to_json(self) -> dict[str, Any]:
        """Return the settings as a JSON object; without an encoder they do not speak of one."""
        settings = asdict(self)
        if not self.states:
            del settings["states"], settings["encoder"]
        return settings


def mel_filterbank(settings: FeatureSettings) -> Floats:
    """Return the triangular mel filters, area-normalised (Slaney's Auditory Toolbox, 1998).

    Returns
    -------
    ndarray, shape (n_fft // 2 + 1, n_mels)
        Multiplied by a power spectrum, frequency last, it gives mel powers.
    """
    edges = _mel_edges(settings)
    bins = np.linspace(0.0, settings.sample_rate / 2, settings.n_fft // 2 + 1)
    widths = np.diff(edges)
    ramps = edges[:, None] - bins[None, :]
    rising = -ramps[:-2] / widths[:-1, None]
    falling = ramps[2:] / widths[1:, None]
    filters = np.maximum(0.0, np.minimum(rising, falling))
    filters *= (2.0 / (edges[2:] - edges[:-2]))[:, None]
    return np.ascontiguousarray(filters.T, dtype=np.float32)


def mel_centres(settings: FeatureSettings) -> npt.NDArray[np.float64]:
    """Return the frequency in Hz at which each mel filter is highest, shape (n_mels,)."""
    return _mel_edges(settings)[1:-1]


def _mel_edges(settings: FeatureSettings) -> npt.NDArray[np.float64]:
    return _mel_to_hz(
        np.linspace(_hz_to_mel(settings.fmin), _hz_to_mel(settings.fmax), settings.n_mels + 2)
    )


def _hz_to_mel(hz: float) -> float:
    """Slaney's scale: linear below 1 kHz, logarithmic above."""
    return hz * 3 / 200 if hz < 1000 else 15 + 27 * math.log(hz / 1000) / math.log(6.4)


def _mel_to_hz(mels: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.where(mels < 15, mels * 200 / 3, 1000 * np.exp(np.log(6.4) / 27 * (mels - 15)))


def dct_matrix(n_mels: int, n_mfcc: int) -> Floats:
    """Return the orthonormal DCT-II, shape (n_mels, n_mfcc)."""
    mel = np.arange(n_mels)[:, None]
    order = np.arange(n_mfcc)[None, :]
    matrix = np.cos(np.pi * order * (2 * mel + 1) / (2 * n_mels)) * np.sqrt(2 / n_mels)
    matrix[:, 0] /= np.sqrt(2)
    return np.asarray(matrix, np.float32)


@dataclass(frozen=True)
class Frames:
    """Features of consecutive frames.

    Attributes
    ----------
    mfcc : ndarray, shape (frames, n_mfcc)
        Mel-frequency cepstral coefficients, natural units (dB times an orthonormal DCT).
    pitch : ndarray, shape (frames, 2)
        Pitch in octaves above 100 Hz, NaN where the frame is not voiced; and voicing, from 0 to 1.
    level : ndarray, shape (frames,)
        Power between about 150 and 4000 Hz in dB: what the voice activity looks at.
    states : ndarray, shape (frames, states)
        The encoder's states; no columns without an encoder.
    speech : ndarray of bool, shape (frames,)
        Which frames hold speech. `FeatureStream` sets it; it is empty after `block`.
    """

    mfcc: Floats
    pitch: Floats
    level: Floats
    states: Floats = field(default_factory=lambda: np.zeros((0, 0), np.float32))
    speech: npt.NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, np.bool_))

    def __len__(self) -> int:
        """Return the number of frames."""
        return len(self.mfcc)

    @property
    def columns(self) -> Floats:
        """All that is judged of each frame: MFCCs, pitch, voicing, states; (frames, columns)."""
        parts = [self.mfcc, self.pitch]
        return np.concatenate([*parts, self.states] if self.states.shape[1] else parts, axis=1)

    def first(self, count: int) -> Frames:
        """Return the first `count` frames."""
        return Frames(
            self.mfcc[:count],
            self.pitch[:count],
            self.level[:count],
            self.states[:count],
            self.speech[:count],
        )


class Hearing(Protocol):
    """What features ask of an encoder (`models.encoder.Encoder`)."""

    def nothing(self) -> Floats:
        """Return what is held by one who has heard nothing."""

    def hear(self, mfcc: Floats, held: Floats) -> tuple[Floats, Floats]:
        """Return the states of a block's frames, and what is held after it."""


class FeatureExtractor:
    """Turns frames of samples into features. Stateless once made; shared between streams.

    Parameters
    ----------
    settings : FeatureSettings, optional
    encoder : Hearing, optional
        Where the settings have states.
    """

    def __init__(
        self, settings: FeatureSettings | None = None, encoder: Hearing | None = None
    ) -> None:
        self.settings = settings or FeatureSettings()
        self.encoder = encoder
        n_fft = self.settings.n_fft
        # The periodic Hann window, as scipy.signal.get_window gives it to librosa.
        self._window = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(n_fft) / n_fft)).astype(np.float32)
        self._mel = mel_filterbank(self.settings)
        self._dct = dct_matrix(self.settings.n_mels, self.settings.n_mfcc)
        self._pitch = PitchFinder(sample_rate=self.settings.sample_rate, window=self._window)
        centres = np.asarray(self._mel.argmax(axis=0)) * self.settings.sample_rate / n_fft
        bands = np.flatnonzero((centres > 150) & (centres < 4000))
        self._voice_bands = slice(int(bands[0]), int(bands[-1]) + 1)

    def stream(
        self,
        *,
        activity: VoiceActivity | None = None,
        level: Level | None = None,
        encodes: bool = True,
    ) -> FeatureStream:
        """Return a new stream.

        Parameters
        ----------
        activity : VoiceActivity, optional
            Continues from its noise floor; by default the stream learns the floor anew.
        level : Level, optional
            Continues from its estimate of the speech level.
        encodes : bool
            Whether the encoder runs; without it the states are zero.
        """
        return FeatureStream(self, activity=activity, level=level, encodes=encodes)

    def frames(self, samples: Floats, *, level: Level | None = None) -> Frames:
        """Return the features of a whole signal.

        Shape (n,) gives max(0, 1 + (n - n_fft) // hop) frames. `level` is as in `stream`.
        """
        stream = self.stream(level=level)
        parts = [*stream.push(samples), stream.finish()]
        return Frames(
            np.concatenate([part.mfcc for part in parts]),
            np.concatenate([part.pitch for part in parts]),
            np.concatenate([part.level for part in parts]),
            np.concatenate([part.states for part in parts]),
            np.concatenate([part.speech for part in parts]),
        )

    def block(self, samples: Floats) -> Frames:
        """Return the features of `BLOCK` frames.

        Parameters
        ----------
        samples : ndarray, shape ((BLOCK - 1) * hop + n_fft,)
        """
        hop, n_fft = self.settings.hop, self.settings.n_fft
        samples = np.ascontiguousarray(samples, np.float32)
        # Overlapping frames as a view; numpy's sliding_window_view takes 40 times as long.
        windows = np.ndarray((BLOCK, n_fft), np.float32, samples, strides=(hop * 4, 4))
        spectrum = np.fft.rfft(windows * self._window)
        power = spectrum.real**2 + spectrum.imag**2
        mel = power @ self._mel
        voice = mel[:, self._voice_bands]
        level = np.add.reduce(voice, axis=1) / voice.shape[1] + _LEVEL_FLOOR  # as mean() does it
        log_mel = np.maximum(mel, self.settings.power_floor, out=mel)
        np.log10(log_mel, out=log_mel)
        log_mel *= 10
        return Frames(log_mel @ self._dct, self._pitch.block(power), 10 * np.log10(level))


class FeatureStream:
    """Features of a signal that arrives in pieces of any length.

    Whole blocks of `BLOCK` frames come out as soon as their last sample is in.
    """

    def __init__(
        self,
        extractor: FeatureExtractor,
        *,
        activity: VoiceActivity | None = None,
        level: Level | None = None,
        encodes: bool = True,
    ) -> None:
        self._extractor = extractor
        self._encodes = encodes
        self.activity = activity or VoiceActivity()
        self.level = level or Level()
        settings = extractor.settings
        self._step = BLOCK * settings.hop
        self._span = (BLOCK - 1) * settings.hop + settings.n_fft
        self._pending = np.zeros(0, np.float32)
        self._held = self._nothing()

    def lacking(self, blocks: int) -> int:
        """Return how many samples are missing until so many blocks come out."""
        return (blocks - 1) * self._step + self._span - len(self._pending)

    def blocks(self, count: int) -> int:
        """Return how many blocks the next `count` samples complete."""
        return max(0, (len(self._pending) + count - self._span) // self._step + 1)

    def push(self, samples: Floats) -> list[Frames]:
        """Add samples, shape (n,), and return the blocks that they completed."""
        pending = np.concatenate([self._pending, samples]) if len(self._pending) else samples
        blocks = []
        start = 0
        while len(pending) - start >= self._span:
            blocks.append(self._hear(pending[start : start + self._span]))
            start += self._step
        # A copy, so that a long piece is not kept alive by its tail.
        self._pending = np.array(pending[start:], np.float32)
        return blocks

    def finish(self) -> Frames:
        """Return the last, incomplete block: its whole frames only. What comes next is new."""
        settings = self._extractor.settings
        count = max(0, 1 + (len(self._pending) - settings.n_fft) // settings.hop)
        padded = np.zeros(self._span, np.float32)
        padded[: len(self._pending)] = self._pending
        self._pending = np.zeros(0, np.float32)
        last = self._hear(padded, count)
        self._held = self._nothing()
        return last

    def _hear(self, samples: Floats, count: int = BLOCK) -> Frames:
        """Return the first `count` frames of a block, with their speech mask and states."""
        whole = self._extractor.block(samples)
        frames = whole if count == BLOCK else whole.first(count)
        speech = self.activity.push(frames.level)
        if self._extractor.encoder is None:
            return replace(frames, speech=speech)
        self.level.add(frames.level[speech])
        if not self._encodes:
            nothing = np.zeros((count, self._extractor.settings.states), np.float32)
            return replace(frames, states=nothing, speech=speech)
        # The encoder needs a whole block; the frames after `count` hold no sound.
        mfcc = self.level.normalise(whole.mfcc, n_mels=self._extractor.settings.n_mels)
        states, self._held = self._extractor.encoder.hear(mfcc, self._held)
        return replace(frames, states=states[:count], speech=speech)

    def _nothing(self) -> Floats:
        encoder = self._extractor.encoder
        return np.zeros(0, np.float32) if encoder is None else encoder.nothing()


@lru_cache(maxsize=4)
def extractor(settings: FeatureSettings) -> FeatureExtractor:
    """Return the extractor for `settings`, made once: it holds only constants."""
    return FeatureExtractor(settings)
