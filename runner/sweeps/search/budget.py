"""Budget of a variant's tuning, as a number of remaining trials."""

from collections.abc import Sequence

from runner.sweeps.planning.study import Tune
from runner.sweeps.search.trials import Trial


def trials_left(tune: Tune, trials: Sequence[Trial]) -> int:
    """Return the number of additional trials that the budget guarantees; if trials end early, more are possible.

    Trials under way count with all their epochs, so a budget in epochs is never exceeded. A budget in seconds may be
    exceeded, because a trial may begin as long as any time is left.

    Args:
        trials: the trials so far, at least one.
    """
    if tune.points is not None:
        return max(0, tune.points - len(trials))
    assert tune.cost
    if tune.cost.epochs is not None:
        spent = sum(trial.planned_epochs if trial.state == "running" else trial.epochs for trial in trials)
        return max(0, (tune.cost.epochs - spent) // trials[0].planned_epochs)
    assert tune.cost.seconds is not None
    ended = [trial.seconds for trial in trials if trial.state != "running"]
    return int(bool(ended) and sum(ended) * len(trials) / len(ended) < tune.cost.seconds)
