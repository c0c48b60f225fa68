"""What was done otherwise than preregistered, in words."""

import pandas as pd

from analysis.numbers import counted
from analysis.statistics.sequential import STOP
from analysis.writing.tables import to_markdown

NAME = "deviations"
COLUMNS = ["part", "what", "preregistered", "found"]
TITLE = "Deviations from the preregistration"
CAPTION = "What was done otherwise than preregistered."


def went_on(looks: pd.DataFrame, completed: int) -> pd.DataFrame:
    """Give the deviation of a study that went on after a look had stopped it; no row where none did.

    Parameters
    ----------
    looks
        `analysis.statistics.sequential.taken`.
    completed
        Participants who completed.
    """
    stopped = looks[looks["decision"] == STOP]
    rows = [
        ["participants", f"after the look at {n}, which said stop", str(n), str(completed)]
        for n in stopped["participants"]
        if completed > n
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def summary(deviations: pd.DataFrame) -> str:
    """Say in one sentence whether and where the analysis deviates (`part` of each row)."""
    if deviations.empty:
        return "No deviation from the preregistration."
    parts = list(dict.fromkeys(deviations["part"]))
    return f"{counted(len(deviations), 'deviation')} from the preregistration: {', '.join(parts)}."


def section(deviations: pd.DataFrame) -> str:
    """Write the section of the paper."""
    table = "" if deviations.empty else f"\n{to_markdown(deviations)}"
    return f"# {TITLE}\n\n{summary(deviations)}\n{table}"
