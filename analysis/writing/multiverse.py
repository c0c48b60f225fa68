"""The compared difference by every analysis that was run, with and without exclusions: does the answer hang on one of
them?"""

import numpy as np
import pandas as pd

from analysis.statistics.contrasts import EVERY
from analysis.statistics.results import Results
from analysis.statistics.robust import tie_handling
from analysis.writing.answer import headline

COLUMNS = ["participants", "analysis", "holds_for", "estimate", "ci_low", "ci_high", "p"]
NAME = "multiverse"
CAPTION = "The compared difference by each analysis with its 95% CI, with and without exclusions; filled: p < .05."
_NEW_MUSIC, _THESE_CLIPS, _NEITHER = "new listeners and new music", "these clips", "appendix only"


def multiverse(sets: dict[str, Results]) -> pd.DataFrame:
    """Give the difference over all descriptors by every analysis.

    Parameters
    ----------
    sets
        Results by whose they are, such as `all participants`.

    Returns
    -------
    pd.DataFrame
        `COLUMNS`; p is NaN where an analysis gives none, the interval where it has none.
    """
    rows = [[whom, *row] for whom, results in sets.items() if results.compared for row in _analyses(results)]
    return pd.DataFrame(rows, columns=COLUMNS)


def _analyses(results: Results) -> list[list[str | float]]:
    scope = EVERY if len(results.cells.descriptors) > 1 else results.cells.descriptors[0]
    rows = []
    row = headline(results)
    if row:
        rows.append(["main mixed model", _NEW_MUSIC, row["estimate"], row["ci_low"], row["ci_high"], row["p"]])
    for row in results["primary"].itertuples():
        if row.descriptor == scope:
            rows.append(["t-test on means", _THESE_CLIPS, row.diff, row.ci_low, row.ci_high, row.p])
    for row in results["robust"].itertuples():
        if row.descriptor == scope:
            rows.append([f"{row.test} on means", _THESE_CLIPS, row.estimate, row.ci_low, row.ci_high, row.p])
    for name, (estimate, p) in tie_handling(results.cells, *results.pair).items():
        rows.append([f"Wilcoxon, {name}", _THESE_CLIPS, estimate, np.nan, np.nan, p])
    names = {"intercepts": "mixed model, intercepts", "slopes": "mixed model, listeners' slopes"}
    for row in results["lmm_contrasts"].itertuples():
        if row.descriptor == scope:
            rows.append([names[row.model], _NEITHER, row.estimate, row.ci_low, row.ci_high, row.p])
    return [row for row in rows if np.isfinite(row[2])]
