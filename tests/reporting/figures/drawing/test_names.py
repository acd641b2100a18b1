from runner.reporting.figures.drawing.names import (
    key_names,
    names_in_force,
    print_names,
    short_keys,
    shown_name,
    shown_value,
    with_names,
)


def test_underscores_between_words_become_spaces_and_other_names_stay():
    variants = ["sgd_momentum", "_base", "a_b^c", "none", "l2__", "without dataset.label_noise"]
    assert print_names(dict(zip(variants, variants, strict=True)), variants, {}) == {"sgd_momentum": "sgd momentum"}


def test_a_name_that_would_stand_for_two_variants_is_not_used():
    assert print_names({}, ["a_b", "a b", "c"], {"c": "Third"}) == {"c": "Third"}
    assert print_names({}, ["a", "b"], {"a": "b"}) == {}


def test_cells_and_labels_keep_what_follows_the_name():
    labels = {"sgd,model=cnn [digits]": "sgd,model=cnn", "sgd_2": "sgd_2", "adam,a.b=1": "adam,a.b=1"}
    assert print_names(labels, ["sgd", "adam"], {"sgd": "SGD"}) == {
        "sgd": "SGD",
        "sgd,model=cnn": "SGD, model=cnn",
        "sgd,model=cnn [digits]": "SGD, model=cnn [digits]",
        "adam,a.b=1": "adam, b=1",
    }


def test_names_are_in_force_within_the_block_and_leave_parentheses():
    with names_in_force({"sgd": "SGD", "a (b)": "A"}):
        assert [shown_name(text) for text in ("sgd", "sgd (lr 0.1)", "a (b)", "adam")] == [
            "SGD",
            "SGD (lr 0.1)",
            "A",
            "adam",
        ]
    assert shown_name("sgd") == "sgd"


def test_keys_lose_their_groups_unless_two_would_be_equal():
    assert short_keys("digits,model.hidden_units=[32,64],seed=0") == "digits, hidden units=[32,64], seed=0"
    assert short_keys(",optimizer.learning_rate=0.1 [digits]") == ", learning rate=0.1 [digits]"
    assert short_keys("optimizer.momentum=0.9,normalization.momentum=0.99") == (
        "optimizer.momentum=0.9, normalization.momentum=0.99"
    )


def test_labels_of_a_sweep_have_short_keys_unless_one_would_stand_for_two():
    arms = ["optimizer.learning_rate=0.1,seed=0", "optimizer=sgd"]
    labels = {arms[0]: arms[0], f"{arms[0]} [digits]": arms[0], arms[1]: arms[1]}
    assert print_names(labels, [], {}) == {
        arms[0]: "learning rate=0.1, seed=0",
        f"{arms[0]} [digits]": "learning rate=0.1, seed=0 [digits]",
    }
    ambiguous = ["optimizer.momentum=0.9", "normalization.momentum=0.9"]
    assert print_names(dict(zip(ambiguous, ambiguous, strict=True)), [], {}) == {}


def test_a_sentence_has_the_display_names_but_its_overrides_stay():
    names = {"l2": "Weight decay", "warm_up": "warm up", "warm_up,width=8": "warm up,width=8"}
    sentence = "l2 is worse than warm_up, regularizer.l2=0.1, regularizer=[l2] and warm_up,width=8; l2_strong: l2."
    assert with_names(sentence, names) == (
        "Weight decay is worse than warm up, regularizer.l2=0.1, regularizer=[l2] and warm up,width=8; l2_strong: "
        "Weight decay."
    )
    assert with_names(sentence, {}) == sentence


def test_keys_are_named_in_words_and_by_their_groups_only_where_two_would_be_equal():
    keys = ["optimizer.learning_rate", "training.batch_size", "optimizer.momentum", "averaging.momentum"]
    names = ["learning rate", "batch size", "optimizer.momentum", "averaging.momentum"]
    assert [*key_names(keys).values()] == names


def test_options_of_one_group_are_named_without_it():
    labels = {"optimizer=sgd [digits]": "optimizer=sgd", "optimizer=adam": "optimizer=adam"}
    found = print_names(labels, [], {})
    assert found == {
        "optimizer=sgd": "sgd",
        "optimizer=sgd [digits]": "sgd [digits]",
        "optimizer=adam": "adam",
    }
    grid = ["optimizer=sgd,optimizer.learning_rate=0.1", "optimizer=adam,optimizer.learning_rate=0.1"]
    assert [*print_names({arm: arm for arm in grid}, [], {}).values()] == [
        "sgd, learning rate=0.1",
        "adam, learning rate=0.1",
    ]
    for others in (
        ["optimizer=sgd", "model=mlp"],
        ["width=1", "width=2"],
        ["optimizer=sgd,width=1", "optimizer=adam"],
        ["optimizer=sgd,model=mlp", "optimizer=adam,model=mlp"],
    ):
        names = print_names({other: other for other in others}, [], {})
        assert all(name.replace(" ", "") == other for other, name in names.items())


def test_numbers_are_printed_as_on_an_axis_unless_digits_would_be_lost():
    texts = ["1.0", "1e-3", "0.10", "64", "0.1234567", "[1.0,2]", "sgd", "none", "1.2.3"]
    printed = ["1", "0.001", "0.1", "64", "0.1234567", "[1.0,2]", "sgd", "none", "1.2.3"]
    assert [*map(shown_value, texts)] == printed
    assert [short_keys(f"a.b={text}") for text in texts] == [f"b={text}" for text in printed]


def test_arms_that_differ_in_the_spelling_of_a_number_keep_their_labels():
    arms = ["model.width=1.0", "model.width=1"]
    assert print_names(dict(zip(arms, arms, strict=True)), [], {}) == {}
