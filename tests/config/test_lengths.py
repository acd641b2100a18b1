import pytest

from runner.config.lengths import in_steps
from runner.core.errors import ConfigError


@pytest.mark.parametrize(
    ("written", "steps"),
    [
        (300, 300),
        ("300steps", 300),
        ("5epochs", 500),
        ("1 epoch", 100),
        ("0.25 epochs", 25),
        ("0.001epochs", 1),
        (None, 2000),
        (["2epochs", 250], [200, 250]),
        (0.9, 0.9),
        (True, True),
        ("cosine", "cosine"),
    ],
)
def test_a_length_is_a_number_of_steps(written, steps):
    assert in_steps("schedule.decay_steps", written, steps_per_epoch=100, epochs=20) == steps


@pytest.mark.parametrize("written", ["5 epoch s", "5e", "1.5.2epochs", "3days", "-5epochs", ".5epochs"])
def test_what_begins_like_a_length_and_is_none_is_an_error(written):
    with pytest.raises(ConfigError, match=rf"schedule\.decay_steps={written}: must be a number of steps, or of epochs"):
        in_steps("schedule.decay_steps", written, steps_per_epoch=100, epochs=20)


def test_null_is_the_whole_training_for_lengths_alone():
    assert in_steps("schedule.warmup_steps", None, steps_per_epoch=100, epochs=20) == 2000
    assert in_steps("schedule.end_learning_rate", None, steps_per_epoch=100, epochs=20) is None
