"""The evaluation: a network for each split, judged on speakers that it was not trained on.

Tracks, networks and what networks say are cached, so that an interrupted evaluation resumes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from models.bundle import Decision
from models.labels import EMOTIONS
from models.recognizer import Recognizer
from training.corpora import CORPORA
from training.data.cache import Cache
from training.data.splits import Split, corpus_splits, limited, speaker_splits
from training.evaluation import ordinary, sessions, taught
from training.evaluation.calibration import calibration, decision_for, pooled_decision
from training.evaluation.fairness import fairness
from training.evaluation.outcomes import Outcome, Trained, judge
from training.evaluation.pupils import LESSONS, judged, ordinary_pupils, pupils
from training.evaluation.random_split import inflated, random_split
from training.evaluation.refusals import nonspeech, refused
from training.evaluation.robustness import disturbed, robustness
from training.evaluation.speed import speed
from training.evaluation.stream import listen, section
from training.evaluation.voice import voice
from training.evaluation.warm_up import warm_up, warmth
from training.fitting.fit import Progress
from training.fitting.network import Components
from training.fitting.networks import RAW, Workshop
from training.reporting.report import figures
from training.reporting.targets import targets
from training.signal.sounds import Sound
from training.signal.store import Store

MOST = 250
"""Utterances of each corpus that a split tests, at most."""
PARTS = ("speakers", "corpora", "random")


@dataclass(frozen=True)
class Evaluation:
    """An evaluation of the networks that a workshop makes.

    Attributes
    ----------
    workshop : Workshop
    recorder : Recognizer
        Computes tracks; its network does not matter.
    sounds : list of Sound
        Without speech.
    cache : Cache
        Caches what networks say.
    corpora_folder : Path, optional
        Where recordings of rooms are looked for.
    """

    workshop: Workshop
    recorder: Recognizer
    sounds: list[Sound]
    cache: Cache
    corpora_folder: Path | None = None

    @property
    def store(self) -> Store:
        """The utterances and their tracks."""
        return self.workshop.store

    def trained(self, split: Split, number: int = 0) -> Trained:
        """Return the network of a split, trained if need be.

        Parameters
        ----------
        split : Split
        number : int
            Of the split: it decides which kinds of sounds the network is not trained on.
        """

        def tell(progress: Progress) -> None:
            print(
                f"{split.name}: {progress.what} {progress.epoch}/{progress.epochs}, "
                f"loss {progress.loss:.3f}, {progress.seconds_left:.0f} s left",
                flush=True,
            )

        return Trained(split, *self.workshop.network(split.train, tell=tell, group=number))

    def speakers(self) -> dict[str, Any]:
        """Return the sections of the report that come from the folds by speaker."""
        return self._speakers()[0]

    def corpora(self) -> dict[str, Any]:
        """Return the sections of the report that come from leaving a corpus out.

        Their decision takes the place of that of the folds by speaker.
        """
        return self._corpora()[0]

    def population(self, components: Components, decision: Decision) -> bytes:
        """Return the population of a bundle; empty where the speakers are too few for folds.

        Parameters
        ----------
        components : Components
            Of the bundle's network.
        decision : Decision
            Of the bundle.
        """
        folds = self._folds()
        workshop = self.workshop
        found = taught.served_population(
            self.store,
            workshop.material,
            folds,
            components,
            decision=decision,
            cache=self.cache,
        )
        return found.to_bytes() if found else b""

    def _folds(self, decisions: Sequence[Decision] | None = None) -> list[taught.Group]:
        """Return the pupils of the folds by speaker.

        Parameters
        ----------
        decisions : sequence of Decision, optional
            Of each fold; the population does not depend on them.
        """
        splits = speaker_splits(self.store.utterances)
        return [
            self._group(split, number, decisions[number] if decisions else RAW)
            for number, split in enumerate(splits)
        ]

    def _group(
        self, split: Split, number: int, decision: Decision, *, ordinary_too: bool = False
    ) -> taught.Group:
        store, seed, trained = self.store, self.workshop.seed, self.trained(split, number)
        several = pupils(store, split.test, seed=seed)
        own = judged(store, trained, several, LESSONS, seed=seed, cache=self.cache)
        if not ordinary_too:
            return taught.Group(trained, decision, own, [])
        calm = ordinary_pupils(store, split.test)
        lessons = (LESSONS[0], taught.NEUTRAL)
        of_calm = judged(store, trained, calm, lessons, seed=seed, cache=self.cache)
        left_out = _left_out(store, trained)
        return taught.Group(trained, decision, own, of_calm, left_out)

    def _speakers(self) -> tuple[dict[str, Any], list[Decision]]:
        networks, outcomes = self._judged(speaker_splits(self.store.utterances), "speakers")
        decision = pooled_decision(self.store, outcomes)
        decisions = [decision_for(self.store, outcomes, outcome) for outcome in outcomes]
        lines = [
            disturbed(
                self.store,
                replace(trained, card=replace(trained.card, decision=_strict(own))),
                self.recorder,
                seed=self.workshop.seed,
                cache=self.cache,
            )
            for trained, own in zip(networks, decisions, strict=True)
        ]
        talks = [
            (listen(self.store, trained, seed=self.workshop.seed, cache=self.cache), own)
            for trained, own in zip(networks, decisions, strict=True)
        ]
        shown = [o.shown(own) for o, own in zip(outcomes, decisions, strict=True)]
        report: dict[str, Any] = {
            "speakers": self._by_corpus(shown, "speakers"),
            "decision": vars(decision),
        }
        if len(outcomes) > 1:
            report["calibration"] = calibration(self.store, outcomes)
            report["voice"] = voice(self.store, outcomes)
        report["robustness"] = robustness(self.store, lines)
        report["nonspeech"] = self._nonspeech(networks, decisions)
        report["stream"] = section(talks)
        report["fairness"] = fairness(self.store, shown)
        report["speed"] = speed(networks[0])
        return report, decisions

    def _corpora(self) -> tuple[dict[str, Any], list[Decision]]:
        networks, outcomes = self._judged(corpus_splits(self.store.utterances), "corpora")
        if not outcomes:
            return {"corpora": {}}, []
        seed = self.workshop.seed
        decisions = [
            decision_for(self.store, [o, *of_others(self.store, outcomes, o)], o) for o in outcomes
        ]
        stages = [warm_up(self.store, t, seed=seed, cache=self.cache) for t in networks]
        heard = [ordinary.people(self.store, t, cache=self.cache) for t in networks]
        known = [
            (
                _left_out(self.store, t),
                sessions.sessions(self.store, t, seed=seed, cache=self.cache),
            )
            for t in networks
        ]
        report: dict[str, Any] = {
            # A visitor's voice, language, microphone and room are new, as those left out are.
            "decision": vars(pooled_decision(self.store, outcomes)),
            "corpora": self._by_corpus(
                [o.shown(own) for o, own in zip(outcomes, decisions, strict=True)], "corpora"
            ),
            "warm_up": warmth(self.store, outcomes, stages, decisions),
            "ordinary": ordinary.section(
                list(zip(heard, decisions, strict=True)),
                list(zip(outcomes, decisions, strict=True)),
                self.store,
            ),
            "sessions": sessions.section(self.store, known, decisions),
        }
        return report, decisions

    def random(self, *, honest: float | None = None) -> dict[str, Any]:
        """Return the section on a random split, whose test speakers are training speakers."""
        split = random_split(self.store, seed=self.workshop.seed)
        if split is None:
            return {}
        outcome = judge(self.store, self.trained(split), cache=self.cache)
        return {"random_split": inflated(self.store, outcome, honest=honest)}

    def report(self) -> dict[str, Any]:
        """Return the whole report."""
        settings = self.workshop.settings
        of_speakers, of_folds = self._speakers()
        of_corpora, of_left_out = self._corpora()
        report = {
            "protocol": {
                "labels": list(EMOTIONS),
                "cold": "Nothing is known of the speaker at the beginning of a clip.",
                "warm": "The speaker's other clips are known, without their labels: the mean of "
                "their speech.",
                "settings": settings.to_json(),
                "seed": self.workshop.seed,
                "trained_on": _contents(self.store),
            },
            **of_speakers,
            **of_corpora,
            "teaching": self._teaching(of_folds, of_left_out),
        }
        honest = report["speakers"].get("ravdess", {}).get("uar_mean")
        report |= self.random(honest=honest)
        report["targets"] = targets(report)
        return report

    def _teaching(
        self, of_folds: Sequence[Decision], of_left_out: Sequence[Decision]
    ) -> dict[str, Any]:
        splits = corpus_splits(self.store.utterances)
        corpora = [
            self._group(split, number, decision, ordinary_too=True)
            for number, (split, decision) in enumerate(zip(splits, of_left_out, strict=False))
        ]
        material, folds = self.workshop.material, self._folds(of_folds)
        return taught.section(self.store, material, folds, corpora, cache=self.cache)

    def _nonspeech(
        self, networks: Sequence[Trained], decisions: Sequence[Decision]
    ) -> dict[str, Any]:
        found = []
        for number, (trained, decision) in enumerate(zip(networks, decisions, strict=True)):
            unknown = self.workshop.unknown_sounds(number)
            found.append(
                refused(
                    trained,
                    decision,
                    self.recorder,
                    [sound for sound in self.sounds if sound.kind in unknown],
                    seed=self.workshop.seed,
                    cache=self.cache,
                    corpora=self.corpora_folder,
                )
            )
        return nonspeech(found)

    def _judged(self, splits: list[Split], kind: str) -> tuple[list[Trained], list[Outcome]]:
        networks, outcomes = [], []
        for number, whole in enumerate(splits):
            split = limited(whole, self.store.utterances, most=MOST)
            print(f"{kind}: split {number + 1} of {len(splits)}, {split.name}", flush=True)
            networks.append(self.trained(split, number))
            outcomes.append(judge(self.store, networks[-1], cache=self.cache))
        return networks, outcomes

    def _by_corpus(self, outcomes: list[Outcome], kind: str) -> dict[str, Any]:
        corpora = dict.fromkeys(u.corpus for u in self.store.utterances if not u.kind)
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


def _strict(decision: Decision) -> Decision:
    """Return a decision that refuses what is no voice and withholds nothing else.

    On a worse line a voice may no longer sound like one; that counts as a change.
    """
    return replace(
        RAW,
        voice_above=decision.voice_above,
        temperature=decision.temperature,
        prior=decision.prior,
    )


def of_others(store: Store, outcomes: list[Outcome], outcome: Outcome) -> list[Outcome]:
    """Return the outcomes of the other splits, without the speakers that one split tests.

    Several splits leave out the same source of ordinary speech. Without this its speakers would
    choose the thresholds by which they are judged.
    """
    tested = {store.utterances[i].speaker for i in outcome.split.test}
    others = [o.without(store, tested) for o in outcomes if o is not outcome]
    return [o for o in others if o.split.test]


def _left_out(store: Store, trained: Trained) -> str:
    """Return the corpus of acted speech that a split tests."""
    return next(
        u.corpus for u in map(store.utterances.__getitem__, trained.split.test) if not u.kind
    )


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
