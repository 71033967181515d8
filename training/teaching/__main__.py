"""`python -m training.teaching [SPLIT...]`: what a pupil's states are worth to a perceptron.

For each split (speakers-0, without-ravdess...; without any, those two) a pupil is taught on the
training side's speech, and a perceptron on its emotions; both are judged on the other side, beside
the teacher itself. Nothing of it is served: it is an experiment (EXPERIMENTS.md).
"""

from __future__ import annotations

import argparse
import sys

import keras
import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from models.features import FeatureSettings, Floats
from models.labels import EMOTIONS
from training.__main__ import CACHE, SEED, open_store
from training.manifest import ManifestError
from training.shelf import Shelf
from training.splits import Split, corpus_splits, speaker_splits
from training.store import Store, read_audio
from training.teaching.probe import STEPS, pooled, probe
from training.teaching.pupil import PAIR, Lessons, PupilSettings, teach
from training.teaching.teacher import EACH, Teacher, mel_powers, rounded
from training.teaching.weights import SHA256, WeightsError, fetch_wheel, read_weights

TOGETHER = 32
DEFAULT = ("speakers-0", "without-ravdess")


def main(arguments: list[str] | None = None) -> int:
    """Print the figures of some splits; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m training.teaching", description=__doc__)
    parser.add_argument("splits", nargs="*", metavar="SPLIT")
    parser.add_argument("--batches", type=int, default=PupilSettings.steps)
    options = parser.parse_args(arguments)
    settings = PupilSettings(steps=options.batches)
    try:
        teacher = Teacher(read_weights(fetch_wheel(CACHE / "teacher")))
        store = open_store()
        known = store.utterances
        splits = {split.name: split for split in speaker_splits(known) + corpus_splits(known)}
        unknown = [name for name in options.splits if name not in splits]
        if unknown:
            raise ManifestError(f"There is no split {unknown[0]}, but {', '.join(splits)}.")
    except (ManifestError, WeightsError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    states = taught(store, teacher, Shelf(CACHE / "judgements"))
    for name in options.splits or [name for name in DEFAULT if name in splits]:
        show(store, states, splits[name], settings)
    return 0


def taught(store: Store, teacher: Teacher, shelf: Shelf) -> list[Floats]:
    """Return what the teacher holds of every recording, from the shelf where it is there."""
    features = FeatureSettings()

    def make() -> dict[str, npt.NDArray[np.float16]]:
        found: dict[str, npt.NDArray[np.float16]] = {}
        order = np.argsort([len(columns[0]) for columns in store.columns])
        for start in tqdm(range(0, len(order), TOGETHER), desc="what the teacher holds"):
            some = order[start : start + TOGETHER]
            powers = [mel_powers(read_audio(store.utterances[i].path), features) for i in some]
            for index, held in zip(some, teacher.states(powers), strict=True):
                found[str(index)] = held.astype(np.float16)
        return found

    key = ["teacher", SHA256, [f"{u.path.name}/{u.speaker}" for u in store.utterances]]
    held = shelf.fetch(key, make)
    return [held[str(index)] for index in range(len(store))]


def show(
    store: Store, states: list[Floats], split: Split, settings: PupilSettings, *, steps: int = STEPS
) -> None:
    """Teach a pupil on one side of a split, and print what it and its teacher are worth."""
    train = np.array(split.train)
    lessons = Lessons(store, train, states, settings=settings, seed=SEED)
    pupil = teach(
        lessons,
        width=FeatureSettings().n_mfcc,
        seed=SEED,
        tell=lambda number, error: print(
            f"{split.name}: batch {number}/{settings.steps}, squared error {error:.3f}", flush=True
        ),
    )
    spoken = [speech[0][EACH - 1 :: EACH] for speech in store.speech]
    for what, held in (("teacher", states), ("pupil", said(pupil, lessons, len(store)))):
        values = np.stack(
            [pooled(own[mask[: len(own)]]) for own, mask in zip(held, spoken, strict=True)]
        )
        emotions = np.array([EMOTIONS.index(u.emotion) for u in store.utterances])
        corpora = np.array([u.corpus for u in store.utterances])
        speakers = np.array([u.speaker for u in store.utterances])
        found = probe(
            values, emotions, corpora, speakers, train=train, test=np.array(split.test), steps=steps
        )
        for corpus, figures in found.items():
            cold, warm, leaning = figures
            print(f"{split.name}: {what}, {corpus}: {cold:.3f} / {warm:.3f} / {leaning:.3f}")


def said(pupil: keras.Model, lessons: Lessons, count: int) -> list[Floats]:
    """Return what a pupil says of every recording, shape (frames // EACH, UNITS) each."""
    clips = [lessons.heard(index, 0) for index in range(count)]
    found: list[Floats] = [np.zeros((0, 0), np.float32)] * count
    order = np.argsort([len(clip) for clip in clips])
    for start in range(0, count, TOGETHER):
        some = order[start : start + TOGETHER]
        longest = rounded(max(len(clips[i]) for i in some))
        heard = np.zeros((len(some), longest, clips[0].shape[1]), np.float32)
        for row, index in zip(heard, some, strict=True):
            row[: len(clips[index])] = clips[index]
        paired = heard.reshape(len(some), longest // PAIR, -1)
        spoken = np.asarray(pupil.predict_on_batch(paired))[:, EACH // PAIR - 1 :: EACH // PAIR]
        for row, index in zip(spoken, some, strict=True):
            found[index] = row[: len(clips[index]) // EACH]
    return found


if __name__ == "__main__":
    sys.exit(main())
