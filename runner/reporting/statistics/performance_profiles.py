"""Performance profiles: the share of workloads on which a variant takes at most tau times as long as the fastest.

Sources: Dolan & More 2002, "Benchmarking optimization software with performance profiles"; Dahl et al. 2023,
"Benchmarking Neural Network Training Algorithms" (AlgoPerf), sec. 5.
"""

import numpy as np
import numpy.typing as npt

from runner.reporting.statistics.ties import Values

LARGEST_RATIO = 4.0  # as in AlgoPerf; anything slower counts as a miss


def ratios_to_fastest(times: npt.ArrayLike, fastest: npt.ArrayLike) -> Values:
    """Return times divided by the fastest variant's time on the same workload; infinite for a miss.

    Args:
        times: at least 0; infinite if the variant missed the target.
        fastest: the fastest variant's time for each time; infinite if all variants missed the target.
    """
    known, least = np.asarray(times, float), np.asarray(fastest, float)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = np.where(known == least, 1.0, known / least)
    return np.where(np.isinf(known), np.inf, ratios)


def profile(ratios: npt.ArrayLike) -> tuple[Values, Values]:
    """Return the steps of a variant's profile: the ratios at which it rises, from 1, and the shares after each.

    Args:
        ratios: one per workload; infinite ones are never reached.
    """
    known = np.asarray(ratios, float)
    steps = np.unique(np.append(known[np.isfinite(known)], 1.0))
    return steps, np.mean(known <= steps[:, None], axis=1)


def profile_score(ratios: npt.ArrayLike, largest: float = LARGEST_RATIO) -> float:
    """Return the mean height of the profile from 1 to the largest ratio: 1 if always fastest, 0 if never within it.

    Args:
        ratios: one per workload.
    """
    return float(np.mean(np.clip((largest - np.asarray(ratios, float)) / (largest - 1), 0, 1)))
