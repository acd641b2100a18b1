from runner.reporting.comparison.folds import Unit
from runner.reporting.sentences.captions import caption_of


def test_captions_of_cross_validated_runs_speak_of_folds_and_their_overlap():
    folds = Unit("fold", 0.25)
    bands = "Lines are means over folds, bands their 95% intervals, which allow for overlapping training sets."
    assert caption_of("accuracy", folds).startswith("Accuracy by epoch. ")
    assert caption_of("accuracy", folds).endswith(bands)
    assert caption_of("test_accuracy", folds).startswith(
        "Each dot is a fold; the bar below is the mean with its 95% int"
    )
    assert "seed" in caption_of("accuracy")
