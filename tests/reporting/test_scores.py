import math

import numpy as np
import pytest
from sklearn import metrics

from runner.reporting.scores import expected_calibration_error, reliability_bins, scores

# Five examples of three classes; the predictions are 0, 1, 1, 2, 0.
PROBABILITIES = np.array([[0.7, 0.2, 0.1], [0.1, 0.8, 0.1], [0.4, 0.5, 0.1], [0.2, 0.2, 0.6], [0.5, 0.1, 0.4]])
LABELS = np.array([0, 1, 0, 2, 1])


def test_single_numbers_are_those_computed_by_hand():
    found = scores(PROBABILITIES, LABELS)
    assert found["accuracy"] == pytest.approx(3 / 5)
    assert found["top_2_accuracy"] == pytest.approx(4 / 5)
    assert found["negative_log_likelihood"] == pytest.approx(-math.log(0.7 * 0.8 * 0.4 * 0.6 * 0.1) / 5)
    # 0.7, 0.8 and 0.6 are each alone in a bin and right; the two with confidence 0.5 share a bin and are wrong.
    assert found["expected_calibration_error"] == pytest.approx((0.3 + 0.2 + 0.4 + 2 * 0.5) / 5)


def test_classes_have_their_precision_recall_f1_and_support():
    found = scores(PROBABILITIES, LABELS)
    assert found["confusion_matrix"] == [[1, 1, 0], [1, 1, 0], [0, 0, 1]]
    assert found["per_class"]["precision"] == [0.5, 0.5, 1.0]
    assert found["per_class"]["recall"] == [0.5, 0.5, 1.0]
    assert found["per_class"]["f1"] == [0.5, 0.5, 1.0]
    assert found["per_class"]["support"] == [2, 2, 1]
    assert found["macro_precision"] == found["macro_recall"] == found["macro_f1"] == pytest.approx(2 / 3)


def test_two_classes_have_the_scores_of_class_1_instead_of_top_2():
    positive = np.array([0.1, 0.4, 0.35, 0.8, 0.6])
    found = scores(np.stack([1 - positive, positive], axis=1), np.array([0, 0, 1, 1, 0]))
    assert found["precision"] == 1 / 2
    assert found["recall"] == 1 / 2
    assert found["f1"] == 1 / 2
    # Of the 2 x 3 pairs of a positive and a negative, 0.8 beats all three and 0.35 beats 0.1.
    assert found["roc_auc"] == pytest.approx(4 / 6)
    assert "top_2_accuracy" not in found


def test_many_random_predictions_agree_with_plain_numpy():
    generator = np.random.default_rng(0)
    probabilities = generator.dirichlet(np.ones(4), 500).astype(np.float32)
    labels = generator.integers(0, 4, 500)
    found = scores(probabilities, labels)
    ranks = (probabilities > probabilities[np.arange(500), labels][:, None]).sum(axis=1)
    assert found["accuracy"] == pytest.approx((ranks == 0).mean())
    assert found["top_2_accuracy"] == pytest.approx((ranks <= 1).mean())
    true = probabilities[np.arange(500), labels].astype(float)
    assert found["negative_log_likelihood"] == pytest.approx(-np.log(true).mean(), rel=1e-5)
    recalls = [(ranks[labels == label] == 0).mean() for label in range(4)]
    assert found["per_class"]["recall"] == pytest.approx(recalls)


@pytest.mark.parametrize("classes", [2, 3, 10])
def test_scores_are_bit_identical_to_those_of_scikit_learn(classes):
    generator = np.random.default_rng(classes)
    probabilities = generator.dirichlet(np.full(classes, 0.3), 999)
    probabilities[:100] = 1 / classes  # ties
    labels = generator.integers(0, classes, 999).astype(np.uint8)
    found = scores(probabilities, labels)
    values = probabilities / probabilities.sum(axis=1, keepdims=True)
    every, predicted = [*range(classes)], values.argmax(axis=1)
    *columns, support = metrics.precision_recall_fscore_support(labels, predicted, labels=every, zero_division=0)
    assert [found["per_class"][name] for name in ("precision", "recall", "f1")] == [one.tolist() for one in columns]
    assert found["per_class"]["support"] == support.tolist()
    assert found["accuracy"] == metrics.accuracy_score(labels, predicted)
    assert found["confusion_matrix"] == metrics.confusion_matrix(labels, predicted, labels=every).tolist()
    assert found["negative_log_likelihood"] == metrics.log_loss(labels, values, labels=every)
    if classes > 2:
        assert found["top_2_accuracy"] == metrics.top_k_accuracy_score(labels, values, k=2, labels=every)


def test_a_class_that_is_never_predicted_or_never_occurs_scores_0_without_a_warning():
    found = scores(np.array([[1.0, 0.0, 0.0], [0.9, 0.1, 0.0]]), np.array([0, 1]))
    assert found["per_class"]["precision"] == [0.5, 0.0, 0.0]
    assert found["per_class"]["recall"] == [1.0, 0.0, 0.0]
    assert found["per_class"]["support"] == [1, 1, 0]


def test_one_class_alone_has_no_roc_curve():
    assert scores(np.array([[0.4, 0.6], [0.3, 0.7]]), np.array([1, 1]))["roc_auc"] is None


def test_a_certain_error_costs_a_finite_loss():
    assert scores(np.array([[1.0, 0.0]], np.float32), np.array([1]))["negative_log_likelihood"] == pytest.approx(
        -math.log(np.finfo(np.float64).eps)
    )


@pytest.mark.parametrize("row", [[0.5, 0.502], [np.nan, 0.5], [1.5, -0.5], [0.0, 0.0]])
def test_a_row_that_is_no_distribution_is_refused(row):
    with pytest.raises(ValueError, match="row 1 of the probabilities"):
        scores(np.array([[0.5, 0.5005], row]), np.array([0, 1]))


@pytest.mark.parametrize("labels", [[0], [0, 2], [-1, 0]])
def test_labels_that_do_not_fit_are_refused(labels):
    with pytest.raises(ValueError, match="labels must be 2 integers from 0 to 1"):
        scores(np.array([[0.5, 0.5], [0.5, 0.5]]), np.array(labels))


def test_bins_are_closed_above_as_in_the_paper():
    probabilities = np.array([[0.6, 0.4], [0.61, 0.39], [0.2, 0.8], [1.0, 0.0]])
    found = reliability_bins(probabilities, np.array([0, 1, 1, 0]), bins=5)
    assert found.count.tolist() == [0, 0, 1, 2, 1]
    assert found.confidence.tolist() == pytest.approx([0, 0, 0.6, 0.705, 1])
    assert found.accuracy.tolist() == [0, 0, 1, 0.5, 1]
    assert expected_calibration_error(found) == pytest.approx((0.4 + 2 * 0.205 + 0) / 4)


def test_calibrated_predictions_have_next_to_no_calibration_error():
    generator = np.random.default_rng(0)
    positive = generator.uniform(size=200_000)
    labels = (generator.uniform(size=200_000) < positive).astype(int)
    found = reliability_bins(np.stack([1 - positive, positive], axis=1), labels)
    assert expected_calibration_error(found) < 0.01
