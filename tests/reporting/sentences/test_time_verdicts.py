import numpy as np
import pandas as pd
import pytest

from runner.records.design import Looks
from runner.reporting.comparison.aggregate import aggregate_frame, comparison_frame
from runner.reporting.page.cells import Cell
from runner.reporting.sentences.verdicts import verdicts
from runner.reporting.tables.paper_table import paper_table

MISSED = np.nan
GOAL = "validation accuracy of 97.00%"
SGD = [5, 6, 4, 7, MISSED, 5, 6, 5, 6, 5]
ADAM = [3, 4, 3, 4, 5, 3, 4, 4, 3, 4]


def frames(times, metric="epochs_to_target", margin=None, statuses=None, looks=None):
    rows = [
        {
            "variant": variant, "seed": seed, "status": "completed", "epochs": 9, "train_seconds": 1.0,
            "parameters": 3, "dataset": "mnist", "epochs_to_target": epochs, "seconds_to_target": epochs * 1.5,
            "warm_seconds_to_target": epochs * 1.25,
        }
        for variant, own in times.items()
        for seed, epochs in enumerate(own)
    ]  # fmt: skip
    summary = pd.DataFrame(rows).astype({"epochs_to_target": float})
    if statuses:
        summary["status"] = statuses
    compared = comparison_frame(summary, metric, "sgd", bootstrap=False, margin=margin, looks=looks)
    return summary, aggregate_frame(summary, metric, 0.97), compared


def sentence(times, **options):
    _, aggregate, compared = frames(times, **options)
    return verdicts(aggregate, compared, dict.fromkeys(times, "sgd"), GOAL)["adam"]


def test_a_verdict_on_times_says_who_is_sooner_by_how_much_and_who_never_got_there():
    assert sentence({"sgd": SGD, "adam": ADAM}) == (
        "adam reaches a validation accuracy of 97.00% sooner than sgd: 2 epochs fewer (median; 95% CI 1 to 3; p = "
        "0.002, paired sign test; sooner in 10 and later in 0 of 10 seeds; 1 of 10 runs of sgd missed the target)."
    )
    assert sentence({"sgd": ADAM, "adam": SGD}, metric="warm_seconds_to_target").startswith(
        "adam reaches a validation accuracy of 97.00% later than sgd: 2.50 seconds more (median; 95% CI 1.25 to 3.75;"
    )


@pytest.mark.parametrize(
    ("sgd", "adam", "said"),
    [
        ([5, 6, 7] * 3, [5, 7, 6] * 3, "time to a validation accuracy of 97.00%: 0 epochs (median; 95% CI -1 to +1; p"),
        ([5, 6, MISSED] * 3, [5, MISSED, 6] * 3, "97.00%: 0 epochs (median; 95% CI unbounded; p = 1.000, paired"),
        ([5] * 7, [MISSED] * 7, "97.00% later than sgd (median unbounded; p = 0.016, paired sign"),
        ([MISSED] * 5 + [5] * 3, [5] * 8, "97.00% (median unbounded; 95% CI -infinity to 0; p = 0.0"),
        ([5] * 8, [MISSED] * 5 + [5] * 3, "97.00% (median unbounded; 95% CI 0 to +infinity; p = 0.0"),
        ([MISSED] * 7, [MISSED] * 7, "97.00% (p = 1.000, paired sign test; sooner in 0 and later in 0 of 7 seeds;"),
        ([5] * 3, [4] * 3, "adam is undecided versus sgd: 3 seeds are too few (6 needed); 1 epoch fewer"),
        ([5, MISSED] * 2, [MISSED, 5] * 2, "4 seeds are too few (6 needed); sooner in 2 and later in 2 of 4 seeds;"),
    ],
)  # fmt: skip
def test_ties_misses_and_few_seeds_are_said_as_they_are(sgd, adam, said):
    assert said in sentence({"sgd": sgd, "adam": adam})


def test_with_a_margin_the_sentence_gives_it_in_epochs_with_both_p_values():
    assert sentence({"sgd": SGD[:4] + SGD[5:], "adam": [1] * 9}, margin=2.0).startswith(
        "adam reaches a validation accuracy of 97.00% sooner than sgd by more than 2 epochs: 4 epochs fewer (median; "
        "95% CI 4 to 5; p = 0.004 for a difference and p = 0.004 for more than the margin, paired sign test;"
    )
    assert "is equivalent to sgd within 2 epochs in the time to a" in sentence({"sgd": ADAM, "adam": ADAM}, margin=2.0)


def test_several_comparisons_are_adjusted_and_their_intervals_are_not():
    said = sentence({"sgd": SGD, "adam": ADAM, "rmsprop": SGD})
    assert "95% CI 1 to 3, unadjusted; p = 0.002, adjusted by max-T, paired sign test" in said


def test_with_planned_looks_p_holds_over_all_looks_and_the_interval_for_one():
    """At the first of two looks, p is at least 2 / 2^8; at the second, ten pairs have the same sign."""
    said = sentence({"sgd": SGD, "adam": ADAM}, looks=Looks([8, 10]))
    assert "(median; 95% CI 1 to 3 for this look alone; p = 0.002, paired sign test; sooner in 10 and later" in said
    _, _, compared = frames({"sgd": SGD[:8], "adam": ADAM[:8]}, looks=Looks([8, 16]))
    assert 2 / 2**8 < compared["p_adjusted"].item() < 0.05
    assert compared["repeated_low"].isna().all()
    untested = sentence({"sgd": SGD, "adam": ADAM}, looks=Looks([12, 16]))
    assert "no planned look has tested it yet; 2 epochs fewer (median; 95% CI 1 to 3; sooner in 10" in untested


def test_a_run_that_diverged_is_not_said_to_have_never_got_there():
    statuses = ["diverged"] + ["completed"] * 19
    said = sentence({"sgd": SGD, "adam": ADAM}, statuses=statuses)
    assert said.endswith("2 of 10 runs of sgd diverged or missed the target).")


def test_runs_that_are_still_training_give_a_median_and_no_claim():
    said = sentence({"sgd": SGD, "adam": ADAM}, statuses=["completed"] * 19 + ["running"])
    assert said.startswith(
        "adam versus sgd: runs are still training, so nothing is claimed; 2 epochs fewer (median; am"
    )


def test_the_table_shows_the_median_difference_and_its_interval():
    summary, aggregate, compared = frames({"sgd": SGD, "adam": [*ADAM[:8], 9, MISSED]})
    table = paper_table(summary, aggregate, compared, {}, None, GOAL)
    assert (table.rows[1]["difference"], table.rows[1]["95% interval"]) == ("-2.0", "[-3.0, +3.0]")
    assert "median differences from sgd with 95% intervals from order statistics; p by paired sign" in table.caption
    summary, aggregate, compared = frames({"sgd": [5] * 4, "adam": [MISSED] * 4})
    table = paper_table(summary, aggregate, compared, {}, None, GOAL)
    assert (table.rows[1]["difference"], table.rows[1]["95% interval"]) == ("unbounded", "-")
    assert "intervals from order statistics (none below 6 seeds)" in table.caption


def test_an_infinite_number_of_the_page_is_shown_and_sorts_as_the_largest():
    cells = [Cell.number("unbounded", value) for value in (-np.inf, np.inf)]
    assert [cell.parts[0][0] for cell in cells] == ["unbounded"] * 2
    assert cells[0].sort < -1e300 < 1e300 < cells[1].sort
    assert (Cell.number("-", np.nan).parts, Cell.number("-", np.nan).sort) == ([("", False)], None)
