"""Every table fits the columns of a printed paper, with whatever labels, under pdflatex and lualatex."""

import re
import subprocess

import pandas as pd
import pytest

from analysis.data.ratings import from_table
from analysis.statistics.results import compute
from analysis.statistics.table import Table
from analysis.writing.latex import _panels, to_latex
from analysis.writing.table_files import write_table
from analysis.writing.tables import LARGE, cell
from tests.analysis.example import example

LABELS = {
    "flow": "a condition with an exceedingly long name, such as no author should choose",
    "static": "100 % $\\frac{$ & #1_x^2 ~ \\end{table}",
    "original": "曲 Größe é ř λ",
}
PAPER = r"""\documentclass[twocolumn]{article}
\usepackage[paperwidth=210mm,paperheight=297mm,textwidth=170mm,textheight=240mm]{geometry}
\usepackage{booktabs,graphicx}\setlength{\columnsep}{6mm}
\extrafloats{200}\begin{document}
%s
\end{document}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tables")
    for table in compute(from_table(example(participants=5, clips=3).replace(LABELS))).tables.values():
        write_table(table, folder, False)
    return folder


def compiled(engine, name, folder):
    command = [engine, "-interaction=nonstopmode", "-halt-on-error", name]
    done = subprocess.run(command, cwd=folder, capture_output=True, check=False)
    return done.returncode, (folder / name).with_suffix(".log").read_text(encoding="utf-8", errors="replace")


@pytest.mark.latex
@pytest.mark.slow
@pytest.mark.parametrize("engine", ["pdflatex", "lualatex"])
def test_every_table_fits_a_paper_of_two_columns(folder, engine):
    names = sorted(path.name for path in folder.glob("*.tex") if path.stem not in ("paper", "alone"))
    inputs = "\\clearpage\n".join(f"\\typeout{{TABLE {name}}}\\input{{{name}}}" for name in names)
    (folder / "paper.tex").write_text(PAPER % inputs, encoding="utf-8")
    code, log = compiled(engine, "paper.tex", folder)
    assert code == 0, log[-3000:]
    assert len(names) > 20 and "Overfull \\hbox" not in log, re.findall(r"TABLE \S+|Overfull .*", log)
    assert "Float too large" not in log


@pytest.mark.latex
@pytest.mark.slow
@pytest.mark.parametrize("engine", ["pdflatex", "lualatex"])
def test_a_table_is_a_document_by_itself(folder, engine):
    (folder / "alone.tex").write_text((folder / "effects.tex").read_text(encoding="utf-8"), encoding="utf-8")
    code, log = compiled(engine, "alone.tex", folder)
    assert code == 0 and "Overfull \\hbox" not in log, log[-3000:]


def test_what_is_too_wide_is_set_in_panels_that_name_their_rows():
    wide = pd.DataFrame({"condition": ["a", "b"], **{f"measure {i}": [1.23456, 2.0] for i in range(20)}})
    text = to_latex(wide, "Wide.", "wide")
    assert text.count("\\begin{tabular}") > 1 and text.count("\\begin{table*}") == 1
    assert text.count("condition &") == text.count("\\begin{tabular}")
    assert all(text.count(f"measure {i}") == 1 for i in (0, 2, 19))
    assert "\\begin{table}" in to_latex(wide.iloc[:, :4], "Narrow.", "narrow")


def test_a_long_table_goes_over_several_floats():
    text = to_latex(pd.DataFrame({"clip": [f"clip {i}" for i in range(91)], "n": 1}), "Long.", "long")
    assert text.count("\\begin{table}") == 3 and text.count("(continued)") == 2 and text.count("\\label") == 1


@pytest.mark.parametrize(
    ("value", "column", "text"),
    [
        (0.0004, "p_equivalence", "< .001"),
        (0.001, "p", ".001"),
        (LARGE, "F", "> 1e+09"),
        (-LARGE, "F", "< −1e+09"),
        (LARGE * 0.99, "F", "990000000.00"),
    ],
)
def test_numbers_are_printed_as_a_paper_does(value, column, text):
    assert cell(value, column) == text


def test_a_table_of_nothing_is_written(tmp_path):
    write_table(Table("none", "Nothing.", pd.DataFrame(columns=["descriptor", "n"])), tmp_path, False)
    assert "\\midrule\n\\bottomrule" in (tmp_path / "none.tex").read_text(encoding="utf-8")


def test_columns_are_shared_out_over_as_few_panels_as_hold_them():
    widths = dict.fromkeys(["key", *"abcdefgh"], 60.0)
    panels = _panels(["key"], list("abcdefgh"), widths)
    assert [len(panel) - 1 for panel in panels] == [5, 3] and all(panel[0] == "key" for panel in panels)
