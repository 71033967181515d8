"""Spoken prompts: real voices of no corpus, so that one encoder serves every split.

Asterisk's core sounds (CC BY-SA 3.0), as Debian packages them: a hundred minutes of what telephone
exchanges say, by four people in five languages, in G.722 at 16 kHz. Played slower and faster each
of them becomes five.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from models.features import FeatureSettings, Floats, extractor
from training.corpora.manifest import Utterance
from training.data.cache import Arrays, Cache
from training.signal.augmentation import Recipe, apply_recipe, recipe_for
from training.signal.store import RATE
from training.teaching.lessons import Prompts
from training.teaching.teacher import TOGETHER, Teacher, mel_powers

PACKAGES = tuple(f"asterisk-core-sounds-{name}-g722" for name in ("en", "es", "fr", "it", "ru"))
SPEEDS = (0.75, 0.87, 1.0, 1.15, 1.33)
VERSIONS = 3
"""Each clip as it is, and through two other rooms and lines."""

CLIP_S = 4.0
"""Prompts of one voice are joined until they are so long."""

_LEAST_S, _LEAST_RMS = 0.4, 1e-3
_SOFTEST_DB = 30.0

Columns = npt.NDArray[np.float16]


class PromptsError(Exception):
    """The prompts cannot be had; the message says what to do."""


def fetch_prompts(folder: Path) -> list[Path]:
    """Return the prompts in a folder; where it has none, Debian's packages are unpacked into it.

    Raises
    ------
    PromptsError
        It has none, and the packages cannot be had.
    """
    if not any(folder.rglob("*.g722")):
        # All of them or none: half of the voices would pass for all.
        partial = folder.with_name(f"{folder.name}.partial")
        shutil.rmtree(partial, ignore_errors=True)
        try:
            partial.mkdir(parents=True)
            _run(["apt-get", "download", *PACKAGES], partial)
            for package in sorted(partial.glob("*.deb")):
                _run(["dpkg-deb", "-x", package.name, "."], partial)
                package.unlink()
            partial.replace(folder)
        except (OSError, subprocess.CalledProcessError) as error:
            raise PromptsError(
                f"{folder} holds no prompts, and they cannot be fetched ({error}): unpack Debian's "
                f"packages {', '.join(PACKAGES)} there."
            ) from None
    return sorted(folder.rglob("*.g722"))


def _run(command: list[str], folder: Path) -> None:
    subprocess.run(  # noqa: S603 -- Debian's tools, with words of our own
        command, cwd=folder, check=True, capture_output=True
    )


def voice_of(path: Path) -> str:
    """Return whose prompt it is: "Allison" of `.../sounds/en_US_f_Allison/digits/1.g722`."""
    folders = [part for part in path.parent.parts if part.count("_") == 3]
    return folders[-1].rpartition("_")[2] if folders else path.parent.name


def read_prompt(path: Path) -> Floats:
    """Return a prompt as mono samples at 16 kHz, shape (n,).

    Raises
    ------
    PromptsError
        It is no G.722.
    """
    try:
        with av.open(str(path), format="g722") as container:
            pieces = [f.to_ndarray().reshape(-1) for f in container.decode(audio=0)]
    except av.FFmpegError as error:
        raise PromptsError(f"{path}: {error}") from None
    joined = np.concatenate(pieces) if pieces else np.zeros(0, np.int16)
    return joined.astype(np.float32) / np.float32(32768)


def clips(paths: list[Path], rng: np.random.Generator) -> Iterator[tuple[str, Floats]]:
    """Yield voices and clips of several prompts each, with a breath between.

    Silent ones are left out, and very short ones. The order of a voice's prompts is drawn: numbers
    and letters lie side by side.
    """
    by_voice: dict[str, list[Path]] = {}
    for path in paths:
        by_voice.setdefault(voice_of(path), []).append(path)
    for voice, own in sorted(by_voice.items()):
        pieces: list[Floats] = []
        for k in rng.permutation(len(own)):
            prompt = read_prompt(own[k])
            loud = len(prompt) and float(np.sqrt(np.mean(np.square(prompt)))) >= _LEAST_RMS
            if not loud or len(prompt) < _LEAST_S * RATE:
                continue
            pieces += [prompt, np.zeros(int(rng.uniform(0.05, 0.4) * RATE), np.float32)]
            if sum(map(len, pieces)) > CLIP_S * RATE:
                yield voice, np.concatenate(pieces)[: int(2 * CLIP_S * RATE)]
                pieces = []


def load_prompts(
    folder: Path, *, weights: dict[str, Floats], cache: Cache, jobs: int = os.cpu_count() or 1
) -> tuple[Prompts, list[Floats]]:
    """Return the prompts' features, and what the teacher holds of them, from the cache if there.

    Parameters
    ----------
    folder : Path
    weights : dict of ndarray
        The teacher's.

    Returns
    -------
    Prompts
        A speaker for each voice at each speed.
    list of ndarray, shape (steps, UNITS)
        What the teacher holds of each clip as it is.

    Raises
    ------
    PromptsError
        The prompts cannot be had.
    """
    paths = fetch_prompts(folder)
    sizes = [[path.name, path.stat().st_size] for path in paths]
    key = ["prompts", SPEEDS, VERSIONS, FeatureSettings().to_json(), sizes]
    found = cache.fetch(_load, paths, weights, jobs, key=key)
    store, held = Prompts(), []
    columns = np.split(found["columns"], np.cumsum(found["lengths"])[:-1])
    states = np.split(found["held"], np.cumsum(found["steps"])[:-1])
    for number, (voice, own) in enumerate(zip(found["voices"].tolist(), states, strict=True)):
        versions = columns[number * VERSIONS : (number + 1) * VERSIONS]
        path = Path(f"{number}.g722")
        seconds = len(versions[0]) / FeatureSettings().frames_per_second
        store.utterances.append(Utterance(path, "prompts", voice, "", "neutral", "", seconds))
        store.columns.append(versions)
        held.append(own)
    return store, held


def _load(paths: list[Path], weights: dict[str, Floats], jobs: int) -> Arrays:
    work = list(enumerate(clips(paths, np.random.default_rng(0))))
    if not work:
        raise PromptsError(f"No voice of the {len(paths)} prompts says {CLIP_S:.0f} seconds.")
    teacher = Teacher(weights)
    with ProcessPoolExecutor(jobs) as pool:
        made = list(
            tqdm(pool.map(_hear, work, chunksize=8), total=len(work), desc="features of prompts")
        )
    heard = [one for several in made for one in several]
    held: dict[int, Floats] = {}
    order = np.argsort([len(powers) for _, _, powers in heard])
    for begin in tqdm(range(0, len(order), TOGETHER), desc="what the teacher holds"):
        some = order[begin : begin + TOGETHER]
        held |= dict(zip(some, teacher.states([heard[i][2] for i in some]), strict=True))
    return {
        "voices": np.array([voice for voice, _, _ in heard]),
        "lengths": np.array([len(version) for _, versions, _ in heard for version in versions]),
        "columns": np.concatenate([version for _, versions, _ in heard for version in versions]),
        "steps": np.array([len(held[i]) for i in range(len(heard))]),
        "held": np.concatenate([held[i] for i in range(len(heard))]).astype(np.float16),
    }


def _hear(work: tuple[int, tuple[str, Floats]]) -> list[tuple[str, list[Columns], Floats]]:
    """Return a clip at every speed: a name, the versions' features and the teacher's powers."""
    number, (voice, samples) = work
    settings, rng = FeatureSettings(), np.random.default_rng(number)
    heard = []
    for speed in SPEEDS:
        # Another throat and tempo, and as loud as it may be.
        paced = apply_recipe(samples, Recipe(speed=speed * float(rng.uniform(0.95, 1.05))), rng)
        paced = paced * np.float32(10 ** (-rng.uniform(0, _SOFTEST_DB) / 20))
        versions = [paced]
        for version in range(1, VERSIONS):
            recipe = replace(recipe_for(f"{number}/{speed}", version), speed=1.0)
            versions.append(apply_recipe(paced, recipe, rng))
        columns = [extractor(settings).frames(v).columns.astype(np.float16) for v in versions]
        heard.append((f"{voice} x {speed}", columns, mel_powers(paced, settings)))
    return heard
