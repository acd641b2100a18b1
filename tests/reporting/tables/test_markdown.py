from runner.reporting.tables.markdown import escaped_markdown, markdown_table


def test_every_column_may_have_marks():
    text = markdown_table([{"variant": "a_b", "x": "1", "y": "2"}], [["best", "as good"]], "note")
    assert text == "| variant | x | y |\n| --- | ---: | ---: |\n| a\\_b | **1** | 2\\* |\n\nnote\n"


def test_text_stays_text():
    assert escaped_markdown("<b>*a*\n|") == r"&lt;b>\*a\* \|"
