"""What was done otherwise than preregistered, in words."""

import pandas as pd

from analysis.numbers import counted
from analysis.writing.tables import to_markdown

NAME = "deviations"
TITLE = "Deviations from the preregistration"
CAPTION = "What was done otherwise than preregistered."


def told(deviations: pd.DataFrame) -> str:
    """Say in one sentence whether and where the analysis deviates (`part` of each row)."""
    if deviations.empty:
        return "No deviation from the preregistration."
    parts = list(dict.fromkeys(deviations["part"]))
    return f"{counted(len(deviations), 'deviation')} from the preregistration: {', '.join(parts)}."


def section(deviations: pd.DataFrame) -> str:
    """Write the section of the paper."""
    table = "" if deviations.empty else f"\n{to_markdown(deviations)}"
    return f"# {TITLE}\n\n{told(deviations)}\n{table}"
