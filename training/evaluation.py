"""The evaluation: a network for each split, judged by the recogniser on speakers never heard.

Everything that takes long is kept (networks, judgements), so that an evaluation that was stopped
goes on where it was, and a second one takes a minute.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from models.labels import EMOTIONS
from training.calibration import calibration, decision_for, pooled_decision
from training.corpora import CORPORA
from training.fairness import fairness
from training.fit import FitSettings, Progress
from training.inflated import inflated, random_split
from training.listening import listen
from training.networks import RAW, train_network
from training.outcomes import Outcome, Trained, judge
from training.quantisation import eight_bits
from training.refusals import nonspeech, refused
from training.report import figures
from training.robustness import disturbed, robustness
from training.shelf import Shelf
from training.sounds import Sound
from training.speed import speed
from training.splits import Split, corpus_splits, speaker_splits
from training.states import States
from training.store import Store
from training.stream import section
from training.targets import targets
from training.voice import voice
from training.warmth import warm_up, warmth

PARTS = ("speakers", "corpora", "random")


@dataclass(frozen=True)
class Evaluation:
    """An evaluation of what is in a store.

    Attributes
    ----------
    store : Store
    cache : Path
        Networks and judgements are kept in it.
    seed : int
    settings : FitSettings
    corpora_folder : Path, optional
        Where recordings without speech are looked for.
    sounds : list of Sound
        Without speech, to train on.
    states : States, optional
        What an encoder says of the store and of the sounds, to train on as well.
    """

    store: Store
    cache: Path
    seed: int
    settings: FitSettings
    corpora_folder: Path | None = None
    sounds: list[Sound] = field(default_factory=list)
    states: States | None = None

    @property
    def shelf(self) -> Shelf:
        """Where judgements are kept."""
        return Shelf(self.cache / "judgements")

    def trained(self, split: Split) -> Trained:
        """Return the network of a split, trained if need be."""

        def tell(progress: Progress) -> None:
            print(
                f"{split.name}: {progress.what} {progress.epoch}/{progress.epochs}, "
                f"loss {progress.loss:.3f}, {progress.seconds_left:.0f} s left",
                flush=True,
            )

        card, weights = train_network(
            self.store,
            split.train,
            sounds=self.sounds,
            settings=self.settings,
            seed=self.seed,
            cache=self.cache / "networks",
            tell=tell,
            states=self.states,
        )
        return Trained(split, card, weights)

    def speakers(self) -> dict[str, Any]:
        """Return the sections of the report that come from the folds by speaker."""
        networks, outcomes = self._judged(speaker_splits(self.store.utterances), "speakers")
        decision = pooled_decision(self.store, outcomes)
        decisions = [decision_for(self.store, outcomes, outcome) for outcome in outcomes]
        # On a worse line a voice may no longer sound like one: what it is refused for then counts.
        lines = [
            disturbed(
                self.store,
                replace(trained, card=replace(trained.card, decision=strict)),
                seed=self.seed,
                shelf=self.shelf,
            )
            for trained, own in zip(networks, decisions, strict=True)
            for strict in [replace(RAW, voice_above=own.voice_above)]
        ]
        rejected = [
            refused(
                trained,
                decision,
                seed=self.seed,
                store=self.store,
                shelf=self.shelf,
                corpora=self.corpora_folder,
            )
            for trained in networks
        ]
        talks = [
            (listen(self.store, trained, seed=self.seed, shelf=self.shelf), own)
            for trained, own in zip(networks, decisions, strict=True)
        ]
        report: dict[str, Any] = {
            "speakers": self._by_corpus(outcomes, "speakers"),
            "decision": vars(decision),
        }
        if len(outcomes) > 1:
            report["calibration"] = calibration(self.store, outcomes)
            report["voice"] = voice(self.store, outcomes)
        report["robustness"] = robustness(self.store, lines)
        report["nonspeech"] = nonspeech(rejected)
        report["stream"] = section(talks, EMOTIONS)
        report["fairness"] = fairness(self.store, outcomes)
        report["speed"] = speed(networks[0])
        exact = eight_bits(
            self.store,
            networks[0],
            outcomes[0],
            networks=self.cache / "networks",
            shelf=self.shelf,
        )
        if exact:
            report["speed"]["float32"] = exact
        return report

    def corpora(self) -> dict[str, Any]:
        """Return the sections of the report that come from leaving a corpus out."""
        networks, outcomes = self._judged(corpus_splits(self.store.utterances), "corpora")
        stages = [
            warm_up(self.store, trained, seed=self.seed, shelf=self.shelf) for trained in networks
        ]
        report: dict[str, Any] = {"corpora": self._by_corpus(outcomes, "corpora")}
        if outcomes:
            report["warm_up"] = warmth(self.store, outcomes, stages)
        return report

    def random(self, *, honest: float | None = None) -> dict[str, Any]:
        """Return the one figure that leaks, and is labelled so."""
        split = random_split(self.store, seed=self.seed)
        if split is None:
            return {}
        outcome = judge(self.store, self.trained(split), shelf=self.shelf)
        return {"random_split": inflated(self.store, outcome, honest=honest)}

    def report(self) -> dict[str, Any]:
        """Return the whole report."""
        report = {
            "protocol": {
                "labels": list(EMOTIONS),
                "speakers": "Six folds; each network never heard the speakers that it is tested "
                "on.",
                "corpora": "Leave one corpus out; the network never heard any of the corpus.",
                "warm": "The speaker's other clips are known, without their labels: the mean of "
                "their speech, and what they lean to.",
                "settings": self.settings.to_json(),
                "encoder": self._encoder(),
                "seed": self.seed,
                "trained_on": _contents(self.store),
            },
            **self.speakers(),
            **self.corpora(),
        }
        honest = report["speakers"].get("ravdess", {}).get("uar_mean")
        report |= self.random(honest=honest)
        report["targets"] = targets(report)
        return report

    def _encoder(self) -> dict[str, Any] | None:
        if not self.states:
            return None
        taught, settings = self.states.taught, self.states.settings
        return taught.settings.to_json() | {"judged": [own.to_json() for own in settings]}

    def _judged(self, splits: list[Split], kind: str) -> tuple[list[Trained], list[Outcome]]:
        networks, outcomes = [], []
        for number, split in enumerate(splits, start=1):
            print(f"{kind}: split {number} of {len(splits)}, {split.name}", flush=True)
            networks.append(self.trained(split))
            outcomes.append(judge(self.store, networks[-1], shelf=self.shelf))
        return networks, outcomes

    def _by_corpus(self, outcomes: list[Outcome], kind: str) -> dict[str, Any]:
        corpora = dict.fromkeys(u.corpus for u in self.store.utterances)
        results = {c: figures(self.store, outcomes, c) for c in corpora}
        results = {c: values for c, values in results.items() if values}
        for corpus, values in results.items():
            print(
                f"{kind}, {corpus}: UAR {values['uar_mean']} (sd {values['uar_sd']} over "
                f"{len(values['splits'])} splits, n {values['n']}), "
                f"speaker known {values['uar_warm_mean']}",
                flush=True,
            )
        return results


def _contents(store: Store) -> dict[str, Any]:
    """Return how much of every corpus there was, and what the corpus is."""
    contents: dict[str, Any] = {}
    for u in store.utterances:
        own = contents.setdefault(u.corpus, {"clips": 0, "speakers": set(), "hours": 0.0})
        own["clips"] += 1
        own["speakers"].add(u.speaker)
        own["hours"] += u.duration_s / 3600
    return {
        corpus: {
            "clips": own["clips"],
            "speakers": len(own["speakers"]),
            "hours": round(own["hours"], 2),
            **_known(corpus),
        }
        for corpus, own in contents.items()
    }


def _known(corpus: str) -> dict[str, str]:
    """Return a corpus's title, home, language and licence; nothing of one without a module."""
    known = CORPORA.get(corpus)
    return (
        {name: getattr(known, name) for name in ("title", "home", "language", "licence")}
        if known
        else {}
    )
