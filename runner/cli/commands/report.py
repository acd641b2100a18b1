"""Commands that read finished runs: `runner report` and `runner ensemble`."""

import argparse
import math
from collections.abc import Iterable, Sequence

from runner.cli.arguments import above_zero, at_least_zero, directories_parser, number
from runner.cli.paths import USUAL_PLACE, path_argument
from runner.core.errors import UserError
from runner.core.garbage import no_collections
from runner.core.paths import refuse_file
from runner.core.terminal import Terminal
from runner.records.design import CORRECTIONS
from runner.reporting.collection.collect import refuse_no_runs
from runner.reporting.formats import FORMATS, ORDERS, STYLES, USUAL_FORMATS, USUAL_OF_A_RUN, Output

OF_VARIANTS = (
    "metric",
    "baseline",
    "by",
    "target",
    "margin",
    "correction",
    "confusion",
    "seeds",
    "bayesian_rope",
)  # arguments without effect on a report of a single run
_OF_COMPARISONS = ("margin", "correction")  # arguments without effect on a report of several runs of one variant
_INTERVAL = 2.0  # refresh interval of --watch in seconds


def report_arguments(arguments: Sequence[str]) -> argparse.Namespace:
    """Parse the arguments of `runner report`; with `watch`, the report waits until the runs have ended."""
    parser = directories_parser("report", "Rewrite the report on finished runs from their records.", at_least="*")
    parser.add_argument("--out", type=path_argument, help="output directory (default: the sweep's, or outputs/report)")
    parser.add_argument("--together", action="store_true", help="write one report on all directories")
    parser.add_argument(
        "--index", action="store_true",
        help=f"write one page for all studies, sweeps and runs in and below DIR (default: {USUAL_PLACE}), with links "
        "to their reports",
    )  # fmt: skip
    _add_comparison(parser)
    _add_figures(parser)
    parser.add_argument(
        "--watch", action="store_true", help="show the runs while they train; write the report when all have ended"
    )
    parser.add_argument(
        "--interval",
        type=_seconds,
        metavar="SECONDS",
        help=f"refresh interval of --watch (default: {_INTERVAL:g})",
    )
    chosen = parser.parse_args(arguments)
    if not chosen.index and not chosen.directories:
        parser.error("the following arguments are required: DIR")
    if chosen.index:
        _refuse_idle(chosen, parser)
    if chosen.interval and not chosen.watch:
        raise UserError("--interval: no effect without --watch; add it or omit --interval")
    chosen.interval = chosen.interval or _INTERVAL
    return chosen


def _add_comparison(parser: argparse.ArgumentParser) -> None:
    """Add the arguments for comparisons of variants."""
    parser.add_argument("--metric", help="a column of summary.csv (default: the study's, or test_accuracy)")
    parser.add_argument("--baseline", help="the variant with which the others are compared (default: the first)")
    parser.add_argument(
        "--by",
        nargs="+",
        action="extend",
        default=[],
        metavar="KEY",
        help="group runs into variants by the values of these keys",
    )
    parser.add_argument(
        "--target",
        type=at_least_zero,
        help="target value of the validation metric (default: the worst final value of the baseline's runs)",
    )
    parser.add_argument(
        "--margin",
        type=above_zero,
        help="smallest difference that matters, in the metric's own unit: 0.001 is 0.1 percentage points of accuracy "
        "(default: the study's, or none); the report states which variants are equivalent",
    )
    parser.add_argument(
        "--correction", choices=CORRECTIONS,
        help="correction of the p values for multiple comparisons (default: the study's, or max_t)",
    )  # fmt: skip
    parser.add_argument(
        "--bayesian-rope",
        type=above_zero,
        metavar="VALUE",
        help="with three or more data sets, add the Bayesian signed-rank test; VALUE is the half-width of the region "
        "of practical equivalence, in the metric's own unit",
    )


def _add_figures(parser: argparse.ArgumentParser) -> None:
    """Add the arguments for figures and formats."""
    parser.add_argument(
        "--confusion", metavar="VARIANT", help="draw the confusion matrix of this variant (default: the best)"
    )
    parser.add_argument("--seeds", action="store_true", help="draw every seed's curve as a thin line")
    parser.add_argument(
        "--format", nargs="+", action="extend", choices=FORMATS, metavar="FORMAT",
        help=f"one or more of {' '.join(FORMATS)} "
        f"(default: {' '.join(USUAL_FORMATS)}; for a single run {' '.join(USUAL_OF_A_RUN)})",
    )  # fmt: skip
    parser.add_argument(
        "--figure-data", action="store_true", help="also write the data of each figure to a CSV file (forest_data.csv)"
    )
    parser.add_argument(
        "--order",
        choices=ORDERS,
        default="given",
        help="order of table rows: as planned (given, the default) or the best first (result)",
    )
    parser.add_argument(
        "--siunitx",
        action="store_true",
        help="align the numbers of LaTeX tables at their decimal points, with siunitx 3",
    )
    parser.add_argument(
        "--style", choices=STYLES,
        help="style of the figures: screen (default), paper (no titles, because papers have captions) or slides (thick "
        "lines)",
    )  # fmt: skip
    parser.add_argument(
        "--width", type=above_zero, metavar="MM",
        help="width of a full-width figure, in millimetres (default: 178, for slides 127)",
    )  # fmt: skip
    parser.add_argument(
        "--font", metavar="FAMILY", help="font of the figures: latex (Latin Modern), times, or any installed font"
    )


def _refuse_idle(chosen: argparse.Namespace, parser: argparse.ArgumentParser) -> None:
    """Raise UserError for arguments that `--index` does not use."""
    if len(chosen.directories) > 1:
        raise UserError(f"--index: takes one directory, not {len(chosen.directories)}; give one that contains them all")
    used = ("directories", "index", "out")
    given = [name for name, value in vars(chosen).items() if name not in used and value != parser.get_default(name)]
    if given:
        flags = ", ".join(_flags(given))
        omitted = "them" if len(given) > 1 else "it"
        raise UserError(f"{flags}: no effect with --index, which only lists existing reports; omit {omitted}")


def _flags(names: Iterable[str]) -> list[str]:
    return [f"--{name.replace('_', '-')}" for name in names]


def report_command(chosen: argparse.Namespace) -> None:
    """Write a report for each sweep, or one on all runs together; print the verdicts and the written files.

    Raises:
        UserError: at the end, if one of several reports cannot be written, naming its directory.
    """
    directories = list(dict.fromkeys(chosen.directories))
    refuse_no_runs(directories)  # before the slow imports
    with no_collections():
        from runner.reporting.directory_reports import Reports
        from runner.reporting.result_reader import Wish

    reports = Reports(
        wish=Wish(
            chosen.metric,
            chosen.baseline,
            chosen.by,
            chosen.target,
            chosen.margin,
            chosen.correction,
            chosen.bayesian_rope,
        ),
        output=Output(
            formats=chosen.format,
            seeds=chosen.seeds,
            confusion=chosen.confusion,
            style=chosen.style,
            width=chosen.width,
            font=chosen.font,
            order=chosen.order,
            figure_data=chosen.figure_data,
            siunitx=chosen.siunitx,
        ),
        out=chosen.out,
        of_variants=_flags(name for name in OF_VARIANTS if getattr(chosen, name)),
        of_comparisons=_flags(name for name in _OF_COMPARISONS if getattr(chosen, name)),
        console=Terminal(),
    )
    if chosen.together:
        reports.write_together(directories)
    else:
        reports.write_apart(directories)


def ensemble_command(arguments: Sequence[str]) -> None:
    """Print the gain from averaging the predictions of several runs; with `--out`, write tables and figures."""
    parser = directories_parser("ensemble", "Average the predictions of completed runs, and show the gain.")
    parser.add_argument(
        "--out", type=path_argument, help="directory for tables and figures (default: none are written)"
    )
    chosen = parser.parse_args(arguments)
    if chosen.out:
        refuse_file(chosen.out)
    refuse_no_runs(chosen.directories)
    from runner.reporting.directory_reports import report_ensemble

    report_ensemble(chosen.directories, chosen.out, Terminal())


def _seconds(text: str) -> float:
    if not 0 < (seconds := number(text)) < math.inf:
        raise argparse.ArgumentTypeError(f"{text}: must be a number of seconds above 0")
    return seconds
