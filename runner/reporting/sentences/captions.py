"""Captions of figures, by name."""

from runner.reporting.comparison.folds import SEEDS, Unit
from runner.reporting.statistics.significance.attainability import CONFIDENCE
from runner.reporting.statistics.tuning_curve import REPEATED, SO_FAR

BAND = f"Lines are means over seeds, bands their {CONFIDENCE:.0%} t-intervals."
DOTS = f"Each dot is a seed; the bar below is the mean with its {CONFIDENCE:.0%} t-interval."
OVER_SEEDS = f"; bars or bands are {CONFIDENCE:.0%} t-intervals over seeds"
RUNNING = (
    "Training values are running averages over the epoch, while the weights change and dropout and augmentation, if "
    "any, are active; validation values are those at its end."
)
PENALTY = "Includes each run's own penalties and smoothing; not comparable between variants that differ in these."
_RELATIVE = "Each error is divided by the baseline's mean error on the same data set."
WITHOUT_PENALTIES = ", without penalties or smoothing."
_HISTORY = (
    "Validation score of each trial, in the order in which the trials were planned or proposed; the line is the best "
    "score so far."
)
OF_DRAWS = "A bar contains 95% of the validation scores; it is not a confidence interval for other points."
OF_SEARCHES = "A bar is the range of the searches."
ROW_FIGURES = ("forest", "generalization_gap", "time_to_target", "ensemble")  # and the figure of the metric
TUNING_CAPTIONS = {
    "tuning_curve": (
        "Validation and test score of the best of the given number of points, drawn at random without replacement from "
        f"the points tried: means over all draws, on the tuning seeds. {OF_DRAWS} The curve of a grid depends on the "
        "values in the grid."
    ),
    "search": _HISTORY,
    "tuning_history": _HISTORY,
    "tuning_slices": (
        "Validation score of each trial by the value of each tuned key, on the scale of its axis. A star "
        "marks the choice."
    ),
    "importances": (
        "Share of the variance of the validation score that each key explains by itself (dot) and with its "
        "interactions (circle), by fANOVA on a random forest. A line contains 95% of the forest's trees, each of which "
        "saw a different sample of the trials. R² is the share of the variance that the forest explains in trials that "
        "it has not seen; grey: it explains none. A variant with a single tuned key or too few trials "
        "has no importances."
    ),
    "tuning_parallel": (
        "Each line is a trial and passes through the values of its keys to its validation score, which also determines "
        "its colour (dark: better). The thick orange line is the choice."
    ),
}
TUNING_CURVES = {  # captions by the kind of the curve
    SO_FAR: (
        "Best validation score so far by the number of trials of one search, and the test score of the best trial so "
        "far, both on the tuning seeds. The trials depend on each other, so another search may give a different curve."
    ),
    REPEATED: (
        "Best validation score so far by the number of trials of a search, and the test score of the best trial so "
        f"far, both on the tuning seeds: means of the repeated searches. {OF_SEARCHES}"
    ),
}
CAPTIONS = TUNING_CAPTIONS | {
    "accuracy": f"Accuracy by epoch. {RUNNING} {BAND}",
    "loss": f"Loss by epoch. {PENALTY} {RUNNING} {BAND}",
    "negative_log_likelihood": f"Cross-entropy by epoch{WITHOUT_PENALTIES} {RUNNING} {BAND}",
    "generalization_gap": (
        f"Training accuracy of the last epoch minus validation accuracy at its end. {RUNNING} The difference can "
        f"therefore be negative. {DOTS}"
    ),
    "time_to_target": f"Training time until the run first reaches the target, excluding compilation. {DOTS}",
    "time_profile": (
        "Share of the workloads on which a variant reaches the target within a multiple of the fastest variant's time; "
        "the score is the mean height between 1 and 4."
    ),
    "sensitivity": f"A line joins points that differ in this key alone. {BAND}",
    "heat_map": "Mean and standard deviation for each pair of values.",
    "interaction": (
        f"Means of the complete seeds by two axes, averaged over all others{OVER_SEEDS}. Lines that are not parallel "
        "suggest an interaction; its test and interval are under Effects."
    ),
    "learning_rate": (
        "Learning rate at the last step of each epoch; variants with equal rates share a line or alternate in dashes."
    ),
    "gradient_norm": f"Gradient norm over all layers, averaged over each epoch. {BAND}",
    "confusion_matrix": (
        "Share of the test examples of each true class by predicted class, in percent; a blank cell has no examples. "
        "The colour scale is a square-root scale, so that rare errors are visible."
    ),
    "ensemble": (
        "Test accuracy of the ensemble that averages the predictions of a variant's seeds, and of the seeds, as "
        "differences from the mean of the seeds. An ensemble is one value, without an interval; beside it is its "
        f"accuracy. {DOTS}"
    ),
    "variance_sources": (
        f"Standard deviation over seeds with its {CONFIDENCE:.0%} interval, for each source alone with the others "
        "fixed at one draw, and for all sources together (line). The variances need not add up."
    ),
    "critical_difference": (
        "Average ranks over the data sets; bars join variants without a significant difference (Nemenyi's test). Above "
        "the axis: Nemenyi's critical difference, the smallest significant difference of ranks."
    ),
    "aggregate_scores": (
        f"{_RELATIVE} Interquartile mean of all runs (IQM, the mean of the middle half), and mean of the data sets' "
        f"means, with five or more data sets also their median. {CONFIDENCE:.0%} intervals by stratified bootstrap of "
        "both variants, valid for new runs on these data sets. The baseline's mean is always 1; its IQM need not "
        "be."
    ),
    "probability_of_improvement": (
        "Probability that a run of a variant is better than a run of its baseline on the same data set, averaged over "
        f"the data sets; ties count half. Bars are {CONFIDENCE:.0%} intervals by stratified bootstrap, valid for "
        "further runs on these data sets."
    ),
    "score_by_time": (
        "Validation score at the end of each epoch, by the training time up to that point excluding compilation, as "
        "measured in these runs."
    ),
    "performance_profile": (
        f"{_RELATIVE} Share of the runs on all data sets whose relative error is below each value; bands are pointwise "
        f"{CONFIDENCE:.0%} intervals by stratified bootstrap, for the observed means of the baseline."
    ),
}


def caption_of(stem: str, unit: Unit = SEEDS) -> str:
    """Return the caption of figures with this name; a figure named after the metric has a dot per seed, or per fold."""
    return in_units(CAPTIONS.get(stem, DOTS), unit)


def in_units(caption: str, unit: Unit) -> str:
    """Adapt a caption about seeds to folds, if the runs are folds."""
    if unit == SEEDS:
        return caption
    overlap = "for overlapping training sets"
    words = {"t-intervals": f"intervals, which allow {overlap}", "t-interval": f"interval, which allows {overlap}"}
    for plain, corrected in {"seed": unit.noun, **words}.items():
        caption = caption.replace(plain, corrected)
    return caption
