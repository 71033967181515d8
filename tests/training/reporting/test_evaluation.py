"""An evaluation from recordings to report, small, on synthetic voices."""

import json
from dataclasses import replace

import numpy as np
import pytest

from tests.training.imagined import imagined_speech
from tests.training.untrained import untrained
from tests.training.voices import synthetic_corpora
from training.data import splits
from training.data.cache import Cache
from training.data.splits import Split
from training.data.tracks import record
from training.evaluation import refusals
from training.evaluation.outcomes import Outcome
from training.fitting.examples import ExampleSettings, material_of
from training.fitting.fit import FitSettings
from training.fitting.network import NetworkSettings
from training.fitting.networks import Workshop
from training.reporting.evaluation import Evaluation, of_others
from training.reporting.modelcard import model_card
from training.reporting.plots import draw
from training.reporting.readme import figures_table
from training.reporting.targets import TARGETS, TEACHING
from training.signal.disturbances import DISTURBANCES
from training.signal.nonspeech import KINDS, sounds
from training.signal.sounds import Sound
from training.signal.store import load_store

pytestmark = pytest.mark.slow
TINY = FitSettings(
    networks=1,
    epochs=2,
    batch=16,
    network=NetworkSettings(hidden=(4,)),
    examples=ExampleSettings(count=64, shares={}, default_share=1.0),
)


@pytest.fixture(scope="module")
def evaluation(root, tmp_path_factory):
    folder = tmp_path_factory.mktemp("evaluation")
    utterances = synthetic_corpora(root, folder, speeds=(0.95, 1.05))
    # A third of the speech stands for ordinary speech, from two sources.
    ordinary = [
        replace(u, corpus="ordinary", speaker=f"{u.speaker}x", kind=f"read, {u.corpus}")
        for u in utterances
        if u.emotion == "neutral"
    ]
    recorder, cache = untrained().recognizer(), Cache(folder / "cache")
    store = load_store(utterances, recorder, cache=cache, versions=1)
    more = load_store(ordinary, recorder, cache=cache, versions=1)
    store.utterances.extend(more.utterances)
    store.tracks.extend(more.tracks)
    kept = [Sound(s.kind, record(recorder, s.samples)) for s in sounds(seed=2)[::6]]
    material = material_of(store, kept, recorder.card.features)
    workshop = Workshop(store, material, "tiny", b"", TINY, 1, cache)
    return Evaluation(workshop, recorder, kept, cache)


@pytest.fixture(scope="module")
def report(evaluation):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(splits, "LARGE", 10)
        patch.setattr(splits, "FOLDS", 2)
        few = {sound.kind: sound for sound in sounds(seed=1)}
        patch.setattr(refusals, "made", lambda seed: list(few.values()))
        yield evaluation.report()


def test_the_report_has_a_figure_for_every_target(report):
    rows = {row["what"]: row for row in report["targets"]}
    assert len(rows) == len(TARGETS)
    # Each ordinary speaker has one clip here: there is no speech after a calibration.
    maybe = {
        "neutral speech found more often after a calibration",
        "five clips of the tested emotion known, less nothing known",
        # All sounds here are made ones.
        "sounds of unknown kinds that are given an emotion",
        "uploaded sounds of unknown kinds that are given an emotion",
        # An untrained network may give men no false emotion at all: the ratio has no value then.
        "false alarms of women over those of men",
        "false alarms of women over those of men, acted neutral speech",
        # Each speaker here says one sentence, and so can teach nothing.
        *(target.what for target in TEACHING),
    }
    assert {what for what, row in rows.items() if row["figure"] is None} <= maybe
    for row in rows.values():
        if row["figure"] is not None:
            assert row["n"] > 0
            assert row["splits"] > 0
            assert row["met"] in (True, False)


def test_no_speaker_of_a_split_chooses_the_decision_of_that_split():
    store = imagined_speech({"ravdess": 2, "nemo": 2}, ordinary=2)
    tests = [
        tuple(i for i, u in enumerate(store.utterances) if u.corpus in (corpus, "ordinary"))
        for corpus in ("ravdess", "nemo")
    ]
    outcomes = []
    for test in tests:
        rows = np.arange(len(test))
        logs = np.repeat(rows[:, None], 5, axis=1).astype(float)
        courses = [np.full((2, 10), float(k)) for k in rows]
        windows = np.repeat(rows, 2)
        outcomes.append(
            Outcome(Split("a", (), test), logs, logs, rows > 3, 10.0 * windows, windows, courses)
        )
    (other,) = of_others(store, outcomes, outcomes[0])
    assert {store.utterances[i].corpus for i in other.split.test} == {"nemo"}
    kept = [tests[1].index(i) for i in other.split.test]
    assert other.cold[:, 0].tolist() == other.warm[:, 0].tolist() == kept
    assert other.heard.tolist() == [k > 3 for k in kept]
    assert [course[0, 0] for course in other.courses] == kept
    assert other.clip.tolist() == np.repeat(np.arange(len(kept)), 2).tolist()
    assert other.voice.tolist() == np.repeat(10.0 * np.array(kept), 2).tolist()
    # A split whose speakers are all tested by the other leaves nothing.
    assert of_others(store, [outcomes[0], outcomes[0].without(store, set())], outcomes[0]) == []


def _not_finite(value, path=()):
    """Return the paths of all figures that are no finite numbers."""
    if isinstance(value, dict):
        return [p for k, v in value.items() for p in _not_finite(v, (*path, k))]
    if isinstance(value, list | tuple):
        return [p for k, v in enumerate(value) for p in _not_finite(v, (*path, k))]
    return [path] if isinstance(value, float) and not np.isfinite(value) else []


def test_the_report_is_json_with_every_section(report):
    assert _not_finite(report) == []
    assert json.loads(json.dumps(report)) == json.loads(json.dumps(report, allow_nan=False))
    assert set(report) >= {
        "protocol",
        "speakers",
        "corpora",
        "decision",
        "calibration",
        "warm_up",
        "robustness",
        "nonspeech",
        "voice",
        "stream",
        "fairness",
        "speed",
        "random_split",
        "targets",
        "ordinary",
        "sessions",
    }
    assert set(report["robustness"]["conditions"]) == set(DISTURBANCES)
    assert set(report["nonspeech"]["kinds"]) >= set(KINDS)
    assert "INFLATED" in report["random_split"]["label"]


def test_a_second_evaluation_computes_nothing_again(evaluation, report, monkeypatch):
    monkeypatch.setattr(splits, "LARGE", 10)
    monkeypatch.setattr(splits, "FOLDS", 2)
    few = {sound.kind: sound for sound in sounds(seed=1)}
    monkeypatch.setattr(refusals, "made", lambda seed: list(few.values()))
    files = set(evaluation.cache.folder.iterdir())
    again = evaluation.report()
    assert set(evaluation.cache.folder.iterdir()) == files
    timed = ("speed", "targets")
    assert {k: v for k, v in again.items() if k not in timed} == {
        k: v for k, v in report.items() if k not in timed
    }


def test_the_corpus_curve_starts_where_the_cold_figure_is(report):
    for corpus, values in report["warm_up"]["corpora"].items():
        assert values["uar"][0] == report["corpora"][corpus]["uar_mean"]
        assert values["heard_s_median"] == sorted(values["heard_s_median"])


def test_the_report_can_be_told_and_drawn(report, tmp_path):
    assert "RAVDESS" in figures_table(report)
    assert "Article 5(1)(f)" in model_card(report)
    drawn = draw(report, tmp_path)
    assert drawn
    for path in drawn:
        assert path.read_bytes().startswith(b"\x89PNG")
        assert path.stat().st_size < 100_000
