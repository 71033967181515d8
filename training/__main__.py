"""`python -m training prepare`, `python -m training train`, `python -m training evaluate`."""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

# Before numpy and TensorFlow read them.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

if __name__ == "__main__" and sys.argv[1:2] == ["prepare"]:
    # It needs no TensorFlow, nor the seconds that loading it takes.
    from training.corpora.prepare import main as prepare

    sys.exit(prepare(sys.argv[2:]))

import numpy as np

from models.bundle import DEFAULT_BUNDLE, REPORT_FILE, Card, Decision, load_bundle, save_bundle
from models.labels import EMOTIONS
from training.augmentation import VERSIONS
from training.fit import FitSettings, Progress
from training.manifest import ManifestError, corpora_folder, find_corpora
from training.prose import write_figures
from training.report import Outcome, calibrate, figures, judge, train_network
from training.splits import Split, corpus_splits, speaker_splits
from training.store import Store, load_store

VERSION = "1.0.0"
CACHE = Path(".cache")
REPORT = DEFAULT_BUNDLE / REPORT_FILE
README = Path("README.md")
SEED = 1


def main(arguments: list[str] | None = None) -> int:
    """Run a command; return its exit status."""
    parser = argparse.ArgumentParser(prog="python -m training", description=__doc__)
    parser.add_argument("command", choices=("train", "evaluate"))
    parser.add_argument(
        "--only", choices=("speakers", "corpora"), help="evaluate these splits only; no report"
    )
    options = parser.parse_args(arguments)
    try:
        store = open_store()
    except ManifestError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    if options.command == "train":
        train(store)
    else:
        evaluate(store, only=options.only)
    return 0


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


def telling(what: str) -> Callable[[Progress], None]:
    """Return a listener that prints a network's progress."""

    def tell(progress: Progress) -> None:
        print(
            f"{what}: epoch {progress.epoch}/{progress.epochs}, loss {progress.loss:.3f}, "
            f"{progress.seconds_left:.0f} s left",
            flush=True,
        )

    return tell


def train(store: Store) -> None:
    """Train on every recording and write the bundle; its decision comes from the report."""
    everything = tuple(range(len(store)))
    card, weights = train_network(
        store,
        everything,
        settings=FitSettings(),
        seed=SEED,
        cache=CACHE / "networks",
        tell=telling("final network"),
    )
    card = replace(card, version=VERSION)
    if REPORT.is_file():
        card = with_report(card, REPORT.read_bytes())
    save_bundle(DEFAULT_BUNDLE, card, weights)
    print(
        f"{DEFAULT_BUNDLE}: {len(weights)} bytes of weights, {hashlib.sha256(weights).hexdigest()}"
    )


def with_report(card: Card, report: bytes) -> Card:
    """Return the card with the decision that a report found, and the report's digest."""
    return replace(
        card,
        decision=Decision(**json.loads(report)["decision"]),
        report_sha256=hashlib.sha256(report).hexdigest(),
    )


def evaluate(store: Store, *, only: str | None) -> None:
    """Train and judge a network for every split, and write the report."""
    report: dict[str, Any] = {
        "protocol": {
            "labels": list(EMOTIONS),
            "speakers": "Six folds; each network never heard the speakers that it is tested on.",
            "corpora": "Leave one corpus out; the network never heard any of the corpus.",
            "warm": "The mean of the speaker's other clips is known; labels are unused.",
            "settings": FitSettings().to_json(),
        }
    }
    outcomes = {}
    for kind, splits in (
        ("speakers", speaker_splits(store.utterances)),
        ("corpora", corpus_splits(store.utterances)),
    ):
        if only and only != kind:
            continue
        outcomes[kind] = [_outcome(store, split) for split in splits]
        corpora = dict.fromkeys(u.corpus for u in store.utterances)
        results = {c: figures(store, outcomes[kind], c) for c in corpora}
        results = {c: f for c, f in results.items() if f}
        report[kind] = results
        for corpus, values in results.items():
            print(
                f"{kind}, {corpus}: UAR {values['uar_mean']} (sd {values['uar_sd']} over "
                f"{len(values['splits'])} splits, n {values['n']}), "
                f"speaker known {values['uar_warm_mean']}"
            )
    if only:
        return
    speakers = outcomes["speakers"]
    truth = np.concatenate(
        [[EMOTIONS.index(store.utterances[i].emotion) for i in o.split.test] for o in speakers]
    )
    decision = calibrate(truth, np.concatenate([o.cold for o in speakers]))
    report["decision"] = vars(decision)
    # The bundle in use takes the report over; a later `train` finds it in its place.
    card, weights = load_bundle(DEFAULT_BUNDLE)
    partial = REPORT.with_suffix(".partial")
    partial.write_text(json.dumps(report, indent=1) + "\n")
    partial.replace(REPORT)
    save_bundle(DEFAULT_BUNDLE, with_report(card, REPORT.read_bytes()), weights)
    write_figures(README, report)
    print(f"wrote {REPORT} and the figures in {README}")


def _outcome(store: Store, split: Split) -> Outcome:
    card, weights = train_network(
        store,
        split.train,
        settings=FitSettings(),
        seed=SEED,
        cache=CACHE / "networks",
        tell=telling(split.name),
    )
    return judge(store, split, card, weights)


if __name__ == "__main__":
    sys.exit(main())
