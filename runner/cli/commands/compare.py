"""Command that compares the same variants before and after a change: `runner compare`."""

import argparse
from collections.abc import Sequence

from runner.cli.arguments import at_least_zero, directories_parser
from runner.core.errors import EXIT_FAILED, Stopped, UserError
from runner.core.terminal import Terminal
from runner.reporting.collection.collect import refuse_no_runs


def compare_command(arguments: Sequence[str]) -> None:
    """Compare each variant across two or more sides, and print the verdicts.

    Raises:
        UserError: if there is nothing to compare, or an option has no effect.
        Stopped: with exit code 1, if --fail-if-worse is given and a variant became worse.
    """
    chosen = _parser().parse_args(arguments)
    if chosen.margin is not None and not chosen.fail_if_worse:
        raise UserError(f"--margin {chosen.margin:g}: has an effect only with --fail-if-worse; add it or omit --margin")
    refuse_no_runs(chosen.directories)  # before the slow imports
    from runner.reproducibility.sides import Asked, compare_sides

    asked = Asked(chosen.by, chosen.metric, chosen.margin or 0.0)
    compared = compare_sides(chosen.directories, asked)
    if chosen.format == "html":
        from runner.reporting.page.comparison_page import ComparisonPage

        texts = compared.conclusion, compared.notes, compared.about
        page = ComparisonPage(compared.sides, compared.frame, *texts, compared.environments)
        Terminal().out(page.text(), end="")
    else:
        compared.show(Terminal(), chosen.format)
    if chosen.fail_if_worse:
        compared.warn(Terminal(stderr=True))
        if compared.is_worse:
            raise Stopped(EXIT_FAILED)


def _parser() -> argparse.ArgumentParser:
    parser = directories_parser(
        "compare",
        "Compare each variant with itself, paired by seed, between two or more directories (the first is the "
        "reference) or between several commits or dates (the earliest is the reference).",
    )
    parser.add_argument(
        "--by", choices=("commit", "date"), help="compare the runs of different commits or start dates (UTC)"
    )
    parser.add_argument("--metric", help="a column of summary.csv (default: the plan's metric, or test_accuracy)")
    parser.add_argument(
        "--fail-if-worse", action="store_true", help="exit with code 1 if a variant is significantly worse, for CI"
    )
    parser.add_argument(
        "--margin", type=at_least_zero, metavar="M",
        help="largest degradation that is tolerated, in percentage points for accuracies and other scores "
        "between 0 and 1, else in the metric's own unit (default: 0)",
    )  # fmt: skip
    parser.add_argument(
        "--format", choices=("table", "json", "csv", "html"), default="table", help="output format (default: table)"
    )
    return parser
