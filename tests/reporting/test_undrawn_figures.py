import pandas as pd
import pytest

import runner
from runner.core.errors import UserError
from runner.reporting.undrawn_figures import is_cross_entropy

pytestmark = pytest.mark.usefixtures("few_resamples")


@pytest.fixture
def results(make_run, tmp_path):
    """results(penalty=0.1) -> the results of two runs whose validation loss exceeds the cross-entropy by the penalty.

    Further arguments are columns of the history.
    """

    def make(penalty=0.0, **columns):
        for number in range(2):
            path = make_run(f"sweep/{number}", label="ab"[number]) / "history.csv"
            history = pd.read_csv(path)
            history = history.assign(
                negative_log_likelihood=history["loss"],
                val_negative_log_likelihood=history["val_loss"] * (1 + 1e-7 * number),  # rounded differently
                val_loss=history["val_loss"] + penalty * number,
                **columns,
            )
            history.to_csv(path, index=False)
        return runner.load(tmp_path / "sweep")

    return make


def test_without_penalties_the_cross_entropy_is_drawn_alone_and_the_error_names_it(results):
    found = results()
    assert "negative_log_likelihood" in found.figures()
    with pytest.raises(UserError, match=r"^loss: this report does not draw it: it equals negative_log_likelihood"):
        found.figure("loss")


def test_with_a_penalty_in_one_run_both_losses_are_drawn(results):
    assert {"loss", "negative_log_likelihood"} <= {*results(penalty=1e-3).figures()}


def test_the_caption_of_the_only_loss_says_that_no_run_has_penalties(results, tmp_path):
    results().report(tmp_path / "plain", ["png", "table"])
    results_text = (tmp_path / "plain" / "captions.md").read_text()
    assert "Cross-entropy by epoch; this is the loss, because no run has penalties or smoothing." in results_text
    assert not (tmp_path / "plain" / "loss.png").exists()


def test_a_loss_without_its_cross_entropy_is_drawn():
    history = pd.DataFrame({"loss": [1.0], "val_loss": [2.0], "negative_log_likelihood": [1.0]})
    assert not is_cross_entropy(history)
    assert not is_cross_entropy(pd.DataFrame({"loss": [1.0]}))
    assert is_cross_entropy(history.drop(columns="val_loss"))


def test_the_error_for_a_constant_learning_rate_says_that_it_is_constant(results):
    with pytest.raises(UserError, match=r"^learning_rate: this report does not draw it: .* of every run is constant"):
        results(learning_rate=0.1).figure("learning_rate")
