"""Figures of merit are what their definitions say."""

import numpy as np
import pytest
from sklearn.metrics import confusion_matrix, recall_score

from training.evaluation.scores import (
    best_temperature,
    confusion,
    expected_calibration_error,
    recalls,
    uar,
)

RNG = np.random.default_rng(0)
TRUTH = RNG.integers(0, 5, 500)
DECIDED = np.where(RNG.random(500) < 0.6, TRUTH, RNG.integers(0, 5, 500))


def softmax(logits):
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def test_uar_is_the_mean_recall():
    assert uar(TRUTH, DECIDED) == pytest.approx(recall_score(TRUTH, DECIDED, average="macro"))


def test_uar_does_not_depend_on_how_common_a_label_is():
    truth, decided = np.array([0] * 98 + [1] * 2), np.zeros(100, int)
    assert uar(truth, decided) == 0.5


def test_uar_counts_only_labels_that_occur():
    assert uar(np.array([0, 0, 2]), np.array([0, 0, 4])) == 0.5


def test_uar_of_nothing_is_refused():
    with pytest.raises(ValueError, match="no recordings"):
        uar(np.zeros(0, int), np.zeros(0, int))


def test_the_confusion_matrix_has_the_truth_in_its_rows():
    np.testing.assert_array_equal(confusion(TRUTH, DECIDED, 5), confusion_matrix(TRUTH, DECIDED))


def test_a_label_that_does_not_occur_has_no_recall():
    assert np.isnan(recalls(confusion(np.array([0]), np.array([0]), 2))[1])


def test_honest_confidence_has_no_calibration_error():
    probabilities = softmax(2 * RNG.standard_normal((20000, 5)))
    truth = np.array([RNG.choice(5, p=row) for row in probabilities])
    assert expected_calibration_error(truth, probabilities) < 0.02


def test_overconfidence_is_a_calibration_error():
    sure = np.tile([0.96, 0.01, 0.01, 0.01, 0.01], (100, 1))
    truth = np.array([0] * 50 + [1] * 50)
    assert expected_calibration_error(truth, sure) == pytest.approx(0.46)


def test_the_temperature_undoes_an_exaggeration():
    logits = RNG.standard_normal((5000, 5)) * 2
    truth = np.array([RNG.choice(5, p=row) for row in softmax(logits)])
    assert best_temperature(truth, logits * 2.5) == pytest.approx(2.5, rel=0.1)
