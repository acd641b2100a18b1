"""Captions of the page's figures: what is drawn, and what dots, bars and bands are."""

from runner.reporting.statistics import CONFIDENCE

_BAND = f"Lines are means over the seeds, bands their {CONFIDENCE:.0%} t-intervals."
_DOTS = f"A dot is a seed; the line below is the mean with its {CONFIDENCE:.0%} t-interval."
_PENALTY = "Each run's own penalties and smoothing are part of it, so variants that differ in those cannot be compared."
CAPTIONS = {
    "accuracy": f"Accuracy of every epoch. {_BAND}",
    "loss": f"The loss that was trained by, of every epoch. {_PENALTY} {_BAND}",
    "negative_log_likelihood": f"Cross-entropy of every epoch, without penalties and smoothing. {_BAND}",
    "generalization_gap": f"What a network knows of its training data and not of others. {_DOTS}",
    "time_to_target": f"Training time until the target is first reached. {_DOTS}",
    "sensitivity": f"The metric along a value that was varied. {_BAND}",
    "heat_map": "Mean and standard deviation for every pair of values; grey where no run completed.",
    "learning_rate": "Learning rate at each epoch's last step; variants whose rates are the same share a line.",
    "gradient_norm": f"Norm of all layers' gradients together, mean of each epoch. {_BAND}",
    "confusion_matrix": "Test examples of each true class by the class they were taken for, coloured by their share.",
    "ensemble": f"The seeds of each variant, and the network that averages their predictions. {_DOTS}",
    "critical_difference": (
        "Average ranks over the data sets; a bar joins variants that Nemenyi's test does not tell apart."
    ),
}


def caption_of(stem: str) -> str:
    """Return a figure's caption; one that is named after the report's metric has a dot for each seed."""
    return CAPTIONS.get(stem, _DOTS)
