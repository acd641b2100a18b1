"""Coverage of the interval of P(better), and frequency of its claim (part of `make calibration`).

For pairs without ties the interval depends only on the number of pairs won, so the rates are sums over the binomial
distribution. Unpaired runs are drawn from normal distributions.
"""

import argparse
from collections.abc import Iterator

import numpy as np
from scipy import stats

from runner.reporting.statistics.win_probability import paired_win_interval, unpaired_win_interval, win_claim
from tests.benchmarks.calibration import markdown, rate

TRUTHS = (0.5, 0.7, 0.9)
STUDIES = 1_000
_SIZES = (6, 7, 8, 10, 12, 20, 29)
_UNPAIRED = (6, 12)
_HEADS = [
    "runs", *(f"covers {truth}" for truth in TRUTHS),
    "false claim", *(f"meaningful at {truth}" for truth in TRUTHS[1:]),
]  # fmt: skip


def paired(n: int, truth: float) -> dict[str, float]:
    """Return the probabilities, over studies of n pairs, of covering the truth and of claims."""
    wins = [np.repeat([1.0, 0.0], [won, n - won]) for won in range(n + 1)]
    intervals = [paired_win_interval(own, np.arange(n)) for own in wins]
    chances = stats.binom.pmf(range(n + 1), n, truth)
    return {name: float(chances @ found) for name, found in _found(intervals, truth).items()}


def unpaired(n: int, truth: float, studies: int) -> dict[str, np.ndarray]:
    """Return the outcomes of each study of n runs and n others."""
    generator = np.random.default_rng([n, int(100 * truth)])
    one, other = generator.standard_normal((2, studies, n))
    one += stats.norm.ppf(truth) * np.sqrt(2)
    return _found([unpaired_win_interval(*pair) for pair in zip(one, other, strict=True)], truth)


def _found(intervals: list[tuple[float, float]], truth: float) -> dict[str, np.ndarray]:
    """Return whether each interval covers the truth, and supports a claim of either side or `meaningful`."""
    claims = np.array([win_claim(*interval) for interval in intervals])
    low, high = np.transpose(intervals)
    covers = (low <= truth) & (truth <= high)
    return {"covers": covers, "claim": claims != "not significant", "meaningful": claims == "meaningful"}


def table(studies: int) -> str:
    """Return the table as Markdown; rates are percentages of the studies."""
    pairs = {f"{n} pairs": {truth: _percent(paired(n, truth)) for truth in TRUTHS} for n in _SIZES}
    apart = {f"{n} and {n}": {truth: _rates(unpaired(n, truth, studies)) for truth in TRUTHS} for n in _UNPAIRED}
    return markdown(_HEADS, [[name, *_cells(found)] for name, found in (pairs | apart).items()])


def _percent(found: dict[str, float]) -> dict[str, str]:
    return {name: f"{100 * chance:.1f}" for name, chance in found.items()}


def _rates(found: dict[str, np.ndarray]) -> dict[str, str]:
    return {name: rate(events) for name, events in found.items()}


def _cells(found: dict[float, dict[str, str]]) -> Iterator[str]:
    yield from (found[truth]["covers"] for truth in TRUTHS)
    yield found[0.5]["claim"]
    yield from (found[truth]["meaningful"] for truth in TRUTHS[1:])


def main() -> None:
    """Print the table of docs/report.md."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--studies", type=int, default=STUDIES, help=f"of unpaired runs (default: {STUDIES})")
    print(table(parser.parse_args().studies))


if __name__ == "__main__":
    main()
