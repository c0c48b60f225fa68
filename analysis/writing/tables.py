"""Tables as files: CSV with full precision for programs, Markdown and LaTeX (booktabs) rounded as a paper prints them.

A `.tex` file is a document by itself (`pdflatex means.tex`), and the same file can be `\\input` in a paper that
loads booktabs.
"""

import math
from pathlib import Path

import numpy as np
import pandas as pd

from analysis.statistics.table import Table

ROWS_PER_PAGE = 45
MOST_ROWS = 400
WIDE_COLUMNS = 8
SMALL_COLUMNS = 12
_P_VALUES = ("p", "p_min", "p_unc", "p_gg", "p_hf", "p_W", "p_holm", "p_wilcoxon", "p_wilcoxon_holm")
_HEADINGS = {
    "p_unc": ("p", "$p$"),
    "p_gg": ("p (GG)", "$p_\\mathrm{GG}$"),
    "p_hf": ("p (HF)", "$p_\\mathrm{HF}$"),
    "p_W": ("p (W)", "$p_W$"),
    "p_holm": ("p (Holm)", "$p_\\mathrm{Holm}$"),
    "p_wilcoxon": ("p (Wilcoxon)", "$p_\\mathrm{Wilcoxon}$"),
    "p_wilcoxon_holm": ("p (Wilcoxon, Holm)", "$p_\\mathrm{Wilcoxon,Holm}$"),
    "eps_gg": ("ε (GG)", "$\\varepsilon_\\mathrm{GG}$"),
    "eps_hf": ("ε (HF)", "$\\varepsilon_\\mathrm{HF}$"),
    "ges": ("η²G", "$\\eta^2_G$"),
    "pes": ("η²p", "$\\eta^2_p$"),
    "ddof1": ("df1", "$df_1$"),
    "ddof2": ("df2", "$df_2$"),
    "dof": ("df", "$df$"),
    "df1": ("df1", "$df_1$"),
    "df2": ("df2", "$df_2$"),
    "quasi_F": ("F\u2032", "$F'$"),
    "min_F": ("min F\u2032", "min $F'$"),
    "min_df2": ("df2 (min F\u2032)", "$df_2$"),
    "p_min": ("p (min F\u2032)", "$p_\\mathrm{min}$"),
    "sd_clips": ("SD over clips", "SD (clips)"),
    "share_above_zero": ("share above 0", "share $> 0$"),
    "ci_low": ("95 % CI low", "CI low"),
    "ci_high": ("95 % CI high", "CI high"),
    "dz": ("d_z", "$d_z$"),
    "dav": ("d_av", "$d_{av}$"),
    "hedges_g": ("g", "$g$"),
    "chi2": ("χ²", "$\\chi^2$"),
}
_TEX_ESCAPES = str.maketrans(
    {
        "\\": "\\textbackslash{}",
        "_": "\\_",
        "%": "\\%",
        "&": "\\&",
        "#": "\\#",
        "$": "\\$",
        "{": "\\{",
        "}": "\\}",
        "^": "\\textasciicircum{}",
        "~": "\\textasciitilde{}",
        "<": "$<$",
        ">": "$>$",
        "|": "$|$",
        "−": "$-$",
        "–": "--",
        "±": "$\\pm$",
        "×": "$\\times$",
        "σ": "$\\sigma$",
        "θ": "$\\theta$",
        "ρ": "$\\rho$",
        "Δ": "$\\Delta$",
    }
)


def write_table(table: Table, folder: Path, simulated: bool) -> None:
    """Write `<name>.csv`, `.md` and `.tex`; the latter two say SIMULATED where the participants are."""
    mark = "SIMULATED participants. " if simulated else ""
    table.data.to_csv(folder / f"{table.name}.csv", index=False, lineterminator="\n")
    printed, rest = table.data.head(MOST_ROWS), table.data.shape[0] - MOST_ROWS
    mark += f"The first {MOST_ROWS} rows; {rest:,} more are in {table.name}.csv. " if rest > 0 else ""
    markdown = f"{mark}{table.caption}\n\n{to_markdown(printed)}"
    (folder / f"{table.name}.md").write_text(markdown, encoding="utf-8")
    tex = to_latex(printed, mark + table.caption, table.name)
    (folder / f"{table.name}.tex").write_text(tex, encoding="utf-8")


def shown(data: pd.DataFrame) -> pd.DataFrame:
    """Round every number as a paper prints it, to text."""
    return pd.DataFrame({name: [cell(value, name) for value in data[name]] for name in data.columns}, dtype=object)


def cell(value: object, column: str = "") -> str:
    """Round one value: p to three decimals without the leading zero, other fractions to three significant figures or
    two decimals."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "–"
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if isinstance(value, float | np.floating):
        if column in _P_VALUES:
            return "< .001" if value < 0.001 else f"{value:.3f}".removeprefix("0")
        if math.isinf(value):
            return "∞" if value > 0 else "−∞"
        text = f"{value:.2f}" if abs(value) >= 1 or value == 0 else f"{value:.3f}"
        return text.replace("-", "−")
    return str(value)


def heading(column: str) -> str:
    """Name a column for people."""
    return _HEADINGS[column][0] if column in _HEADINGS else column.replace("_", " ")


def to_markdown(data: pd.DataFrame) -> str:
    """Give a Markdown table; numbers stand at the right."""
    rows = shown(data).to_numpy().tolist()
    right = [pd.api.types.is_numeric_dtype(data[name]) for name in data.columns]
    lines = [
        "| " + " | ".join(heading(name) for name in data.columns) + " |",
        "|" + "|".join(" ---: " if is_right else " --- " for is_right in right) + "|",
    ]
    lines += ["| " + " | ".join(value.replace("|", "\\|") for value in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def to_latex(data: pd.DataFrame, caption: str, label: str) -> str:
    """Give a booktabs table that compiles by itself and can be `\\input`; long ones go over several floats, wide
    ones over both columns."""
    rows = shown(data).to_numpy().tolist()
    right = "".join("r" if pd.api.types.is_numeric_dtype(data[name]) else "l" for name in data.columns)
    headings = [
        _HEADINGS[name][1] if name in _HEADINGS else tex_escape(name.replace("_", " ")) for name in data.columns
    ]
    float_name = "table*" if len(headings) > WIDE_COLUMNS else "table"
    size = "scriptsize" if len(headings) > SMALL_COLUMNS else "footnotesize"
    lines = [
        "\\ifdefined\\toprule\\else\\documentclass{article}\\usepackage{booktabs}\\usepackage[margin=2cm]{geometry}"
        "\\def\\alone{\\end{document}}\\begin{document}\\fi % by itself a document, in a paper with booktabs nothing"
    ]
    for start in range(0, max(len(rows), 1), ROWS_PER_PAGE):
        continued = " (continued)" if start else ""
        lines += [f"\\begin{{{float_name}}}[tbp]", f"\\centering\\{size}\\setlength{{\\tabcolsep}}{{3pt}}"]
        lines += [f"\\caption{{{tex_escape(caption)}{continued}}}"]
        lines += [] if start else [f"\\label{{tab:{label}}}"]
        lines += [f"\\begin{{tabular}}{{{right}}}", "\\toprule", " & ".join(headings) + " \\\\", "\\midrule"]
        lines += [
            " & ".join(tex_escape(value) for value in row) + " \\\\" for row in rows[start : start + ROWS_PER_PAGE]
        ]
        lines += ["\\bottomrule", "\\end{tabular}", f"\\end{{{float_name}}}"]
    return "\n".join([*lines, "\\ifdefined\\alone\\alone\\fi"]) + "\n"


def tex_escape(text: str) -> str:
    """Write text so that LaTeX prints it as it is."""
    return text.translate(_TEX_ESCAPES)
