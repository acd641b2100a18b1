"""Command for the differences that a number of seeds can detect: `runner power`."""

import argparse
import math
from collections.abc import Sequence

from runner.cli.arguments import above_zero, directories_parser, number
from runner.core.omissions import LeftOut
from runner.core.terminal import Terminal
from runner.records.design import CORRECTIONS
from runner.reporting.collection.collect import find_runs, refuse_no_runs


def power_command(arguments: Sequence[str]) -> None:
    """Print the differences that a number of seeds can detect, based on finished runs such as a pilot's."""
    chosen = _parser().parse_args(arguments)
    directories = list(dict.fromkeys(chosen.directories))
    refuse_no_runs(directories)  # before the slow imports
    from runner.reporting.comparison.power import PowerWish, power_frame, power_text, show_power
    from runner.reporting.result_reader import Wish, read_results

    left_out = LeftOut()
    wish = Wish(chosen.metric, chosen.baseline, margin=chosen.margin, correction=chosen.correction)
    results = read_results(find_runs(directories, left_out), directories, wish, left_out)
    frame = power_frame(results, PowerWish(chosen.difference, chosen.seeds, chosen.power))
    if chosen.format == "table":
        show_power(Terminal(), frame)
    else:
        Terminal().out(power_text(frame, chosen.format), end="")


def _parser() -> argparse.ArgumentParser:
    parser = directories_parser(
        "power",
        "Show which differences a number of seeds can detect, and how many seeds are needed to detect a given "
        "difference, based on the spread of finished runs.",
    )
    parser.add_argument(
        "--difference", type=above_zero, metavar="D",
        help="true difference to detect, in the metric's own unit: 0.001 is 0.1 percentage points of accuracy",
    )  # fmt: skip
    parser.add_argument(
        "--margin", type=above_zero, metavar="M",
        help="margin of equivalence, in the metric's own unit (default: the study's, or none)",
    )  # fmt: skip
    parser.add_argument(
        "--power",
        type=_share,
        default=0.8,
        metavar="P",
        help="probability of showing the difference or equivalence (default: 0.8)",
    )
    parser.add_argument("--seeds", type=int, metavar="N", help="seeds of each variant (default: those of the runs)")
    parser.add_argument("--metric", help="a column of summary.csv (default: the study's, or test_accuracy)")
    parser.add_argument("--baseline", help="the variant with which the others are compared (default: the first)")
    parser.add_argument(
        "--correction", choices=CORRECTIONS,
        help="correction of the p values for multiple comparisons (default: the study's, or max_t)",
    )  # fmt: skip
    parser.add_argument("--format", choices=["table", "csv", "json"], default="table", help="default: table")
    return parser


def _share(text: str) -> float:
    if math.isnan(value := number(text)):
        raise argparse.ArgumentTypeError(f"{text}: must be a number")
    return value
