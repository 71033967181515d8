"""Measure how often a change that leaves the speech alone changes the emotion.

The command draws clips of every corpus, judges each one as the server judges an upload, changes it
(silence in front, another codec, another level, no pauses, another channel layout) and judges the
changed file in the same way. It prints one table.
"""

from __future__ import annotations

import csv
import functools
import io
import math
import multiprocessing
import os
import random
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import av
import click
import numpy as np
import numpy.typing as npt
import soundfile
import soxr

from benchmarks.machine import ROOT
from benchmarks.text import number, table
from models import EMOTIONS, SAMPLE_RATE, Recognizer
from webapp.audio import AudioError
from webapp.predictions import Predictor
from webapp.settings import Settings

Floats = npt.NDArray[np.float32]
"""Mono samples at 16 kHz, shape (n,)."""

MANIFEST = "manifest.csv"
SYNONYMS = {"anxious": "fearful"}  # label of a corpus: emotion, as in training/corpora
LEAD = 1024  # samples in front: 64 ms
CODEC_RATE = 44_100
SLICE = SAMPLE_RATE * 120 // 1000  # samples of a recorder's slice
LEAST_TIGHT_S = 0.6  # shorter speech is left out
TIGHT_BELOW_DB = 20.0
UNCHANGED = "the same file again"


@dataclass(frozen=True)
class Drawn:
    """A clip of a corpus.

    Attributes
    ----------
    path : Path
    corpus : str
    emotion : str
        One of `EMOTIONS`.
    """

    path: Path
    corpus: str
    emotion: str


@dataclass(frozen=True)
class Change:
    """A change that leaves the speech alone.

    Attributes
    ----------
    name : str
    encode : callable
        Returns the bytes of the changed file, or None for a clip that the change leaves too short.
    beside : str
        The change whose answer is the reference.
    changed_max : float or None
        Target: the largest share of changed emotions.
    loss_max : float or None
        Target: the largest loss of UAR beside the reference.
    silent_max : int or None
        Target: the largest number of clips without an emotion.
    """

    name: str
    encode: Callable[[Floats], bytes | None]
    beside: str = UNCHANGED
    changed_max: float | None = None
    loss_max: float | None = None
    silent_max: int | None = None


@dataclass(frozen=True)
class Outcome:
    """The answers to one clip.

    Attributes
    ----------
    clip : Drawn
    answers : dict of str to (str or None)
        By the change's name: the emotion, None for silence, or an error's code.
    audio_s : float
    whole_cpu_s, slices_cpu_s : float
        CPU time of the recogniser for the clip at once, and in slices of 120 ms.
    error : str
        Why the clip could not be read; empty if it could.
    """

    clip: Drawn
    answers: dict[str, str | None]
    audio_s: float = 0.0
    whole_cpu_s: float = 0.0
    slices_cpu_s: float = 0.0
    error: str = ""


def wav(*channels: Floats) -> bytes:
    """Return a WAV file of 16 bit; samples beyond full scale are clipped."""
    samples = np.clip(np.rint(np.stack(channels, axis=1) * 32768), -32768, 32767)
    file = io.BytesIO()
    soundfile.write(file, samples.astype(np.int16), SAMPLE_RATE, format="WAV", subtype="PCM_16")
    return file.getvalue()


def coded(
    *channels: Floats, container: str, codec: str, bit_rate: int, rate: int, frame: int
) -> bytes:
    """Return a file of one or two channels whose header does not state the codec's delay.

    Parameters
    ----------
    *channels : ndarray of float32, shape (n,)
    container, codec : str
        FFmpeg's names.
    bit_rate : int
        In bits per second.
    rate : int
        Sampling rate of the file, in Hz.
    frame : int
        Samples of a codec's frame.
    """
    layout = "mono" if len(channels) == 1 else "stereo"
    options = {
        "mp3": {"write_xing": "0", "id3v2_version": "0"},
        "webm": {"live": "1"},
    }.get(container, {})
    file = io.BytesIO()
    with av.open(file, "w", format=container, options=options) as target:
        stream = target.add_stream(codec, rate=rate, layout=layout)
        stream.bit_rate = bit_rate
        high = np.stack([soxr.resample(channel, SAMPLE_RATE, rate) for channel in channels])
        sound = av.AudioFrame.from_ndarray(high.astype(np.float32), format="fltp", layout=layout)
        sound.sample_rate = rate
        cutter = av.AudioResampler(stream.format, layout=layout, rate=rate, frame_size=frame)
        for piece in [*cutter.resample(sound), *cutter.resample(None), None]:
            target.mux(stream.encode(piece))
    return file.getvalue()


mp3 = functools.partial(
    coded, container="mp3", codec="libmp3lame", bit_rate=128_000, rate=CODEC_RATE, frame=1152
)
adts = functools.partial(
    coded, container="adts", codec="aac", bit_rate=96_000, rate=CODEC_RATE, frame=1024
)
webm = functools.partial(
    coded, container="webm", codec="libopus", bit_rate=128_000, rate=48_000, frame=960
)


def gained(samples: Floats, *, gain_db: float) -> Floats:
    """Return the samples at another level."""
    return samples * np.float32(10 ** (gain_db / 20))


def levelled(samples: Floats, *, rms_db: float) -> Floats:
    """Return the samples at a root mean square of `rms_db` dBFS."""
    rms = math.sqrt(float(np.mean(np.square(samples, dtype=np.float64))))
    return gained(samples, gain_db=rms_db - 20 * math.log10(max(rms, 1e-9)))


def room_noise(samples: Floats, *, count: int = LEAD) -> Floats:
    """Return the softest `count` samples in a row, reversed."""
    power = np.cumsum(np.square(samples, dtype=np.float64))
    softest = int(np.argmin(power[count:] - power[:-count])) + 1
    return samples[softest : softest + count][::-1]


def later(samples: Floats, *, milliseconds: float) -> Floats:
    """Return the samples delayed by `milliseconds`, at the same length."""
    count = round(milliseconds * SAMPLE_RATE / 1000)
    return np.concatenate([np.zeros(count, np.float32), samples])[: len(samples)]


def tight(samples: Floats) -> Floats | None:
    """Return the speech without silence and pauses, or None if it is shorter than 0.6 s.

    A frame of 5 ms stays if its level, smoothed over 20 ms, is at most 20 dB below the 95th
    percentile. Pieces shorter than 20 ms are left out; a crossfade of 5 ms joins the others.
    """
    size = SAMPLE_RATE * 5 // 1000
    frames = samples[: len(samples) // size * size].reshape(-1, size)
    power = np.convolve(
        np.mean(np.square(frames, dtype=np.float64), axis=1), np.ones(4) / 4, "same"
    )
    loud = np.flatnonzero(power > np.percentile(power, 95) * 10 ** (-TIGHT_BELOW_DB / 10))
    fade = np.linspace(0, 1, size, dtype=np.float32)
    joined = np.zeros(size, np.float32)
    for run in np.split(loud, np.flatnonzero(np.diff(loud) > 1) + 1):
        if len(run) < 4:
            continue
        piece = frames[run].ravel()
        seam = joined[-size:] * (1 - fade) + piece[:size] * fade
        joined = np.concatenate([joined[:-size], seam, piece[size:]])
    return joined if len(joined) >= LEAST_TIGHT_S * SAMPLE_RATE else None


def _tight_wav(samples: Floats) -> bytes | None:
    speech = tight(samples)
    return None if speech is None else wav(speech)


def _centre(samples: Floats) -> tuple[Floats, ...]:
    silent = np.zeros_like(samples)
    return silent, silent, samples, silent, silent, silent


OPUS = "WebM/Opus, two equal channels"
CHANGES = (
    Change(UNCHANGED, wav, changed_max=0.0),
    Change(
        "64 ms of zeros in front",
        lambda x: wav(np.concatenate([np.zeros(LEAD, np.float32), x])),
        changed_max=0.04,
    ),
    Change(
        "64 ms of room noise in front",
        lambda x: wav(np.concatenate([room_noise(x), x])),
        changed_max=0.04,
    ),
    Change("MP3 128 kbit/s, no LAME tag", mp3, changed_max=0.05),
    Change("AAC 96 kbit/s in ADTS", adts, changed_max=0.05),
    Change("-20 dB", lambda x: wav(gained(x, gain_db=-20))),
    Change("-30 dB", lambda x: wav(gained(x, gain_db=-30)), changed_max=0.06),
    Change("+12 dB", lambda x: wav(gained(x, gain_db=12))),
    Change("RMS of -40 dBFS", lambda x: wav(levelled(x, rms_db=-40)), loss_max=0.02),
    Change("RMS of -50 dBFS", lambda x: wav(levelled(x, rms_db=-50))),
    Change("silence and pauses cut", _tight_wav, silent_max=0),
    Change("stereo, right inverted", lambda x: wav(x, -x), changed_max=0.0),
    Change("stereo, right times -0.9", lambda x: wav(x, np.float32(-0.9) * x), changed_max=0.02),
    Change(
        "stereo, right 0.5 ms later",
        lambda x: wav(x, later(x, milliseconds=0.5)),
        changed_max=0.03,
    ),
    Change(
        "stereo, right 1 ms later", lambda x: wav(x, later(x, milliseconds=1)), changed_max=0.03
    ),
    Change("stereo, right only", lambda x: wav(np.zeros_like(x), x)),
    Change("5.1, centre only", lambda x: wav(*_centre(x))),
    Change(OPUS, lambda x: webm(x, x)),
    Change("WebM/Opus, right inverted", lambda x: webm(x, -x), beside=OPUS, changed_max=0.0),
    Change(
        "WebM/Opus, right 0.5 ms later",
        lambda x: webm(x, later(x, milliseconds=0.5)),
        beside=OPUS,
        changed_max=0.03,
    ),
)


def corpora_folder() -> Path:
    """Return where the corpora are: CORPORA_DIR, or shared/data beside the project."""
    return Path(os.environ.get("CORPORA_DIR", ROOT.parent / "shared" / "data"))


def draw(folder: Path, *, clips: int, seed: int, excluded: frozenset[str]) -> list[Drawn]:
    """Draw clips of each corpus that has all five emotions, as many of each emotion.

    Parameters
    ----------
    folder : Path
        Holds one folder a corpus with a `manifest.csv`, whose paths are relative to `folder`.
    clips : int
        Of a corpus; fewer where an emotion has fewer.
    seed : int
    excluded : frozenset of str
        Paths of clips that are not drawn, as in the manifests.

    Raises
    ------
    click.ClickException
        The folder has no such corpus.
    """
    drawn = []
    for manifest in sorted(folder.glob(f"*/{MANIFEST}")):
        with manifest.open(encoding="utf-8", newline="") as lines:
            rows = [(row["path"], row["emotion"]) for row in csv.DictReader(lines)]
        found = [(path, SYNONYMS.get(label, label)) for path, label in rows]
        corpus = manifest.parent.name
        for emotion in EMOTIONS if set(EMOTIONS) <= {label for _, label in found} else ():
            paths = sorted(path for path, own in found if own == emotion and path not in excluded)
            random.Random(f"{seed} {corpus} {emotion}").shuffle(paths)
            drawn += [Drawn(folder / path, corpus, emotion) for path in paths[: clips // 5]]
    if not drawn:
        raise click.ClickException(
            f"{folder} holds no corpus whose {MANIFEST} has {', '.join(EMOTIONS)}. Set CORPORA_DIR "
            "to a folder with one folder a corpus; `make corpora` lists how to get them."
        )
    return drawn


@functools.cache
def _recogniser() -> tuple[Recognizer, Predictor]:
    """Return this process's recogniser and predictor, ready for the first file."""
    predictor = Predictor(Recognizer.load(), Settings())
    predictor.warm()
    return Recognizer.load(), predictor


def _answer(predictor: Predictor, data: bytes) -> str | None:
    try:
        emotion: str | None = predictor.answer(data)["emotion"]
    except AudioError as error:
        return error.code
    return emotion


def judge(clip: Drawn) -> Outcome:
    """Return the answers to a clip and to all its changes."""
    try:
        stored, rate = soundfile.read(clip.path, dtype="float32", always_2d=True)
    except (soundfile.SoundFileError, OSError) as error:
        return Outcome(clip, {}, error=str(error))
    samples = soxr.resample(stored.mean(axis=1), rate, SAMPLE_RATE).astype(np.float32)
    recognizer, predictor = _recogniser()
    answers = {"": _answer(predictor, wav(samples))}
    for change in CHANGES:
        data = change.encode(samples)
        if data is not None:
            answers[change.name] = _answer(predictor, data)
    began = time.process_time()
    recognizer.predict(samples)
    between = time.process_time()
    stream = recognizer.stream()
    for start in range(0, len(samples), SLICE):
        stream.push(samples[start : start + SLICE])
    stream.finish()
    ended = time.process_time()
    return Outcome(clip, answers, len(samples) / SAMPLE_RATE, between - began, ended - between)


def outcomes(clips: Sequence[Drawn], *, jobs: int) -> Iterator[Outcome]:
    """Yield the outcome of each clip, in order; `jobs` processes work."""
    with ExitStack() as stack:
        work: Callable[..., Iterator[Outcome]] = map
        if jobs > 1:
            spawn = multiprocessing.get_context("spawn")
            work = stack.enter_context(ProcessPoolExecutor(jobs, mp_context=spawn)).map
        yield from work(judge, clips)


def uar(judged: Sequence[Outcome], name: str) -> float:
    """Return the unweighted average recall of the five emotions, the mean over the corpora."""
    recalls: dict[str, dict[str, list[bool]]] = {}
    for one in judged:
        right = one.answers[name] == one.clip.emotion
        recalls.setdefault(one.clip.corpus, {}).setdefault(one.clip.emotion, []).append(right)
    means = [np.mean([np.mean(own) for own in corpus.values()]) for corpus in recalls.values()]
    return float(np.mean(means)) if means else math.nan


def row(change: Change, judged: Sequence[Outcome]) -> tuple[str, ...]:
    """Return a change's line of the table."""
    own = [one for one in judged if change.name in one.answers]
    reference = "" if change.beside == UNCHANGED else change.beside
    changed = sum(one.answers[change.name] != one.answers[reference] for one in own)
    silent = sum(one.answers[change.name] is None for one in own)
    after, before = uar(own, change.name), uar(own, reference)
    wanted, reached = "–", "–"
    if change.changed_max is not None:
        limit = change.changed_max
        wanted = f"changed at most {100 * limit:.0f} %" if limit else "none changed"
        reached = "yes" if changed <= limit * len(own) else "no"
    elif change.loss_max is not None:
        wanted = f"UAR at most {change.loss_max:g} lower"
        reached = "yes" if before - after <= change.loss_max else "no"
    elif change.silent_max is not None:
        wanted = "none silent"
        reached = "yes" if silent <= change.silent_max else "no"
    return (
        change.name,
        str(len(own)),
        str(changed),
        f"{100 * changed / len(own):.1f} %" if own else "–",
        str(silent),
        f"{before:.3f}",
        f"{after:.3f}",
        wanted,
        reached,
    )


def report(judged: Sequence[Outcome], *, model: str, seed: int, excluded: int) -> str:
    """Return the clips' sources, the table and the cost, in Markdown."""
    counts = dict.fromkeys(sorted({one.clip.corpus for one in judged}), 0)
    for one in judged:
        counts[one.clip.corpus] += 1
    sources = ", ".join(f"{name} {count}" for name, count in counts.items())
    audio_s = sum(one.audio_s for one in judged)
    whole = 1000 * sum(one.whole_cpu_s for one in judged) / audio_s
    slices = 1000 * sum(one.slices_cpu_s for one in judged) / audio_s
    head = ("Change", "clips", "changed", "share", "silent", "UAR before", "UAR after")
    return "\n\n".join(
        [
            f"{model}; {len(judged)} clips, {audio_s:.0f} s ({sources}), seed {seed}, "
            f"{excluded} clips excluded from the draw.",
            table((*head, "target", "reached"), [row(change, judged) for change in CHANGES]),
            f"CPU of the recogniser for a second of audio: {number(whole)} ms for a whole clip, "
            f"{number(slices)} ms in slices of 120 ms.",
        ]
    )


@click.command()
@click.option("--clips", type=click.IntRange(5), default=40, help="Clips of each corpus.")
@click.option("--seed", default=0, help="Seed of the draw.")
@click.option("--jobs", type=click.IntRange(1, 2), default=1, help="Processes.")
@click.option(
    "--exclude",
    type=click.File(encoding="utf-8"),
    help="A text file with one path of the manifests a line; these clips are not drawn.",
)
def main(*, clips: int, seed: int, jobs: int, exclude: io.TextIOBase | None) -> None:
    """Print how often a change that leaves the speech alone changes the emotion.

    The corpora are read from CORPORA_DIR, or from ../shared/data.
    """
    excluded = frozenset(line.strip() for line in exclude or () if line.strip())
    drawn = draw(corpora_folder(), clips=clips, seed=seed, excluded=excluded)
    judged = []
    results = outcomes(drawn, jobs=jobs)
    with click.progressbar(results, length=len(drawn), label="Clips", file=sys.stderr) as bar:
        for one in bar:
            if one.error:
                click.echo(f"{one.clip.path} is left out: {one.error}", err=True)
            else:
                judged.append(one)
    if not judged:
        raise click.ClickException("None of the clips can be read.")
    card = Recognizer.load().card
    model = f"{card.name} {card.version}"
    click.echo(report(judged, model=model, seed=seed, excluded=len(excluded)))


if __name__ == "__main__":
    main()
