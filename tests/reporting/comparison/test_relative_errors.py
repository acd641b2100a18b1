import numpy as np
import pytest

from runner.reporting.comparison.relative_errors import (
    PERFORMANCE_COLUMNS,
    RELATIVE_COLUMNS,
    errors,
    has_error,
    relative_aggregates,
    relative_profiles,
)

BASELINE = [np.array([0.1, 0.3]), np.array([0.02, 0.02]), np.array([0.5, 0.7])]  # means 0.2, 0.02, 0.6
HALVED = [own / 2 for own in BASELINE]


def test_an_error_is_what_is_missing_to_a_score_of_one_and_infinite_for_a_lost_run():
    (own,) = errors([np.array([0.9, -np.inf])])
    assert own == pytest.approx([0.1, np.inf])


def test_a_variant_with_half_of_the_errors_on_every_data_set_has_relative_errors_of_a_half():
    found = relative_aggregates(HALVED, BASELINE)
    assert list(found) == RELATIVE_COLUMNS
    # Relative errors: 0.25, 0.75, 0.5, 0.5, 5/12, 7/12. The middle half of six (after trimming one at each end).
    assert found["relative_iqm"] == pytest.approx((5 / 12 + 0.5 + 0.5 + 7 / 12) / 4)
    assert found["relative_mean"] == pytest.approx(0.5)
    assert found["relative_median"] == pytest.approx(0.5)
    assert found["relative_mean_low"] < 0.5 < found["relative_mean_high"]


def test_every_data_set_has_the_same_weight_however_hard_it_is():
    """Twice the errors on the easy data set, half on the hard ones: (0.5 + 2 + 0.5) / 3."""
    own = [BASELINE[0] / 2, BASELINE[1] * 2, BASELINE[2] / 2]
    assert relative_aggregates(own, BASELINE)["relative_mean"] == pytest.approx(1.0)


def test_the_interval_is_the_one_of_resampling_both_variants():
    generator = np.random.default_rng(3)
    own, baseline = ([generator.uniform(0.1, 0.5, 6) for _ in range(3)] for _ in range(2))
    means = [[generator.choice(runs, (20_000, 6)).mean(axis=-1) for runs in side] for side in (own, baseline)]
    expected = np.quantile(np.mean([one / unit for one, unit in zip(*means, strict=True)], axis=0), [0.025, 0.975])
    found = relative_aggregates(own, baseline)
    assert [found["relative_mean_low"], found["relative_mean_high"]] == pytest.approx(expected, abs=0.03)


def test_the_baseline_is_one_in_the_mean_without_an_interval():
    found = relative_aggregates(BASELINE, BASELINE)
    assert [found[f"relative_mean{end}"] for end in ("", "_low", "_high")] == pytest.approx([1, 1, 1])


def test_a_lost_run_counts_in_the_interquartile_mean_alone():
    own = [np.array([0.1, np.inf]), *HALVED[1:]]
    found = relative_aggregates(own, BASELINE)
    assert found["relative_mean"] == pytest.approx(0.5)
    assert found["relative_iqm"] > 0.5
    assert "relative_mean" not in relative_aggregates([np.full(2, np.inf), *HALVED[1:]], BASELINE)


@pytest.mark.parametrize("errors_of_one", [[0.0, 0.0], [np.inf, np.inf]])
def test_a_data_set_without_errors_or_without_completed_runs_has_no_scale(errors_of_one):
    assert all(map(has_error, BASELINE))
    assert not has_error(np.array(errors_of_one))


def test_profile_is_the_share_of_runs_below_each_relative_error():
    lost = [np.array([0.1, np.inf]), *HALVED[1:]]
    frame = relative_profiles({"a": BASELINE, "b": HALVED, "c": lost}, BASELINE)
    assert list(frame) == PERFORMANCE_COLUMNS
    last = frame.groupby("variant")["share"].last()
    assert last.to_dict() == pytest.approx({"a": 1, "b": 1, "c": 5 / 6})
    for variant, own in {"a": BASELINE, "b": HALVED}.items():
        relative = np.concatenate([one / unit for one, unit in zip(own, (0.2, 0.02, 0.6), strict=True)])
        rows = frame[frame["variant"] == variant]
        assert rows["share"].tolist() == [np.mean(relative < at) for at in rows["threshold"]]
