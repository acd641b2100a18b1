from runner.reporting.page.row_names import groups


def test_a_single_baseline_makes_one_group_with_the_full_names():
    (group,) = groups(["adam", "sgd"], {"adam": "sgd", "sgd": "sgd"})
    assert group.heading == ""
    assert [*group.names.items()] == [("adam", "adam"), ("sgd", "sgd")]


def test_the_cells_of_a_grid_are_headings_and_the_rest_names_the_rows():
    cells = ["norm=none,model.units=[32,16]", "norm=batch,model.units=[32,16]"]
    baselines = {f"{name},{cell}": f"sgd,{cell}" for cell in cells for name in ("adam", "sgd")}
    first, second = groups([*baselines], baselines)
    assert first.heading == "norm=none, model.units=[32,16]"
    assert second.heading == "norm=batch, model.units=[32,16]"
    assert [*first.names.values()] == ["sgd", "adam"]  # the baseline first
    sentence = f"adam,{cells[0]} is significantly better than sgd,{cells[0]}: +0.5"
    assert first.shortened(sentence) == "adam is significantly better than sgd: +0.5"


def test_a_data_set_is_a_heading():
    baselines = {f"{name} [{data}]": f"sgd [{data}]" for data in ("mnist", "digits") for name in ("sgd", "adam")}
    found = groups([*baselines], baselines)
    assert [group.heading for group in found] == ["mnist", "digits"]
    assert [[*group.names.values()] for group in found] == [["sgd", "adam"]] * 2


def test_names_without_a_common_part_stay_and_the_heading_names_the_baseline():
    found = groups(["a", "b", "c", "d", "e"], {"a": "a", "b": "a", "c": "c", "d": "c", "e": "e"})
    assert [group.heading for group in found] == ["against a", "against c", ""]
    assert [[*group.names.values()] for group in found] == [["a", "b"], ["c", "d"], ["e"]]
