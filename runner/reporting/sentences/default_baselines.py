"""Cautions about default baselines that are far from the best variant."""

from collections.abc import Iterator, Mapping

import pandas as pd

from runner.reporting.metrics import is_share, quantity, sign_of, value_text

_FEWEST = 4  # variants for which a rank says something
_FAR = 2  # minimum ratio of errors or losses to those of the best variant


def default_baseline_cautions(aggregate: pd.DataFrame, metric: str, baselines: Mapping[str, str]) -> Iterator[str]:
    """Yield a sentence for each baseline that ranks in the lower half and is far from the best of its variants.

    Args:
        aggregate: one row per variant, with its mean.
        baselines: baseline of each variant; nobody chose them.
    """
    if not is_share(metric) and sign_of(metric) > 0:
        return
    means = aggregate.set_index("variant")["mean"].dropna()
    for baseline in dict.fromkeys(baselines.values()):
        own = means[means.index.map(baselines) == baseline]
        if baseline not in own.index or len(own) < _FEWEST:
            continue
        errors = 1 - own if is_share(metric) and sign_of(metric) > 0 else own
        rank = int((errors < errors[baseline]).sum()) + 1
        if rank > len(own) / 2 and errors[baseline] > _FAR * errors.min():
            best = value_text(float(own[str(errors.idxmin())]), metric)
            yield (
                f"The baseline {baseline} is the first variant, because none was chosen; its {quantity(metric)} "
                f"({value_text(float(own[baseline]), metric)}) has rank {rank} of {len(own)}, far from the best "
                f"({best}), so almost any variant is better. --baseline or study.baseline chooses another one."
            )
