"""Coverage of the intervals for new seeds and new test images, from a known truth (`make calibration-images`).

Each row of the printed table summarizes many studies of one kind. A study consists of the paired differences of some
seeds on some test images, all drawn anew. Coverage is the share of the intervals that contain the true difference;
nominal is 95%.
"""

import argparse
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from scipy import stats

from runner.reporting.scores import expected_calibration_error, reliability_bins, scores
from runner.reporting.statistics.crossed import Crossed, Sample
from runner.reporting.statistics.resampling import RESAMPLED, Resampling
from runner.reporting.statistics.significance.attainability import CONFIDENCE

IMAGES = 200
SEEDS = (3, 6, 10)
_BOOTSTRAPS = 1_000  # studies that are bootstrapped
_RESAMPLES = 500
_NETWORK_IMAGES, _NETWORK_SEEDS, _CLASSES = 1_000, 10, 4

Interval = tuple[float, float]


@dataclass(frozen=True)
class Noise:
    """Standard errors of the difference due to seeds, images and the residual, the same for studies of any size."""

    name: str
    seeds: float
    images: float
    residual: float

    def study(self, seeds: int, images: int, generator: np.random.Generator) -> np.ndarray:
        """Return the differences (seeds, images) of a study whose true difference is 0."""
        of_seeds = generator.normal(0, self.seeds * np.sqrt(seeds), (seeds, 1))
        of_images = generator.normal(0, self.images * np.sqrt(images), (1, images))
        return of_seeds + of_images + generator.normal(0, self.residual * np.sqrt(seeds * images), (seeds, images))


NOISES = (
    Noise("seeds only", 1, 0, 0.3),
    Noise("images only", 0, 1, 0.3),
    Noise("both", 1, 1, 0.3),
    Noise("both, large residual", 0.7, 1, 1),
    Noise("residual only", 0, 0, 1),
)


@dataclass(frozen=True)
class Coverage:
    """Number of intervals that contained the truth, and their mean width."""

    hits: int
    studies: int
    width: float

    def __str__(self) -> str:
        found = stats.binomtest(self.hits, self.studies).proportion_ci(method="wilson")
        return f"{100 * self.hits / self.studies:.1f} ({100 * found.low:.1f} to {100 * found.high:.1f})"


def coverage(intervals: list[Interval], truth: float = 0.0) -> Coverage:
    """Count the intervals that contain the truth."""
    low, high = np.transpose(intervals)
    return Coverage(int(((low <= truth) & (truth <= high)).sum()), len(intervals), float((high - low).mean()))


def seeds_interval(differences: np.ndarray) -> Interval:
    """Return the t-interval over seeds."""
    means = differences.mean(axis=1)
    reach = stats.t.ppf((1 + CONFIDENCE) / 2, len(means) - 1) * stats.sem(means)
    return means.mean() - reach, means.mean() + reach


def new_images_interval(differences: np.ndarray) -> Interval:
    """Return the report's interval for new seeds and new images."""
    sample = Sample.of(differences.mean(axis=1).tolist(), differences, is_mean=True)
    reach = Crossed.paired(sample, differences.shape[1]).reach
    return sample.mean - reach, sample.mean + reach


def bootstrap_interval(differences: np.ndarray, generator: np.random.Generator) -> Interval:
    """Return the naive interval: percentiles of means over resampled seeds and resampled images."""
    seeds, images = differences.shape
    of_seeds = generator.multinomial(seeds, np.full(seeds, 1 / seeds), _RESAMPLES) / seeds
    of_images = generator.multinomial(images, np.full(images, 1 / images), _RESAMPLES) / images
    means = ((of_seeds @ differences) * of_images).sum(axis=1)
    low, high = np.quantile(means, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return float(low), float(high)


def measure(noise: Noise, seeds: int, studies: int, bootstraps: int, *, images: int = IMAGES) -> dict[str, Coverage]:
    """Return the coverage of each interval over fresh studies of one kind."""
    generator = np.random.default_rng([seeds, NOISES.index(noise)])
    drawn = (noise.study(seeds, images, generator) for _ in range(studies))
    intervals: dict[str, list[Interval]] = {"seeds": [], "new images": [], "bootstrap": []}
    for number, differences in enumerate(drawn):
        intervals["seeds"].append(seeds_interval(differences))
        intervals["new images"].append(new_images_interval(differences))
        if number < bootstraps:
            intervals["bootstrap"].append(bootstrap_interval(differences, generator))
    return {name: coverage(found) for name, found in intervals.items()}


@dataclass(frozen=True)
class Networks:
    """Simulated classifiers: images differ in difficulty, and every seed judges each image a little differently."""

    sureness: float  # factor of the logits
    better: float  # increase of the true class's logit on every third image
    of_seeds: float  # standard deviation of that logit between seeds

    def probabilities(
        self, hard: np.ndarray, labels: np.ndarray, generator: np.random.Generator
    ) -> Iterator[np.ndarray]:
        """Yield the probabilities (images, classes) of each seed."""
        for _ in range(_NETWORK_SEEDS):
            logits = generator.normal(0, 1, (len(labels), _CLASSES))
            gain = 3 - hard + self.better * (np.arange(len(labels)) % 3 == 0) + generator.normal(0, self.of_seeds)
            logits[np.arange(len(labels)), labels] += gain
            odds = np.exp(self.sureness * logits)
            yield odds / odds.sum(axis=1, keepdims=True)


SIDES = Networks(sureness=1.5, better=0.4, of_seeds=0.05), Networks(sureness=1.2, better=0, of_seeds=0.05)
SCORES: dict[str, Callable[[np.ndarray, np.ndarray], float]] = {
    "test_expected_calibration_error": lambda own, labels: expected_calibration_error(reliability_bins(own, labels)),
    "test_macro_f1": lambda own, labels: float(scores(own, labels)["macro_f1"]),
}


def measure_scores(studies: int) -> dict[str, dict[str, Coverage]]:
    """Return the coverage for calibration error and macro F1; the true difference is the mean over all studies."""
    generator, resampling = np.random.default_rng(0), Resampling(_NETWORK_IMAGES)
    found: dict[str, dict[str, list[Interval]]] = {metric: {"seeds": [], "new images": []} for metric in RESAMPLED}
    for _ in range(studies):
        labels = generator.integers(0, _CLASSES, _NETWORK_IMAGES)
        hard = generator.exponential(1.5, _NETWORK_IMAGES)
        pairs = [*zip(*(side.probabilities(hard, labels, generator) for side in SIDES), strict=True)]
        for metric, score in SCORES.items():
            differences = [score(one, labels) - score(other, labels) for one, other in pairs]
            values = (
                resampling.values(metric, one, labels) - resampling.values(metric, other, labels)
                for one, other in pairs
            )
            sample = Sample.of(differences, values, is_mean=False)
            reach = Crossed.paired(sample, _NETWORK_IMAGES).reach
            found[metric]["new images"].append((sample.mean - reach, sample.mean + reach))
            found[metric]["seeds"].append(seeds_interval(np.reshape(differences, (-1, 1))))
    truths = {metric: float(np.mean(own["new images"])) for metric, own in found.items()}
    return {metric: {name: coverage(own, truths[metric]) for name, own in by.items()} for metric, by in found.items()}


def main() -> None:
    """Print the table of docs/report.md."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--studies", type=int, default=10_000)
    parser.add_argument("--bootstraps", type=int, default=_BOOTSTRAPS, help="studies whose intervals are bootstrapped")
    asked = parser.parse_args()
    print("| source of variance | seeds | t over seeds | new images | naive bootstrap | relative width |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    for noise in NOISES:
        for seeds in SEEDS:
            found = measure(noise, seeds, asked.studies, asked.bootstraps)
            wider = found["bootstrap"].width / found["new images"].width
            numbers = " | ".join(str(own) for own in found.values())
            print(f"| {noise.name} | {seeds} | {numbers} | {wider:.2f} |", flush=True)
    for metric, own in measure_scores(asked.bootstraps).items():
        print(f"| simulated networks, `{metric}` | {_NETWORK_SEEDS} | {own['seeds']} | {own['new images']} | | |")


if __name__ == "__main__":
    main()
