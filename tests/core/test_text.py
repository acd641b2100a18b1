from runner.core.text import shortened


def test_a_long_quote_ends_after_a_whole_word():
    words = "INVALID_PARAMETER_VALUE: the parameter, " * 20
    short = shortened(words)
    assert short.endswith("...")
    assert 240 <= len(short) <= 303
    kept = short.removesuffix("...")
    assert words.startswith(kept)
    assert not words[len(kept)].isalnum()
    assert not kept.endswith((" ", ","))


def test_a_word_that_is_too_long_is_cut():
    assert shortened("http://host/" + "a" * 400) == "http://host/" + "a" * 288 + "..."


def test_a_quote_that_ends_at_the_limit_stays_whole():
    exact = "abcd " * 59 + "abcde"
    assert shortened(exact) == exact
    assert shortened(exact + " more") == exact + "..."
