"""Frequency of claims of nonexistent differences in cross-validation (`make calibration-folds`).

Each study draws a new data set and cross-validates two simple classifiers of the same kind on it; each sees its own
half of the features. If both halves have the same distribution, neither classifier is better. As in a study of
`runner`, a fifth of the training examples is set aside for validation.
"""

import argparse
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from scipy import stats
from scipy.spatial.distance import cdist
from sklearn.model_selection import StratifiedKFold

from runner.reporting.statistics.comparisons import Comparison
from runner.reporting.statistics.significance.corrected_t import compare_folds
from tests.benchmarks.calibration import markdown, rate

STUDIES = 1_000
EXAMPLES = 200
Classifier = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]  # training inputs and labels, test inputs


def nearest_centroid(inputs: np.ndarray, labels: np.ndarray, test: np.ndarray) -> np.ndarray:
    """Predict the class whose mean is nearer."""
    return cdist(test, [inputs[labels == label].mean(axis=0) for label in (0, 1)]).argmin(axis=1)


def nearest_neighbour(inputs: np.ndarray, labels: np.ndarray, test: np.ndarray) -> np.ndarray:
    """Predict the class of the nearest training example."""
    return labels[cdist(test, inputs).argmin(axis=1)]


def best_feature(inputs: np.ndarray, labels: np.ndarray, test: np.ndarray) -> np.ndarray:
    """Predict by the one feature whose class means differ most, with a threshold between them."""
    means = np.array([inputs[labels == label].mean(axis=0) for label in (0, 1)])
    best = (np.abs(means[1] - means[0]) / inputs.std(axis=0)).argmax()
    return (np.abs(test[:, best] - means[1, best]) < np.abs(test[:, best] - means[0, best])).astype(int)


CLASSIFIERS: dict[str, Classifier] = {
    "nearest centroid": nearest_centroid,
    "nearest neighbour": nearest_neighbour,
    "best feature": best_feature,
}
DESIGNS = ((5, 1), (5, 3), (10, 1), (10, 3))  # folds and repetitions
_FEATURES = 4  # features of each classifier
_SHIFT = 0.35  # distance of the class means from 0, in standard deviations
_WEAKER = 0.2  # the same for the second classifier, if one is better
_TRAINING = 0.8  # share of the examples that are not held out
_LEVEL = 0.05
_HEADS = [
    "classifiers", "folds", "p < 0.05, uncorrected t", "p < 0.05, corrected t", "corrected covers", "false equivalent",
    "corrected covers a difference", "power",
]  # fmt: skip


def cross_validated(
    classifier: Classifier, folds: int, times: int, shifts: tuple[float, float], seed: int
) -> tuple[list[float], list[float]]:
    """Return the accuracies of two classifiers on the folds of one study, over all repetitions.

    Args:
        classifier: classifier for either half of the features.
        shifts: shifts of the class means of the features that each classifier sees.
    """
    generator = np.random.default_rng(seed)
    labels = np.arange(EXAMPLES) % 2
    inputs = generator.standard_normal((EXAMPLES, 2, _FEATURES))
    inputs += np.multiply.outer(2 * labels - 1, shifts)[..., None]
    accuracies: tuple[list[float], list[float]] = ([], [])
    for _ in range(times):
        draw = StratifiedKFold(folds, shuffle=True, random_state=int(generator.integers(2**31)))
        for rest, test in draw.split(labels, labels):
            train = generator.permutation(rest)[: int(_TRAINING * len(rest))]
            for half, own in enumerate(accuracies):
                predicted = classifier(inputs[train, half], labels[train], inputs[test, half])
                own.append(float(np.mean(predicted == labels[test])))
    return accuracies


@dataclass(frozen=True)
class Studies:
    """The differences of many studies, in rows, and the number of folds of one repetition."""

    differences: np.ndarray
    folds: int

    @classmethod
    def of(cls, classifier: Classifier, folds: int, times: int, studies: int, shift: float = _SHIFT) -> "Studies":
        """Simulate studies; the second classifier's features have class means at `shift`."""
        found = [cross_validated(classifier, folds, times, (_SHIFT, shift), seed) for seed in range(studies)]
        return cls(np.array([np.subtract(*pair) for pair in found]), folds)

    def compared(self, margin: float | None = None) -> list[Comparison]:
        """Test each study as the report does."""
        return [compare_folds(row, np.zeros(len(row)), self.folds, margin=margin) for row in self.differences]

    def uncorrected(self) -> np.ndarray:
        """Return whether a t-test that assumes independent folds is significant, for each study."""
        return stats.ttest_1samp(self.differences, 0, axis=1).pvalue < _LEVEL


def significant(found: list[Comparison]) -> np.ndarray:
    """Return whether each comparison is significant."""
    return np.array([one.p_value < _LEVEL for one in found])


def covers(found: list[Comparison], difference: float) -> np.ndarray:
    """Return whether each interval contains a difference; equal differences have no interval, and contain none."""
    return np.array([one.ci_low <= difference <= one.ci_high for one in found])


def rows(studies: int) -> Iterator[list[str]]:
    """Yield the rows of the table; rates are percentages of the studies."""
    for name, classifier in CLASSIFIERS.items():
        for folds, times in DESIGNS:
            alike = Studies.of(classifier, folds, times, studies)
            apart = Studies.of(classifier, folds, times, studies, _WEAKER)
            truth = float(apart.differences.mean())
            null, other = alike.compared(), apart.compared(margin=truth)
            equivalent = np.array([one.p_equivalence < _LEVEL for one in other])
            events = (
                alike.uncorrected(), significant(null), covers(null, 0), equivalent, covers(other, truth),
                significant(other),
            )  # fmt: skip
            yield [name, f"{folds} x {times}" if times > 1 else f"{folds}", *map(rate, events)]


def main() -> None:
    """Print the table of docs/report.md."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--studies", type=int, default=STUDIES, help=f"simulated in each row (default: {STUDIES})")
    print(markdown(_HEADS, [*rows(parser.parse_args().studies)]))


if __name__ == "__main__":
    main()
