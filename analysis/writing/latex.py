r"""Tables as LaTeX that fit the paper: within one column (82 mm) of a template such as the AES's, or both (170 mm).

A `.tex` file is a document by itself (`pdflatex means.tex`, `lualatex means.tex`), and the same file can be `\input`
in a paper that loads booktabs and graphicx. What is too wide for a page is set in panels, one below the other, each
with the columns that name its rows; long tables go over several floats.
"""

import pandas as pd

from analysis.writing.tables import HEADINGS, is_label, shown

COLUMN_PT, PAGE_PT = 233.0, 483.0  # 82 and 170 mm
CHARACTER_PT, GAP_PT = 4.5, 6.0  # footnotesize: a wide digit, and the space between columns
ROWS_PER_PAGE = 45
_ALONE = (
    "\\ifdefined\\toprule\\else\\documentclass{article}\\usepackage{booktabs,graphicx}"
    "\\usepackage[margin=2cm]{geometry}\\def\\alone{\\end{document}}\\begin{document}\\fi"
    " % by itself a document, in a paper with booktabs nothing"
)
# A box that is never wider than its line; and a letter that pdfTeX has no font for, by its number.
_MACROS = (
    "\\providecommand\\fitted[1]{\\setbox0=\\hbox{#1}\\ifdim\\wd0>\\linewidth\\resizebox{\\linewidth}{!}{\\box0}"
    "\\else\\box0\\fi}",
    "\\providecommand\\letter[2]{\\ifdefined\\directlua#2\\else\\ifdefined\\XeTeXversion#2\\else[U+#1]\\fi\\fi}",
)
_ESCAPES = str.maketrans(
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
        "∞": "$\\infty$",
    }
)


def to_latex(data: pd.DataFrame, caption: str, label: str) -> str:
    """Give a booktabs table that compiles by itself and can be `\\input`."""
    text = shown(data)
    widths = {name: _width(name, text[name]) for name in data.columns}
    keys = _keys(data)
    panels = _panels(keys, [name for name in data.columns if name not in keys], widths)
    narrow = len(panels) == 1 and sum(widths[name] for name in panels[0]) <= COLUMN_PT
    lines = [_ALONE, *_MACROS]
    rows = max(ROWS_PER_PAGE // len(panels), 10)
    for start in range(0, max(len(data), 1), rows):
        part = text.iloc[start : start + rows]
        heading = [f"\\caption{{{tex_escape(caption)}{' (continued)' if start else ''}}}"]
        heading += [] if start else [f"\\label{{tab:{label}}}"]
        lines += _float("table" if narrow else "table*", heading, [_tabular(data, part, panel) for panel in panels])
    return "\n".join([*lines, "\\ifdefined\\alone\\alone\\fi"]) + "\n"


def _width(name: str, values: pd.Series) -> float:
    heading = HEADINGS[name][0] if name in HEADINGS else name
    longest = max([len(heading), *(sum(2 if ord(c) > 0x2E80 else 1 for c in value) for value in values)])
    return longest * CHARACTER_PT + GAP_PT


def _keys(data: pd.DataFrame) -> list[str]:
    """Give the leading columns that say what a row is about."""
    keys: list[str] = []
    for name in data.columns:
        if not is_label(data, name):
            break
        keys.append(name)
    return keys if len(keys) < len(data.columns) else keys[:1]


def _panels(keys: list[str], others: list[str], widths: dict[str, float]) -> list[list[str]]:
    """Share the columns out so that each panel is no wider than a page, and all about equally wide."""
    of_keys = sum(widths[name] for name in keys)
    room = max(PAGE_PT - of_keys, 0.25 * PAGE_PT)
    total = sum(widths[name] for name in others)
    room = min(room, total / max(-(-total // room), 1) + max((widths[name] for name in others), default=0))
    panels: list[list[str]] = [[*keys]]
    used = 0.0
    for name in others:
        if used and used + widths[name] > room:
            panels.append([*keys])
            used = 0.0
        panels[-1].append(name)
        used += widths[name]
    return panels


def _float(kind: str, heading: list[str], panels: list[list[str]]) -> list[str]:
    inside = [line for panel in panels for line in ["\\fitted{%", *panel, "}", "", "\\smallskip"]][:-2]
    opening = [f"\\begin{{{kind}}}[tbp]", "\\centering\\footnotesize\\setlength{\\tabcolsep}{3pt}"]
    return [*opening, *heading, *inside, f"\\end{{{kind}}}"]


def _tabular(data: pd.DataFrame, text: pd.DataFrame, columns: list[str]) -> list[str]:
    right = "".join("l" if is_label(data, name) else "r" for name in columns)
    headings = [HEADINGS[name][1] if name in HEADINGS else tex_escape(name.replace("_", " ")) for name in columns]
    rows = [" & ".join(tex_escape(value) for value in row) + " \\\\" for row in text[columns].to_numpy().tolist()]
    opening = [f"\\begin{{tabular}}{{{right}}}", "\\toprule", " & ".join(headings) + " \\\\", "\\midrule"]
    return [*opening, *rows, "\\bottomrule", "\\end{tabular}"]


def tex_escape(text: str) -> str:
    """Write text so that LaTeX prints it as it is."""
    return "".join(_letter(character) for character in text)


def _letter(character: str) -> str:
    if ord(character) < 0x180 or ord(character) in _ESCAPES:
        return character.translate(_ESCAPES)
    return f"\\letter{{{ord(character):X}}}{{{character}}}"
