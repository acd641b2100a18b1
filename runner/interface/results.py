"""Results of runs in the Python interface: frames, comparisons, verdicts, tables and figures."""

import glob
import operator
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, SupportsIndex

import pandas as pd

from runner.core import errors
from runner.core.errors import UserError
from runner.core.omissions import LeftOut
from runner.core.text import counted, did_you_mean, shortened
from runner.interface.errors import refusing
from runner.interface.overrides import given_path, trust
from runner.interface.run import Run
from runner.records.record import DONE
from runner.records.sweep_directory import is_sweep_directory
from runner.reporting.collection import collect
from runner.reporting.collection.filters import Columns, Condition, matching, parse_conditions
from runner.reporting.collection.labels import Values, override_columns, variant_labels, with_values_in_force
from runner.reporting.formats import FORMATS, ORDERS, Order, Output
from runner.reporting.metrics import TIMES_TO_TARGET
from runner.reporting.tables.frames import as_read, history_frame, summary_frame

if TYPE_CHECKING:  # these imports take more than a second
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from runner.reporting import results as reporting
    from runner.reporting.figures.drawing.files import Draw
    from runner.reporting.tables.paper_table import PaperTable

_NO_RUN = ["run_id", "name", "variant", "seed", "status", "directory"]  # columns of a frame without runs
_NO_EPOCH = ["run_id", "variant", "seed", "epoch", "metric", "value"]
Format = Literal["latex", "markdown", "csv"]


@refusing
def load(*paths: str | Path) -> "Results":
    """Read the results of all runs in and below the given directories, without TensorFlow.

    As in a report, the runs of a sweep are those of its current plan, without tuning runs. A single sweep also
    sets the question, baseline, metric and target.

    Args:
        paths: directories, or patterns such as `outputs/studies/*`; ~ is expanded.

    Raises:
        UserError: if a directory does not exist, a pattern matches nothing, or there is no run.

    >>> import runner
    >>> runner.load("outputs/sweeps/*")
    <Results: 14 runs of 2 variants by test_accuracy (primary), baseline optimizer=sgd>
    """
    if not paths:
        raise UserError("load(): name a directory, such as outputs")
    found = [place for path in paths for place in _matched(path)]
    left_out = LeftOut()
    runs = collect.find_runs(found, left_out)
    sweeps = {run.directory.path.parent for run in runs}
    if len(found) == len(sweeps) == 1 and runs[0].directory.path != found[0]:
        found = [sweep if is_sweep_directory(sweep) else found[0] for sweep in sweeps]  # or below it
    return Results(found, runs, left_out, Values(left_out))


def _matched(path: str | Path) -> list[Path]:
    """Return the path, or the paths that match it, in natural order."""
    place = given_path(path)
    if place.exists() or not glob.has_magic(str(place)):
        return [place]
    matched = sorted(map(Path, glob.glob(str(place), recursive=True)), key=collect.natural)  # noqa: PTH207 - takes ~ and /
    if not matched:
        raise UserError(f"{path}: matches nothing")
    return matched


@dataclass(frozen=True, eq=False, repr=False)
class Results:
    """Runs and their comparison; made by `load`, `sweep` and `study`.

    Comparisons are computed only when you ask for them. `where`, `by` and `compare` return new results and change
    nothing. Frames are copies. The runs are in the state in which they were loaded; load them again to follow those
    that are still training.

    >>> import runner
    >>> results = runner.load("outputs/sweeps/optimizers")
    >>> len(results), [run.status for run in results][:2]
    (14, ['completed', 'completed'])
    """

    _paths: Sequence[Path]  # directories of the runs; a single sweep sets the question
    _runs: Sequence[collect.Run]
    _left_out: LeftOut
    _values: Values
    _asked: Mapping[str, Any] = field(default_factory=dict)  # fields of `Wish`
    _arms: Sequence[str] | None = None  # all variants, if `where` chose some of the runs

    @property
    @refusing
    def runs(self) -> pd.DataFrame:
        """One row per run, with the columns of summary.csv and `directory`.

        >>> import runner
        >>> results = runner.load("outputs/sweeps/optimizers")
        >>> results.runs.groupby("variant")["test_accuracy"].max()
        variant
        optimizer=adam    0.86
        optimizer=sgd     0.81
        Name: test_accuracy, dtype: float64
        """
        if not self._runs:
            return pd.DataFrame(columns=_NO_RUN)
        from runner.reporting.report import runs_frame

        try:
            frame = runs_frame(self._read)
        except errors.UserError:  # runs that cannot be compared, such as runs on two data sets of the same name
            frame = with_values_in_force(
                summary_frame(self._runs, variant_labels(self._runs)), self._runs, self._values
            )
        frame = as_read(frame, override_columns(self._runs))
        return frame.assign(directory=[str(run.directory.path) for run in self._runs])

    @property
    @refusing
    def history(self) -> pd.DataFrame:
        """One row per run, epoch and metric, as in history.csv.

        >>> import runner
        >>> history = runner.load("outputs/sweeps/optimizers").history
        >>> history[history["metric"] == "val_accuracy"].pivot_table("value", "epoch", "variant").round(2)
        variant  optimizer=adam  optimizer=sgd
        epoch
        1                  0.50           0.50
        2                  0.83           0.78
        """
        if not self._runs:
            return pd.DataFrame(columns=_NO_EPOCH)
        from runner.reporting.report import long_history

        try:
            history = self._read.history
        except errors.UserError:  # as in `runs`
            history = history_frame(self._runs, variant_labels(self._runs))
        return long_history(history)

    @refusing
    def run(self, which: SupportsIndex | str) -> Run:
        """Return a run by its row in `runs` (from 0), or by the beginning of its id.

        Raises:
            UserError: if there is no such run, or more than one.

        >>> import runner
        >>> results = runner.load("outputs/sweeps/optimizers")
        >>> results.run(0).directory == results.run(results.runs["run_id"][0]).directory
        True
        """
        if not isinstance(which, str):
            row = operator.index(which)
            if not -len(self) <= row < len(self):
                raise UserError(f"run {row}: there is no such row; there are {counted(len(self), 'run')}")
            return Run(self._runs[row].directory.path)
        found = {run.directory.path: run.record.run_id for run in self._runs if run.record.run_id.startswith(which)}
        if len(found) > 1:
            raise UserError(f"run {which}: several run ids begin with this: {shortened(', '.join(map(str, found)))}")
        if not found:
            raise UserError(f"run {which}: no run id begins with this{did_you_mean(which, self._ids)}")
        return Run(*found)

    @property
    def _ids(self) -> list[str]:
        return [run.record.run_id for run in self._runs]

    def __len__(self) -> int:
        return len(self._runs)

    def __iter__(self) -> Iterator[Run]:
        return (Run(run.directory.path) for run in self._runs)

    @refusing
    def where(self, condition: str | Mapping[str, Any] | None = None, /, **columns: Any) -> "Results":
        """Return the results of those runs that meet all conditions; variants keep their labels.

        A column is a column of `runs`, `started`, or any key or group of the configuration. A value may be a list of
        alternatives. Values are compared as numbers if both are numbers, else as text. None is a missing value.

        Args:
            condition: columns and values as a dictionary, which may contain dotted keys; or comparisons as text, joined
                with `and` (operators: < <= > >= == = !=).
            columns: columns and values.

        Raises:
            UserError: if no run has a column, the text is not a comparison, or a variant does not exist.

        >>> import runner
        >>> results = runner.load("outputs/sweeps/optimizers")
        >>> len(results.where(optimizer="adam", status="completed")), len(results.where(variant="sgd", seed=[0, 1]))
        (7, 2)
        >>> len(results.where({"training.epochs": 2})), len(results.where("test_accuracy >= 0.8 and seed < 6"))
        (14, 7)
        """
        conditions = parse_conditions(condition) if isinstance(condition, str) else []
        given = {**({} if isinstance(condition, str) or condition is None else condition), **columns}
        conditions += [Condition.equal(column, value) for column, value in given.items()]
        if not self._runs:
            return self
        kept = matching(conditions, self._columns(conditions), len(self))
        chosen = [run for run, is_kept in zip(self._runs, kept, strict=True) if is_kept]
        arms = [arm for arm, is_kept in zip(self._arms or variant_labels(self._runs), kept, strict=True) if is_kept]
        return Results(self._paths, chosen, self._left_out, self._values, self._asked, arms)

    def _columns(self, conditions: Sequence[Condition]) -> Columns:
        """Return the columns for filters; those from the comparison are read only if needed."""
        wanted = {condition.column for condition in conditions} & {"variant", *TIMES_TO_TARGET}
        summary = self._read.summary if wanted else pd.DataFrame()
        return Columns(self._runs, self._values, {name: summary[name].tolist() for name in wanted if name in summary})

    @refusing
    def by(self, *keys: str) -> "Results":
        """Return the same runs with variants defined by the values of these keys; without keys, by the default ones.

        Raises:
            UserError: if no run has a key, or a chosen baseline is not among the variants.

        >>> import runner
        >>> runner.load("outputs/sweeps/optimizers").by("training.epochs").variants
        ['training.epochs=2']
        """
        return self._asking(by=keys)

    @refusing
    def compare(
        self,
        metric: str | None = None,
        baseline: str | None = None,
        target: float | None = None,
        margin: float | None = None,
        correction: str | None = None,
        rope: float | None = None,
    ) -> "Results":
        """Return the same runs, compared by a different metric, baseline, target, margin or correction.

        Omitted arguments keep their values.

        A comparison by a metric other than the plan's or the default is marked as secondary.

        Args:
            metric: a column of `runs` for which higher or lower is better, `epochs_to_target`, `seconds_to_target` or
                `warm_seconds_to_target`.
            baseline: a variant, or a unique short form of it (`sgd` for `optimizer=sgd`).
            target: target value of the validation metric.
            margin: smallest difference that matters, in the metric's own unit: 0.001 is 0.1 percentage points of
                accuracy. With it, the verdicts are better, worse, equivalent or undecided.
            correction: correction of the p values for multiple comparisons: `max_t` or `holm`.
            rope: half-width of the region of practical equivalence for the Bayesian signed-rank test over three or more
                data sets, in the same unit; see `tasks`.

        Raises:
            UserError: if there is no such metric or variant, no run can reach the target, the margin or the region is
                not above 0 (or, for a proportion, is above 1), there is no such correction, or there are too few data
                sets for a region.

        >>> import runner
        >>> runner.load("outputs/sweeps/optimizers").compare(metric="test_loss", baseline="adam")
        <Results: 14 runs of 2 variants by test_loss (secondary), baseline optimizer=adam>
        >>> compared = runner.load("outputs/sweeps/optimizers").compare(margin=0.08).comparisons
        >>> compared[["variant", "difference", "margin", "p_equivalence", "verdict"]].round(3)
                  variant  difference  margin  p_equivalence     verdict
        0  optimizer=adam        0.05    0.08          0.023  equivalent
        """
        given = {"metric": metric, "baseline": baseline, "target": target, "margin": margin, "correction": correction}
        given |= {"rope": rope}
        return self._asking(**{name: value for name, value in given.items() if value is not None})

    def _asking(self, **options: Any) -> "Results":
        asked = {**self._asked, **options}
        asking = Results(self._paths, self._runs, self._left_out, self._values, asked, self._arms)
        asking._read  # noqa: B018 - refuses invalid options now
        return asking

    @property
    @refusing
    def variants(self) -> list[str]:
        """The labels of the variants.

        >>> import runner
        >>> runner.load("outputs/sweeps/optimizers").variants
        ['optimizer=sgd', 'optimizer=adam']
        """
        return self._read.variants

    @property
    @refusing
    def metric(self) -> str:
        """The column of `runs` by which the variants are compared.

        >>> import runner
        >>> runner.load("outputs/sweeps/optimizers").metric
        'test_accuracy'
        """
        return self._read.metric

    @property
    @refusing
    def baseline(self) -> str | None:
        """The variant that the others are compared with; None if there are several, as with several data sets.

        >>> import runner
        >>> runner.load("outputs/sweeps/optimizers").baseline
        'optimizer=sgd'
        """
        return self._read.baseline

    @property
    @refusing
    def aggregate(self) -> pd.DataFrame:
        """One row per variant, with the columns of aggregate.csv.

        >>> import runner
        >>> runner.load("outputs/sweeps/optimizers").aggregate[["variant", "n", "mean", "metric_role"]].round(2)
                  variant  n  mean metric_role
        0   optimizer=sgd  7  0.78     primary
        1  optimizer=adam  7  0.83     primary
        """
        return self._read.aggregate.copy()

    @property
    @refusing
    def comparisons(self) -> pd.DataFrame:
        """One row per comparison with a baseline, with the columns of comparisons.csv.

        >>> import runner
        >>> compared = runner.load("outputs/sweeps/optimizers").comparisons
        >>> compared[["variant", "difference", "p_holm", "verdict"]].round(3)
                  variant  difference  p_holm verdict
        0  optimizer=adam        0.05   0.016  higher
        """
        return self._read.comparisons.copy()

    @refusing
    def power(
        self,
        difference: float | None = None,
        margin: float | None = None,
        seeds: int | None = None,
        power: float = 0.8,
    ) -> pd.DataFrame:
        """Return the differences that the comparisons can show with a given number of seeds, as `runner power` does.

        One row per paired comparison: the standard deviation of its differences (`std`), the smallest `detectable`
        difference, and the number of seeds needed to show a difference or equivalence, each with limits (`_low`,
        `_high`) from the 95% interval of the standard deviation. NaN means never, or more than 10,000 seeds.

        Args:
            difference: true difference to show, in the metric's own unit: 0.001 is 0.1 percentage points of accuracy.
            margin: margin of equivalence; None: the margin from `compare`, or the study's.
            seeds: number of seeds of each variant; None: as many as the runs have.
            power: probability of showing the difference.

        Raises:
            UserError: if an argument is invalid, or no two variants share two seeds.

        >>> import runner
        >>> found = runner.load("outputs/sweeps/optimizers").power(difference=0.02)
        >>> found[["variant", "pairs", "std", "detectable", "seeds_for_difference"]].round(3)
                  variant  pairs    std  detectable  seeds_for_difference
        0  optimizer=adam      7  0.026       0.036                  16.0
        """
        from runner.reporting.comparison.power import PowerWish, power_frame

        compared = self if margin is None else self.compare(margin=margin)
        return power_frame(compared._read, PowerWish(difference, seeds, power))

    @property
    @refusing
    def selection(self) -> pd.DataFrame | None:
        """One row per tuned variant, with the columns of selection.csv; None if nothing was tuned.

        >>> import runner
        >>> runner.load("outputs/sweeps/optimizers").selection is None
        True
        """
        found = self._read.selection
        return None if found is None else found.copy()

    @property
    @refusing
    def tuning_curve(self) -> pd.DataFrame | None:
        """One row per tuned variant and budget, with the columns of tuning_curve.csv; None if nothing was tuned.

        >>> import runner
        >>> runner.load("outputs/sweeps/optimizers").tuning_curve is None
        True
        """
        found = self._read.tuning_curve
        return None if found is None else found.copy()

    @property
    @refusing
    def importances(self) -> pd.DataFrame | None:
        """One row per tuned variant and key, with the columns of importances.csv; None if nothing was tuned.

        Variants with a single tuned key or too few trials have no rows.

        >>> import runner
        >>> runner.load("outputs/sweeps/optimizers").importances is None
        True
        """
        return None if self._read.tuning is None else self._read.importances.frame.copy()

    @property
    @refusing
    def tasks(self) -> pd.DataFrame | None:
        """One row per variant over all data sets, with the columns of tasks.csv; None for fewer than three data sets.

        >>> import runner
        >>> runner.load("outputs/sweeps/optimizers").tasks is None
        True
        """
        found = self._read.tasks
        return None if found is None else found.frame.copy()

    @property
    @refusing
    def task_verdicts(self) -> list[str]:
        """One sentence per comparison over three or more data sets.

        >>> import runner
        >>> runner.load("outputs/sweeps/optimizers").task_verdicts
        []
        """
        return list(self._read.task_verdicts)

    @property
    @refusing
    def effects(self) -> pd.DataFrame | None:
        """One row per main effect and interaction of a grid, with the columns of effects.csv; None without a grid.

        >>> import runner
        >>> runner.load("outputs/sweeps/optimizers").effects is None
        True
        """
        found = self._read.effects
        return None if found is None else found.copy()

    @property
    @refusing
    def effect_verdicts(self) -> list[str]:
        """A sentence for each significant effect of a grid's axes, or one that says that no interaction is significant.

        >>> import runner
        >>> runner.load("outputs/sweeps/optimizers").effect_verdicts
        []
        """
        return list(self._read.effect_verdicts)

    @property
    @refusing
    def time_profile(self) -> pd.DataFrame | None:
        """One row per variant and workload, with the columns of time_profile.csv; None unless a target was set.

        >>> import runner
        >>> timed = runner.load("outputs/sweeps/optimizers").compare(metric="epochs_to_target", target=0.8)
        >>> timed.time_profile.groupby("variant")["score"].first().round(2)
        variant
        optimizer=adam    1.00
        optimizer=sgd     0.29
        Name: score, dtype: float64
        """
        found = self._read.time_profile
        return None if found is None else found.frame.copy()

    @property
    @refusing
    def variance_sources(self) -> pd.DataFrame | None:
        """One row per variant and source, with the columns of variance_sources.csv; None without `study.vary`.

        >>> import runner
        >>> runner.load("outputs/sweeps/optimizers").variance_sources is None
        True
        """
        found = self._read.variance_sources
        return None if found is None else found.copy()

    @property
    @refusing
    def conclusion(self) -> str:
        """The verdicts on all variants and the best variants, or the best point of a search; "" for another variant.

        >>> import runner
        >>> print(runner.load("outputs/sweeps/optimizers").conclusion)
        optimizer=adam is significantly better than optimizer=sgd (mean test accuracy 83.00% versus 78.00%).
        """
        return self._read.conclusion

    @property
    @refusing
    def verdicts(self) -> dict[str, str]:
        """One sentence per variant, by its label.

        >>> import runner
        >>> print(runner.load("outputs/sweeps/optimizers").verdicts["optimizer=adam"])
        optimizer=adam (mean test accuracy 83.00%) is significantly better than optimizer=sgd: +5.00 percentage ...
        """
        return dict(self._read.verdicts)

    @property
    @refusing
    def cautions(self) -> list[str]:
        """The limits of the evidence, one sentence each.

        >>> import runner
        >>> print(*runner.load("outputs/sweeps/optimizers").where("seed < 3").cautions)
        3 seeds are too few (6 needed): an exact test on 3 pairs gives p >= 0.25 before any correction. For these
        comparisons with the baseline, the report shows intervals and claims nothing.
        """
        return list(self._read.cautions)

    @refusing
    def figures(self) -> list[str]:
        """Return the names of the available figures.

        >>> import runner
        >>> runner.load("outputs/sweeps/optimizers").figures()
        ['forest', 'difference_over_time', 'accuracy', 'loss', 'test_accuracy', 'generalization_gap']
        """
        return list(self._draws)

    @refusing
    def figure(
        self,
        name: str,
        ax: "Axes | Iterable[Axes] | None" = None,
        *,
        style: str | None = None,
        width: float | None = None,
        font: str | None = None,
    ) -> "Figure":
        """Draw one of `figures()`; a notebook shows it, and `savefig` writes it.

        Args:
            ax: your own axes, in your own style, one for each panel of the figure.
            style: style of a new figure: `paper`, `slides` or `screen` (the default).
            width: width of a full-width figure in millimetres.
            font: `latex`, `times` or an installed family.

        Raises:
            UserError: if there is no such figure (the message gives the reason or the nearest name), style or font,
                or the number of axes differs from the figure's number of panels.

        >>> import runner
        >>> runner.load("outputs/sweeps/optimizers").figure("accuracy").get_suptitle()
        'Accuracy: mnist, 2 variants, 14 runs'
        """
        if name not in self._draws:
            raise self._no_figure(name)
        from runner.interface.notebook import drawn_into, finished
        from runner.reporting.figures.drawing.appearance import look_of

        if ax is not None:
            return drawn_into(ax, self._draws[name], name)
        return finished(self._draws[name], look_of(style, width, font))

    @refusing
    def table(self, form: Format = "markdown") -> str:
        """Return the table for a paper, as in table.tex, table.md or table.csv.

        Raises:
            UserError: if there is no such format.

        >>> import runner
        >>> print(runner.load("outputs/sweeps/optimizers").table("csv"), end="")
        variant,test_accuracy (%),difference,95% interval,p (max-T),n,mark
        optimizer=sgd,78.00 ± 2.16,,,,7,
        optimizer=adam,83.00 ± 2.16,+5.00,"[+2.55, +7.45]",0.016,7,best
        """
        table = self._table
        if form == "latex":
            return table.latex(self._paths[0].resolve().name if len(self._paths) == 1 else "report")
        if form == "markdown":
            return table.markdown()
        if form == "csv":
            return table.csv()
        raise UserError(f"{form}: no such table (allowed: csv, latex, markdown)")

    @refusing
    def report(
        self,
        directory: str | Path,
        formats: Sequence[str] | None = None,
        *,
        style: str | None = None,
        width: float | None = None,
        font: str | None = None,
        order: Order = "given",
        siunitx: bool = False,
        figure_data: bool = False,
    ) -> list[Path]:
        """Write the files of `runner report` into a directory, and return their paths.

        Args:
            directory: created if it does not exist; ~ is expanded.
            formats: some of `csv`, `table`, `png`, `svg`, `pdf` and `html`; None: all but `pdf`.
            style: style of the figures: `paper`, `slides` or `screen` (the default).
            width: width of a full-width figure in millimetres.
            font: `latex`, `times` or an installed family.
            order: order of the rows in tables: `given`, or `result` for the best first.
            siunitx: align the numbers of LaTeX tables with siunitx.
            figure_data: write a file with the data of each figure.

        Raises:
            UserError: if there is no such format, style, font or order, or the directory is a file or a run.

        >>> import runner
        >>> [path.name for path in runner.load("outputs/sweeps/optimizers").report("paper", ["table"])]
        ['table.md', 'table.tex', 'table.csv']
        """
        from runner.reporting.report import write_report

        for name in formats or ():
            if name not in FORMATS:
                raise UserError(f"{name}: no such format{did_you_mean(name, FORMATS)}")
        if order not in ORDERS:
            raise UserError(f"{order}: no such order{did_you_mean(order, ORDERS)}")
        output = Output(
            formats, style=style, width=width, font=font, order=order, siunitx=siunitx, figure_data=figure_data
        )
        return write_report(self._read, given_path(directory), output)

    @refusing
    def resume(
        self, *, workers: int | None = None, trusted_packages: Sequence[str] = (), quiet: bool = False
    ) -> "Results":
        """Train the missing runs of these sweeps, as `runner resume` does, and return the results of all.

        Runs that `where` left out are resumed with their sweep, and are among the results.

        Args:
            workers: number of runs at a time; None: as before.
            trusted_packages: your packages whose classes the runs use.
            quiet: show no progress and no warnings.

        Raises:
            UserError: if a sweep or run cannot be resumed.
            KeyboardInterrupt: if the training was interrupted again.

        >>> import runner
        >>> runner.load("outputs/sweeps/optimizers/0").resume(quiet=True)
        <Results: 1 run of 1 variant by test_accuracy (primary), baseline optimizer=sgd>
        """
        from runner.interface.command import run_command
        from runner.run.objects import refuse_objects

        for run in self._runs:
            if run.record.status not in DONE:
                refuse_objects(run.record, run.directory.path, "resumed")
        runs = [run.directory.path for run in self._runs]
        sweeps = {run: run.parent for run in runs if is_sweep_directory(run.parent)}
        for place in dict.fromkeys(sweeps.get(run, run) for run in runs):
            pool = [f"--workers={workers}"] if workers is not None and place not in runs else []
            run_command(["resume", str(place), *pool, *trust(trusted_packages)], quiet=quiet)
        found = load(*self._paths)
        return Results(found._paths, found._runs, found._left_out, found._values, self._asked)

    @cached_property
    def _read(self) -> "reporting.Results":
        """The results behind the frames."""
        if not self._runs:
            raise UserError("no run is left to compare; choose others with where()")
        from runner.reporting.result_reader import Wish, read_results

        wish = Wish(**self._asked)
        return read_results([*self._runs], self._paths, wish, self._left_out, arms=self._arms, values=self._values)

    @cached_property
    def _draws(self) -> "Mapping[str, Draw]":
        from runner.reporting.report_figures import report_figures

        return dict(report_figures(self._read, self._read.ranks, None, seeds=False))

    def _no_figure(self, name: str) -> UserError:
        """Return the error for a figure that the report does not draw."""
        from runner.reporting.undrawn_figures import NEEDS, undrawn

        if reason := undrawn(self._read).get(name):
            return UserError(f"{name}: this report does not draw it: {reason}")
        if needed := NEEDS.get(name):
            return UserError(f"{name}: this report does not draw it; it needs {needed}")
        return UserError(f"{name}: no such figure{did_you_mean(name, self._draws)}")

    @cached_property
    def _table(self) -> "PaperTable":
        from runner.reporting.report import results_table

        return results_table(self._read)

    def __repr__(self) -> str:
        try:
            read = self._read
        except errors.UserError as error:  # the display must not fail
            return f"<Results: {counted(len(self), 'run')}; {error}>"
        of = f"{counted(len(self), 'run')} of {counted(len(read.variants), 'variant')}"
        baseline = f", baseline {read.baseline}" if read.baseline else ""
        return f"<Results: {of} by {read.metric} ({read.metric_role}){baseline}>"

    def _repr_html_(self) -> str:
        from runner.interface.notebook import list_html, note_html, table_html

        try:
            read = self._read
        except errors.UserError:
            return note_html(repr(self))
        sentences = [*read.verdicts.values(), *read.task_verdicts, *read.effect_verdicts]
        parts = [list_html(read.title, sentences), list_html("Cautions", read.cautions)]
        return "".join([*parts, table_html(self._table.rows), note_html(self._table.caption)])
