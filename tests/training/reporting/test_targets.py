"""The targets, and whether a report meets them."""

import pytest

from training.reporting.targets import TARGETS, targets


def row_of(report, what):
    (row,) = [row for row in targets(report) if row["what"] == what]
    return row


def test_a_report_without_figures_meets_nothing_and_misses_nothing():
    rows = targets({})
    assert [row["what"] for row in rows] == [target.what for target in TARGETS]
    assert all(row["figure"] is None and row["met"] is None for row in rows)


@pytest.mark.parametrize(("figure", "met"), [(0.72, True), (0.7199, False)])
def test_a_lower_bound_is_met_at_the_bound(figure, met):
    values = {"uar_mean": figure, "uar_sd": 0.1, "n": 5, "splits": [{}]}
    row = row_of({"speakers": {"ravdess": values}}, "RAVDESS, unseen actors")
    assert (row["figure"], row["sd"], row["n"], row["splits"]) == (figure, 0.1, 5, 1)
    assert row["met"] is met


@pytest.mark.parametrize(("gap", "met"), [(-0.05, True), (0.051, False), (-0.051, False)])
def test_a_gap_between_the_sexes_counts_in_both_directions(gap, met):
    report = {"fairness": {"gap": {"mean": gap, "sd": 0.0}, "n": 9, "folds": 6}}
    row = row_of(report, "gap between women and men")
    assert row["figure"] == abs(gap)
    assert row["met"] is met


def test_the_worst_level_counts():
    names = ("12 dB louder", "12 dB softer", "30 dB softer", "12 dB louder, clipped")
    conditions = {
        name: {"unchanged": {"mean": share}}
        for name, share in zip(names, (0.99, 0.98, 0.97, 0.5), strict=True)
    }
    report = {"robustness": {"conditions": conditions, "n": 1, "folds": 1}}
    assert row_of(report, "decisions unchanged at another level")["figure"] == 0.5


def test_a_session_of_one_emotion_is_compared_with_nothing_known():
    mean = {"nothing": 0.5, "same": 0.47, "neutral": 0.5, "all": 0.6}
    report = {"sessions": {"mean": mean, "n": 7, "splits": 2}}
    row = row_of(report, "five clips of the tested emotion known, less nothing known")
    assert row["figure"] == pytest.approx(-0.03)
    assert row["met"] is False
