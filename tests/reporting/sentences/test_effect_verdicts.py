import numpy as np
import pytest

from runner.reporting.comparison.decision import STILL_TRAINING
from runner.reporting.figures.drawing.axes import Axis
from runner.reporting.grid_effects.complete_grids import VARIANT, Grid
from runner.reporting.grid_effects.effects import effects_frame
from runner.reporting.sentences.effect_verdicts import effect_text, effect_verdicts

RATE = "optimizer.learning_rate"
MOMENTUM = ("optimizer.momentum", ["0", "0.9"])
RATES = (RATE, ["0.01", "0.3"])


def told(means, *axes, metric="test_accuracy", seeds=8, noise=0.001, datasets=("mnist",), pending=""):
    """Return the sentences about a grid with these means."""
    shape = (seeds, *np.shape(means))
    grids = [
        Grid(name, [Axis(*axis) for axis in axes], means + np.random.default_rng(place).normal(0, noise, shape))
        for place, name in enumerate(datasets)
    ]
    return effect_verdicts(effects_frame(grids, metric, pending))


def test_an_interaction_says_what_one_axis_does_at_both_levels_of_the_other():
    sentence, *_ = told([[0.9, 0.9], [0.95, 0.88]], MOMENTUM, RATES, noise=1e-5)
    assert sentence == (
        "optimizer.momentum=0.9 rather than 0 raises test accuracy by 5.00 percentage points at "
        f"{RATE}=0.01 but lowers it by 2.00 at 0.3 (interaction -7.00, 95% CI -7.00 to -7.00, unadjusted; p = 0.023, "
        "adjusted by Holm; paired sign-flip, exact; n = 8)."
    )


@pytest.mark.parametrize(
    ("means", "text"),
    [
        ([[0.9, 0.9], [0.95, 0.92]], "raises test accuracy by 5.00 percentage points at L=0.01 and by 2.00 at 0.3"),
        ([[0.9, 0.9], [0.85, 0.80]], "lowers test accuracy by 5.00 percentage points at L=0.01 and by 10.00 at 0.3"),
    ],
)
def test_two_changes_in_one_direction_are_joined(means, text):
    assert text.replace("L", RATE) in told(means, MOMENTUM, RATES, noise=1e-5)[0]


def test_a_change_whose_interval_contains_zero_is_not_clear():
    sentence = told([[0.9, 0.9], [0.95, 0.9]], MOMENTUM, RATES)[0]
    assert f"points at {RATE}=0.01 but does not clearly change it (" in sentence
    sentence = told([[0.9, 0.9], [0.9, 0.95]], MOMENTUM, RATES)[0]
    assert "rather than 0 does not clearly change test accuracy (" in sentence
    assert f"percentage points) at {RATE}=0.01 but raises it by " in sentence


def test_main_effects_follow_and_name_what_they_are_averaged_over():
    sentences = told([[0.90, 0.80], [0.95, 0.85]], (VARIANT, ["plain", "nesterov"]), RATES)
    assert sentences[0].startswith(f"no interaction of the variant and {RATE} is significant (smallest p = ")
    assert sentences[1].startswith("nesterov rather than plain raises test accuracy by ")
    assert f" percentage points on average over {RATE} (95% CI +" in sentences[1]
    assert sentences[2].startswith(f"{RATE}=0.3 rather than 0.01 lowers test accuracy by ")
    assert " on average over the variants (95% CI -" in sentences[2]
    assert len(sentences) == 3
    rates, variants = (RATE, ["0.01", "0.1", "0.3"]), (VARIANT, ["sgd", "adam", "lion"])
    sentences = told([[0.9, 0.9, 0.9], [0.95, 0.9, 0.85], [0.9, 0.8, 0.7]], variants, rates, seeds=5)
    assert sentences[0].startswith(f"the effect of the variant on test accuracy depends on {RATE} (p = ")


def test_where_nothing_is_significant_one_sentence_says_that_about_interactions():
    (sentence,) = told(np.full((2, 2), 0.5), MOMENTUM, RATES)
    assert sentence.startswith("no interaction of optimizer.momentum and optimizer.learning_rate is significant (small")
    (sentence,) = told(np.full((2, 2, 2), 0.5), MOMENTUM, RATES, ("a", ["x", "y"]))
    assert sentence.startswith("no interaction is significant (smallest p = ")


def test_a_loss_is_told_in_its_own_unit():
    assert (
        "=0.9 rather than 0 lowers test loss with penalty by 0.2000 on average over"
        in (told([[0.5, 0.5], [0.3, 0.3]], MOMENTUM, RATES, metric="test_loss", noise=1e-9)[1])
    )


def test_all_levels_together_are_told_only_where_no_contrast_is_significant():
    rates = (RATE, ["0.01", "0.1", "0.3"])
    sentences = told([[0.9, 0.9, 0.9], [0.95, 0.9, 0.85]], MOMENTUM, rates)
    assert not [text for text in sentences if "depends on" in text]
    # Five seeds: permutations of three levels can decide what sign flips cannot.
    sentences = told([[0.9, 0.9, 0.9], [0.95, 0.9, 0.85]], MOMENTUM, rates, seeds=5)
    assert sentences[0].startswith(f"the effect of optimizer.momentum on test accuracy depends on {RATE} (p = 0.00")
    assert sentences[1].startswith(f"test accuracy differs between the levels of {RATE} on average over optimizer.mom")


def test_a_third_axis_is_named_where_an_interaction_is_averaged_over_it():
    means = np.array([[0.9, 0.9], [0.95, 0.88]])[..., None] + np.zeros(2)
    (sentence,) = [text for text in told(means, MOMENTUM, RATES, (VARIANT, ["a", "b"])) if "(interaction" in text]
    assert "(interaction on average over the variants -" in sentence


def test_at_a_variant_is_for_it():
    rates = (RATE, ["0.01", "0.1"])
    sentence = told([[0.9, 0.9], [0.95, 0.8]], rates, (VARIANT, ["sgd", "adam"]))[0]
    assert " for sgd but lowers it by " in sentence
    assert " for adam (interaction" in sentence


def test_seeds_that_cannot_decide_are_told_so_once():
    (sentence,) = told([[0.9, 0.9], [0.95, 0.8]], MOMENTUM, RATES, seeds=5)
    assert sentence == "effects: 5 seeds are too few for 3 comparisons (7 needed), so nothing is claimed."
    *_, sentence = told([[0.9, 0.9, 0.9], [0.95, 0.9, 0.8]], MOMENTUM, (RATE, ["0.01", "0.1", "0.3"]), seeds=5)
    assert (
        sentence == "contrasts of two levels: 5 seeds are too few for 7 comparisons (9 needed), so nothing is claimed."
    )


def test_nothing_is_told_while_runs_are_training():
    (sentence,) = told([[0.9, 0.9], [0.95, 0.8]], MOMENTUM, RATES, pending=STILL_TRAINING)
    assert sentence == "effects: runs are still training, so nothing is claimed."


def test_several_data_sets_are_named():
    sentences = told([[0.9, 0.9], [0.95, 0.8]], MOMENTUM, RATES, datasets=("mnist", "digits"), seeds=9)
    assert [text for text in sentences if " at 0.3 on digits (interaction " in text]
    assert [text for text in sentences if " at 0.3 on mnist (interaction " in text]


def test_a_page_does_not_fill_with_sentences():
    axes = [(name, ["0", "1"]) for name in "abcde"]
    weights = np.arange(1, 33).reshape([2] * 5) ** 3 / 1e5
    sentences = told(weights, *axes, seeds=12, noise=1e-6)
    assert len(sentences) == 9
    assert sentences[-1].endswith(" further significant effects in effects.csv.")


def test_an_effect_is_named_by_its_levels():
    row = dict.fromkeys(["level", "reference", "by_factor", "by_level", "by_reference"], "") | {"factor": "a"}
    assert effect_text(row) == "a, all levels"
    assert effect_text(row | {"by_factor": "b"}) == "a x b, all levels"
    row |= {"level": "1", "reference": "0"}
    assert effect_text(row) == "a: 1 vs 0"
    assert effect_text(row | {"by_factor": "b", "by_level": "y", "by_reference": "x"}) == "a: 1 vs 0 x b: y vs x"
