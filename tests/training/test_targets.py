"""The aims, and whether they are met."""

import pytest

from training.targets import TARGETS, targets


def test_a_report_without_figures_meets_nothing_and_fails_nothing():
    rows = targets({})
    assert [row["what"] for row in rows] == [target.what for target in TARGETS]
    assert all(row["figure"] is None and row["met"] is None for row in rows)


@pytest.mark.parametrize(("figure", "met"), [(0.75, True), (0.7499, False)])
def test_at_least_means_that_the_bound_is_met(figure, met):
    values = {"uar_mean": figure, "uar_sd": 0.1, "n": 5, "splits": [{"uar": 0.1, "uar_warm": 0.1}]}
    row = targets({"speakers": {"ravdess": values}})[0]
    assert (row["figure"], row["sd"], row["n"], row["splits"]) == (figure, 0.1, 5, 1)
    assert row["met"] is met


@pytest.mark.parametrize(("gap", "met"), [(-0.05, True), (0.051, False), (-0.051, False)])
def test_a_gap_counts_whoever_is_recognised_worse(gap, met):
    report = {"fairness": {"gap": {"mean": gap, "sd": 0.0}, "n": 9, "folds": 6}}
    (row,) = [row for row in targets(report) if row["what"] == "gap between women and men"]
    assert row["figure"] == abs(gap)
    assert row["met"] is met


def test_the_worst_disturbance_counts():
    conditions = {
        "mild": {"unchanged": {"mean": 0.9, "sd": 0.0}, "uar_lost": {"mean": 0.2, "sd": 0.0}},
        "hard": {"unchanged": {"mean": 0.4, "sd": 0.0}, "uar_lost": {"mean": 0.1, "sd": 0.0}},
    }
    rows = targets({"robustness": {"conditions": conditions, "n": 1, "folds": 1}})
    found = {row["what"]: row["figure"] for row in rows if row["figure"] is not None}
    assert found == {
        "decisions unchanged by the worst disturbance": 0.4,
        "UAR lost to the worst disturbance": 0.2,
    }


def test_a_gain_is_the_mean_of_each_splits_gain():
    splits = [{"uar": 0.5, "uar_warm": 0.6}, {"uar": 0.5, "uar_warm": 0.5}]
    own = {"uar_mean": 0.5, "n": 7, "splits": splits}
    (row,) = [
        row
        for row in targets({"corpora": {"jl": own}})
        if row["what"].startswith("another corpus, gain")
    ]
    assert row["figure"] == pytest.approx(0.05)
    assert row["n"] == 7
