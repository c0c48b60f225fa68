"""Numbers of a table as a paper prints them, and tables in Markdown."""

import math

import numpy as np
import pandas as pd

MOST_ROWS = 400
LARGE = 1e9  # beyond it a number is an interval's end that has none, or a division by rounding error
HEADINGS = {
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
        value = float(value)
        if column == "p" or column.startswith("p_"):
            return "< .001" if value < 0.001 else f"{value:.3f}".removeprefix("0")
        if math.isinf(value):
            return "∞" if value > 0 else "−∞"
        if abs(value) >= LARGE:
            return f"> {LARGE:.0e}" if value > 0 else f"< −{LARGE:.0e}"
        text = f"{value:.2f}" if abs(value) >= 1 or value == 0 else f"{value:.3f}"
        return text.replace("-", "−")
    return str(value)


def heading(column: str) -> str:
    """Name a column for people."""
    return HEADINGS[column][0] if column in HEADINGS else column.replace("_", " ")


def to_markdown(data: pd.DataFrame) -> str:
    """Give a Markdown table; numbers stand at the right."""
    rows = shown(data).to_numpy().tolist()
    right = [not is_label(data, name) for name in data.columns]
    lines = [
        "| " + " | ".join(heading(name) for name in data.columns) + " |",
        "|" + "|".join(" ---: " if is_right else " --- " for is_right in right) + "|",
    ]
    lines += ["| " + " | ".join(value.replace("|", "\\|") for value in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def is_label(data: pd.DataFrame, column: str) -> bool:
    """Tell whether a column holds labels, which stand at the left; numbers stand at the right."""
    return not pd.api.types.is_numeric_dtype(data[column])
