"""Quantile of Student's t distribution, for intervals."""

from typing import Any

from scipy import special

from runner.reporting.statistics.significance.attainability import CONFIDENCE


def t_quantile(freedom: Any) -> Any:
    """Return the quantile that an interval of `CONFIDENCE` reaches to either side, for one or many degrees of freedom.

    `scipy.stats.t.ppf` returns the same bits, but takes 100 times as long for one number.
    """
    return special.stdtrit(freedom, (1 + CONFIDENCE) / 2)
