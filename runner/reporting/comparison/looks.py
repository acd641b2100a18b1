"""Planned looks of a sequential study: the state of every comparison at each look."""

import pandas as pd

from runner.reporting.comparison.aggregate import comparison_frame
from runner.reporting.results import Results


def looks_frame(results: Results) -> pd.DataFrame | None:
    """Return one row per comparison and past look: the comparison's columns, and `look`, counted from 1.

    Bootstrap intervals are omitted. The result is None without planned looks, or before the first look.
    """
    looks = results.asked.looks
    if looks is None:
        return None
    frames = []
    for look, size in enumerate(looks.sizes, start=1):
        seen = results.summary[results.summary["seed"] < size]
        if seen["variant"].nunique() < results.summary["variant"].nunique():
            continue
        compared = comparison_frame(
            seen,
            results.metric,
            results.baselines,
            bootstrap=False,
            margin=results.margin,
            correction=results.correction,
            looks=looks,
        )
        frames.append(compared[compared["looks"] == look].assign(look=look))
    found = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()
    return found if len(found) else None
