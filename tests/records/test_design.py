import pytest
from pydantic import TypeAdapter, ValidationError

from runner.records.design import SPENDING, Looks


@pytest.mark.parametrize("spending", SPENDING)
def test_the_last_look_spends_the_whole_level_and_each_one_more_than_the_one_before(spending):
    looks = Looks([8, 19, 30], spending)
    first, second, last = (looks.spent(look, 0.05) for look in range(3))
    assert 0 < first < second < last == 0.05


def test_what_is_spent_is_that_of_the_published_functions():
    """Lan & DeMets 1983: at half of the information, 0.00305 and 0.03101 of a two-sided level of 5%."""
    assert Looks([15, 30], "obrien_fleming").spent(0, 0.05) == pytest.approx(0.00305, abs=5e-6)
    assert Looks([15, 30], "pocock").spent(0, 0.05) == pytest.approx(0.03101, abs=5e-6)


@pytest.mark.parametrize("sizes", [[], [8, 8], [30, 8], [1, 5], [8, 2**62], [8, 10_001]])
def test_looks_that_no_study_can_have_are_refused(sizes):
    with pytest.raises(ValidationError):
        TypeAdapter(Looks).validate_python({"sizes": sizes})
