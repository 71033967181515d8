"""An evaluation from recordings to report, small, on synthetic voices."""

import json

import pytest

from models.network import NetworkSettings
from tests.training.stores import imagined_sounds
from tests.training.voices import synthetic_corpora
from training import splits
from training.batches import BatchSettings
from training.disturbances import DISTURBANCES
from training.evaluation import Evaluation
from training.fit import FitSettings
from training.modelcard import model_card
from training.nonspeech import KINDS
from training.plots import draw
from training.prose import figures_table
from training.store import load_store
from training.targets import TARGETS

pytestmark = pytest.mark.slow
TINY = FitSettings(
    epochs=1,
    network=NetworkSettings(channels=(4,), kernels=(3,), strides=(2,), attention=2),
    batches=BatchSettings(
        steps=2, groups=1, utterances=3, pairs=1, sounds=2, shares={}, default_share=1.0
    ),
)


@pytest.fixture(scope="module")
def evaluation(root, tmp_path_factory):
    folder = tmp_path_factory.mktemp("evaluation")
    utterances = synthetic_corpora(root, folder, speeds=(0.95, 1.05))
    store = load_store(utterances, cache=folder / "features", versions=1, jobs=1)
    return Evaluation(store, folder / "cache", 1, TINY, sounds=imagined_sounds())


@pytest.fixture(scope="module")
def report(evaluation):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(splits, "LARGE", 10)
        patch.setattr(splits, "FOLDS", 2)
        yield evaluation.report()


def test_the_report_has_a_figure_for_every_target(report):
    rows = {row["what"]: row for row in report["targets"]}
    assert len(rows) == len(TARGETS)
    # There is no ASED here; and a share of a gain needs a gain, which chance may not give.
    maybe = {"ASED, unseen speakers", "share of the gain reached after 10 s"}
    assert {what for what, row in rows.items() if row["figure"] is None} <= maybe
    for row in rows.values():
        if row["figure"] is not None:
            assert row["n"] > 0
            assert row["splits"] > 0
            assert row["met"] in (True, False)


def test_the_report_is_json_with_every_section(report):
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
    }
    assert set(report["robustness"]["conditions"]) == set(DISTURBANCES)
    assert set(report["nonspeech"]["kinds"]) == set(KINDS)
    assert "INFLATED" in report["random_split"]["label"]


def test_a_second_evaluation_takes_everything_from_the_first(evaluation, report, monkeypatch):
    def never(*_arguments, **_options):
        raise AssertionError("it was measured before")

    monkeypatch.setattr(splits, "LARGE", 10)
    monkeypatch.setattr(splits, "FOLDS", 2)
    monkeypatch.setattr("training.lesson.fit", never)
    monkeypatch.setattr("models.recognizer.Recognizer.predict", never)
    again = evaluation.report()
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
