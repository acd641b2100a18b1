"""Check that the number of seeds that `runner power` recommends gives the promised power (`make calibration-power`).

Each study draws a pilot, computes how many seeds are needed to show the true difference, draws that many new seeds, and
is tested as in the report. The standard deviation of a paired difference is 1.
"""

import argparse
from collections.abc import Iterator

import numpy as np

from runner.reporting.statistics.power import Design, seeds_for_difference, spread_factors
from runner.reporting.statistics.significance.sign_flips import sign_flip_p
from tests.benchmarks.calibration import NOISES, Noise, rate

STUDIES = 200
PILOTS = (3, 5, 8, 12)
DIFFERENCE = 0.8
_MOST = 200  # seeds of one study


def whole(noise: Noise, pilot: int, studies: int, seed: int = 0) -> dict[str, np.ndarray]:
    """Return how many seeds each study's pilot recommends, and whether that many new seeds show the difference."""
    generator = np.random.default_rng([seed, pilot])
    asked, shown, covers = np.empty(studies), np.empty(studies, bool), np.empty(studies, bool)
    known = seeds_for_difference(Design.normal(1), 0, DIFFERENCE)
    for study, own in enumerate(noise(generator, (studies, pilot))):
        design = Design.of([dict(enumerate(own))])
        low, high = (
            seeds_for_difference(Design.normal(1), 0, DIFFERENCE / max(factor * design.spreads[0], 1e-9))
            for factor in spread_factors(pilot)
        )
        asked[study] = min(_MOST, np.nan_to_num(seeds_for_difference(design, 0, DIFFERENCE), nan=_MOST))
        shown[study] = sign_flip_p(noise(generator, (int(asked[study]),)) + DIFFERENCE) < 0.05
        covers[study] = low <= known <= np.nan_to_num(high, nan=np.inf)
    return {"seeds": asked, "shown": shown, "covers": covers}


def tables(studies: int) -> Iterator[str]:
    """Yield the table as Markdown."""
    yield "| noise | pilot | recommended seeds, median | power | interval covers |"
    yield "| --- | ---: | ---: | ---: | ---: |"
    for name in ("normal", "heavy-tailed", "tied", "skewed up"):
        for pilot in PILOTS:
            found = whole(NOISES[name], pilot, studies)
            seeds = f"{np.median(found['seeds']):.0f}"
            yield f"| {name} | {pilot} | {seeds} | {rate(found['shown'])} | {rate(found['covers'])} |"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--studies", type=int, default=STUDIES, help=f"simulated in each row (default: {STUDIES})")
    for line in tables(parser.parse_args().studies):
        print(line)


if __name__ == "__main__":
    main()
