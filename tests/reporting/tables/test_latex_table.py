"""table.tex, compiled by LaTeX if it is installed."""

import re
import shutil

import pytest

from runner.reporting.tables.latex_table import escaped, latex_table

needs_latex = pytest.mark.skipif(shutil.which("pdflatex") is None, reason="no pdflatex on this machine")
LONG = "optimizer=adamw,optimizer.learning_rate=0.00{},regularizer=[l2,dropout],model=mlp_two_hidden_layers"


def rows(*names, n="10"):
    return [
        {
            "variant": name,
            "test accuracy (%)": "97.81 ± 0.12",
            "difference": "-1.23",
            "95% interval": "[-1.49, +0.18]",
            "p (Holm)": "<0.001",
            "n": n,
        }
        for name in names
    ]


def latex(*names, n="10", label="a_Study 2"):
    return latex_table(rows(*names, n=n), [""] * len(names), "A caption.", label)


@pytest.fixture
def compiled(tmp_path, shell):
    """compiled(table, ...) -> the log of pdflatex for an article with the tables and their packages."""

    def compile_(*tables):
        packages = {name for table in tables for name in re.match(r"% \\usepackage{(.*)}", table)[1].split(",")}
        preamble = "".join(rf"\usepackage{{{name}}}" for name in sorted(packages))
        body = "\n\\clearpage\n".join(tables)
        text = f"\\documentclass{{article}}\n{preamble}\n\\begin{{document}}\n{body}\n\\end{{document}}\n"
        (tmp_path / "paper.tex").write_text(text)
        done = shell("pdflatex -interaction=nonstopmode -halt-on-error paper.tex", cwd=tmp_path)
        assert done.returncode == 0, done.stdout[-1500:]
        return done.stdout

    return compile_


@needs_latex
@pytest.mark.parametrize("n", ["10", "6, 2 diverged, 10 failed"])
def test_no_table_is_wider_than_a_line_of_an_article(compiled, n):
    names = [
        ["a", "b"],
        ["label smoothing", "none"],
        ["a name of several words that say what it is about", "none"],
        [LONG.format(number) for number in range(5)],
        ["x" * 120, "optimizer.learning_rate.of_something_else_0.1" * 4],
    ]
    said = compiled(*(latex(*few, n=n) for few in names))
    assert not re.findall(r"Overfull \\hbox \((\d+\.\d+)pt", said)


@needs_latex
def test_what_is_longer_than_a_page_goes_on_on_the_next_one(compiled):
    tables = latex(*(f"variant {number}" for number in range(120))), latex(*map(LONG.format, range(60)))
    said = compiled(*tables)
    assert "Overfull" not in said
    assert "too large for page" not in said
    assert int(re.search(r"\((\d+) pages", said)[1]) >= 5
    for table in tables:
        assert "longtable" in table.splitlines()[0]
        assert r"\endhead" in table
    assert "longtable" not in latex("a", "b")


@needs_latex
def test_names_that_latex_would_take_for_its_own_are_names(compiled):
    names = ["[l2]", "*star", " [l2]", "*", "[", "--x", "a--b", '"a"', r"\\[9pt]", "_base", "", "&%$#{}~^", "<<a>>"]
    said = compiled(latex(*names), latex(*(name + "x" * 60 for name in names)))
    assert "Overfull" not in said
    body = latex(*names).split(r"\midrule")[1].split(r"\bottomrule")[0].strip().splitlines()
    assert len(body) == len(names)
    assert not [row for row in body if row.startswith(("[", "*"))]


def test_characters_that_latex_would_interpret_are_escaped():
    assert escaped("a_b & 5% #1 $x {y}") == r"a\_b \& 5\% \#1 \$x \{y\}"


def test_numbers_have_minus_signs_and_names_their_hyphens():
    row = latex("early-stop -1").splitlines()[-4]
    assert row == r"{}early-stop -1 & 97.81 $\pm$ 0.12 & $-$1.23 & [$-$1.49, +0.18] & $<$0.001 & 10 \\"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1.23e-07 ± 4.5e-08", r"1.23$\times10^{-7}$ $\pm$ 4.5$\times10^{-8}$"),
        ("-1.2e+12", r"$-$1.2$\times10^{12}$"),
        ("-", "--"),
        ("", ""),
        ("-.5", "$-$.5"),
    ],
)
def test_powers_of_ten_are_written_as_such_and_what_is_missing_as_a_dash(text, expected):
    table = latex_table([{"variant": "a", "loss": text, "n": "3"}], [""], "", "x")
    assert f"{{}}a & {expected} & 3 \\\\" in table


def test_a_table_can_be_referred_to_by_the_name_of_its_directory():
    assert r"\label{tab:a-study-2}" in latex("a")
    assert r"\label{tab:results}" in latex("a", label="实验")
    assert r"\label{tab:a-study-2}" in latex(*map(str, range(60)))


@needs_latex
def test_letters_that_pdflatex_stops_at_are_named_with_what_knows_them(compiled):
    european = latex("caf\N{LATIN SMALL LETTER E WITH ACUTE}", "\N{LATIN SMALL LETTER Z WITH CARON}")
    compiled(european)
    assert "lualatex" not in european
    han = "\N{CJK UNIFIED IDEOGRAPH-732B}"
    assert latex(f"{han}, {han}").splitlines()[1] == f"% compile with lualatex or xelatex and a font that has {han}"


@needs_latex
def test_a_table_with_a_margin_fits_a_line_in_a_smaller_font(compiled):
    wide = [row | {"p (equivalence)": "<0.001", "verdict": "equivalent", "n": "10"} for row in rows("label_smoothing")]
    table = latex_table(wide, [""], "A caption.", "x")
    assert r"\scriptsize" in table
    assert "Overfull" not in compiled(table)


def test_every_column_may_have_marks():
    row = {"variant": "a", "x": "1", "y": "2", "z": "3"}
    assert r"{}a & \textbf{1} & \underline{2} & 3 \\" in latex_table([row], [["best", "as good"]], "", "x")


@needs_latex
def test_a_table_for_siunitx_compiles_and_stays_within_a_line(compiled, shell, tmp_path):
    if shell("kpsewhich siunitx.sty", cwd=tmp_path).returncode:
        pytest.skip("siunitx is not installed")
    table = latex_table(rows("a", "b", "c"), ["best", "as good", ""], "", "x", siunitx=True)
    assert table.splitlines()[0] == r"% \usepackage{booktabs,siunitx}"
    said = compiled(table)
    assert not re.findall(r"Overfull .* in paragraph", said)
