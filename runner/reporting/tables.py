"""The table of a paper: a row a variant, in Markdown and in LaTeX."""

import math
import re
from pathlib import Path

import pandas as pd

from runner.records.atomic import write_text
from runner.reporting.statistics import FEWEST_SEEDS

_LATEX = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}


def write_tables(aggregate: pd.DataFrame, comparisons: pd.DataFrame, out: Path) -> list[Path]:
    """Write table.md and table.tex; return the paths."""
    rows = _rows(aggregate, comparisons)
    caption = _caption(aggregate, comparisons)
    write_text(out / "table.md", markdown_table(rows, caption))
    write_text(out / "table.tex", latex_table(rows, caption))
    return [out / "table.md", out / "table.tex"]


def markdown_table(rows: list[dict[str, str]], caption: str) -> str:
    """Return a GitHub table; bold cells are those in two stars."""
    header = list(rows[0])
    lines = [header, ["---"] + ["---:"] * (len(header) - 1), *([row[name] for name in header] for row in rows)]
    table = "\n".join("| " + " | ".join(_cell(cell) for cell in line) + " |" for line in lines)
    return f"{table}\n\n{caption}\n"


def latex_table(rows: list[dict[str, str]], caption: str) -> str:
    """Return a table for booktabs, which compiles in a plain article."""
    header = list(rows[0])
    body = [" & ".join(_latex(row[name]) for name in header) + r" \\" for row in rows]
    return "\n".join(
        [
            r"% \usepackage{booktabs}",
            r"\begin{table}",
            r"\centering",
            rf"\caption{{{_latex(caption)}}}",
            rf"\begin{{tabular}}{{l{'r' * (len(header) - 1)}}}",
            r"\toprule",
            " & ".join(_latex(name) for name in header) + r" \\",
            r"\midrule",
            *body,
            r"\bottomrule",
            r"\end{tabular}",
            r"\end{table}",
            "",
        ]
    )


def _rows(aggregate: pd.DataFrame, comparisons: pd.DataFrame) -> list[dict[str, str]]:
    compared = comparisons.set_index("variant")
    lower_is_better = str(aggregate["metric"].iloc[0]).endswith("loss")
    best = aggregate["mean"].min() if lower_is_better else aggregate["mean"].max()
    percent = str(aggregate["metric"].iloc[0]).endswith("accuracy")
    rows = []
    for _, row in aggregate.iterrows():
        value = _interval(row["mean"], row["std"], percent)
        against = compared.loc[row["variant"]] if row["variant"] in compared.index else None
        rows.append(
            {
                "variant": str(row["variant"]),
                str(row["metric"]) + (" (%)" if percent else ""): f"**{value}**" if row["mean"] == best else value,
                "difference": "" if against is None else _signed(against["difference"], percent),
                "95% interval": "" if against is None else _range(against, percent),
                "p (Holm)": "" if against is None else _p(against["p_holm"], int(against["n"])),
                "n": f"{row['n']:.0f}" + (f" ({row['diverged']} diverged)" if row["diverged"] else ""),
            }
        )
    return rows


def _caption(aggregate: pd.DataFrame, comparisons: pd.DataFrame) -> str:
    text = "Mean and standard deviation over the seeds"
    if len(comparisons):
        tests = ", ".join(dict.fromkeys(comparisons["test"]))
        text += f"; differences to {comparisons['baseline'].iloc[0]} with t-intervals; p by {tests}, after Holm"
        if (comparisons["n"] < FEWEST_SEEDS).any():
            text += f" (below {FEWEST_SEEDS} seeds no p can be below 0.05, and none is claimed)"
    return f"{text}. {', '.join(dict.fromkeys(aggregate['dataset']))}. The best mean is bold."


def _interval(mean: float, std: float, percent: bool) -> str:
    if math.isnan(mean):
        return "-"
    scale, digits = (100, 2) if percent else (1, 4)
    spread = "" if math.isnan(std) else f" ± {std * scale:.{digits}f}"
    return f"{mean * scale:.{digits}f}{spread}"


def _signed(value: float, percent: bool) -> str:
    return f"{value * 100:+.2f}" if percent else f"{value:+.4f}"


def _range(against: "pd.Series[float]", percent: bool) -> str:
    if math.isnan(against["ci_low"]):
        return "-"
    return f"[{_signed(against['ci_low'], percent)}, {_signed(against['ci_high'], percent)}]"


def _p(value: float, n: int) -> str:
    if math.isnan(value) or n < FEWEST_SEEDS:
        return "-"
    return "<0.001" if value < 0.001 else f"{value:.3f}"


def _cell(text: str) -> str:
    return text.replace("|", r"\|").replace("<", "&lt;").replace("\n", " ")


def _latex(text: str) -> str:
    bold = re.fullmatch(r"\*\*(.*)\*\*", text)
    if bold:
        return rf"\textbf{{{_latex(bold[1])}}}"
    escaped = "".join(_LATEX.get(letter, f"\\{letter}" if letter in "&%$#_{}" else letter) for letter in text)
    return escaped.replace("±", r"$\pm$").replace("<", r"$<$").replace(">", r"$>$")
