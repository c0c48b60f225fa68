"""What a mixed model says of differences between conditions, and its omnibus tests."""

import numpy as np
import pandas as pd
from scipy import stats

from analysis.data.ratings import Ratings
from analysis.statistics.design import Design
from analysis.statistics.mixed import MixedFit, wald

COLUMNS = ["model", "descriptor", "a", "b", "estimate", "se", "z", "p", "ci_low", "ci_high"]
EVERY = "all descriptors"


def cell_rows(design: Design, ratings: Ratings) -> dict[tuple[str, str], np.ndarray]:
    """Give the fixed-effects row of each (descriptor, condition) that has ratings."""
    rows: dict[tuple[str, str], np.ndarray] = {}
    descriptors, conditions = ratings.levels("descriptor"), ratings.levels("condition")
    for descriptor, condition, row in zip(design.descriptor, design.condition, design.fixed, strict=True):
        rows.setdefault((descriptors[descriptor], conditions[condition]), row)
    return rows


def mixed_contrasts(
    models: dict[str, MixedFit | None], design: Design, ratings: Ratings, a: str, b: str
) -> pd.DataFrame:
    """Give a - b within each descriptor and over all (each weighing the same), from each fitted model.

    Returns
    -------
    pd.DataFrame
        `COLUMNS`.
    """
    rows = cell_rows(design, ratings)
    directions = {d: rows[d, a] - rows[d, b] for d in ratings.levels("descriptor") if (d, a) in rows and (d, b) in rows}
    if len(directions) > 1:
        directions[EVERY] = np.mean(list(directions.values()), axis=0)
    tables = [pd.DataFrame(columns=COLUMNS)]
    for name, model in models.items():
        if model is None or not directions:
            continue
        weights = np.array(list(directions.values()))
        estimate = weights @ model.coefficients["estimate"].to_numpy()
        se = np.sqrt(np.einsum("ij,jk,ik->i", weights, model.covariance, weights))
        table = wald(list(directions), estimate, se).rename(columns={"term": "descriptor"})
        tables.append(table.assign(model=name, a=a, b=b)[COLUMNS])
    return pd.concat([t for t in tables if len(t)] or tables, ignore_index=True)


def omnibus(model: MixedFit | None, design: Design, ratings: Ratings) -> pd.DataFrame:
    """Test condition, descriptor and their interaction by Wald's chi-squared, marginal means weighing all cells the
    same.

    Returns
    -------
    pd.DataFrame
        effect, chi2, dof, p; empty where a cell has no ratings.
    """
    table = pd.DataFrame(columns=["effect", "chi2", "dof", "p"])
    rows = cell_rows(design, ratings)
    descriptors, conditions = ratings.levels("descriptor"), ratings.levels("condition")
    if model is None or len(rows) < len(descriptors) * len(conditions):
        return table
    grid = np.array([[rows[d, c] for c in conditions] for d in descriptors])
    hypotheses = {
        "condition": np.diff(grid.mean(axis=0), axis=0),
        "descriptor": np.diff(grid.mean(axis=1), axis=0),
        "condition:descriptor": np.diff(np.diff(grid, axis=0), axis=1).reshape(-1, grid.shape[2]),
    }
    found = []
    for name, weights in hypotheses.items():
        if len(weights):
            value = weights @ model.coefficients["estimate"].to_numpy()
            chi2 = float(value @ np.linalg.solve(weights @ model.covariance @ weights.T, value))
            found.append([name, chi2, len(weights), float(stats.chi2.sf(chi2, len(weights)))])
    return pd.DataFrame(found, columns=table.columns) if found else table
