"""Sentences on the tests of average ranks over several data sets."""

import math
from collections.abc import Iterator

from runner.reporting.comparison.ranks import Ranks
from runner.reporting.metrics import p_equation, p_number
from runner.reporting.sentences.task_verdicts import claims_line
from runner.reporting.statistics.significance.attainability import LEVEL

_FEWEST_FOR_F = 6  # number of data sets that Iman and Davenport's test needs to keep its level; see docs/report.md


def rank_tests(ranks: Ranks) -> Iterator[str]:
    """Yield the tests over all variants, and the comparisons with the baseline."""
    alike = "" if ranks.friedman_p < LEVEL else ", no significant difference"
    yield f"Friedman's test over all variants: {p_equation(p_number(ranks.friedman_p))}{alike}."
    freedom = f"{len(ranks.average) - 1}, {(len(ranks.average) - 1) * (ranks.datasets - 1)}"
    size = "infinite" if math.isinf(ranks.iman_davenport_f) else f"{ranks.iman_davenport_f:.2f}"
    few = f" (approximate: too liberal below {_FEWEST_FOR_F} data sets)" if ranks.datasets < _FEWEST_FOR_F else ""
    yield f"Iman and Davenport: F({freedom}) = {size}, {p_equation(p_number(ranks.iman_davenport_p))}{few}."
    if ranks.tasks is not None and (claim := claims_line(ranks.tasks)):
        yield f"{claim}."
