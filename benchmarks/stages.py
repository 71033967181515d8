"""What a second of live audio costs in each stage, in this process, without any socket.

Many sessions take turns, chunk by chunk, as in a server: one alone would find everything it needs
in the nearest cache.
"""

from __future__ import annotations

import ctypes
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

import numpy as np

from benchmarks.recording import Recording
from models import SAMPLE_RATE, Recognizer
from models.bundle import DEFAULT_BUNDLE, load_bundle
from models.features import BLOCK, FeatureExtractor, dct_matrix, mel_filterbank
from models.pitch import PitchFinder
from models.speaker import Speaker
from models.teaching import Adaptation, Taught, vector_of
from webapp.audio import open_stream
from webapp.audio.libopus import load_libopus
from webapp.protocol import Start
from webapp.session import LiveSession
from webapp.settings import Settings

SESSIONS = 50
WARM_S = 3.0  # not measured: until a window is full


@dataclass(frozen=True)
class Stage:
    """One stage.

    Attributes
    ----------
    name : str
    cpu_ms : float
        For a second of one session's audio.
    yardstick_ms : float
        The same for the least that the work needs; nan where there is no such thing.
    yardstick : str
        What that is.
    naive_ms, naive : float, str
        The same for the obvious way of doing it, where it was measured.
    """

    name: str
    cpu_ms: float
    yardstick_ms: float = math.nan
    yardstick: str = ""
    naive_ms: float = math.nan
    naive: str = ""


@dataclass(frozen=True)
class Stages:
    """All of them.

    Attributes
    ----------
    stages : list of Stage
    session_ms : float
        A whole session without its socket.
    network_ms, windows_per_s, judged : float
        One call of the network; windows for a second of audio; the share of them that reach the
        network, because they hold speech.
    taught_ms : float
        Cost of a taught profile in one window; NaN for a bundle that cannot be taught.
    """

    stages: list[Stage] = field(default_factory=list)
    session_ms: float = math.nan
    network_ms: float = math.nan
    windows_per_s: float = math.nan
    judged: float = math.nan
    taught_ms: float = math.nan


def measure(
    recording: Recording,
    *,
    step_s: float,
    sessions: int = SESSIONS,
    naive: Mapping[str, float] = MappingProxyType({}),
) -> Stages:
    """Measure every stage beside its yardstick.

    Parameters
    ----------
    recording : Recording
        At least some seconds longer than `WARM_S`.
    step_s : float
        Between two predictions.
    sessions : int
        How many take turns.
    naive : mapping, optional
        What the naive recipe's parts cost a prediction, from `benchmarks.naive`.
    """
    recognizer = Recognizer.load()
    pieces = recording.samples()
    warm = next(i for i, chunk in enumerate(recording.chunks) if chunk.at_s > WARM_S)
    audio_s = sum(map(len, pieces[warm:])) / SAMPLE_RATE
    windows = [w for some in recording.windows(recognizer, step_s=step_s)[warm:] for w in some]
    judged = sum(window.state != "silence" for window in windows)
    chunks = [chunk.data for chunk in recording.chunks]

    def each(calls: list[Callable[[Any], object]], inputs: Sequence[object]) -> float:
        return _in_turns(calls, inputs, warm=warm) / audio_s

    many = range(sessions)
    decode = each([open_stream(recording.mime_type).push for _ in many], chunks)
    plain = FeatureExtractor(replace(recognizer.card.features, states=0, encoder=""))
    features = each([plain.stream().push for _ in many], pieces)
    with_states = features
    if recognizer.network.encoder:
        with_states = each([recognizer.extractor.stream().push for _ in many], pieces)
    recognise = each([recognizer.stream(step_s=step_s).push for _ in many], pieces)
    session = each([_live(recognizer, recording, step_s=step_s).audio for _ in many], chunks)

    call_ms, bare_ms = _network(recognizer)
    network = call_ms * judged / audio_s
    rate = len(windows) / audio_s
    growing, librosa, keras = (
        naive.get(part, math.nan) * rate for part in ("decode", "librosa", "keras")
    )
    return Stages(
        [
            Stage(
                "decode",
                decode,
                _codec(recording, sessions=sessions, warm=warm) / audio_s,
                "libopus alone",
                growing,
                "decoding all of 8 s each time",
            ),
            Stage(
                "features",
                features,
                _products(recognizer) * recognizer.card.features.frames_per_second / BLOCK,
                "the FFT and the matrix products alone",
                librosa,
                "librosa for each window",
            ),
            Stage(
                "network",
                network,
                bare_ms * judged / audio_s,
                "LiteRT's invoke alone",
                keras,
                "Keras's predict for each window",
            ),
            *_encoder(recognizer, with_states - features),
            Stage("rest of the recogniser", recognise - with_states - network),
            Stage("session and messages", session - decode - recognise),
        ],
        session,
        call_ms,
        rate,
        judged / len(windows) if windows else math.nan,
        _adaptation(recognizer),
    )


def _in_turns(
    calls: Sequence[Callable[[Any], object]], inputs: Sequence[object], *, warm: int
) -> float:
    """Return the CPU milliseconds of one of the calls for the inputs from `warm` on."""
    for given in inputs[:warm]:
        for call in calls:
            call(given)
    began = time.process_time()
    for given in inputs[warm:]:
        for call in calls:
            call(given)
    return 1000 * (time.process_time() - began) / len(calls)


def _repeated(call: Callable[[], object], *, seconds: float = 0.4) -> float:
    """Return the CPU milliseconds of a call."""
    call()
    calls, began = 0, time.process_time()
    while (spent := time.process_time() - began) < seconds:
        for _ in range(5):
            call()
        calls += 5
    return 1000 * spent / calls


def _live(recognizer: Recognizer, recording: Recording, *, step_s: float) -> LiveSession:
    now = [0.0]

    def clock() -> float:  # audio comes in real time, as far as the session can tell
        now[0] += 0.12
        return now[0]

    session = LiveSession(recognizer, Settings(prediction_step_s=step_s), clock=clock)
    session.start(Start(recording.mime_type))
    return session


def _codec(recording: Recording, *, sessions: int, warm: int) -> float:
    """Return the CPU milliseconds of libopus alone for the packets from chunk `warm` on."""
    library = load_libopus()
    if library is None:
        return math.nan
    decode = library.opus_decode_float
    room = np.empty(SAMPLE_RATE, np.float32)
    address, size = room.ctypes.data, len(room)
    states = [
        ctypes.create_string_buffer(library.opus_decoder_get_size(1)) for _ in range(sessions)
    ]

    def decoder(state: int) -> Callable[[list[bytes]], None]:
        library.opus_decoder_init(state, SAMPLE_RATE, 1)

        def push(packets: list[bytes]) -> None:
            for packet in packets:
                decode(state, packet, len(packet), address, size, 0)

        return push

    decoders = [decoder(ctypes.addressof(state)) for state in states]
    return _in_turns(decoders, recording.packets(), warm=warm)


def _products(recognizer: Recognizer) -> float:
    """Return the CPU milliseconds of a block's FFT and three matrix products, nothing else."""
    settings = recognizer.card.features
    frames = np.random.default_rng(1).standard_normal((BLOCK, settings.n_fft)).astype(np.float32)
    mel, dct = mel_filterbank(settings), dct_matrix(settings.n_mels, settings.n_mfcc)
    power = np.ones((BLOCK, settings.n_fft // 2 + 1), np.float32)
    logs = np.ones((BLOCK, settings.n_mels), np.float32)
    lags = PitchFinder(sample_rate=settings.sample_rate, window=np.hanning(settings.n_fft)).matrix
    low = np.ascontiguousarray(power[:, : len(lags)])
    return _repeated(lambda: (np.fft.rfft(frames), power @ mel, logs @ dct, low @ lags))


def _network(recognizer: Recognizer) -> tuple[float, float]:
    """Return the CPU milliseconds of a judgement by the network, and of LiteRT's invoke alone."""
    card, weights = load_bundle(DEFAULT_BUNDLE)
    shape = (card.window_spans, card.features.columns + 1)
    window = np.random.default_rng(1).standard_normal(shape).astype(np.float32)
    window[:, -1] = 1.0
    columns, speech = np.ascontiguousarray(window[:, :-1]), window[:, -1] > 0
    _, known = Speaker().estimate(card.normalisation)
    judged = _repeated(lambda: recognizer.network.logits(columns, speech, known))
    return judged, _invoke(weights.network)


def _adaptation(recognizer: Recognizer) -> float:
    """Return the CPU milliseconds that a taught profile adds to a window."""
    population = recognizer.population
    if population is None:
        return math.nan
    labels, rng = len(recognizer.labels), np.random.default_rng(1)
    taught = Taught((3,) * labels, rng.standard_normal((labels, population.size)))
    adaptation = Adaptation(population, taught)
    logits, components = rng.standard_normal(labels), rng.standard_normal(population.size - labels)
    return _repeated(lambda: adaptation.logits(vector_of(logits, components)))


def _encoder(recognizer: Recognizer, cpu_ms: float) -> list[Stage]:
    """Return the encoder's stage, if there is one."""
    if not recognizer.network.encoder:
        return []
    _, weights = load_bundle(DEFAULT_BUNDLE)
    blocks_s = recognizer.card.features.frames_per_second / BLOCK
    return [Stage("encoder", cpu_ms, _invoke(weights.encoder) * blocks_s, "LiteRT's invoke alone")]


def _invoke(content: bytes) -> float:
    """Return the CPU milliseconds that LiteRT alone takes for a network's inputs, all one."""
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_content=content, num_threads=1)
    interpreter.allocate_tensors()
    for source in interpreter.get_input_details():
        interpreter.set_tensor(source["index"], np.ones(source["shape"], np.float32))
    return _repeated(interpreter.invoke)
