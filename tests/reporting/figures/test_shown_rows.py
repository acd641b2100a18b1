from runner.reporting.figures.shown_rows import MOST_ROWS, others_name, shown_rows

NAMES = [f"v{number}" for number in range(MOST_ROWS + 1)]


def test_as_many_variants_as_a_page_has_room_for_all_have_a_row():
    assert shown_rows(NAMES[:-1], NAMES[:-1][::-1], ["v0"]) == {*NAMES[:-1]}


def test_among_more_variants_only_the_baselines_and_the_best_have_a_row():
    shown = shown_rows(NAMES, NAMES[::-1], ["v0", "v1"])
    assert {"v0", "v1", NAMES[-1]} <= shown
    assert "v2" not in shown
    assert len(shown) < MOST_ROWS


def test_the_row_of_the_others_says_how_many_they_are():
    assert others_name(75) == "75 other variants (each dot is a mean)"
    assert others_name(1) == "1 other variant (each dot is a mean)"
