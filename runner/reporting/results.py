"""Results of a report: frames for its files, figures and sentences."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import pandas as pd

from runner.config.overrides import override_key
from runner.core.omissions import LeftOut
from runner.core.text import counted
from runner.records.design import CORRECTION_NAMES, Correction
from runner.records.sweep_directory import Question, tuned_metric
from runner.reporting.collection.collect import Run
from runner.reporting.collection.groups import plans_apart, sweeps_apart
from runner.reporting.collection.predictions import Predicted, read_predicted
from runner.reporting.comparison.aggregate import aggregate_frame, comparison_frame
from runner.reporting.comparison.best import best_marks, bests_by_variant, references
from runner.reporting.comparison.decision import STILL_TRAINING, UNDECIDED
from runner.reporting.comparison.differences import differences, differences_by_epoch
from runner.reporting.comparison.folds import Unit, folds_of, folds_text, unit_of
from runner.reporting.comparison.lost_runs import lost_shares
from runner.reporting.comparison.paired_difference import Difference
from runner.reporting.comparison.pairs import ComparedRuns
from runner.reporting.comparison.ranks import Ranks, average_ranks, scores_by_dataset
from runner.reporting.comparison.tasks import FEWEST_DATASETS, Tasks, arm_baselines, compare_over_datasets
from runner.reporting.comparison.time_profiles import TimeProfile, time_profile
from runner.reporting.figures.drawing.names import print_names
from runner.reporting.grid_effects.complete_grids import Factorial, factorial
from runner.reporting.grid_effects.effects import LOOKS_TO_COME, effects_frame
from runner.reporting.grid_effects.variance_sources import source_cautions, source_sentences, variance_frame
from runner.reporting.metrics import (
    margin_text,
    quantity,
    sign_of,
    value_text,
)
from runner.reporting.sentences.conclusion import conclusion, search_conclusion
from runner.reporting.sentences.default_baselines import default_baseline_cautions
from runner.reporting.sentences.effect_verdicts import effect_verdicts
from runner.reporting.sentences.task_verdicts import task_verdicts
from runner.reporting.sentences.verdicts import Verdict, cautions, verdict_parts
from runner.reporting.statistics.test_set_error import BY_EXAMPLE, with_test_set_error
from runner.reporting.statistics.ties import best_first, places
from runner.reporting.tables.frames import history_frame, summary_frame
from runner.reporting.tables.marks import Mark
from runner.reporting.targets import is_easy, is_time, usual_final, with_compilation, with_targets
from runner.reporting.tuning.importances import Importances, importances
from runner.reporting.tuning.selection_optimism import selection_frame, selection_warnings
from runner.reporting.tuning.tuning_curves import is_unsettled, pruning_sentences, tuning_curve_frame, tuning_sentences
from runner.reporting.tuning.tuning_trials import Trials, tuning_trials

_SPENDING = {"pocock": "Pocock-like spending", "obrien_fleming": "O'Brien-Fleming-like spending"}
_LOSS_TERMS = ("regularizer", "training.loss")  # overrides that change the terms of the loss


@dataclass(frozen=True)
class Results:
    """Runs by variant; frames are in the order of the plan, or of the paths."""

    runs: list[Run]
    summary: pd.DataFrame  # one row per run, with variant (label), arm (label without data set), cell (see `cells`)
    history: pd.DataFrame  # one row per run and epoch
    metric: str
    primary_metric: str  # metric of the plan, or the default metric
    validation_metric: str  # metric for choices and the target
    baselines: dict[str, str]  # baseline of each variant; a baseline maps to itself
    target: float | None
    target_source: str  # "worst final value of sgd"; "" if the user or the study set the target
    margin: float | None  # margin of equivalence, in the unit of the metric
    is_margin_planned: bool  # whether the study sets the margin
    correction: Correction
    asked: Question
    tuning: pd.DataFrame | None
    tuning_runs: list[Run]
    not_begun: int  # number of planned runs without a record
    left_out: LeftOut
    levels: pd.DataFrame | None  # levels of each run on the axes of a grid; None if the variants are not a grid
    rope: float | None = None  # half-width of the region of equivalence, in the unit of the metric
    source_runs: list[Run] = field(default_factory=list)  # runs in which one source of variance varies, or all do
    is_baseline_chosen: bool = False  # by the user or the study; otherwise, it is the first variant
    repeated_curves: pd.DataFrame | None = None  # tuning curves of a search and its repetitions

    @property
    def goal(self) -> str:
        """The target in words: "validation accuracy of 97.00%"; "" without a target."""
        if self.target is None:
            return ""
        return f"{quantity(self.validation_metric)} of {value_text(self.target, self.validation_metric)}"

    @cached_property
    def distant_baselines(self) -> list[str]:
        """Cautions about default baselines that are far from the best variant."""
        if self.is_baseline_chosen:
            return []
        return [*default_baseline_cautions(self.aggregate, self.metric, self.baselines)]

    @cached_property
    def easy_target(self) -> list[str]:
        """A caution about a default target that is far from the final value of the best variant."""
        metric, best = self.validation_metric, self.ranked[0]
        final = usual_final(self.summary, self.history, best, metric)
        is_usual = self.target is not None and self.target_source
        if not is_usual or final is None or not is_easy(self.target or 0.0, final, metric):
            return []
        named = f"{value_text(final, metric)} of {self.print_names.get(best, best)}"
        why = "so times to it cover only the beginning of the training; set another with --target"
        return [f"The default target, a {self.goal}, is far from the {named}, {why}."]

    @property
    def metric_role(self) -> str:
        """`primary` if the variants are compared by the plan's metric, else `secondary`."""
        return "primary" if self.metric == self.primary_metric else "secondary"

    @property
    def secondary_note(self) -> str:
        """A note that the metric is secondary; "" for the primary metric."""
        if self.metric_role == "primary":
            return ""
        return f"{quantity(self.metric)} is a secondary metric; the primary one is {quantity(self.primary_metric)}"

    @cached_property
    def folds(self) -> int | None:
        """The number of folds of cross-validation; None without cross-validation."""
        return folds_of(self.summary)

    @cached_property
    def unit(self) -> Unit:
        """The unit of observation of a variant: a seed or a fold."""
        return unit_of(self.summary)

    @cached_property
    def variants(self) -> list[str]:
        """The labels of the variants."""
        return list(dict.fromkeys(self.summary["variant"]))

    @property
    def arms(self) -> int:
        """The number of variants; a variant that ran on several data sets counts once."""
        return int(self.summary["arm"].nunique())

    @property
    def baseline(self) -> str | None:
        """The baseline of all variants; None if there are several."""
        found = set(self.baselines.values())
        return found.pop() if len(found) == 1 else None

    @cached_property
    def print_names(self) -> dict[str, str]:
        """The display names of the variants in figures and printed tables, where they differ from their labels."""
        arms = dict(zip(self.summary["variant"], self.summary["arm"], strict=True))
        return print_names(arms, self.asked.variants, self.asked.names)

    @cached_property
    def selection(self) -> pd.DataFrame | None:
        """The selection optimism of a tuned study, one row per tuned variant."""
        if self.tuning is None:
            return None
        summary = self.summary.assign(variant=self._names)
        return selection_frame(self.tuning, summary, self.asked.direction, self.trials)

    @cached_property
    def tuning_curve(self) -> pd.DataFrame | None:
        """The best score of a tuned study by its tuning budget, one row per tuned variant and budget."""
        if self.tuning is None:
            return self.repeated_curves
        asked = self.asked
        return tuning_curve_frame(
            self.tuning, self.tuning_runs, asked.variants, asked.direction, is_independent=asked.has_independent_points
        )

    @cached_property
    def trials(self) -> list[Trials]:
        """The trials of each variant of a tuned study."""
        return [] if self.tuning is None else tuning_trials(self.tuning, self.asked)

    @cached_property
    def importances(self) -> Importances:
        """The importances of the keys of a tuned study."""
        return importances(self.trials, is_independent=self.asked.has_independent_points)

    @property
    def tuning_sentences(self) -> list[str]:
        """Sentences on the leading variants by tuning budget, one per cell of a tuned grid, and one on pruning."""
        curves = self.tuning_curve
        if curves is None:
            return []
        leads = tuning_sentences(curves, self._names_in_study(curves))
        return leads if self.tuning is None else [*leads, *pruning_sentences(self.tuning, self.asked.pruner)]

    def _names_in_study(self, curves: pd.DataFrame) -> Iterable[str]:
        return self.asked.variants or dict.fromkeys(curves["variant"])

    def _unsettled_tuning(self) -> Iterator[str]:
        """Warn if the tuning over ranges had not settled."""
        curves, axes = self.tuning_curve, [axis for trials in self.trials for axis in trials.axes.values() if axis]
        has_ranges = any(axis.is_range for axis in axes)
        if curves is not None and has_ranges and is_unsettled(curves, self._names_in_study(curves)):
            yield (
                "the order of the variants still changes at the last tuning budget, so with more trials, the verdicts "
                "may be different."
            )

    @cached_property
    def aggregate(self) -> pd.DataFrame:
        """One row per variant: `AGGREGATE_COLUMNS` and `metric_role`."""
        frame = aggregate_frame(self.summary, self.metric, self.target, self._budgets)
        return frame.assign(metric_role=self.metric_role)

    @cached_property
    def comparisons(self) -> pd.DataFrame:
        """One row per comparison with a baseline: `COMPARISON_COLUMNS`, the test set's error and `metric_role`."""
        compared = self._compared(self.baselines)
        measured = self.metric in BY_EXAMPLE and len(compared) > 0 and not self.folds
        answers = self.predicted.answers if measured else [None] * len(self.runs)
        return with_test_set_error(compared, self.summary, answers, self.compared_runs).assign(
            metric_role=self.metric_role
        )

    @cached_property
    def compared_runs(self) -> ComparedRuns:
        """The completed runs from which the differences of `comparisons` are computed."""
        return ComparedRuns(self.summary, self.asked.looks)

    @cached_property
    def differences(self) -> list[Difference]:
        """The comparisons with their seeds and wording, in the order of `comparisons`."""
        return differences(self)

    @cached_property
    def differences_by_epoch(self) -> pd.DataFrame:
        """One row per comparison and epoch: its difference in the validation metric, with its interval."""
        return differences_by_epoch(self, self.differences)

    def _compared(self, baselines: Mapping[str, str], *, bootstrap: bool = True) -> pd.DataFrame:
        return comparison_frame(
            self.summary,
            self.metric,
            baselines,
            bootstrap=bootstrap,
            margin=self.margin,
            correction=self.correction,
            looks=self.asked.looks,
        )

    @cached_property
    def marks(self) -> dict[str, Mark]:
        """The mark of each variant: best on its data set, or not significantly different from the best."""
        return best_marks(self._bests, self.against_best)

    @cached_property
    def against_best(self) -> pd.DataFrame:
        """Comparisons of the variants with the best on their data sets: `COMPARISON_COLUMNS`."""
        return self._compared(references(self._bests), bootstrap=False)

    @cached_property
    def _bests(self) -> dict[str, list[str]]:
        return bests_by_variant(self.summary, self.aggregate)

    def role_of(self, variant: str) -> str:
        """Return the role of a variant that is not compared: "baseline", or "not compared"; "" for the only one."""
        if len(self.variants) == 1:
            return ""
        return "baseline" if self.baselines[variant] == variant else "not compared"

    def undecided(self) -> list[tuple[str, str]]:
        """Return the undecided comparisons, including those without a result on a side: variant and baseline."""
        compared = self._compared(self.baselines, bootstrap=False)
        decided = {*compared.loc[compared["verdict"] != UNDECIDED, "variant"]}
        pairs = self.baselines.items()
        return [(variant, other) for variant, other in pairs if variant != other and variant not in decided]

    @cached_property
    def factorial(self) -> Factorial:
        """The complete grids, by data set; none if the variants are not a grid, or were cross-validated."""
        if self.levels is None or self.folds:
            return Factorial([], [])
        return factorial(self.levels, self.summary, self.metric, self.baselines)

    @cached_property
    def effects(self) -> pd.DataFrame | None:
        """One row per effect of a grid's axes: `EFFECT_COLUMNS` and `metric_role`; None without a complete grid."""
        if not self.factorial.grids:
            return None
        looks = self.asked.looks
        all_looks = looks is None or bool((self.comparisons["looks"] == len(looks.sizes)).all())
        pending = STILL_TRAINING if self.training else "" if all_looks else LOOKS_TO_COME
        return effects_frame(self.factorial.grids, self.metric, pending).assign(metric_role=self.metric_role)

    @cached_property
    def effect_verdicts(self) -> list[str]:
        """Sentences about the significant effects of a grid's axes."""
        return [] if self.effects is None else effect_verdicts(self.effects)

    @cached_property
    def variance_sources(self) -> pd.DataFrame | None:
        """One row per variant and source of variance: `VARIANCE_COLUMNS`; None if no source was varied alone."""
        if not self.source_runs:
            return None
        labels = [run.record.variant for run in self.source_runs]
        summary = summary_frame(self.source_runs, labels)
        if self.target is not None:
            summary = with_targets(
                summary, history_frame(self.source_runs, labels), self.validation_metric, self.target
            )
        return variance_frame(summary, self.metric)

    @cached_property
    def predicted(self) -> Predicted:
        """The predictions of the runs, read once on first use; folds have none, because they share no test examples."""
        if self.folds:
            return Predicted([None] * len(self.runs), {})
        return read_predicted(self.runs, self.summary["variant"].tolist(), self.left_out, self.metric)

    @cached_property
    def ranked(self) -> list[str]:
        """The variants by their mean validation metric, best first; variants with more diverged runs rank lower."""
        metric = self.validation_metric if self.validation_metric in self.summary else self.metric
        completed = self.summary[self.summary["status"] == "completed"]
        means = completed.groupby("variant", sort=False)[metric].mean().reindex(self.variants)
        shares = lost_shares(self.summary, metric, "variant").reindex(self.variants)
        return best_first(self.variants, places(means, shares, sign_of(metric)))

    @property
    def best_by_dataset(self) -> dict[str, str]:
        """The variant of each data set that is best on validation, by data set in the order of the summary."""
        of_variant = self.summary.drop_duplicates("variant").set_index("variant")["dataset"].astype(str)
        ranked = [(of_variant[variant], variant) for variant in reversed(self.ranked)]
        best = dict(ranked)  # the last one of a data set is its best
        return {dataset: best[dataset] for dataset in dict.fromkeys(of_variant)}

    @property
    def by_result(self) -> list[str]:
        """The variants of each data set by their mean metric, best first; variants with more lost runs rank lower."""
        frame, found = self.aggregate, list[str]()
        shares = lost_shares(self.summary, self.metric, "variant")
        for _, own in frame.groupby("dataset", sort=False):
            names = own["variant"].astype(str).tolist()
            own_shares = shares.reindex(names).to_numpy()
            found += best_first(names, places(own["mean"].to_numpy(), own_shares, sign_of(self.metric)))
        return found

    @cached_property
    def ranks(self) -> Ranks | None:
        """Average ranks over the data sets; None if there are too few data sets, or runs are still training."""
        tasks = self.tasks.frame if self.tasks else None
        return None if self.training else average_ranks(self._scores_by_dataset, self.metric, tasks)

    @cached_property
    def tasks(self) -> Tasks | None:
        """Comparison over the data sets; None if there are too few, or runs are still training or cross-validated."""
        if self.training or self.folds:
            return None
        baselines = arm_baselines(self.summary, self.baselines)
        return compare_over_datasets(self.summary, self.common_datasets, self.metric, baselines, self.rope)

    @property
    def has_several_datasets(self) -> bool:
        """True if the runs used more than one data set."""
        return len({*self.summary["dataset"]}) > 1

    @property
    def common_datasets(self) -> list[str]:
        """The data sets on which every variant has completed or diverged runs."""
        return [str(name) for name in self._scores_by_dataset.dropna().index]

    @cached_property
    def _scores_by_dataset(self) -> pd.DataFrame:
        return scores_by_dataset(self.summary, self.metric)

    @cached_property
    def time_profile(self) -> TimeProfile | None:
        """Profile of the times to a target that the user or the study set; None while runs are still training."""
        is_set = self.target is not None and (is_time(self.metric) or not self.target_source)
        return time_profile(self.summary, self.metric) if is_set and not self.training else None

    def _secondary(self) -> list[str]:
        """Warn if the metric was not chosen before the runs."""
        if not self.secondary_note:
            return []
        why = "Choosing a metric based on its results leads to spurious differences: report the primary one as well"
        return [f"{self.secondary_note}. {why}."]

    def _own_margin(self) -> list[str]:
        """Warn if the study does not set the margin."""
        if self.margin is None or self.is_margin_planned:
            return []
        margin = margin_text(self.margin, self.metric)
        why = (
            "A margin that is chosen after the results are known proves nothing: set study.margin before you start "
            "the runs"
        )
        return [f"the margin of {margin} is not in the plan of these runs. {why}."]

    def _own_correction(self) -> list[str]:
        """Warn if the correction differs from the study's."""
        if self.correction == self.asked.correction or not self.asked.variants:
            return []
        own, planned = (CORRECTION_NAMES[name] for name in (self.correction, self.asked.correction))
        return [f"the p values are adjusted by {own}; the plan of these runs says {planned}."]

    @property
    def notes(self) -> list[str]:
        """Notes for captions, without full stops."""
        return [note for note in (self.secondary_note, self.looks_note) if note]

    @property
    def looks_note(self) -> str:
        """A note on the looks at the results, planned or not, between which seeds were added; "" for a single look."""
        earlier, looks = self.asked.earlier_seeds, self.asked.looks
        if looks is not None and not self.comparisons.empty:
            sizes, had = ", ".join(map(str, looks.sizes)), int(self.comparisons["looks"].max())
            saved = f"; stopping saved {counted(self.asked.spared, 'run')}" if self.asked.spared else ""
            taken = f"{had} of {len(looks.sizes)} planned looks at {sizes} seeds"
            return f"{taken} ({_SPENDING[looks.spending]}): p and intervals hold over all looks{saved}"
        if not earlier:
            return ""
        seeds = self.summary["seed"].nunique()
        sizes = ", then ".join(map(str, [*earlier, seeds]))
        return f"{len(earlier) + 1} looks ({sizes} seeds), not planned: p is not corrected for them"

    def _unplanned_looks(self) -> list[str]:
        """Warn if seeds were added after a look at the results."""
        if self.asked.looks is not None or not self.looks_note:
            return []
        why = "adding seeds after a look increases the rate of false claims"
        return [f"{self.looks_note}; {why}; plan the looks: seeds={{first:8,most:30,looks:5}}."]

    def _of_folds(self) -> list[str]:
        """Yield notes on the effects of cross-validation on the report."""
        if not self.folds:
            return []
        text = f"{folds_text(self.summary)}: intervals and tests allow for overlapping training sets"
        if len(self.comparisons) > 1 and self.correction == "max_t":
            text += "; p is adjusted by Holm's method, because joint sign flips need independent runs"
        found = [f"{text}."]
        if self.levels is not None:
            found.append("effects of the grid's axes are not estimated over folds; the comparisons are.")
        if len(self.common_datasets) >= FEWEST_DATASETS:
            found.append("over several data sets, only ranks are compared: resampling assumes independent runs.")
        return found

    def _own_losses(self) -> list[str]:
        """Warn if the variants were compared or tuned by a loss whose terms differ between them."""
        by = {self.metric} | ({tuned_metric(self.tuning)} if self.tuning is not None else set())
        losses = sorted(metric for metric in by if metric.endswith("_loss"))
        runs = [*self.runs, *self.tuning_runs]
        terms = {tuple(part for part in run.record.asked if override_key(part).startswith(_LOSS_TERMS)) for run in runs}
        if not losses or len(terms) < 2:
            return []
        text = (
            f"{' and '.join(losses)}: each run's own penalties and smoothing are included, and these runs differ in "
            "them; test_negative_log_likelihood and val_negative_log_likelihood exclude them."
        )
        return [text]

    def _without_baseline(self) -> list[str]:
        """Yield sentences on baselines without runs, and on variants that are therefore not compared."""
        absent: dict[str, list[str]] = {}
        for variant, baseline in self.baselines.items():
            if baseline not in self.baselines:
                absent.setdefault(baseline, []).append(variant)
        return [
            f"the baseline {baseline} has no runs, so these variants are not compared: {', '.join(variants)}."
            for baseline, variants in absent.items()
        ]

    def _unranked(self) -> list[str]:
        """Yield a sentence on the data sets that the ranks omit, with the reason."""
        scores = self._scores_by_dataset
        lacking = scores.isna()
        if not self.ranks or not lacking.any(axis=None):
            return []
        without = [f"{dataset} ({', '.join(scores.columns[lacking.loc[dataset]])})" for dataset in scores.index]
        named = [text for text, lacks in zip(without, lacking.any(axis=1), strict=True) if lacks]
        text = "the ranks exclude data sets on which a variant has no completed or diverged run"
        return [f"{text}: {'; '.join(named)}."]

    @cached_property
    def verdict_parts(self) -> dict[str, Verdict]:
        """The parts of each variant's sentence."""
        return verdict_parts(self.aggregate, self.comparisons, self.baselines, self.goal)

    @property
    def verdicts(self) -> dict[str, str]:
        """One sentence per variant."""
        return {variant: str(found) for variant, found in self.verdict_parts.items()}

    @property
    def conclusion(self) -> str:
        """The verdicts on all variants and the best variants, or the best point of a search; "" for another variant."""
        if len(self.aggregate) == 1 and self.selection is not None and len(self.selection) == 1:
            return search_conclusion(self.selection.iloc[0].to_dict(), self.aggregate.iloc[0].to_dict())
        return conclusion(self.aggregate, self.comparisons, self.marks, only_best=bool(self.distant_baselines))

    @property
    def task_verdicts(self) -> list[str]:
        """One sentence per comparison over several data sets."""
        return task_verdicts(self.tasks.frame) if self.tasks else []

    @property
    def findings(self) -> list[str]:
        """The conclusion on three or more variants, and the sentences on each variant, effects, tuning and variance."""
        further = [*self.effect_verdicts, *self.tuning_sentences, *source_sentences(self.variance_sources)]
        first = [self.conclusion] if len(self.variants) > 2 else []
        return [*first, *self.task_verdicts, *self.verdicts.values(), *further]

    @cached_property
    def cautions(self) -> list[str]:
        """Limits of the evidence, one sentence each."""
        tuned = [] if self.selection is None else selection_warnings(self.selection, self.asked.budget, self.asked.cost)
        records = [run.record for run in self.runs]
        tuned += self._unsettled_tuning()
        found = cautions(self.aggregate, self.comparisons, records, tuned, self.not_begun)
        apart = sweeps_apart(self.runs, self.left_out)
        own = [*self._without_baseline(), *self._own_losses(), *self._unranked(), *self.factorial.notes]
        own += self.distant_baselines
        own += [*with_compilation(self.summary, self.metric), *(self.tasks.notes if self.tasks else ())]
        own += self.easy_target if is_time(self.metric) else []
        own += [] if self.variance_sources is None else source_cautions(self.variance_sources)
        own += plans_apart(self.runs, self.left_out) if self.asked == Question() and len(self.comparisons) else []
        chosen = [*self._secondary(), *self._own_margin(), *self._own_correction(), *self._unplanned_looks()]
        chosen += self._of_folds()
        return [*chosen, *([apart] if apart else []), *found, *own]

    @property
    def training(self) -> int:
        """The number of runs that are still training."""
        return int((self.summary["status"] == "running").sum())

    @property
    def title(self) -> str:
        """The data sets and the numbers of variants and runs, for figure titles."""
        datasets = ", ".join(dict.fromkeys(self.summary["dataset"]))
        training = f" ({self.training} still training)" if self.training else ""
        return f"{datasets}, {counted(self.arms, 'variant')}, {counted(len(self.runs), 'run')}{training}"

    @property
    def _names(self) -> "pd.Series[Any]":
        """The name of each run's variant in its study, as in tuning.csv."""
        return pd.Series([run.record.label for run in self.runs], dtype=object)

    @property
    def _budgets(self) -> dict[str, int]:
        """The number of points tried for each tuned variant; the largest one if a label combines several variants."""
        if self.tuning is None:
            return {}
        tried = self.tuning.groupby("variant")["budget"].first()
        budgets = self._names.map(tried).astype(float).groupby(self.summary["variant"]).max()
        return {str(variant): int(budget) for variant, budget in budgets.dropna().items()}

    def runs_of(self, variant: str) -> list[Run]:
        """Return the completed runs of a variant."""
        chosen = (self.summary["variant"] == variant) & (self.summary["status"] == "completed")
        return [run for run, is_one in zip(self.runs, chosen, strict=True) if is_one]
