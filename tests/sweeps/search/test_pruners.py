from itertools import pairwise

import numpy as np
import pytest

from runner.sweeps.search.pruners import Course, Rule, decides, is_hopeless, rungs, stops

optuna = pytest.importorskip("optuna", reason="the extra `optuna` is not installed")


def rule(pruner="successive_halving", **changed) -> Rule:
    return Rule(
        **{"pruner": pruner, "startup_trials": 2, "warmup_epochs": 1, "reduction_factor": 3, "epochs": 10} | changed
    )


def test_the_rungs_are_powers_of_the_reduction_factor():
    assert rungs(rule(epochs=28), 0) == [1, 3, 9, 27]
    assert rungs(rule(epochs=27), 0) == [1, 3, 9]  # after the last epoch, stopping saves nothing
    assert rungs(rule(epochs=28), 2) == [9, 27]
    assert rungs(rule(warmup_epochs=2, reduction_factor=2, epochs=9), 0) == [2, 4, 8]


def test_one_in_three_trials_is_promoted():
    rivals = [Course(number, [score]) for number, score in enumerate((0.1, 0.2, 0.3, 0.4, 0.5))]
    promoted = [score for score in (0.05, 0.35, 0.45, 0.6) if not stops(rule(), "a", Course(9, [score]), rivals)]
    assert promoted == [0.45, 0.6]  # the best two of six


def test_the_first_trial_is_always_promoted():
    assert not stops(rule(), "a", Course(0, [0.0]), [Course(1, [])])


def curves(seed: int, trials: int = 30, epochs: int = 10):
    random = np.random.default_rng(seed)
    return random.random((trials, 1)) + random.normal(0, 0.2, (trials, epochs))


def decided_by_us(given: Rule, variant: str, all_scores) -> list[int]:
    """Return the number of epochs of each trial; the trials run one after another."""
    ended: list[Course] = []
    for number, scores in enumerate(all_scores):
        epoch = next(
            (
                epoch
                for epoch in range(1, len(scores))
                if decides(given, epoch) and stops(given, variant, Course(number, scores[:epoch]), ended)
            ),
            len(scores),
        )
        ended.append(Course(number, scores[:epoch], epoch == len(scores)))
    return [len(course.scores) for course in ended]


def decided_by_optuna(pruner, variant: str, all_scores) -> list[int]:
    study = optuna.create_study(direction="maximize", pruner=pruner, study_name=variant)
    lengths = []
    for scores in all_scores:
        trial = study.ask()
        for epoch, score in enumerate(scores[:-1], 1):
            trial.report(score, epoch)
            if trial.should_prune():
                study.tell(trial, state=optuna.trial.TrialState.PRUNED)
                lengths.append(epoch)
                break
        else:
            trial.report(scores[-1], len(scores))
            study.tell(trial, scores[-1])
            lengths.append(len(scores))
    return lengths


@pytest.mark.parametrize("seed", range(5))
class TestDecisionsAreThoseOfOptuna:
    @pytest.mark.parametrize("factor", [2, 3, 4])
    @pytest.mark.parametrize("warmup", [1, 2])
    def test_in_successive_halving(self, seed, factor, warmup):
        pruner = optuna.pruners.SuccessiveHalvingPruner(min_resource=warmup, reduction_factor=factor)
        ours = decided_by_us(rule(warmup_epochs=warmup, reduction_factor=factor), "a", curves(seed))
        assert ours == decided_by_optuna(pruner, "a", curves(seed))
        assert len(set(ours)) > 2

    @pytest.mark.parametrize("variant", ["sgd", "adam"])
    @pytest.mark.filterwarnings("ignore::optuna.exceptions.ExperimentalWarning")
    def test_in_hyperband(self, seed, variant):
        pruner = optuna.pruners.HyperbandPruner(min_resource=1, max_resource=10, reduction_factor=3)
        ours = decided_by_us(rule("hyperband"), variant, curves(seed))
        assert ours == decided_by_optuna(pruner, variant, curves(seed))
        assert len(set(ours)) > 2

    @pytest.mark.parametrize("warmup", [1, 3])
    def test_by_the_median(self, seed, warmup):
        # Optuna counts steps from 0 or 1; its first decision is at the step that equals the warm-up.
        pruner = optuna.pruners.MedianPruner(n_startup_trials=2, n_warmup_steps=warmup + 1)
        ours = decided_by_us(rule("median", warmup_epochs=warmup), "a", curves(seed))
        assert ours == decided_by_optuna(pruner, "a", curves(seed))
        assert len(set(ours)) > 1

    @pytest.mark.filterwarnings("ignore::optuna.exceptions.ExperimentalWarning")
    def test_by_the_seeds(self, seed):
        random = np.random.default_rng(seed)
        best, own = random.normal(0.9, 0.01, 10), random.normal(0.893, 0.01, 10)
        study = optuna.create_study(direction="maximize", pruner=optuna.pruners.WilcoxonPruner(p_threshold=0.1))
        first, second = study.ask(), study.ask()
        for step, score in enumerate(best):
            first.report(score, step)
        study.tell(first, float(np.mean(best)))
        theirs, ours = [], []
        for step, score in enumerate(own):
            second.report(score, step)
            theirs.append(second.should_prune())
            ours.append(is_hopeless(own[: step + 1], best))
        assert ours == theirs


def test_the_brackets_of_hyperband_get_their_share_of_the_trials():
    given = rule("hyperband", epochs=9)
    first = {
        number: next(epoch for epoch in range(1, 10) if epoch == 9 or _decides_for(given, number, epoch))
        for number in range(300)
    }
    counts = [list(first.values()).count(epoch) for epoch in (1, 3, 9)]
    shares = [9, 5, 3]
    assert all(earlier > later for earlier, later in pairwise(counts))
    assert counts == pytest.approx([300 * share / sum(shares) for share in shares], rel=0.2)


def _decides_for(given: Rule, number: int, epoch: int) -> bool:
    """Return whether a hopeless trial is stopped after an epoch, with rivals in all brackets."""
    rivals = [Course(rival, [1.0] * 9) for rival in range(1000, 1100)]
    return stops(given, "a", Course(number, [0.0] * epoch), rivals)


def test_seeds_that_are_better_on_average_are_never_hopeless():
    assert not is_hopeless([0.9, 0.1, 0.9], [0.5, 0.5, 0.5])
    assert not is_hopeless([0.1], [0.5])
    assert is_hopeless([0.1, 0.2, 0.3, 0.4], [0.5, 0.6, 0.7, 0.9])
